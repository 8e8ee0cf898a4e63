"""Conversations between a customer and an agent: the one shape that all chat readers give, and its cleaning."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from frontdesk.errors import UserError

Role = Literal["customer", "agent"]


class Turn(NamedTuple):
    """What one speaker said at once."""

    role: Role
    text: str
    at: str | None  # ISO 8601 without a zone, where the export tells it
    source: str  # path:line


@dataclass
class Conversation:
    """Turns in the order spoken."""

    id: str
    source: str
    turns: list[Turn]


@dataclass
class ChatFile:
    """What a reader took from one file. Every message is a turn or is counted in `dropped`, whose keys are "message: REASON"."""

    conversations: list[Conversation] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def messages(self) -> int:
        """How many messages the file holds."""
        return sum(len(conversation.turns) for conversation in self.conversations) + self.dropped.total()


def in_order(turns: list[Turn]) -> list[Turn]:
    """Turns by time. Those of one moment keep the file's order, which is turned round in a file that has the newest first."""
    times = [turn.at for turn in turns if turn.at]
    if len(times) < len(turns) or not times:
        return turns
    newest_first = times[0] > times[-1] and times == sorted(times, reverse=True)
    return sorted(reversed(turns) if newest_first else turns, key=lambda turn: turn.at or "")


def roles_by_name(speakers: Counter[str], agents: tuple[str, ...], path: str) -> dict[str, Role]:
    """Who is an agent, from the config's names, for an export that does not say so itself.

    Raises UserError when none of several speakers is named. One lone speaker that is not named is a customer whom nobody answered.
    """
    roles: dict[str, Role] = {name: "agent" if name in agents else "customer" for name in speakers}
    if speakers and "agent" not in roles.values() and (not agents or len(speakers) > 1):
        found = ", ".join(f"{name!r} ({count} messages)" for name, count in speakers.most_common(8))
        named = f"data.agents names {', '.join(map(repr, agents))}" if agents else "data.agents is empty"
        raise UserError(f"{path}: found the speakers {found}, and {named}; expected the agent among them; set data.agents in the config")
    return roles


def clean(turns: Iterable[Turn], dropped: Counter[str]) -> tuple[list[Turn], int]:
    """Turns that begin with a customer, end with an agent and alternate, and how many messages were merged into others.

    A model learns to answer: what an agent says unasked and what nobody answers teach nothing. What is left out is counted
    in `dropped`; a conversation without an answered question comes back empty.
    """
    spoken = list(turns)
    first = next((i for i, turn in enumerate(spoken) if turn.role == "customer"), len(spoken))
    last = max((i for i, turn in enumerate(spoken) if turn.role == "agent" and i > first), default=first - 1)
    dropped["message: leading agent"] += first
    dropped["message: trailing customer"] += len(spoken) - last - 1
    merged: list[Turn] = []
    for turn in spoken[first : last + 1]:
        if merged and merged[-1].role == turn.role:
            merged[-1] = merged[-1]._replace(text=merged[-1].text + "\n" + turn.text)
        else:
            merged.append(turn)
    if not merged:
        dropped["conversation: no answered question"] += 1
    return merged, last + 1 - first - len(merged)
