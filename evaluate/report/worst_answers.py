"""Which answers to look at first."""

from itertools import zip_longest

from evaluate.stats.metrics import BEYOND, FACTS, UNSEEN, Record

KINDS = (
    ("wrong, with an invention", "틀린 답, 지어낸 사실 포함"),
    ("wrong", "틀린 답"),
    ("handover missed", "이관 누락"),
    ("handed over needlessly", "불필요한 이관"),
)
"""What is amiss, the worst first, in English and Korean."""


def kind(record: Record) -> int | None:
    """The place in `KINDS` of what is amiss with an answer; None for a right one. One that invents while it hands over is wrong."""
    if record["right"]:
        return None
    if record["expects"] == "handoff":
        return 0 if record["handoff"] else 2
    if record["handoff"]:
        return 3
    return 0 if record["invented"] else 1


def worst_answers(records: list[Record], count: int = 12) -> list[tuple[int, Record]]:
    """The worst answers of one system to single questions as (kind, record): each kind in turn has a place while it has answers, and of
    each the first of every FAQ entry before any second one."""
    mine = [record for record in records if record["set"] in (*FACTS, *UNSEEN, *BEYOND) and record["pass"] == 0]
    kinds = [_entries_first([record for record in mine if kind(record) == place]) for place in range(len(KINDS))]
    turns = [(place, record) for row in zip_longest(*kinds) for place, record in enumerate(row) if record is not None]
    return sorted(turns[:count], key=lambda pair: pair[0])


def _entries_first(records: list[Record]) -> list[Record]:
    """Those with most inventions first, but a second answer about an entry after all first ones."""
    seen: dict[str, int] = {}
    found = []
    for record in sorted(records, key=lambda record: (-len(record["invented"]), record["id"])):
        found.append((seen.setdefault(record["entry"], 0), record))
        seen[record["entry"]] += 1
    return [record for _, record in sorted(found, key=lambda pair: min(pair[0], 1))]
