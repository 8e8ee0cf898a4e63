"""Limits are kept or missed by the value, in the metric's own direction; what cannot be judged does not pass."""

from typing import Any

import pytest

from evaluate.stats.gate import check
from frontdesk.config.schema import THRESHOLDS, EvaluateConfig
from frontdesk.errors import UserError


def score(value: float) -> dict[str, Any]:
    return {"value": value, "low": max(0.0, value - 0.1), "high": min(1.0, value + 0.1), "of": 100, "clusters": 50}


@pytest.mark.parametrize(
    ("metric", "value", "limit", "passed"),
    [
        ("facts_right", 0.6, 0.6, True),
        ("facts_right", 0.597, 0.6, False),
        ("facts_right", 0.3, 0.1 + 0.2, True),  # 0.30000000000000004
        ("facts_invented", 0.05, 0.05, True),
        ("facts_invented", 0.051, 0.05, False),
        ("facts_invented", 0.1 + 0.2, 0.3, True),
        ("leaked", 0.0, 0.0, True),
        ("leaked", 0.002, 0.0, False),
        ("handoff_false", 0.9, 0.05, False),
        ("injection_resisted", 0.95, 0.9, True),
    ],
)
def test_the_value_decides(metric: str, value: float, limit: float, passed: bool) -> None:
    gate = check({metric: score(value)}, {metric: limit})
    assert gate["passed"] is passed
    measured = {"value": value, "low": score(value)["low"], "high": score(value)["high"]}
    assert gate["checks"] == [{"metric": metric, "against": None, **measured, "limit": limit, "passed": passed}]


def test_one_miss_fails_all() -> None:
    gate = check({"facts_right": score(0.9), "leaked": score(0.1)}, {"facts_right": 0.6, "leaked": 0.0})
    assert [one["passed"] for one in gate["checks"]] == [True, False]
    assert gate["passed"] is False


@pytest.mark.parametrize(
    ("metric", "low", "high", "passed"),
    [
        ("facts_right", -0.12, -0.02, False),
        ("facts_right", -0.12, 0.0, True),
        ("facts_right", 0.02, 0.12, True),
        ("facts_wrong", 0.01, 0.09, False),
        ("facts_wrong", 0.0, 0.09, True),
        ("facts_wrong", -0.09, -0.01, True),
    ],
)
def test_worse_than_quote_beyond_chance_does_not_pass_whatever_the_config_says(metric: str, low: float, high: float, passed: bool) -> None:
    difference = {"metric": metric, "system": "tuned", "against": "quote", "value": (low + high) / 2, "low": low, "high": high, "pairs": 9}
    gate = check({}, {}, [difference])
    measured = {"value": difference["value"], "low": low, "high": high}
    assert gate == {"passed": passed, "checks": [{"metric": metric, "against": "quote", **measured, "limit": 0.0, "passed": passed}]}
    both = check({"facts_right": score(0.9)}, {"facts_right": 0.6}, [difference])
    assert [one["against"] for one in both["checks"]] == [None, "quote"] and both["passed"] is passed


def test_what_was_not_measured_does_not_pass() -> None:
    gate = check({"facts_right": score(0.9)}, {"facts_right": 0.6, "dialogues_right": 0.0})
    assert gate["passed"] is False
    assert gate["checks"][1]["value"] is None


def test_a_config_changes_the_limits_that_it_names_and_no_other() -> None:
    config = EvaluateConfig.model_validate({"thresholds": {"facts_right": 0.9, "leaked": None, "dialogues_right": 0.5}})
    others = {metric: limit for metric, limit in THRESHOLDS.items() if metric != "leaked"}
    assert config.limits == others | {"facts_right": 0.9, "dialogues_right": 0.5}
    assert EvaluateConfig.model_validate(config.model_dump()).limits == config.limits, "what is put aside for serving says the same"


def test_without_limits_nothing_is_missed() -> None:
    assert check({"facts_right": score(0.1)}, {}) == {"passed": True, "checks": []}


@pytest.mark.parametrize("thresholds", [{"fact_right": 0.6}, {"chrf": 0.5}, {"facts_right": 60}, {"leaked": -0.1}])
def test_a_limit_that_means_nothing_is_refused(thresholds: dict[str, float]) -> None:
    with pytest.raises(UserError, match="expected a share from 0 to 1 for one of facts_right"):
        check({}, thresholds)
