"""From entries to rows: wordings, duplicates, derived wordings, and questions that are not learnt."""

import random
from collections import Counter

import pytest

from data_tools.faq.entries import FaqEntry, Wording
from data_tools.rows.rows import as_json, derived_rows, entry_rows, message, unseen
from frontdesk.config.schema import DataConfig

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


@pytest.mark.parametrize("wordings", [1, 3, 4, 5, 8])
def test_entries_with_few_wordings_get_more_up_to_a_number(wordings):
    questions = ["배송은 얼마나 걸리나요?", "How long does the delivery to Busan take?", "Can I have my money back?"]
    entries = [entry(f"e{number}", questions[:number], [f"answer {number}"]) for number in (1, 2, 3)] + [entry("held", questions, ["x"])]
    trained = [row for row in entry_rows(entries, "faq", Counter()) if row.owner != "held"]
    data = DataConfig(faq=("faq.csv",), min_paraphrases=wordings)
    made = derived_rows(entries, trained, data)

    by_id = {row.id: row for row in trained}
    for row in made:
        base = by_id[row.id.rsplit(".", 1)[0]]
        assert (row.answer, row.source, row.owner, row.kind) == (base.answer, base.source, base.owner, "faq")
        assert row.derived
        assert row.question != base.question
    per_entry = Counter(row.owner for row in made)
    assert all(per_entry[f"e{number}"] <= max(0, wordings - number) for number in (1, 2, 3))
    assert bool(made) == (wordings > 1)
    assert per_entry["held"] == 0
    assert len({row.id for row in made}) == len(made)
    assert [(row.id, row.question) for row in derived_rows(entries, trained, data)] == [(row.id, row.question) for row in made]


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
