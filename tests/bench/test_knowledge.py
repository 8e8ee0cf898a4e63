"""The invented FAQ is as large as asked for and always the same; the edits of the bench are few and real."""

from bench.invented_faq import OF_A_SUBJECT, invented
from bench.knowledge import EDITED, edited

ENTRIES = 2000


def test_the_faq_is_as_large_as_asked_for_and_always_the_same() -> None:
    made = invented(ENTRIES)
    assert made == invented(ENTRIES) and made[:100] == invented(100)
    assert len({line["id"] for line in made}) == ENTRIES
    assert len({line["subject"] for line in made}) == ENTRIES // OF_A_SUBJECT
    assert len(invented(100_000)) == 100_000


def test_some_entries_have_several_wordings_and_some_are_korean() -> None:
    made = invented(ENTRIES)
    several = sum(len(line["questions"]) > 1 for line in made)
    korean = sum(line["subject"][0] >= "가" for line in made)
    assert 0.3 < several / ENTRIES < 0.5 and korean == ENTRIES / 5
    assert all(question and "{" not in answer for line in made for question in line["questions"] for answer in line["answers"])


def test_few_answers_are_edited_and_no_question() -> None:
    made = invented(ENTRIES)
    changed = [(one, other) for one, other in zip(made, edited(made), strict=True) if one != other]
    assert len(changed) == EDITED
    assert all(one["questions"] == other["questions"] and one["id"] == other["id"] for one, other in changed)
