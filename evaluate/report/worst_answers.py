"""Which answers to look at first."""

from itertools import zip_longest

from evaluate.grouping import grouped
from evaluate.stats.metrics import BEYOND, FACTS, UNSEEN, Record

KINDS = (
    ("wrong, with an invention", "틀린 답, 지어낸 사실 포함"),
    ("wrong", "틀린 답"),
    ("escalation missed", "이관 누락"),
    ("escalated needlessly", "불필요한 이관"),
)
"""What is amiss, the worst first, in English and Korean."""


def kind(record: Record) -> int | None:
    """The place in `KINDS` of what is amiss with an answer, or None. To invent and escalate is wrong."""
    if record["right"]:
        return None
    if record["expects"] == "handoff":
        return 0 if record["handoff"] else 2
    return 3 if record["handoff"] else 0 if record["invented"] else 1


def worst_answers(records: list[Record], count: int = 12) -> list[tuple[int, Record]]:
    """The worst answers of one system to single questions as (kind, record): each kind in turn has a place
    while it has answers, and of each the first of every FAQ entry before any second one."""
    mine = [record for record in records if record["set"] in (*FACTS, *UNSEEN, *BEYOND) and record["pass"] == 0]
    kinds = [_entries_first([record for record in mine if kind(record) == place]) for place in range(len(KINDS))]
    turns = [(place, record) for row in zip_longest(*kinds) for place, record in enumerate(row) if record is not None]
    return sorted(turns[:count], key=lambda pair: pair[0])


def _entries_first(records: list[Record]) -> list[Record]:
    """Those with most inventions first, but a second answer about an entry after all first ones."""
    ranked = sorted(records, key=lambda record: (-len(record["invented"]), record["id"]))
    firsts = [some[0] for some in grouped(ranked, lambda record: str(record["entry"])).values()]
    first = {record["id"] for record in firsts}
    return firsts + [record for record in ranked if record["id"] not in first]
