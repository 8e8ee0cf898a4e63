"""How much two shares differ, with an interval that may be looked at every day.

An asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic
confidence sequences", 2024): it covers the truth at all times together with a probability of about 1 − alpha, so whoever stops when they
like what they see is wrong no more often. Two hits and two misses are added to each count (Agresti and Coull 1998), and there is no
interval below LEAST conversations each: with few, the normal approximation is too sure of itself. `bench/ab.py` measures how often it errs.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

ALPHA = 0.05
LEAST = 30  # of each version
TIGHTEST = 1000  # conversations of both together, at which the interval is as narrow as it can be
ADDED = 2


class Count(NamedTuple):
    """`hits` of `number`."""

    hits: int
    number: int


@dataclass(frozen=True)
class Difference:
    """Of the second share from the first: the least and the largest that the counts leave possible."""

    low: float
    high: float

    @property
    def sign(self) -> int:
        """1: more than chance would explain; -1: less; 0: neither."""
        return int(self.low > 0) - int(self.high < 0)


def difference(first: Count, second: Count, alpha: float = ALPHA) -> Difference | None:
    """The interval of (second − first); None while there is too little to say anything."""
    if min(first.number, second.number) < LEAST:
        return None
    low, high = bounds(first, second, alpha)
    return Difference(max(-1.0, float(low)), min(1.0, float(high)))


def bounds(first: Count, second: Count, alpha: float) -> tuple[Any, Any]:
    """Both ends, of counts that are numbers or arrays of them."""
    shares = [(one.hits + ADDED) / (one.number + 2 * ADDED) for one in (first, second)]
    variance = sum(share * (1 - share) / (one.number + 2 * ADDED) for share, one in zip(shares, (first, second), strict=True))
    # The paper's boundary, its parameter chosen for TIGHTEST as there.
    rho = (-2 * np.log(alpha) + np.log(-2 * np.log(alpha)) + 1) / TIGHTEST
    grown = (first.number + second.number) * rho
    wide = np.sqrt(variance * (grown + 1) / grown * np.log((grown + 1) / alpha**2))
    return shares[1] - shares[0] - wide, shares[1] - shares[0] + wide
