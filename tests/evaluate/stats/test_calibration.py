"""Probabilities against what came true, by hand; and which records tell of them."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evaluate.stats.calibration import BINS, auroc, calibration

Answer = Callable[..., dict[str, Any]]


def records(answer: Answer, *told: tuple[float, bool], set: str = "wordings", **more: Any) -> list[dict[str, Any]]:
    return [answer(f"e{i}#1", set, probability=one, first_right=right, **more) for i, (one, right) in enumerate(told)]


def test_the_error_is_the_mean_distance_each_bin_by_its_count(answer: Answer) -> None:
    found = calibration(records(answer, (0.81, True), (0.85, True), (0.89, False), (0.12, False), (0.18, True)))
    assert found
    low, high = found["bins"]
    assert (low["from"], low["to"], low["count"], low["probability"], low["right"]) == (0.1, 0.2, 2, pytest.approx(0.15), 0.5)
    assert (high["from"], high["to"], high["count"], high["probability"], high["right"]) == (0.8, 0.9, 3, pytest.approx(0.85), 2 / 3)
    assert found["ece"] == pytest.approx((2 * 0.35 + 3 * (0.85 - 2 / 3)) / 5) and found["of"] == 5
    assert all(one["low"] < one["right"] < one["high"] for one in found["bins"])


def test_what_happens_as_often_as_it_is_said_has_no_error(answer: Answer) -> None:
    told = [(0.25, i < 25) for i in range(100)] + [(0.75, i < 75) for i in range(100)]
    found, twisted = (calibration(records(answer, *some)) for some in (told, [(one, not right) for one, right in told]))
    assert found and twisted and (found["ece"], twisted["ece"]) == (0, 0.5)


def test_the_ends_are_in_the_first_and_the_last_bin(answer: Answer) -> None:
    found = calibration(records(answer, (0.0, False), (1.0, True), (0.1, False)))
    assert found and [(one["from"], one["count"]) for one in found["bins"]] == [(0.0, 1), (0.1, 1), (0.9, 1)]
    assert len(found["bins"]) <= BINS


def test_what_the_faq_answers_is_told_by_its_probability(answer: Answer) -> None:
    inside = records(answer, (0.9, True), (0.4, False), (0.2, False))
    outside = records(answer, (0.4, False), (0.1, False), set="out_of_scope")
    found = calibration([*inside, *outside])
    assert found and found["auroc"] == (2 + 1.5 + 1) / 6, "0.4 beside 0.4 is half a win, though its first entry is wrong"
    assert (calibration(inside) or {})["auroc"] is None


def test_the_share_of_pairs_is_that_of_all_pairs() -> None:
    generator = np.random.default_rng(7)
    inside, outside = (generator.integers(0, 8, size).tolist() for size in (40, 30))
    by_hand = np.mean([(one > other) + (one == other) / 2 for one in inside for other in outside])
    assert auroc(inside, outside) == pytest.approx(by_hand) != 0.5
    assert auroc([1.0], []) is None


def test_single_questions_count_once_and_only_those_with_a_decision(answer: Answer) -> None:
    one = records(answer, (0.5, True))
    others = [
        answer("d", "dialogues", probability=0.5),
        answer("i", "injections", probability=0.5),
        answer("chat", "no_faq", expects="chat", probability=0.5),
        answer("e0#1", probability=0.5, **{"pass": 1}),
        answer("by heart"),
    ]
    near = records(answer, (0.3, False), set="near_miss", expects="handoff")
    found = calibration([*one, *others, *near])
    assert found and found["of"] == 2 and json.loads(json.dumps(found)) == found
    assert calibration(others[-1:]) is None and calibration([]) is None
