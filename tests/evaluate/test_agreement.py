"""The scorer against the hand-labelled answers."""

from typing import Any

import pytest

from evaluate.agreement import LABELLED, agreement, kappa, scored
from frontdesk.facts.statements import read
from frontdesk.facts.yes_no import says
from frontdesk.files import read_jsonl
from tests.timing import LINEAR, exponent

ROWS = read_jsonl(LABELLED)


def split(name: str) -> list[dict[str, Any]]:
    return [row for row in ROWS if row["split"] == name]


@pytest.mark.parametrize(("name", "least"), [("seen", 0.97), ("unseen", 0.90)])
def test_scores_agree_with_the_labels(name: str, least: float) -> None:
    for language in ("en", "ko"):
        for judged, (share, beyond_chance) in agreement([row for row in split(name) if row["language"] == language]).items():
            assert share >= least, (language, judged)
            assert beyond_chance >= 0.8, (language, judged)


def test_the_labelled_answers_are_many_and_of_both_kinds() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    for language, least in (("en", 100), ("ko", 70)):
        assert sum(row["language"] == language for row in split("seen")) >= least
    assert len(split("unseen")) >= 60
    for judged in ("right", "handoff", "invented"):
        assert 0.1 < sum(bool(row[judged]) for row in ROWS) / len(ROWS) < 0.9


def test_labels_do_not_contradict_each_other() -> None:
    for row in ROWS:
        assert all(one in row["answer"] for one in row["invented"]), row["id"]
        assert not (row["right"] and row["invented"]), row["id"]
        assert row["right"] == (row["handoff"] and not row["invented"]) or row["expects"] == "facts", row["id"]


def test_right_and_wrong_exclude_each_other() -> None:
    for row in ROWS:
        result = scored(row)
        assert not (result.right and result.wrong)
        assert len(result.stated) == len(row["facts"])


@pytest.mark.parametrize("language", ["en", "ko"])
def test_long_answers_take_time_in_proportion(language: str) -> None:
    row = max((row for row in ROWS if row["language"] == language), key=lambda row: len(row["facts"]))

    def score(times: int) -> None:
        read.cache_clear()
        says.cache_clear()
        scored(row | {"answer": f"{row['answer']} " * times})

    assert exponent(score, 50, 200) < LINEAR


def test_kappa() -> None:
    assert kappa([True, True, False, False], [True, True, False, False]) == 1
    assert kappa([True, True, False, False], [True, False, True, False]) == 0
    assert kappa([True, True], [True, True]) == 1
