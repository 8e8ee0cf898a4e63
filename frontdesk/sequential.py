"""How much two shares differ, with an interval that may be looked at every day.

Each share's likelihood is mixed over a Beta(1/2, 1/2) prior: the ratio of the mixture to the likelihood at the true share is a martingale
of mean 1 (Robbins 1970; Howard et al. 2021). So is the product over both versions, and by Ville's inequality it reaches 1/ALPHA at any time
with a probability of at most ALPHA. The interval has all differences of pairs of shares at which it has not (Turner and Grünwald 2023). It
holds at all times together, for any numbers: whoever stops when they like what they see is wrong no more often. `bench/ab.py` measures it.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import betaln

ALPHA = 0.05
STEPS = 2000
"""Shares that are tried, evenly between 0 and 1; the interval is widened by one step to each side, so it is never too narrow."""
SHARES = (np.arange(STEPS) + 0.5) / STEPS
LOG, LOG_REST = np.log(SHARES), np.log1p(-SHARES)


class Count(NamedTuple):
    """`hits` of `number`."""

    hits: int
    number: int


class Difference(NamedTuple):
    """Of the second share from the first: the least and the largest that the counts allow."""

    low: float
    high: float


def evidence(count: Count) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """[STEPS] log of the martingale at each share: what speaks against it, in nats."""
    missed = count.number - count.hits
    return betaln(count.hits + 0.5, missed + 0.5) - betaln(0.5, 0.5) - count.hits * LOG - missed * LOG_REST  # type: ignore[no-any-return]


def difference(first: Count, second: Count, alpha: float = ALPHA) -> Difference:
    """The interval of (second − first) that covers the truth at all times with a probability of at least 1 − alpha."""
    one, other, most = evidence(first), evidence(second), float(np.log(1 / alpha))
    return Difference(-_largest(other, one, most), _largest(one, other, most))


def _largest(
    one: "np.ndarray[tuple[int], np.dtype[np.float64]]", other: "np.ndarray[tuple[int], np.dtype[np.float64]]", most: float
) -> float:
    """The largest (other − one) of all pairs of shares against which at most `most` nats speak. For each share of the other it is the
    lowest one that is left: below its minimum, where the evidence falls."""
    lowest = int(one.argmin())
    falling, budget = one[: lowest + 1], most - other
    places = np.searchsorted(-falling, -budget)  # the first with evidence of at most the budget
    possible = places <= lowest
    return min(1.0, float((SHARES[possible] - SHARES[places[possible]]).max()) + 1 / STEPS)
