"""How sure a score is when its questions come in clusters: intervals by the bootstrap, and how many questions
a difference takes.

Wordings of one FAQ entry stand and fall together, so that sixty entries of four wordings say less than 240
questions about 240 things. Therefore whole clusters are drawn with replacement (Efron 1979; of clusters:
Field & Welsh 2007), a cluster being an FAQ entry or a dialogue. Values are 0 and 1 for shares, -1, 0 and 1
for differences of shares, or any number, such as tokens.
"""

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Clusters = Mapping[str, Sequence[float]]
"""Values by cluster; no cluster is empty."""
Numbers = NDArray[np.float64]

RARE = 5
"""With fewer clusters that hold a 1 (or a 0), resamples without any are common, percentiles too narrow."""
FEW = 10
"""Of fewer clusters than this, resamples do not show how much clusters differ, nor does the sample."""
FEWEST = 6
"""Fewer questions than this never exclude a tie: a sign test of five has p = 0.06 at best."""
NORMAL = NormalDist()


class Estimate(NamedTuple):
    """A mean with its 95 % interval, the number of values and of their clusters."""

    value: float
    low: float
    high: float
    of: int
    clusters: int


def bootstrap(values: Clusters, resamples: int = 2000, seed: int = 0) -> Estimate:
    """The mean of all values and its interval: percentiles of the means of `resamples` (whole hundreds), the
    same for the same seed.

    Percentiles of few clusters are too narrow; they are moved outward as Hesterberg (2015) has it. Where
    nearly all values are equal, they are too narrow still (0 right of 61 would be certainty): shares get
    Wilson's interval there, on the number of questions that are worth as much as independent ones. So do
    shares of few clusters, with Student's t for the normal quantile.
    """
    sums, sizes = totals(values)
    rare = min((sums > 0).sum(), (sums < sizes).sum()) < RARE or standard_error(sums, sizes) == 0
    if kinds(values) <= {0, 1} and (rare or len(sizes) < FEW):
        return _estimate(values, _wilson(values))
    return _estimate(values, percentiles(values, resamples, seed))


