"""Charts hold what they draw."""

import re

import pytest

from frontdesk.reports.charts import bar, histogram, interval, reliability
from tests.pages import Page


@pytest.mark.parametrize("limit", [16, 256, 10_000, None])
@pytest.mark.parametrize("lengths", [[1], [0, 0], [16], [255, 256, 257, 511, 512, 513], [3] * 40 + [90_000], list(range(700))])
def test_histogram_counts_every_length_once(lengths: list[int], limit: int | None) -> None:
    page = Page(histogram(lengths, limit))
    bars = [attributes for name, attributes, _ in page.elements if name == "rect"]
    titles = [[int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", text)] for text in page.within("title")]
    assert sum(float(bar["height"] or 0) for bar in bars) == sum(count for *_, count in titles) == len(lengths)
    for first, last, count in titles[:-1]:
        assert sum(first <= length <= last for length in lengths) == count
    (view,) = [attributes["viewbox"] or "" for name, attributes, _ in page.elements if name == "svg"]
    _, _, wide, high = map(float, view.split())
    assert all(0 <= float(bar["x"] or 0) < wide and float(bar["y"] or 0) + float(bar["height"] or 0) == high for bar in bars)
    if limit:
        (line,) = [attributes["style"] or "" for _, attributes, _ in page.elements if attributes.get("class") == "limit"]
        assert 0 < float(line.removeprefix("width:").removesuffix("%")) <= 100


@pytest.mark.parametrize("sizes", [[3, 4], [0, 9, 1], [0]])
def test_parts_of_a_bar_follow_one_another(sizes: list[int]) -> None:
    page = Page(bar([(str(place), size) for place, size in enumerate(sizes)], sum(sizes)))
    rects = [attributes for name, attributes, _ in page.elements if name == "rect"]
    assert [int(rect["width"] or 0) for rect in rects] == sizes
    assert [int(rect["x"] or 0) for rect in rects] == [sum(sizes[:place]) for place in range(len(sizes))]
    assert [attributes["viewbox"] for name, attributes, _ in page.elements if name == "svg"] == [f"0 0 {max(1, sum(sizes))} 1"]


def test_an_interval_stays_within_its_strip() -> None:
    drawn = interval({"value": 0.5, "low": -0.2, "high": 1.3}, limit=0.6)
    places = [float(place) for place in re.findall(r'x[12]="([\d.-]+)"', drawn)]
    assert min(places) == 0 and max(places) == 1000


def test_a_reliability_diagram_has_a_bar_with_its_interval_for_each_bin() -> None:
    bins = [
        {"from": 0.1, "to": 0.2, "count": 1200, "right": 0.25, "low": 0.2, "high": 0.3},
        {"from": 0.9, "to": 1.0, "count": 1, "right": 1.0, "low": 0.2, "high": 1.0},
    ]
    drawn = reliability(bins)
    page = Page(drawn)
    assert page.within("title") == ["0.1 to 0.2: 25 % of 1,200 questions", "0.9 to 1: 100 % of 1 question"]
    rects = [[float(rect[key] or 0) for key in ("x", "y", "width", "height")] for name, rect, _ in page.elements if name == "rect"]
    assert rects == [[10.5, 75, 9, 25], [90.5, 0, 9, 100]]
    lines = re.findall(r'x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)" class="(\w+)"', drawn)
    assert [(*map(float, ends), name) for *ends, name in lines] == [
        (0, 100, 100, 0, "limit"),
        (15, 80, 15, 70, "whisker"),
        (95, 80, 95, 0, "whisker"),
    ]
    assert reliability([]).count("<rect") == 0
