"""The entries in the prompt, and how much of a conversation stands there."""

import pytest

from frontdesk.answers.grounding import CHARACTERS, INSTRUCTION, TURNS, readable, system_text
from frontdesk.facts.entries import Entry
from tests.frontdesk.answers.test_knowledge import ENTRIES, ask


def test_entries_stand_in_their_order_with_first_question_and_answer() -> None:
    lines = system_text(" You answer.\n", ENTRIES[:3]).split("\n")
    assert lines[0] == "You answer."
    assert lines[1] == INSTRUCTION["en"]
    assert lines[2:] == [part for one in ENTRIES[:3] for part in (f"Q: {one.questions[0]}", f"A: {one.answers[0]}")]
    assert system_text("You answer.", ENTRIES[2::-1]).split("\n")[2] == "Q: Do you wrap presents?"


def test_without_their_questions_entries_are_answers() -> None:
    assert system_text("S", ENTRIES[:2], with_questions=False).split("\n")[2:] == ["A: It is $4.90.", "A: From nine to five."]
    assert system_text("S", [Entry("a", (), ("Yes.",))]).split("\n")[2:] == ["A: Yes."]


@pytest.mark.parametrize(
    ("prompt", "language"), [("너는 상담원이다.", "ko"), ("You are the desk of 페블앤파인.", "ko"), ("You answer.", "en")]
)
def test_the_instruction_speaks_the_language_of_the_system_prompt(prompt: str, language: str) -> None:
    assert INSTRUCTION[language] in system_text(prompt, ENTRIES[4:])
    assert not any(text in system_text(prompt, ENTRIES[4:]) for name, text in INSTRUCTION.items() if name != language)


def test_a_reader_sees_the_question_and_the_exchange_before_it() -> None:
    turns = ask("a", "b", "c", "d", "e")
    assert TURNS == 3
    assert readable(turns) == turns[2:]
    assert readable(turns[:3]) == turns[:3]
    assert readable(turns[:1]) == turns[:1]
    assert readable(turns[1:3]) == turns[2:3], "no answer without its question"
    assert readable([{"role": "system", "content": "S"}, *turns[:1]]) == turns[:1]


def test_of_long_turns_before_the_question_a_reader_sees_the_end_and_of_the_question_all() -> None:
    long = "x" * CHARACTERS + "end"
    assert [turn["content"] for turn in readable(ask(long, long, long))] == [long[3:], long[3:], long]
    before = ask(long, "b", "c")
    assert readable(before)[0]["content"] != before[0]["content"] == long, "the conversation stays as it is"
