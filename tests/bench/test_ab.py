"""The simulator of A/B releases: whoever looks every day is misled by a plain interval, and not by the sequential one."""

import pytest

from bench.ab import rates
from frontdesk.sequential import ALPHA


@pytest.mark.slow
def test_errors_stay_within_alpha_and_a_true_difference_is_found() -> None:
    (error, _), (plain, _) = rates(0.3, 0.3, 0.5, 200)
    assert error <= ALPHA < 0.15 < plain
    assert rates(0.1, 0.1, 0.05, 200)[0][0] <= ALPHA, "a small canary of a rare outcome"
    (power, day), _ = rates(0.1, 0.2, 0.5, 50)
    assert power > 0.95 and day < 15
