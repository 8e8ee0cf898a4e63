"""Which entry an answer rests on."""

import pytest

from frontdesk.facts.entries import Entry, rests_on

FACTS = [
    Entry("standard", (), ("Standard shipping costs $4.90 per order.",)),
    Entry("express", (), ("Express shipping costs $14.50 per order.", "Express costs $14.50.")),
    Entry("hours", (), ("고객센터는 평일 오전 10시부터 오후 6시까지 운영합니다.",)),
]


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("Standard shipping costs $4.90 per order.", "standard"),
        ("standard shipping costs $4.90 an order", "standard"),
        ("Express shipping costs $14.50 per order.", "express"),
        ("Express costs $14.50.", "express"),
        ("고객센터는 평일 오전 10시부터 오후 6시까지 운영해요.", "hours"),
        ("I'm not able to answer that one myself. Shall I connect you with one of our agents?", None),
        ("Standard shipping costs $5.90 per order.", None),
        ("For you that is $14.50.", "express"),
        ("Mornings from 10 am, evenings until 6 pm.", "hours"),
        ("1. Ask. 2. Wait.", None),
        ("Good morning!", None),
        ("", None),
    ],
)
def test_an_answer_rests_on_the_entry_that_has_its_words_and_values_or_else_its_values(answer: str, source: str | None) -> None:
    found = rests_on(answer, FACTS)
    assert (found.id if found else None) == source


def test_no_entry_is_no_source() -> None:
    assert rests_on("Standard shipping costs $4.90 per order.", []) is None


def test_what_was_said_before_need_not_be_in_the_entry() -> None:
    answer = "With $60, standard shipping costs $4.90 per order."
    assert rests_on(answer, FACTS) is None
    assert rests_on(answer, FACTS, ["I have $60 in my basket"]) == FACTS[0]
    assert rests_on("You have $60.", FACTS, ["I have $60 in my basket"]) is None
