"""Data rows to token rows: labels on every agent turn and on nothing else, no answer ever cut.

A conversation longer than `max_length` tokens becomes several windows. Each agent turn is trained in exactly one of them, with as
many earlier turns before it as fit; only a customer's text is ever shortened, at its beginning.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from frontdesk.prompt import Message, encode, fit

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100  # the label that the loss skips


@dataclass
class Counts:
    """What became of the rows."""

    rows: int = 0
    windows: int = 0  # token rows made from rows that were too long
    shortened: int = 0  # token rows whose customer text lost its beginning
    dropped: list[str] = field(default_factory=list)  # sources of answers longer than max_length on their own
    tokens: int = 0
    supervised: int = 0


def token_rows(
    tokenizer: "PreTrainedTokenizerBase", rows: list[dict[str, Any]], max_length: int
) -> tuple[list[dict[str, list[int]]], Counts]:
    """Tokenize rows of the data contract.

    Returns token rows `{"input_ids", "labels"}`, each at most `max_length` long (labels are IGNORED where no agent speaks), and counts.
    """
    counts = Counts(rows=len(rows))
    out = []
    for row in rows:
        made = list(_windows(tokenizer, row, max_length, counts))
        counts.windows += len(made) if len(made) > 1 else 0
        out += made
    counts.tokens = sum(len(row["input_ids"]) for row in out)
    counts.supervised = sum(sum(label != IGNORED for label in row["labels"]) for row in out)
    return out, counts


def _windows(tokenizer: "PreTrainedTokenizerBase", row: dict[str, Any], max_length: int, counts: Counts) -> Iterator[dict[str, list[int]]]:
    messages: list[Message] = row["messages"]
    ids, mask = encode(tokenizer, messages)
    if len(ids) <= max_length:
        yield _labelled(ids, mask, trained_before=0)
        return
    agents = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
    while agents:
        answer = agents[0]
        start = _start(tokenizer, messages, answer, max_length)
        ends = [end for end in agents if len(encode(tokenizer, messages[start : end + 1])[0]) <= max_length]
        if ends:
            window, trained = messages[start : ends[-1] + 1], len(ends)
        else:
            window, trained = _shortened(tokenizer, messages[start : answer + 1], max_length), 1
            counts.shortened += bool(window)
        if window:
            before = sum(message["role"] == "assistant" for message in messages[start:answer])
            yield _labelled(*encode(tokenizer, window), trained_before=before)
        else:
            counts.dropped.append(row["source"])
        agents = agents[trained:]


def _start(tokenizer: "PreTrainedTokenizerBase", messages: list[Message], answer: int, max_length: int) -> int:
    """The earliest customer turn from which the conversation up to `answer` takes at most half of a window, else the last one."""
    customers = [i for i in range(answer) if messages[i]["role"] == "user"]
    for start in customers:
        if len(encode(tokenizer, messages[start : answer + 1])[0]) <= max_length // 2:
            return start
    return customers[-1]


def _shortened(tokenizer: "PreTrainedTokenizerBase", pair: list[Message], max_length: int) -> list[Message]:
    """A customer turn and its answer with the beginning of the customer's text cut, or nothing where the answer alone is too long."""
    answer = pair[-1]
    answer_tokens = sum(encode(tokenizer, [{"role": "user", "content": "?"}, answer])[1])
    question = fit(tokenizer, pair[:-1], max_length - answer_tokens - 2)
    window = [*question, answer]
    return window if len(encode(tokenizer, window)[0]) <= max_length else []


def _labelled(ids: list[int], mask: list[int], trained_before: int) -> dict[str, list[int]]:
    """Labels for all agent turns (runs of ones in `mask`) but the first `trained_before`, which an earlier window trains."""
    labels, turn = [], 0
    for position, flag in enumerate(mask):
        if flag and (position == 0 or not mask[position - 1]):
            turn += 1
        labels.append(ids[position] if flag and turn > trained_before else IGNORED)
    return {"input_ids": ids, "labels": labels}
