"""Times in the styles of the exports."""

import time
from datetime import datetime

import pytest

from data_tools.sources.times import epoch_time, parse_time

AFTERNOON = datetime(2026, 3, 2, 15, 12)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T15:12:00",
        "2026-03-02 15:12",
        "2026-03-02T15:12:00Z",
        "2026-03-03T00:12:00+09:00",
        "2026년 3월 2일 오후 3:12",
        "2026. 3. 2. 오후 3:12",
        "2026. 3. 2. 15:12",
        "2026/03/02 15:12",
        "March 2, 2026 at 3:12 PM",
        "Mar 2, 2026, 15:12",
        "Mar 2, 2026, 3:12\u202fPM",
        "2 March 2026 at 15:12",
        "2 Mar 2026, 3:12 p.m.",
        "  2026-03-02 15:12\n",
    ],
)
def test_one_moment_in_each_style(text, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    parse_time.cache_clear()
    moment = parse_time(text)
    monkeypatch.undo()
    time.tzset()

    assert moment == AFTERNOON


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        *[("오전 12:05", 0), ("오후 12:05", 12), ("오전 9:05", 9), ("12:05 AM", 0), ("12:05 PM", 12), ("PM 1:05", 13)],
        *[("1:05 pm", 13), ("12:05 a.m.", 0), ("1:05\u202fPM", 13), ("23:05", 23)],
    ],
)
def test_halves_of_the_day(text, hour):
    assert parse_time(text, AFTERNOON) == datetime(2026, 3, 2, hour, 5)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-31 10:00", "3:12 PM", "March 2026", "2026. 3. 2. 25:00", "0001-01-01T00:00:00+09:00"]
)
def test_what_is_no_date_is_none(text):
    assert parse_time(text) is None


def test_the_same_text_on_another_day_is_another_time():
    assert parse_time("9:05", AFTERNOON) != parse_time("9:05", datetime(2026, 3, 3))


@pytest.mark.parametrize("value", [1772464320, "1772464320", 1772464320000, "1772464320.000000", 1772464320.0])
def test_seconds_and_milliseconds_since_1970(value, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    moment = epoch_time(value)
    monkeypatch.undo()
    time.tzset()

    assert moment == AFTERNOON


@pytest.mark.parametrize("value", [None, "", "soon", [], {}, float("nan"), float("inf"), 1e30, -1e30])
def test_what_is_no_number_is_no_time(value):
    assert epoch_time(value) is None
