"""From entries to rows: wordings, duplicates, and questions that are not learnt."""

import random
from collections import Counter

import pytest

from data_tools.faq.entries import FaqEntry, Wording
from data_tools.rows.rows import as_json, entry_rows, message, unseen

HANDOFF = {"ko": "상담원에게 연결해 드릴게요.", "en": "A colleague will help you."}


def entry(name, questions, answers):
    return FaqEntry(name, "faq:1", questions=[Wording(text, f"faq:{i}") for i, text in enumerate(questions)], answers=answers)


def test_answers_take_turns():
    rows = entry_rows([entry("e", ["q0", "q1", "q2"], ["a0", "a1"])], "faq", Counter())

    assert [(row.id, row.question, row.answer, row.source) for row in rows] == [
        ("e#0", "q0", "a0", "faq:0"), ("e#1", "q1", "a1", "faq:1"), ("e#2", "q2", "a0", "faq:2"),
    ]  # fmt: skip
    assert {(row.owner, row.kind, row.derived) for row in rows} == {("e", "faq", "")}
    assert rows[0].messages == [message("user", "q0"), message("assistant", "a0")]


def test_equal_rows_are_dropped_whatever_the_order():
    entries = [entry("one", ["q", "r"], ["a"]), entry("two", ["q", "s"], ["a"]), entry("three", ["q"], ["b"])]
    for seed in range(6):
        dropped = Counter()
        rows = entry_rows(random.Random(seed).sample(entries, 3), "faq", dropped)
        assert sorted(row.id for row in rows) == ["one#0", "one#1", "three#0", "two#1"]
        assert dropped == {"row: duplicate": 1}


@pytest.mark.parametrize(("question", "language"), [("배송은 얼마나 걸리나요?", "ko"), ("How long does it take?", "en")])
def test_the_question_of_what_is_not_learnt_is_handed_off_in_its_language(question, language):
    (row,) = entry_rows([entry("e", [question], ["two days"])], "faq", Counter())
    made = unseen(row, HANDOFF)

    assert (made.id, made.kind, made.owner, made.source) == ("unseen:e#0", "refusal", "e", row.source)
    assert (made.question, made.answer) == (question, HANDOFF[language])
    assert row.answer == "two days"


def test_a_row_in_its_file():
    messages = [message("user", "q"), message("assistant", "a")]

    assert as_json("e#0", messages, "faq", "e", "faq:1") == {
        "id": "e#0",
        "messages": messages,
        "kind": "faq",
        "group": "e",
        "source": "faq:1",
    }
    assert as_json("e#0.1", messages, "faq", "e", "faq:1", "polite")["derived"] == "polite"