def wilson(right: float, of: float, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927): within 0 and 1, also where nothing is right."""
    share, slack = right / of, z * z / of
    middle = (share + slack / 2) / (1 + slack)
    half = sqrt(share * (1 - share) * slack + slack * slack / 4) / (1 + slack)
    return max(0.0, middle - half), min(1.0, middle + half)


def _wilson(flags: Clusters) -> tuple[float, float]:
    """The interval of a share, by what its values are worth as independent ones."""
    sums, sizes = totals(flags)
    share, number = float(sums.sum() / sizes.sum()), effective(flags)
    return wilson(share * number, number, student(len(sizes) - 1)) if 1 < len(sizes) < FEW else wilson(share * number, number)


def paired(differences: Clusters, resamples: int = 2000, seed: int = 0) -> Estimate:
    """The mean of differences on the same questions, as `bootstrap` has it.

    Where two systems differ in few clusters, the shares of questions that only the one or only the other gets
    right have Wilson's intervals, joined to one of their difference (Zou & Donner 2008): three questions of
    60 prove nothing, nor does none. No question is of both kinds, so that the more are of one, the fewer are
    of the other: the difference varies by that much more.
    """
    uneven = sum(any(numbers) for numbers in differences.values())
    if not kinds(differences) <= {-1, 0, 1} or (uneven >= 2 * RARE and len(kinds(differences)) > 1 and len(differences) >= FEW):
        return _estimate(differences, percentiles(differences, resamples, seed))
    (up, up_low, up_high), (down, down_low, down_high) = (_share(differences, sign) for sign in (1, -1))
    together = sqrt(up * down / ((1 - up) * (1 - down))) if up < 1 and down < 1 else 0.0  # the correlation, of the other sign
    low, high = (
        sqrt(one**2 + other**2 + 2 * together * one * other)
        for one, other in ((up - up_low, down_high - down), (up_high - up, down - down_low))
    )
    return _estimate(differences, (max(-1.0, up - down - low), min(1.0, up - down + high)))


def _share(differences: Clusters, sign: int) -> tuple[float, float, float]:
    """The share of differences of one sign, and its interval."""
    flags = {cluster: [float(number == sign) for number in numbers] for cluster, numbers in differences.items()}
    sums, sizes = totals(flags)
    return float(sums.sum() / sizes.sum()), *_wilson(flags)


def percentiles(values: Clusters, resamples: int, seed: int) -> tuple[float, float]:
    """The interval from resamples of clusters; of a single cluster the range of its values."""
    sums, sizes = totals(values)
    count, generator = len(sizes), np.random.default_rng(seed)
    if count == 1:
        return min(kinds(values)), max(kinds(values))
    # A hundred at a time, so that thousands of clusters need little memory.
    draws = (generator.integers(count, size=(100, count)) for _ in range(0, resamples, 100))
    means = np.concatenate([sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1) for drawn in draws])
    tail = NORMAL.cdf(-student(count - 1) * sqrt(count / (count - 1)))
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def kinds(values: Clusters) -> set[float]:
    """The different values."""
    return set().union(*values.values())


def _estimate(values: Clusters, ends: tuple[float, float]) -> Estimate:
    """The mean with its interval, which holds the mean whatever was rounded."""
    sums, sizes = totals(values)
    mean = float(sums.sum() / sizes.sum())
    return Estimate(mean, min(mean, ends[0]), max(mean, ends[1]), int(sizes.sum()), len(sizes))


def needed(differences: Clusters) -> int | None:
    """How many questions, of clusters like these, would exclude a tie with 80 % power if the mean difference
    were the one seen.

    The design effect is in the standard error, which is that of clusters. None without a difference, or with
    a single cluster.
    """
    sums, sizes = totals(differences)
    mean = abs(float(sums.sum() / sizes.sum()))
    if mean == 0 or len(sizes) < 2:
        return None
    power = NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(0.8)
    return max(FEWEST, ceil(float(sizes.sum()) * (power * standard_error(sums, sizes) / mean) ** 2))


def effective(values: Clusters) -> float:
    """The number of independent values that would be as telling: from all clusters alike inside (the least)
    to no likeness (all).

    The design effect (Kish 1965) is the variance of the mean of clusters over that of as many independent
    values. Where all values are equal it cannot be estimated, and the least is given.
    """
    sums, sizes = totals(values)
    of, least = float(sizes.sum()), float(sizes.sum() ** 2 / (sizes**2).sum())
    numbers = np.array([number for cluster in values.values() for number in cluster], dtype=np.float64)
    independent, clustered = float(numbers.var() / of), standard_error(sums, sizes) ** 2
    if len(sizes) == 1 or independent == 0:
        return least
    return min(of, max(least, of * independent / clustered)) if clustered > 0 else of


def totals(values: Clusters) -> tuple[Numbers, Numbers]:
    """The sum and the number of values of each cluster, float64 of shape (clusters,)."""
    assert values and all(values.values()), f"no values, or a cluster without any: {sorted(values)[:5]}"
    sums = np.array([sum(numbers) for numbers in values.values()], dtype=np.float64)
    return sums, np.array([len(numbers) for numbers in values.values()], dtype=np.float64)


def standard_error(sums: Numbers, sizes: Numbers) -> float:
    """Of the mean of all values, by the linearized variance of a ratio; 0 for a single cluster."""
    count, mean = len(sizes), sums.sum() / sizes.sum()
    return sqrt(count / max(count - 1, 1) * float(((sums - mean * sizes) ** 2).sum())) / float(sizes.sum())


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t, by its expansion in 1/freedom (Abramowitz & Stegun 26.7.5)."""
    z = NORMAL.inv_cdf(0.975)
    terms = ((z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384)
    return float(z + sum(term / freedom**power for power, term in enumerate(terms, 1)))
