"""Plots: where their bars, lines and labels go.

templates/numbers.jinja draws them as SVG in the page's colours, light and dark. Beside each stands a table of its
numbers for those who cannot see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

WIDTH, HEIGHT = 460, 150
LEFT, RIGHT, TOP, BOTTOM = 60, 8, 10, 20
"""Room around the plot for its labels."""


@dataclass(frozen=True)
class Series:
    """One value a bucket; None where there is none."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Mark:
    """A bar with its upper left corner at (x, y), or a dot with its centre there."""

    series: int
    title: str
    x: float
    y: float
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True)
class Plot:
    """All shapes. `lines` are (series, points in SVG's syntax). `grid` are (y, label) beside the plot, `labels` (x, label)
    below it."""

    bars: list[Mark]
    lines: list[tuple[int, str]]
    dots: list[Mark]
    grid: list[tuple[float, str]]
    labels: list[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def bars(series: Sequence[Series], labels: Sequence[str], unit: str = "") -> Plot:
    """Stacked bars."""
    top = ceiling(max((sum(one.values[i] or 0 for one in series) for i in range(len(labels))), default=0))
    step, marks = _step(labels), []
    for i, label in enumerate(labels):
        below = 0.0
        for number, one in enumerate(series):
            if value := one.values[i]:
                y, title = _y(below + value, top), f"{label}: {shown(value)}{unit} {one.name}"
                marks.append(Mark(number, title, LEFT + (i + 0.14) * step, y, step * 0.72, _y(below, top) - y))
                below += value
    return Plot(marks, [], [], _grid(top, unit), _labels(labels))


def lines(series: Sequence[Series], labels: Sequence[str], unit: str = "", top: float | None = None) -> Plot:
    """Lines with a dot for each value; a gap where there is none."""
    top = top or ceiling(max((value for one in series for value in one.values if value is not None), default=0))
    step, paths, dots = _step(labels), [], []
    for number, one in enumerate(series):
        points = [None if value is None else (LEFT + (i + 0.5) * step, _y(value, top)) for i, value in enumerate(one.values)]
        paths += [(number, " ".join(f"{x:.1f},{y:.1f}" for x, y in run)) for run in _runs(points)]
        for label, value, point in zip(labels, one.values, points, strict=True):
            if point:
                dots.append(Mark(number, f"{label}: {shown(value)}{unit} {one.name}", *point))
    return Plot([], paths, dots, _grid(top, unit), _labels(labels))


def shown(value: float | None) -> str:
    """With as many places as say something."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"


def ceiling(value: float) -> float:
    """A round number that is not below: 1, 2, 3, 4, 5, 6 or 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next((step * power for step in (1, 2, 3, 4, 5, 6, 8) if step * power >= value), 10 * power)


def short(value: float) -> str:
    """For an axis."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _step(labels: Sequence[str]) -> float:
    return (WIDTH - LEFT - RIGHT) / max(1, len(labels))


def _y(value: float, top: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(value, top) / top)


def _runs(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Neighbours that have values, two or more."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if len(run) > 1]


def _grid(top: float, unit: str) -> list[tuple[float, str]]:
    return [(_y(top * share, top), short(top * share) + unit) for share in (0, 0.5, 1)]


def _labels(labels: Sequence[str]) -> list[tuple[float, str]]:
    """At most eight of them."""
    every = max(1, ceil(len(labels) / 8))
    return [(LEFT + (i + 0.5) * _step(labels), label) for i, label in enumerate(labels) if (len(labels) - 1 - i) % every == 0]
