"""The conversations that are replayed, and how long agents took in them."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import read_jsonl
from frontdesk.prompt.render import Message

AWAY = 600
"""Seconds. A reply that took longer waited for something else: the agent, or the customer, was away."""


class Conversation(NamedTuple):
    """A conversation, masked, customer and agent in turn. `line` is its line in `conversations.jsonl`: ids and
    file names may hold a customer's name."""

    line: int
    messages: list[Message]
    seconds: list[list[int]]  # from the first message to the beginning and end of each; empty where nobody knows


def read_conversations(config: Config, run: Run, everything: bool) -> list[Conversation]:
    """The run's held-out conversations, or `everything`. Raises UserError where there are none, or none masked."""
    if not config.data.mask:
        refused = "data.mask is false, so the conversations hold personal data; expected masked ones, since a replay shows them"
        raise UserError(f"{refused}; set data.mask: true in the config and run `make data`")
    if not run.conversations.is_file():
        raise UserError(f"{run.conversations}: not there; expected the masked conversations; run `make data` with the same CONFIG")
    rows = list(enumerate(read_jsonl(run.conversations), 1))
    if not rows:
        raise UserError(f"{run.conversations}: no conversation; expected chat logs to replay; name some in data.chats and run `make data`")
    found = [Conversation(line, row["messages"], row["seconds"]) for line, row in rows if everything or row["split"] == "test"]
    if not found:
        remedy = "raise data.test_share and run `make data` and `make train`, or replay all with --all (the desk learned from them)"
        raise UserError(f"{run.conversations}: none of {len(rows)} conversations is held out; expected some; {remedy}")
    return found


def reply_times(conversation: Conversation) -> list[float]:
    """Seconds from the customer's last word to the agent's last, of each reply that nobody was away for."""
    seconds = conversation.seconds
    taken = [float(agent[1] - customer[1]) for customer, agent in zip(seconds[::2], seconds[1::2], strict=True)]
    return [one for one in taken if 0 <= one <= AWAY]


def first_wait(conversations: Sequence[Conversation]) -> float | None:
    """The median of the seconds that customers waited for the first reply; None where no time is known."""
    waits = [one.seconds[1][0] - one.seconds[0][0] for one in conversations if one.seconds]
    return float(median(waits)) if waits else None
