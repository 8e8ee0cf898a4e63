"""Which split each group belongs to, and which wordings of trained FAQ entries are held out.

All choices follow digests of the seed and the name, so they do not depend on the order of the input.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable

from data_tools.faq import Entry, plain

MIN_GROUPS = 10
"""A kind with this many groups gets at least one of them in each held-out split that has a share."""


def rank(seed: int, name: str) -> str:
    """A key that sorts names in a random order of this seed."""
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()


def answer_groups(entries: Iterable[Entry]) -> dict[str, str]:
    """The group of each entry id: entries that share an answer are one group, named by the first of their ids."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    ids_by_answer: dict[str, str] = {}
    entries = list(entries)
    for entry in entries:
        for answer in entry.answers:
            one, two = sorted((root(entry.id), root(ids_by_answer.setdefault(plain(answer), entry.id))))
            parent[two] = one
    return {entry.id: root(entry.id) for entry in entries}


def assign(rows_of_group: Counter[str], seed: int, valid_share: float, test_share: float) -> dict[str, str]:
    """The split of each group of one kind.

    A group far larger than the others (many questions with one stock answer) is taken last: held out, it would
    take a large part of the kind with it.
    """
    total, number = rows_of_group.total(), len(rows_of_group)
    large = max(2 * max(valid_share, test_share) * total, 3 * total / max(number, 1))
    order = sorted(rows_of_group, key=lambda group: (rows_of_group[group] > large, rank(seed, group)))
    test = _held_out(number, test_share)
    valid = test + _held_out(number, valid_share)
    return {group: "test" if i < test else "valid" if i < valid else "train" for i, group in enumerate(order)}


def _held_out(number: int, share: float) -> int:
    return max(int(number * share + 1e-9), 1 if share > 0 and number >= MIN_GROUPS else 0)


def hold_out_wordings(questions: dict[str, list[tuple[str, str]]], seed: int) -> dict[str, str]:
    """Row ids of trained FAQ rows that are held out as other wordings, each with its split.

    `questions` has the (row id, question) pairs of each trained entry. One of four questions and more goes to
    `test_wordings`; of every third entry with five and more, one more goes to `valid_wordings`.
    """
    chosen: dict[str, str] = {}
    third = 0
    for entry in sorted(questions, key=lambda entry: rank(seed, entry)):
        rows = _distinct(questions[entry], seed)
        if len(questions[entry]) >= 4 and rows:
            chosen[rows[0]] = "test_wordings"
        if len(questions[entry]) >= 5:
            if third % 3 == 0 and len(rows) > 1:
                chosen[rows[1]] = "valid_wordings"
            third += 1
    return chosen


def _distinct(questions: list[tuple[str, str]], seed: int) -> list[str]:
    """Row ids in a random order, without questions that differ from another one in case and punctuation only."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for row, question in questions:
        alike["".join(letter for letter in question.casefold() if letter.isalnum())].append(row)
    return sorted((rows[0] for rows in alike.values() if len(rows) == 1), key=lambda row: rank(seed, row))
