"""The simulator of A/B releases: whoever looks every day is misled by a plain interval, and not by the sequential one."""

import pytest

from bench.ab import rates
from frontdesk.sequential import ALPHA


@pytest.mark.parametrize(("rate", "share"), [(0.02, 0.5), (0.1, 0.5), (0.3, 0.5), (0.1, 0.05), (0.9, 0.05)])
def test_errors_stay_within_alpha_where_both_are_alike(rate: float, share: float) -> None:
    (error, _), (plain, _) = rates(rate, rate, share, 1000)
    assert error <= ALPHA < 0.15 < plain


def test_a_true_difference_is_found() -> None:
    (power, day), _ = rates(0.1, 0.2, 0.5, 300)
    assert power > 0.95 and day < 15
