"""Intervals that may be looked at every day: they cover, they shrink, and they never claim what the counts do not say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln

from frontdesk.sequential import ALPHA, STEPS, Count, difference


def allowed(first: Count, second: Count, one: float, other: float) -> bool:
    """Whether a pair of shares is in the region, by its definition."""
    total = 0.0
    for (hits, number), share in ((first, one), (second, other)):
        missed = number - hits
        total += betaln(hits + 0.5, missed + 0.5) - betaln(0.5, 0.5) - hits * np.log(share) - missed * np.log1p(-share)
    return bool(total <= np.log(1 / ALPHA))


counts = st.integers(0, 400).flatmap(lambda number: st.builds(Count, st.integers(0, number), st.just(number)))
shares = st.floats(0.0005, 0.9995)


@settings(max_examples=40)
@given(counts, counts, shares, shares)
def test_every_pair_of_the_region_is_inside(first: Count, second: Count, one: float, other: float) -> None:
    found = difference(first, second)
    assert -1 <= found.low <= found.high <= 1
    if allowed(first, second, one, other):
        assert found.low - 1e-9 <= other - one <= found.high + 1e-9


@settings(max_examples=40)
@given(counts, counts)
def test_it_is_the_same_from_both_sides_and_has_what_was_seen(first: Count, second: Count) -> None:
    low, high = difference(first, second)
    assert difference(second, first) == pytest.approx((-high, -low))
    if first.number and second.number:
        assert low <= second.hits / second.number - first.hits / first.number <= high


def test_the_ends_are_those_of_the_region() -> None:
    first, second = Count(30, 300), Count(60, 300)
    grid = (np.arange(STEPS) + 0.5) / STEPS
    near = [(one, other) for one in grid[50:550:10] for other in grid[50:750:10] if allowed(first, second, one, other)]
    low, high = difference(first, second)
    assert low == pytest.approx(min(other - one for one, other in near), abs=0.012)
    assert high == pytest.approx(max(other - one for one, other in near), abs=0.012)


def test_nothing_seen_says_nothing_and_much_seen_says_much() -> None:
    assert difference(Count(0, 0), Count(0, 0)) == pytest.approx((-1, 1), abs=0.001)
    widths = [
        high - low
        for number in (10, 100, 1000, 10000)
        for low, high in [difference(Count(number // 10, number), Count(number // 5, number))]
    ]
    assert widths == sorted(widths, reverse=True) and widths[-1] < 0.06
    assert difference(Count(100, 1000), Count(200, 1000)).low > 0
    assert difference(Count(100, 1000), Count(200, 1000), 1e-12).low < 0, "who wants to be surer waits longer"
