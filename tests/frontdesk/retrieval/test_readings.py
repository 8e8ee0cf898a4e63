"""The texts that are searched for: the turn, its parts, and what a follow-up leans on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.retrieval.readings import PARTS, TAIL, WORDS, Readings, readings


@pytest.mark.parametrize(
    ("turn", "parts"),
    [
        ("How much is shipping?", []),
        ("Hi. Thanks!", []),  # too short to be searched for
        ("I bought a lamp. Can I send it back?", ["I bought a lamp.", "Can I send it back?"]),
        ("how much is shipping and can I return it", ["how much is shipping", "can I return it"]),
        ("배송비는 총 얼마인가요? 환불은 언제 되나요?", ["배송비는 총 얼마인가요?", "환불은 언제 되나요?"]),
        ("배송비가 얼마인지 궁금하고 그리고 환불은 언제 되나요", ["배송비가 얼마인지 궁금하고", "환불은 언제 되나요"]),
        ("one two three\nfour five six", ["one two three", "four five six"]),
        ("It weighs 3.5 kg in all", []),
        (" ".join(f"a b c{i}." for i in range(9)), [f"a b c{i}." for i in range(9 - PARTS, 9)]),
    ],
)
def test_the_parts_of_a_turn_are_its_sentences_and_clauses(turn: str, parts: list[str]) -> None:
    assert readings([turn]) == Readings(turn, parts, "")


def test_of_a_long_turn_without_a_full_stop_the_end_is_a_part() -> None:
    words = [f"w{i}" for i in range(TAIL + 1)]
    assert readings([" ".join(words)]).parts == [" ".join(words[1:])]
    assert readings([" ".join(words[1:])]).parts == []


def test_a_follow_up_leans_on_the_two_turns_before_it() -> None:
    assert readings(["old", "older", "a?", "b.", " and c? "]) == Readings("and c?", [], "a? b.")
    assert readings(["b.", "c?"]).before == "b."
    assert readings(["c?"]).before == readings(["", " ", "c?"]).before == ""


def test_the_texts_are_all_of_them_in_this_order() -> None:
    asked = readings(["a?", "b.", "I bought a lamp. Can I send it back?"])
    assert asked.texts == [asked.turn, *asked.parts, "a? b."]
    assert readings(["c?"]).texts == ["c?"]


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_of_any_conversation_there_is_a_turn_and_few_parts_of_it(turns: list[str]) -> None:
    asked = readings(turns)
    assert asked.turn == turns[-1].strip() and len(asked.texts) == 1 + len(asked.parts) + bool(asked.before)
    assert len(asked.parts) <= PARTS
    for part in asked.parts:
        assert len(part.split()) >= WORDS and "".join(part.split()) in "".join(asked.turn.split())
