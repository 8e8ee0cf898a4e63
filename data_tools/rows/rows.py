"""Rows of training data: what may become one, before it is known which split it belongs to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from data_tools.faq.entries import FaqEntry
from data_tools.rows.paraphrases import derive
from frontdesk.config.schema import DataConfig
from frontdesk.facts.language import language
from frontdesk.prompt.render import Message

Kind = Literal["faq", "chat", "refusal", "feedback"]
SPLITS = ("train", "valid", "test", "valid_wordings", "test_wordings", "test_unseen")


class Candidate(NamedTuple):
    """What is needed of a row to choose its split. `owner` is the FAQ entry or conversation that it comes from."""

    id: str
    kind: Kind
    owner: str
    bonds: tuple[str, ...]  # candidates that share one are never parted: an answer, a conversation's id


@dataclass(frozen=True)
class Row:
    """One example of an FAQ entry or refusal. `derived` says how its wording was made, "" for a wording of the input."""

    id: str
    messages: list[Message]
    kind: Kind
    source: str
    owner: str
    derived: str = ""

    @property
    def question(self) -> str:
        return str(self.messages[0]["content"])

    @property
    def answer(self) -> str:
        return str(self.messages[1]["content"])


def as_json(row_id: str, messages: list[Message], kind: str, group: str, source: str, derived: str = "") -> dict[str, object]:
    """A row as its file has it."""
    row: dict[str, object] = {"id": row_id, "messages": messages, "kind": kind, "group": group, "source": source}
    return row | ({"derived": derived} if derived else {})


def message(role: str, content: str) -> Message:
    """One message of a row."""
    return {"role": role, "content": content}


def entry_rows(entries: Iterable[FaqEntry], kind: Kind, dropped: Counter[str]) -> list[Row]:
    """One row for each wording of a question, the answers taking turns; of equal rows that with the first id stays."""
    rows = []
    for entry in entries:
        for i, wording in enumerate(entry.questions):
            messages = [message("user", wording.text), message("assistant", entry.answers[i % len(entry.answers)])]
            rows.append(Row(f"{entry.id}#{i}", messages, kind, wording.source, entry.id))
    first: dict[tuple[str, str], str] = {}
    for row in sorted(rows, key=lambda row: row.id):
        first.setdefault((row.question, row.answer), row.id)
    stay = set(first.values())
    dropped["row: duplicate"] += len(rows) - len(stay)
    return [row for row in rows if row.id in stay]


def derived_rows(entries: Iterable[FaqEntry], trained: Iterable[Row], data: DataConfig) -> list[Row]:
    """Other wordings for the trained FAQ entries that have fewer than `data.min_paraphrases`, made by rules from those that they have."""
    rows_of: dict[str, list[Row]] = {}
    for row in trained:
        rows_of.setdefault(row.owner, []).append(row)
    out = []
    for entry in entries:
        rows = rows_of.get(entry.id, [])
        missing = data.min_paraphrases - len(entry.questions)
        for i, row in enumerate(rows):
            share = missing // len(rows) + (i < missing % len(rows))
            for n, (text, how) in enumerate(derive(row.question, max(0, share), data.seed, row.id), 1):
                messages = [message("user", text), row.messages[1]]
                out.append(Row(f"{row.id}.{n}", messages, "faq", row.source, entry.id, how))
    return out


def unseen(row: Row, handoff: dict[str, str]) -> Row:
    """The question of a fact that is not trained, with the answer that is right then: the handoff."""
    said = handoff[language(row.question)]
    return Row(f"unseen:{row.id}", [row.messages[0], message("assistant", said)], "refusal", row.source, row.owner)
