"""Where conversations of one room end."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.conversations.conversation import Turn
from data_tools.conversations.sessions import split_sessions

ROLES = {"c": "customer", "a": "agent"}
START = datetime(2026, 3, 2, 15, 0)


def turn(number, who, minute, text, skipped=None):
    at = None if minute is None else (START + timedelta(minutes=minute)).isoformat()
    return Turn(ROLES[who], text, at, f"room.txt:{number}", skipped=skipped)


def sizes(*said):
    """The sizes of the sessions of (who, minute, text) or (who, minute, text, skipped)."""
    turns = [turn(number, *one) for number, one in enumerate(said, 1)]
    sessions = list(split_sessions(iter(turns)))
    assert [turn for session in sessions for turn in session] == turns
    return [len(session) for session in sessions]


@pytest.mark.parametrize(
    ("gap", "expected"), [(59, [4]), (60, [2, 2]), (-1, [2, 2]), (-0.9, [4]), (-1 / 60, [4]), (0, [4]), (60 * 24 * 90, [2, 2])]
)
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
@pytest.mark.parametrize("timed", [True, False])
def test_opening_anew_after_a_goodbye(goodbye, opening, timed):
    said = [("c", 0, "price?"), ("a", 0, "five"), ("c", 0, "ok"), ("a", 0, goodbye), ("c", 1, opening), ("a", 1, "sure")]

    assert sizes(*((who, minute if timed else None, text) for who, minute, text in said)) == [4, 2]


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


@pytest.mark.parametrize("minute", [1, 500, -500, None])
@pytest.mark.parametrize("text", ["Ann joined", "hello, I need a room", ""])
def test_what_is_no_turn_starts_nothing_and_stays_where_it_stands(minute, text):
    said = [("c", 0, "price?"), ("c", minute, text, "system"), ("a", 1, "five"), ("a", minute, text, "system")]

    assert sizes(*said) == [4]
    assert sizes(*said, ("c", 900, "size?"), ("a", 901, "ten")) == [4, 2]


def test_what_stands_between_does_not_hide_an_answering_hello():
    said = [("c", 0, "price?"), ("a", 0, "five"), ("c", 1, "Hello"), ("c", 1, "joined", "system"), ("a", 1, "Hello, how can I help?")]

    assert sizes(*said) == [2, 3]


def test_nothing_but_asides_and_nothing_at_all():
    assert sizes() == []
    assert sizes(("c", 0, "x", "system"), ("c", 900, "y", "bot")) == [2]


TEXTS = ["hi", "hello", "price?", "five", "Have a nice day", "I need a room", "안녕하세요", "감사합니다", "Goodbye"]


@given(st.lists(st.tuples(st.sampled_from("ca"), st.none() | st.integers(0, 3000), st.sampled_from(TEXTS), st.sampled_from([None, "bot"]))))
def test_no_turn_is_lost_and_asides_do_not_matter(said):
    sizes(*said)
    spoken = [one for one in said if one[3] is None]
    if spoken:
        turns = [turn(number, *one) for number, one in enumerate(said)]
        apart = [len([one for one in session if one.skipped is None]) for session in split_sessions(turns)]
        assert apart == sizes(*spoken)


def test_one_session_is_in_memory_at_a_time():
    def endless():
        for number in range(1_000_000):
            yield turn(number, "ca"[number % 2], 100 * number if number % 2 == 0 else 100 * number - 99, "price?")

    sessions = split_sessions(endless())
    assert len(next(sessions)) == 2
    assert len(next(sessions)) == 2
