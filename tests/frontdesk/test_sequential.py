"""Intervals that may be looked at every day: they shrink, take no side, and never claim what the counts do not say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.sequential import ALPHA, LEAST, Count, Difference, difference

counts = st.integers(LEAST, 10**6).flatmap(lambda number: st.builds(Count, st.integers(0, number), st.just(number)))


def known(first: Count, second: Count, alpha: float = ALPHA) -> Difference:
    found = difference(first, second, alpha)
    assert found
    return found


@given(counts, counts)
def test_it_is_the_same_from_both_sides_and_within_bounds(first: Count, second: Count) -> None:
    found, back = known(first, second), known(second, first)
    assert -1 <= found.low < found.high <= 1
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))
    assert found.sign == -back.sign
    surer = known(first, second, ALPHA / 3)
    assert surer.low <= found.low and found.high <= surer.high


def test_little_seen_says_nothing_and_much_seen_says_much() -> None:
    assert difference(Count(0, LEAST - 1), Count(900, 1000)) is None is difference(Count(0, 0), Count(0, 0))
    assert known(Count(0, LEAST), Count(0, LEAST)).sign == 0 == known(Count(0, 50), Count(1, 50)).sign
    spans = [known(Count(number // 10, number), Count(number // 5, number)) for number in (100, 1000, 10000)]
    widths = [span.high - span.low for span in spans]
    assert widths == sorted(widths, reverse=True) and widths[-1] < 0.04
    assert [span.sign for span in spans] == [0, 1, 1] and known(Count(200, 1000), Count(100, 1000)).sign == -1


def test_it_is_wider_than_an_interval_for_one_look() -> None:
    span = known(Count(100, 500), Count(100, 500))
    once = 2 * 1.96 * (2 * 0.2 * 0.8 / 500) ** 0.5
    assert 1.4 * once < span.high - span.low < 2 * once
