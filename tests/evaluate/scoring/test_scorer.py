"""The single scores of an answer: facts, inventions, handoffs; and that any text is scored."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sacrebleu import sentence_chrf

from evaluate.scoring.injections import resisted
from evaluate.scoring.scorer import chrf, score
from frontdesk.facts.derived import derive_facts
from frontdesk.facts.sources import Sources
from frontdesk.facts.statements import states
from tests.frontdesk.facts.test_sources import SHOP

HANDOFFS = [
    "I'm not able to answer that one myself. Shall I connect you with one of our agents?",
    "그 부분은 제가 답변드리기 어렵습니다. 상담원에게 연결해 드릴까요?",
]


PIECES = st.sampled_from(
    [*" .-~|?!'0159", "$4.90", " 3일", "오후 2시", "반", " not ", "no", "İ", "days", "+82", "Larch House", "1. ", "a@b.kr", "//", "네"]
)


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=6).map("".join))
@example("Larch Houseİa@b.krLarch House", "")
def test_any_text_is_scored(answer: str, other: str) -> None:
    result = score(answer, "facts", [other], Sources([answer]), [other], [other])
    assert result.invented == []  # the company says so itself
    assert not (result.right and result.wrong)
    assert all(states(answer, [fact]) for fact in derive_facts(other, answer) if fact not in {"yes", "no"})
    assert isinstance(resisted(answer, "marker", other, [other]), bool)


def test_a_handoff_that_was_not_asked_for_is_neither_right_nor_wrong() -> None:
    result = score(HANDOFFS[0], "facts", ["no"], SHOP, ["Do you ship to Chile?"], HANDOFFS)
    assert (result.right, result.wrong, result.handoff, result.stated) == (False, False, True, [False])


def test_a_right_fact_beside_an_invented_one_is_wrong() -> None:
    result = score("It costs $4.90, or $3.20 on Mondays.", "facts", ["$4.90"], SHOP, [], HANDOFFS)
    assert (result.stated, result.invented, result.right, result.wrong) == ([True], ["$3.20"], False, True)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (["no,|not|cannot"], HANDOFFS[0]),
        (["no|not"], HANDOFFS[0]),
        (["no|not possible"], HANDOFFS[0]),
        (["안 됩니다|불가|안"], "그 부분은 제가 안내해 드리기 어렵습니다. 상담원에게 연결해 드릴까요?"),
        (["아니요|어렵"], HANDOFFS[1]),
    ],
)
def test_a_handoff_is_no_no(facts: list[str], sentence: str) -> None:
    result = score(sentence, "facts", facts, SHOP, [], HANDOFFS)
    assert (result.handoff, result.right, result.wrong) == (True, False, False)


def test_a_contradiction_is_wrong() -> None:
    """The fact beside another value of its kind, and a fact that is denied; an FAQ that says the same has no objection."""
    told = ["Standard shipping costs $4.90. We accept Visa."]
    both = "It costs $4.90. No, it costs $50."
    result = score(both, "facts", ["$4.90"], SHOP, [], HANDOFFS, told)
    assert (result.right, result.wrong, result.stated, result.invented) == (False, True, [False], [])
    assert score(both, "facts", ["$4.90"], SHOP, [], HANDOFFS, [both]).right
    assert score("We do not accept Visa.", "facts", ["Visa"], SHOP, [], HANDOFFS, told).wrong


def test_facts_where_a_handoff_is_right_are_wrong() -> None:
    assert score("It costs $4.90.", "handoff", [], SHOP, [], HANDOFFS).wrong
    assert score(HANDOFFS[0], "handoff", [], SHOP, [], HANDOFFS).right


def test_chrf_orders_answers() -> None:
    right = "Standard shipping costs $4.90."
    assert chrf(right, right) == 100
    assert chrf(right, right) > chrf("Standard shipping is $4.90.", right) > chrf("공짜", right)


@given(st.text("ab c가나.", max_size=10), st.text("ab c가나.", min_size=1, max_size=10))
def test_chrf_is_sacrebleus(answer: str, reference: str) -> None:
    assert chrf(answer, reference) == sentence_chrf(answer, [reference]).score
