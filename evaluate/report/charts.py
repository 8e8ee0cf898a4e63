"""Charts and tables of the report, by HTML and inline SVG that scale.

A bar or a point is drawn in per mille of its strip's width; widths of lines stay as they are at every size.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from frontdesk.reports.html import Html, both, tag


def figure(english: str, korean: str, *body: object) -> Html:
    """A chart or table under a sentence that says what it means."""
    return tag("figure", tag("figcaption", both(english, korean)), *body)


def table(heads: Sequence[object], rows: Iterable[Sequence[object]], class_: str = "") -> Html:
    """Rows under their heads; a row's first cell names it."""
    head = tag("tr", *[tag("th", name, scope="col") for name in heads])
    body = [tag("tr", tag("th", row[0], scope="row"), *[tag("td", cell) for cell in row[1:]]) for row in rows]
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_=f"scroll {class_}".strip())


def percent(share: float, digits: int | None = None) -> str:
    """A share in percent; below 10 % with one decimal, unless told otherwise: 52 %, 4.9 %, 5 %, 0 %."""
    places = digits if digits is not None else 1 if abs(share) < 0.0995 else 0
    number = round(100 * share, places) + 0.0  # -0.0 becomes 0
    return f"{number:g} %".replace("-", "−")


def span(score: dict[str, Any], unit: str = " %") -> str:
    """An interval's ends: `40 to 64`, with `unit` after both."""
    low, high = (percent(score[end]).removesuffix(" %") for end in ("low", "high"))
    return f"{low} to {high}{unit}"


def points(change: float) -> str:
    """A difference of shares in percentage points, with its sign: +25, −3.1."""
    text = percent(change).removesuffix(" %")
    return text if change < 0 or text == "0" else f"+{text}"


def stacked(parts: Sequence[tuple[str, float]]) -> Html:
    """A bar of parts of a whole: (class, share) one after the other."""
    rects, at = [], 0.0
    for name, share in parts:
        rects.append(tag("rect", x=round(at * 1000, 1), width=round(share * 1000, 1), height=1, class_=name))
        at += share
    return tag("svg", *rects, viewBox="0 0 1000 1", preserveAspectRatio="none", class_="bar", role="presentation")


def interval(score: dict[str, Any], limit: float | None = None, low: float = 0.0, high: float = 1.0) -> Html:
    """A point on its interval, on an axis from `low` to `high`; a dashed line for the limit, and one at 0 where the axis goes below it."""

    def place(value: float) -> float:
        return round(1000 * (min(max(value, low), high) - low) / (high - low), 1)

    def line(start: float, end: float, class_: str, top: int = 5, foot: int = 5) -> Html:
        return tag("line", x1=place(start), x2=place(end), y1=top, y2=foot, class_=class_)

    lines = [line(low, high, "axis"), line(score["low"], score["high"], "whisker"), line(score["value"], score["value"], "dot")]
    if low < 0:
        lines.insert(0, line(0, 0, "zero", 0, 10))
    if limit is not None:
        lines.append(line(limit, limit, "limit", 0, 10))
    return tag("svg", *lines, viewBox="0 0 1000 10", preserveAspectRatio="none", class_="interval", role="presentation")
