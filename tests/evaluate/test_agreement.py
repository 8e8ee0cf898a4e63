"""The scorer against the hand-labelled answers."""

from typing import Any

import pytest

from evaluate.agreement import LABELLED, agreement, kappa, scored, speed
from frontdesk.files import read_jsonl

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


def test_it_is_fast() -> None:
    assert speed(ROWS) > 1000  # 9,000 on a quiet core


def test_kappa() -> None:
    assert kappa([True, True, False, False], [True, True, False, False]) == 1
    assert kappa([True, True, False, False], [True, False, True, False]) == 0
    assert kappa([True, True], [True, True]) == 1
