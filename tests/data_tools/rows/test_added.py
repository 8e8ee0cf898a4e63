"""Rows that are made beside those of the input: derived wordings, and as many off-topic questions as are missing."""

from collections import Counter

import pytest

from data_tools.faq.entries import FaqEntry, Wording
from data_tools.rows.added import TOPIC, added_rows, derived_rows
from data_tools.rows.rows import Candidate, entry_rows
from frontdesk.config.schema import DataConfig


def entry(name, questions, answers):
    return FaqEntry(name, "faq:1", questions=[Wording(text, f"faq:{i}") for i, text in enumerate(questions)], answers=answers)


@pytest.mark.parametrize("wordings", [1, 3, 4, 5, 8])
def test_entries_with_few_wordings_get_more_up_to_a_number(wordings):
    questions = ["배송은 얼마나 걸리나요?", "How long does the delivery to Busan take?", "Can I have my money back?"]
    entries = [entry(f"e{number}", questions[:number], [f"answer {number}"]) for number in (1, 2, 3)] + [entry("held", questions, ["x"])]
    trained = [row for row in entry_rows(entries, "faq", Counter()) if row.owner != "held"]
    data = DataConfig(faq=("faq.csv",), min_paraphrases=wordings)
    made = list(derived_rows(entries, trained, data))

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


@pytest.mark.parametrize("refusals", [0, 2, 30])
def test_off_topic_questions_fill_up_the_share_of_refusals(refusals):
    faq = [entry(f"e{number}", [f"Do you sell kettle number {number}?"], [f"Yes, {number}."]) for number in range(20)]
    own = [entry(f"no{number}", [f"What about {number}?"], ["I cannot say."]) for number in range(refusals)]
    rows = entry_rows(faq, "faq", Counter()) + entry_rows(own, "refusal", Counter())
    candidates = [Candidate(row.id, row.kind, row.owner, (row.owner,)) for row in rows]
    data = DataConfig(faq=("faq.csv",), min_paraphrases=1, refusal_share=0.2)
    splits = ["test" if row.owner in ("e0", "e1", "e2", "e3") else "train" for row in rows]
    made = added_rows(candidates, splits, rows, faq, data)
    assert len(made) == max(0, 4 - refusals)  # 16 trained entries and 4 refusals are 0.2
    assert all(row.kind == "refusal" and row.answer == data.handoff["en"] and row.source.startswith(TOPIC) for row in made)
