"""Whether the probability by which the desk decides is true, and whether it tells what the FAQ answers from what
it does not.

A probability is calibrated if of the questions whose first entry has 0.8, that entry answers 80 %.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from evaluate.stats.bootstrap import wilson
from evaluate.stats.metrics import Record

BINS = 10


def calibration(records: Sequence[Record]) -> dict[str, Any] | None:
    """{"of", "ece", "auroc", "bins": [{"from", "to", "count", "probability", "right", "low", "high"}]} of one system; None if it
    decides by no probability.

    Single questions count, those to answer and those to escalate. In a bin, `probability` is the mean of those of its questions,
    `right` the share of them whose first entry answers, with Wilson's interval; empty bins are left out. `ece`, the expected
    calibration error (Guo et al. 2017), is how far the two are apart, each bin by its count. `auroc`: how often a question that the
    FAQ answers has a higher probability than one that it does not; None where there are not both.
    """
    mine = [one for one in records if one["pass"] == 0 and one["expects"] in ("facts", "handoff") and one["set"] != "dialogues"]
    found = [(one["probability"], one["first_right"], one["expects"] == "facts") for one in mine if one["probability"] is not None]
    if not found:
        return None
    bins = [_bin(place, some) for place in range(BINS) if (some := [one for one in found if min(BINS - 1, int(one[0] * BINS)) == place])]
    return {
        "of": len(found),
        "ece": sum(one["count"] * abs(one["probability"] - one["right"]) for one in bins) / len(found),
        "auroc": auroc([p for p, _, answered in found if answered], [p for p, _, answered in found if not answered]),
        "bins": bins,
    }


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float | None:
    """The share of pairs in which the number inside is the higher one, equal ones by half (Mann & Whitney 1947)."""
    if not inside or not outside:
        return None
    ranked = np.sort(outside)
    below = (np.searchsorted(ranked, inside, "left") + np.searchsorted(ranked, inside, "right")) / 2
    return float(below.mean() / len(outside))


def _bin(place: int, some: Sequence[tuple[float, bool, bool]]) -> dict[str, Any]:
    count, right = len(some), sum(first for _, first, _ in some)
    low, high = wilson(right, count)
    means = {"count": count, "probability": sum(one[0] for one in some) / count, "right": right / count}
    return {"from": place / BINS, "to": (place + 1) / BINS, **means, "low": low, "high": high}
