"""Charts of the reports as inline SVG: they scale with the page, and lines keep their width at every size."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from frontdesk.reports.html import Html, tag
from frontdesk.reports.numbers import counted, percent

BINS = 24


def bar(parts: Sequence[tuple[str, int]], whole: int, start: int = 0) -> Html:
    """Parts of a whole, each (class, size), one after the other from `start` on."""
    rects, at = [], start
    for name, size in parts:
        rects.append(tag("rect", x=at, width=size, height=1, class_=name))
        at += size
    return tag("svg", *rects, viewBox=f"0 0 {max(whole, 1)} 1", preserveAspectRatio="none", class_="bar", role="presentation")


def interval(score: Mapping[str, Any], limit: float | None = None, low: float = 0.0, high: float = 1.0) -> Html:
    """A point on its interval, on an axis from `low` to `high`; a dashed line for the limit, and one at 0."""

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


def reliability(bins: Sequence[Mapping[str, Any]]) -> Html:
    """How often what has a probability is true: a bar of each bin {"from", "to", "count", "right", "low", "high"} with its interval.
    On the diagonal the probabilities are true."""

    def line(x: float, low: float, x_end: float, high: float, class_: str) -> Html:
        ends = (round(100 * end, 2) for end in (x, 1 - low, x_end, 1 - high))
        return tag("line", **dict(zip(("x1", "y1", "x2", "y2"), ends, strict=True)), class_=class_)

    rects = [
        tag(
            "rect",
            tag("title", f"{one['from']:g} to {one['to']:g}: {percent(one['right'])} of {counted(one['count'], 'question')}"),
            **{"x": f"{100 * one['from'] + 0.5:g}", "y": f"{100 - 100 * one['right']:.2f}"},
            **{"width": f"{100 * (one['to'] - one['from']) - 1:g}", "height": f"{100 * one['right']:.2f}"},
        )
        for one in bins
    ]
    middles = [(one, (one["from"] + one["to"]) / 2) for one in bins]
    lines = [line(0, 0, 1, 1, "limit"), *(line(at, one["low"], at, one["high"], "whisker") for one, at in middles)]
    plot = tag("svg", *rects, *lines, viewBox="0 0 100 100", preserveAspectRatio="none", role="img", aria_label="reliability diagram")
    marks = [tag("span", mark) for mark in ("0", "probability", "1")]
    return Html("").join([tag("div", plot, class_="plot square"), tag("div", *marks, class_="axis square")])


def histogram(lengths: Sequence[int], limit: int | None) -> Html:
    """How many rows have how many tokens, a line at `limit`; beyond twice of it all in the last bar."""
    longest = max(lengths)
    top = min(max(longest, limit), 2 * limit) if limit else longest
    width = top // BINS + 1
    bins = Counter(min(length, top) // width for length in lengths)
    end, peak = (top // width + 1) * width, max(bins.values())
    rects = [
        tag(
            "rect",
            tag("title", f"{place * width:,} to {(place + 1) * width - 1:,} tokens: {counted(number, 'row')}"),
            **{"x": f"{place + 0.06:.2f}", "y": peak - number, "width": 0.88, "height": number},
            class_="over" if limit and place * width > limit else "",
        )
        for place, number in sorted(bins.items())
    ]
    line = tag("span", f"max_length {limit:,}", class_="limit", style=f"width:{100 * limit / end:.1f}%") if limit else ""
    plot = tag("svg", *rects, viewBox=f"0 0 {end // width} {peak}", preserveAspectRatio="none", role="img", aria_label="histogram")
    marks = ("0", f"tallest bar {peak:,}", f"{end:,}{'+' if longest > end else ''} tokens")
    return Html("").join([tag("div", line, plot, class_="plot"), tag("div", *[tag("span", mark) for mark in marks], class_="axis")])
