"""Plots as SVG in the page: they follow light and dark by the page's colours, and each has its numbers as a table for who cannot see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from frontdesk.reports.html import Html, tag

WIDTH, HEIGHT = 460, 150
LEFT, RIGHT, TOP, BOTTOM = 50, 8, 10, 20
"""Room around the plot for its labels."""


@dataclass(frozen=True)
class Series:
    """One value a bucket; None where there is none."""

    name: str
    values: Sequence[float | None]


def bars(series: Sequence[Series], labels: Sequence[str], unit: str = "") -> Html:
    """Stacked bars."""
    heights = [sum(one.values[i] or 0 for one in series) for i in range(len(labels))]
    top = ceiling(max(heights, default=0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    shapes = []
    for i, label in enumerate(labels):
        below = 0.0
        for number, one in enumerate(series):
            value = one.values[i] or 0
            if value:
                title = tag("title", f"{label}: {shown(value)}{unit} {one.name}")
                y, height = _y(below + value, top), _y(below, top) - _y(below + value, top)
                shapes.append(_bar(title, LEFT + (i + 0.14) * step, y, step * 0.72, height, number))
            below += value
    return _plot(shapes, series, labels, top, unit)


def lines(series: Sequence[Series], labels: Sequence[str], unit: str = "", top: float | None = None) -> Html:
    """Lines with a dot for each value; a gap where there is none."""
    known = [value for one in series for value in one.values if value is not None]
    top = top or ceiling(max(known, default=0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    shapes = []
    for number, one in enumerate(series):
        points = [None if value is None else (LEFT + (i + 0.5) * step, _y(value, top)) for i, value in enumerate(one.values)]
        for run in _runs(points):
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
            shapes.append(tag("polyline", points=path, class_=f"series-{number}"))
        for label, value, point in zip(labels, one.values, points, strict=True):
            if point:
                title = tag("title", f"{label}: {shown(value)}{unit} {one.name}")
                shapes.append(tag("circle", title, cx=f"{point[0]:.1f}", cy=f"{point[1]:.1f}", r=3, class_=f"series-{number}"))
    return _plot(shapes, series, labels, top, unit)


def table(series: Sequence[Series], labels: Sequence[str], time: str, caption: str, unit: str = "") -> Html:
    """The same numbers in words."""
    header = tag("tr", tag("th", time, scope="col"), *(tag("th", one.name, scope="col") for one in series))
    cells = [[shown(value) + (unit if value is not None else "") for value in one.values] for one in series]
    rows = (tag("tr", tag("th", label, scope="row"), *(tag("td", column[i]) for column in cells)) for i, label in enumerate(labels))
    return tag("details", tag("summary", caption), tag("table", tag("thead", header), tag("tbody", *rows)))


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


def _bar(title: Html, x: float, y: float, width: float, height: float, number: int) -> Html:
    place = {"x": x, "y": y, "width": width, "height": height}
    return tag("rect", title, class_=f"series-{number}", **{name: f"{value:.1f}" for name, value in place.items()})


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


def _plot(shapes: Sequence[Html], series: Sequence[Series], labels: Sequence[str], top: float, unit: str) -> Html:
    """The shapes with grid and labels. Screen readers get the table instead."""
    grid = []
    for share in (0, 0.5, 1):
        y = f"{_y(top * share, top):.1f}"
        grid.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        grid.append(tag("text", short(top * share) + unit, x=LEFT - 6, y=y, class_="y"))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    every = max(1, ceil(len(labels) / 8))
    below = [
        tag("text", label, x=f"{LEFT + (i + 0.5) * step:.1f}", y=HEIGHT - 5, class_="x")
        for i, label in enumerate(labels)
        if (len(labels) - 1 - i) % every == 0
    ]
    legend = tag("ul", *(tag("li", tag("i", class_=f"series-{number}"), one.name) for number, one in enumerate(series)), class_="legend")
    picture = tag("svg", *grid, *shapes, *below, viewBox=f"0 0 {WIDTH} {HEIGHT}", aria_hidden="true")
    return tag("div", picture, legend if len(series) > 1 else "", class_="plot")


def short(value: float) -> str:
    """For an axis."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"
