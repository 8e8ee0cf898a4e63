"""Times in the styles of the exports."""

import time
from datetime import datetime

import pytest

from data_tools.times import parse_time

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
    ],
)
def test_one_moment_in_each_style(text, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    moment = parse_time(text)
    monkeypatch.undo()
    time.tzset()

    assert moment == AFTERNOON


@pytest.mark.parametrize(
    ("text", "hour"), [("오전 12:05", 0), ("오후 12:05", 12), ("오전 9:05", 9), ("12:05 AM", 0), ("12:05 PM", 12), ("PM 1:05", 13)]
)
def test_halves_of_the_day(text, hour):
    assert parse_time(text, AFTERNOON) == datetime(2026, 3, 2, hour, 5)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-31 10:00", "3:12 PM"])
def test_what_is_no_date_is_none(text):
    assert parse_time(text) is None
