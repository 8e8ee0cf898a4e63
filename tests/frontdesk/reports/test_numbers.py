"""Numbers as people read them."""

import pytest

from frontdesk.reports.numbers import counted, percent, points, span


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.52, "52 %"), (0.049, "4.9 %"), (0.05, "5 %"), (0.0996, "10 %"), (0, "0 %"), (-0.0001, "0 %"), (1, "100 %"), (-0.03, "−3 %")],
)
def test_percent(share: float, text: str) -> None:
    assert percent(share) == text


def test_points_have_a_sign() -> None:
    assert [points(change) for change in (0.25, -0.031, 0.0, -0.00001)] == ["+25", "−3.1", "0", "0"]


def test_counts_and_intervals() -> None:
    assert (counted(1, "row"), counted(2_000, "row"), counted(0, "entry", "entries")) == ("1 row", "2,000 rows", "0 entries")
    assert span({"low": 0.4, "high": 0.638}) == "40 to 64"
