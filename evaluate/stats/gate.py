"""Whether the desk may talk to customers: its scores against the limits of the config."""

from collections.abc import Mapping
from typing import Any

from evaluate.stats.metrics import METRICS
from frontdesk.errors import UserError


def check(scores: Mapping[str, Mapping[str, Any]], thresholds: Mapping[str, float]) -> dict[str, Any]:
    """{"passed", "checks": [{"metric", "value", "low", "high", "limit", "passed"}]}, in the order of the thresholds.

    The value decides, not the interval: a limit is the company's choice, and an interval that touches it says
    how much chance was in the decision. A limit is the least allowed, or the most where lower is better. What
    was not measured does not pass.
    """
    gated = [name for name, metric in METRICS.items() if not metric.diagnostic]
    for metric, limit in thresholds.items():
        if metric not in gated or not 0 <= limit <= 1:
            known = ", ".join(gated)
            raise UserError(f"thresholds: {metric}: {limit}; expected a share from 0 to 1 for one of {known}; correct the config")
    checks = [_checked(metric, scores.get(metric), limit) for metric, limit in thresholds.items()]
    return {"passed": all(one["passed"] for one in checks), "checks": checks}


def _checked(metric: str, score: Mapping[str, Any] | None, limit: float) -> dict[str, Any]:
    if score is None:
        return {"metric": metric, "value": None, "low": None, "high": None, "limit": limit, "passed": False}
    value, tiny = score["value"], 1e-9  # a mean of floats is not to fail by its rounding
    passed = value <= limit + tiny if METRICS[metric].lower else value >= limit - tiny
    return {"metric": metric, "value": value, "low": score["low"], "high": score["high"], "limit": limit, "passed": passed}
