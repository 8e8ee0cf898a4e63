"""Which answers are shown first. Each is graded by the scorer, so that no record is one that it cannot make."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from evaluate.report.worst_answers import KINDS, worst_answers
from evaluate.scoring.scorer import score
from frontdesk.facts.sources import Sources

Answer = Callable[..., dict[str, Any]]
HANDOFF = "I'm not able to answer that one myself. Shall I connect you with one of our agents?"
SHOP = Sources(["Shipping costs $4.90. Express costs $14.50."])


def graded(answer: Answer, name: str, said: str, set: str = "wordings") -> dict[str, Any]:
    record = answer(name, set, answer=said)
    result = score(said, record["expects"], record["facts"], SHOP, [], [HANDOFF])
    return record | {field: getattr(result, field) for field in ("right", "wrong", "handoff", "invented", "stated")}


def kinds(found: list[tuple[int, dict[str, Any]]]) -> list[tuple[str, str]]:
    return [(KINDS[place][0], record["id"]) for place, record in found]


def test_what_is_amiss(answer: Answer) -> None:
    records = [
        graded(answer, "right", "It costs $4.90."),
        graded(answer, "needless", HANDOFF),
        graded(answer, "missed", "It is on Mars.", "out_of_scope"),
        graded(answer, "missed, invented", "It is $77.", "unanswerable"),
        graded(answer, "over", HANDOFF, "out_of_scope"),
        graded(answer, "over, invented", HANDOFF + " It is $77.", "out_of_scope"),
        graded(answer, "wrong", "It costs $14.50."),
        graded(answer, "one", "It costs $9."),
        graded(answer, "two", "It costs $9 or $8."),
        graded(answer, "dialogue", "It costs $9.", "dialogues"),
    ]
    assert kinds(worst_answers(records)) == [
        ("wrong, with an invention", "two"),
        ("wrong, with an invention", "one"),
        ("wrong, with an invention", "over, invented"),
        ("wrong", "wrong"),
        ("escalation missed", "missed, invented"),
        ("escalation missed", "missed"),
        ("escalated needlessly", "needless"),
    ]


def test_no_kind_takes_all_places(answer: Answer) -> None:
    missed = [graded(answer, f"a{place}", "It is on Mars.", "out_of_scope") for place in range(40)]
    wrong = [graded(answer, f"x{place}", "It costs $14.50.") for place in range(30)]
    invented = [graded(answer, f"y{place}", "It costs $9.") for place in range(2)]
    shown = Counter(name for name, _ in kinds(worst_answers(missed + wrong + invented)))
    assert shown == {"wrong, with an invention": 2, "wrong": 5, "escalation missed": 5}
    assert len(worst_answers(missed)) == 12


def test_an_entry_is_shown_again_only_after_all_others(answer: Answer) -> None:
    records = [graded(answer, f"fee#{place}", "It costs $14.50.") for place in range(5)] + [graded(answer, "z#0", "It costs $14.50.")]
    assert [record["entry"] for _, record in worst_answers(records, 3)] == ["fee", "z", "fee"]
