"""Where conversations of one room end."""

from datetime import datetime, timedelta

import pytest

from data_tools.readers.sessions import Message, split_sessions

ROLES = {"c": "customer", "a": "agent"}
START = datetime(2026, 3, 2, 15, 0)


def sizes(*said):
    """The sizes of the sessions of (who, minute, text) messages."""
    messages = [Message(i, START + timedelta(minutes=minute), who, text) for i, (who, minute, text) in enumerate(said)]
    sessions = split_sessions(messages, ROLES)
    assert [message for session in sessions for message in session] == messages
    return [len(session) for session in sessions]


@pytest.mark.parametrize(("gap", "expected"), [(59, [4]), (60, [2, 2]), (-1, [2, 2])])
def test_gaps_and_time_going_backwards(gap, expected):
    assert sizes(("c", 0, "price?"), ("a", 1, "five"), ("c", 1 + gap, "size?"), ("a", 2 + gap, "ten")) == expected


@pytest.mark.parametrize(
    ("last", "hours", "expected"), [("price?", 12, [2]), ("price?", 30, [1, 1]), ("thanks!", 12, [1, 1]), ("네 감사합니다", 12, [1, 1])]
)
def test_a_late_answer_belongs_to_its_question(last, hours, expected):
    assert sizes(("c", 0, last), ("a", 60 * hours, "five")) == expected


@pytest.mark.parametrize(
    ("goodbye", "opening"),
    [
        ("Thank you and goodbye.", "hello"),
        ("Goodbye. Enjoy your ride!", "Hi, one room please"),
        ("좋은 하루 되세요", "안녕하세요 문의드려요"),
        ("Have a nice day", "I need a room"),
    ],
)
def test_opening_anew_after_a_goodbye(goodbye, opening):
    assert sizes(("c", 0, "price?"), ("a", 0, "five"), ("c", 0, "ok"), ("a", 0, goodbye), ("c", 1, opening), ("a", 1, "sure")) == [4, 2]


def test_a_hello_that_is_answered_by_a_hello():
    assert sizes(("c", 0, "price?"), ("a", 0, "five"), ("c", 1, "Hello"), ("a", 1, "Hello, how can I help?")) == [2, 2]


def test_a_hello_after_several_answers():
    assert sizes(
        ("c", 0, "price?"), ("a", 0, "five"), ("c", 1, "and blue?"), ("a", 1, "ten"), ("c", 2, "Hi, I am Ben"), ("a", 3, "yes?")
    ) == [4, 2]


def test_what_does_not_open_anew():
    assert sizes(("a", 0, "Hi, this is Ann"), ("c", 0, "hi"), ("a", 1, "Hello!"), ("c", 1, "price?"), ("a", 2, "five")) == [5]
    assert sizes(("c", 0, "hi"), ("c", 1, "hello?"), ("a", 2, "Hello"), ("c", 3, "price?")) == [4]
    assert sizes(("c", 0, "price?"), ("a", 0, "five. Have a nice day"), ("c", 1, "thank you"), ("a", 1, "bye")) == [4]
