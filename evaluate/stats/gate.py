"""Whether the desk may talk to customers: its scores against the limits of the config, and beside those of no
model at all."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluate.stats.metrics import METRICS
from evaluate.stats.summary import side
from frontdesk.errors import UserError


def check(
    scores: Mapping[str, Mapping[str, Any]], thresholds: Mapping[str, float], beside: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """{"passed", "checks": [{"metric", "against", "value", "low", "high", "limit", "passed"}]}: those of the
    thresholds in their order, "against" nothing, then those `beside` quote (`summary.beside_quote`).

    The value decides, not the interval: a limit is the company's choice, and an interval that touches it says
    how much chance was in the decision. A limit is the least allowed, or the most where lower is better. What
    was not measured does not pass. Beside quote the value is a difference, and its interval decides: what is
    worse beyond chance does not pass, whatever the config says.
    """
    gated = [name for name, metric in METRICS.items() if not metric.diagnostic]
    for metric, limit in thresholds.items():
        if metric not in gated or not 0 <= limit <= 1:
            known = ", ".join(gated)
            raise UserError(f"thresholds: {metric}: {limit}; expected a share from 0 to 1 for one of {known}; correct the config")
    checks = [_checked(metric, scores.get(metric), limit) for metric, limit in thresholds.items()]
    checks += [_check(one["metric"], one["against"], one, 0.0, side(one) >= 0) for one in beside]
    return {"passed": all(one["passed"] for one in checks), "checks": checks}


def _checked(metric: str, score: Mapping[str, Any] | None, limit: float) -> dict[str, Any]:
    if score is None:
        return _check(metric, None, {}, limit, False)
    value, tiny = score["value"], 1e-9  # a mean of floats is not to fail by its rounding
    return _check(metric, None, score, limit, value <= limit + tiny if METRICS[metric].lower else value >= limit - tiny)


def _check(metric: str, against: str | None, score: Mapping[str, Any], limit: float, passed: bool) -> dict[str, Any]:
    measured = {key: score.get(key) for key in ("value", "low", "high")}
    return {"metric": metric, "against": against, **measured, "limit": limit, "passed": passed}
