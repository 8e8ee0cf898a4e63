"""Which records become one entry, and which are skipped."""

from collections import Counter

import pytest

from data_tools.faq.entries import join_records
from data_tools.readers.records import FaqRecord
from frontdesk.errors import UserError


def record(line, id="", question="", answer="", subject="", facts=(), path="faq.csv"):
    return FaqRecord(f"{path}:{line}", id, "", subject, (question,) if question else (), (answer,) if answer else (), facts)


def join(*records):
    dropped = Counter()
    return join_records([list(records)], "faq", dropped), dropped


def texts(entry):
    return [wording.text for wording in entry.questions]


def test_rows_of_one_id_are_one_entry():
    entries, _ = join(
        record(2, "hours", "When?", "At nine.", facts=("nine|9",)), record(3, "cost", "How much?", "Two."), record(4, "hours", "Open now?"),
        record(5, "hours", "", "From nine on.", facts=("nine|9",)),
    )  # fmt: skip

    assert [(entry.id, texts(entry), entry.answers) for entry in entries] == [
        ("hours", ["When?", "Open now?"], ["At nine.", "From nine on."]),
        ("cost", ["How much?"], ["Two."]),
    ]
    assert entries[0].facts == ["nine|9"]
    assert [wording.source for wording in entries[0].questions] == ["faq.csv:2", "faq.csv:4"]


@pytest.mark.parametrize("ids", [("1", "2", "3"), ("", "", "")])
def test_without_real_ids_the_same_answer_and_subject_is_one_entry(ids):
    entries, _ = join(
        record(2, ids[0], "When?", "At nine."), record(3, ids[1], "Open now?", "at  nine."), record(4, ids[2], "Cost?", "Two.")
    )

    assert [texts(entry) for entry in entries] == [["When?", "Open now?"], ["Cost?"]]
    assert len({entry.id for entry in entries}) == 2


def test_one_question_about_two_subjects_is_two_entries():
    entries, _ = join(
        record(2, "", "Parking?", "Yes.", "Inn"),
        record(3, "", "Parking?", "Yes.", "Hall"),
        record(4, "", "Has the INN wifi?", "Sure.", "Inn"),
    )

    assert [texts(entry) for entry in entries] == [["Inn: Parking?"], ["Hall: Parking?"], ["Has the INN wifi?"]]


def test_incomplete_entries_are_reported_with_their_line(capsys):
    entries, dropped = join(record(2, "a", "When?", "At nine."), record(3, "b", "Why?"), record(4, "c", "", "Because."))

    assert [entry.id for entry in entries] == ["a"]
    assert dropped == Counter({"faq entry: no answer": 1, "faq entry: no question": 1})
    warnings = capsys.readouterr().err
    assert "faq.csv:3: found an entry without answer" in warnings
    assert "faq.csv:4: found an entry without question" in warnings


def test_one_id_in_two_files_is_an_error():
    files = [[record(2, "hours", "When?", "At nine.")], [record(7, "hours", "언제?", "아홉 시.", path="faq.ko.csv")]]

    with pytest.raises(UserError, match=r"faq\.ko\.csv:7: id 'hours' is also at faq\.csv:2; expected an id in one file only; rename"):
        join_records(files, "faq", Counter())
