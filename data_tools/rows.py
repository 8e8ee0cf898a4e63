"""Rows of training data, made from FAQ entries and conversations."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import Literal

from data_tools.conversation import ChatFile, Turn, clean
from data_tools.faq import Entry
from data_tools.splits import answer_groups, assign, hold_out_wordings
from frontdesk.config import DataConfig

Kind = Literal["faq", "chat", "refusal"]
SPLITS = ("train", "valid", "test", "valid_wordings", "test_wordings")


@dataclass(frozen=True)
class Row:
    """One example. `owner` is the FAQ entry or conversation that it comes from."""

    id: str
    messages: list[dict[str, str]]
    kind: Kind
    group: str
    source: str
    owner: str
    split: str = "train"

    def as_json(self) -> dict[str, object]:
        """The row as its file has it."""
        return {"id": self.id, "messages": self.messages, "kind": self.kind, "group": self.group, "source": self.source}


def entry_rows(entries: list[Entry], kind: Kind, dropped: Counter[str]) -> list[Row]:
    """One row for each wording of a question; the answers take turns."""
    groups = answer_groups(entries)
    rows = []
    for entry in entries:
        for i, wording in enumerate(entry.questions):
            messages = [_message("user", wording.text), _message("assistant", entry.answers[i % len(entry.answers)])]
            rows.append(Row(f"{entry.id}#{i}", messages, kind, groups[entry.id], wording.source, entry.id))
    return _without_duplicates(rows, dropped)


def chat_rows(files: list[ChatFile], dropped: Counter[str]) -> tuple[list[Row], int]:
    """One row for each conversation that has an answered question, and how many messages were merged into others.

    Two conversations of one id are one group. Ids of rows stay distinct.
    """
    rows: list[Row] = []
    merged_of: dict[str, int] = {}
    ids: Counter[str] = Counter()
    for file in files:
        for conversation in file.conversations:
            turns, merged = clean(conversation.turns, dropped)
            if not turns:
                continue
            group = f"chat:{conversation.id}"
            ids[group] += 1
            name = f"{group}#{ids[group]}" if ids[group] > 1 else group
            rows.append(Row(name, [_spoken(turn) for turn in turns], "chat", group, turns[0].source, name))
            merged_of[name] = merged
    kept = _without_duplicates(rows, dropped)
    names = {row.id for row in kept}
    for row in rows:
        if row.id not in names:
            dropped["message: in a duplicate conversation"] += len(row.messages) + merged_of.pop(row.id)
    return kept, sum(merged_of.values())


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _spoken(turn: Turn) -> dict[str, str]:
    return _message("user" if turn.role == "customer" else "assistant", turn.text)


def _without_duplicates(rows: list[Row], dropped: Counter[str]) -> list[Row]:
    """Rows with distinct messages; of equal ones that with the first id stays, wherever it stands in the input."""
    first: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: row.id):
        first.setdefault(json.dumps(row.messages), row.id)
    stay = set(first.values())
    dropped["row: duplicate"] += len(rows) - len(stay)
    return [row for row in rows if row.id in stay]


def split_rows(rows: list[Row], data: DataConfig) -> list[Row]:
    """The rows with their splits: by group within each kind, then held-out wordings of trained FAQ entries."""
    splits: dict[str, str] = {}
    for kind in dict.fromkeys(row.kind for row in rows):
        sizes = Counter(row.group for row in rows if row.kind == kind)
        splits |= assign(sizes, data.seed, data.valid_share, data.test_share)
    questions: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        if row.kind == "faq" and splits[row.group] == "train":
            questions[row.owner].append((row.id, row.messages[0]["content"]))
    wordings = hold_out_wordings(questions, data.seed)
    return [replace(row, split=wordings.get(row.id, splits[row.group])) for row in rows]
