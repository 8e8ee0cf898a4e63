"""Which answers to look at first."""

from evaluate.metrics import BEYOND, FACTS, UNSEEN, Record

KINDS = (
    ("wrong, with an invention", "틀린 답, 지어낸 사실 포함"),
    ("wrong", "틀린 답"),
    ("handover missed", "이관 누락"),
    ("handed over needlessly", "불필요한 이관"),
    ("facts missing", "빠진 사실"),
)
"""What is amiss, the worst first, in English and Korean."""


def kind(record: Record) -> int | None:
    """The place in `KINDS` of what is amiss with an answer; None for a right one."""
    if record["wrong"]:
        return 0 if record["invented"] else 1
    if record["right"]:
        return None
    if record["expects"] == "handoff":
        return 2
    return 3 if record["handoff"] else 4


def worst(records: list[Record], count: int = 12) -> list[tuple[int, Record]]:
    """The worst answers of one system to single questions, the first of each FAQ entry before any second one, as (kind, record)."""
    mine = [record for record in records if record["set"] in (*FACTS, *UNSEEN, *BEYOND) and record["pass"] == 0]
    amiss = sorted(
        ((place, record) for record in mine if (place := kind(record)) is not None),
        key=lambda pair: (pair[0], -len(pair[1]["invented"]), pair[1]["id"]),
    )
    first: list[tuple[int, Record]] = []
    rest: list[tuple[int, Record]] = []
    seen = set()
    for place, record in amiss:
        (rest if record["entry"] in seen else first).append((place, record))
        seen.add(record["entry"])
    return sorted((first + rest)[:count], key=lambda pair: pair[0])
