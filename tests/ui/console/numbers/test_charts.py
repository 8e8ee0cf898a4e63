"""Where a plot's shapes stand."""

import pytest

from ui.console.numbers.charts import HEIGHT, LEFT, RIGHT, WIDTH, Series, bars, ceiling, lines, short, shown


def test_bars_stand_on_each_other_and_stay_within_the_plot() -> None:
    plot = bars([Series("a", [1, 0, 3]), Series("b", [2, 0, 1])], ["x", "y", "z"])
    below, above = plot.bars[:2]
    assert below.y == pytest.approx(above.y + above.height)
    assert above.height == pytest.approx(2 * below.height)
    assert len(plot.bars) == 4, "what is zero is not drawn"
    assert all(bar.x >= LEFT and bar.x + bar.width <= WIDTH - RIGHT and bar.y >= 0 and bar.y + bar.height <= HEIGHT for bar in plot.bars)
    assert plot.bars[-1].title == "z: 1 b"


def test_a_line_has_a_gap_where_there_is_no_value() -> None:
    plot = lines([Series("a", [1, 2, None, 4, 5, None, 7])], list("abcdefg"), " s")
    assert [len(points.split()) for _, points in plot.lines] == [2, 2], "a point alone has no line"
    assert [dot.title for dot in plot.dots] == ["a: 1 s a", "b: 2 s a", "d: 4 s a", "e: 5 s a", "g: 7 s a"]


def test_nothing_is_a_plot_too() -> None:
    assert bars([], []).bars == lines([Series("a", [])], []).dots == []
    assert [label for _, label in bars([], []).grid] == ["0", "0.5", "1"]


def test_at_most_eight_labels_with_the_last_among_them() -> None:
    labels = [label for _, label in bars([], [str(day) for day in range(30)]).labels]
    assert len(labels) <= 8 and labels[-1] == "29"


@pytest.mark.parametrize(("value", "round_"), [(0, 1), (0.03, 0.03), (7, 8), (41, 50), (81, 100), (600, 600)])
def test_the_top_of_an_axis(value: float, round_: float) -> None:
    assert ceiling(value) == pytest.approx(round_)


def test_numbers_for_people() -> None:
    assert [shown(value) for value in (None, 0, 3, 1234.4, 1.25, 0.123)] == ["–", "0", "3", "1,234", "1.2", "0.12"]
    assert [short(value) for value in (0, 0.25, 1500, 2_000_000)] == ["0", "0.25", "1.5k", "2M"]
