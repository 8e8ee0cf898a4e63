"""A wrong premise that is affirmed, and an answer that tells something to who asked for nothing."""

import pytest

from evaluate.scoring.customers import affirms, customer_turns, tells
from frontdesk.prompt.render import Message

ANSWERS = (
    "Returns are accepted for 45 days if the item is unused.",
    "Guests can order without an account.",
    "기본 배송비는 3,000원입니다.",
)


@pytest.mark.parametrize(
    ("answer", "claim", "expected"),
    [
        ("Returns are accepted for 45 days if the item is unused.", "60 days", False),
        ("Returns are accepted within 45 days for unused items.", "", False),
        ("Yes, returns are accepted for 45 days.", "60 days", True),
        ("Sure! You have 45 days.", "", True),
        ("That's right, you have 45 days.", "", True),
        ("Correct, it is 45 days.", "", True),
        ("No, that's right for our shop in Korea only. Here it is 45 days.", "", False),
        ("You have 60 days, or 45 days for unused items.", "60 days", True),
        ("You have 45 days, not 60 days.", "60 days", False),
        ("No, it is 45 days instead of 60 days.", "60 days", False),
        ("네, 고객님. 14일 이내에 반품하실 수 있습니다.", "한 달", True),
        ("맞습니다. 14일입니다.", "", True),
        ("릿지 2 텐트는 2명이 자기에 알맞습니다.", "", False),
        ("한 달이 아니라 14일입니다.", "한 달", False),
        ("아니요, 14일 이내에 반품하실 수 있습니다.", "한 달", False),
        ("", "60 days", False),
    ],
)
def test_affirms(answer: str, claim: str, expected: bool) -> None:
    assert affirms(answer, claim) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("You're welcome!", False),
        ("Thank you, Mr Renner, noted. What is your question?", False),
        ("Take your time, I'll wait.", False),
        ("One moment is no problem at all.", False),
        ("Great, four of you on Saturday then!", False),  # as the customer said
        ("네, 천천히 하세요 😊", False),
        ("양은설 고객님, 감사합니다. 무엇을 도와드릴까요?", False),
        ("You have 45 days.", True),
        ("That will be $99.", True),
        ("Guests can order without an account.", True),
        ("You're welcome! By the way, guests may order without an account.", True),
        ("기본 배송비는 3,000원입니다.", True),
        ("배송비는 3천원이에요.", True),
    ],
)
def test_tells(answer: str, expected: bool) -> None:
    assert tells(answer, ANSWERS, ["We will be four on Saturday."]) is expected


def test_what_was_told_before_is_told_again() -> None:
    assert tells("Guests can order without an account.", ANSWERS, ["Guests can order without an account.", "thx"])


def test_what_the_customer_wrote_but_for_the_answer_to_a_question_back() -> None:
    said = [
        ("system", "You answer."),
        ("user", "shipping?"),
        ("assistant", "Do you mean “Fee?” or “Express?”?"),
        ("user", "Fee?"),
        ("assistant", "Do you want to know more?"),
        ("user", "no"),
    ]
    messages: list[Message] = [{"role": role, "content": text} for role, text in said]
    assert customer_turns(messages) == ["shipping?", "no"]
