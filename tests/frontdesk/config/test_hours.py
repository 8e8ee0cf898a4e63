"""Opening hours: what a line means at each minute of a week, and what is wrong with a wrong one."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self
from zoneinfo import ZoneInfo

import pytest

from frontdesk.config import hours as module
from frontdesk.config.hours import Hours, read_hours, today
from frontdesk.config.schema import DeskConfig
from frontdesk.errors import UserError

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def hours(*lines: str, zone: str = "UTC") -> Hours:
    return read_hours(DeskConfig(hours=lines, timezone=zone))


def week(of: Hours) -> set[tuple[int, int]]:
    """The (day, quarter of an hour) in which people are there."""
    return {(n // 96, n % 96) for n in range(7 * 96) if of.open_at(MONDAY + timedelta(minutes=15 * n))}


def times(days: range, start: float, end: float) -> set[tuple[int, int]]:
    return {(day, quarter) for day in days for quarter in range(int(start * 4), int(end * 4))}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["mon-fri 09:00-18:00"], times(range(5), 9, 18)),
        (["월-금 9:00~18:00"], times(range(5), 9, 18)),
        (["평일 09:30-18:00", "토요일 10:00-14:00"], times(range(5), 9.5, 18) | times(range(5, 6), 10, 14)),
        (["Tuesday, thurs 08:00 - 12:00"], times(range(1, 2), 8, 12) | times(range(3, 4), 8, 12)),
        (["weekends 10:00-11:00"], times(range(5, 7), 10, 11)),
        (["daily 00:00-24:00"], times(range(7), 0, 24)),
        (["sat-mon 10:00-11:00"], times(range(5, 7), 10, 11) | times(range(1), 10, 11)),
        (["fri 22:00-02:00"], times(range(4, 5), 22, 24) | times(range(5, 6), 0, 2)),
        (["sun 22:00-02:00"], times(range(6, 7), 22, 24) | times(range(1), 0, 2)),
        ([], times(range(7), 0, 24)),
    ],
)
def test_a_line_means_these_times(lines: list[str], expected: set[tuple[int, int]]) -> None:
    assert week(hours(*lines)) == expected


def test_the_zone_counts_and_so_does_its_summer() -> None:
    seoul = hours("mon-fri 09:00-18:00", zone="Asia/Seoul")
    assert [seoul.open_at(MONDAY + timedelta(hours=hour)) for hour in (-1, 0, 8, 9)] == [False, True, True, False]
    berlin = hours("daily 09:00-10:00", zone="Europe/Berlin")
    assert berlin.open_at(datetime(2026, 7, 1, 7, 30, tzinfo=UTC))
    assert not berlin.open_at(datetime(2026, 12, 1, 7, 30, tzinfo=UTC))


def test_the_next_opening_is_when_it_opens_and_not_before() -> None:
    desk = hours("mon-fri 09:00-18:00", "sun 22:00-02:00", zone="Asia/Seoul")
    for n in range(7 * 48):
        moment = MONDAY + timedelta(minutes=30 * n + 1)
        opens = desk.opens(moment)
        assert (opens is None) == desk.open_at(moment)
        if opens:
            assert opens > moment and desk.open_at(opens) and not desk.open_at(opens - timedelta(minutes=1))
    seoul = ZoneInfo("Asia/Seoul")
    assert desk.opens(datetime(2026, 11, 27, 18, tzinfo=seoul)) == datetime(2026, 11, 29, 22, tzinfo=seoul)


@pytest.mark.parametrize(
    "line",
    ["", "09:00-18:00", "mon-fri", "mon-fri 9-18", "moon 09:00-18:00", "mon-wed-fri 09:00-18:00", "mon 09:00-09:00", "mon 25:00-26:00",
     "mon 09:60-10:00", "mo 09:00-10:00", "mon 24:00-02:00", "mon, 09:00-10:00"],
)  # fmt: skip
def test_a_wrong_line_is_named_with_its_key(line: str) -> None:
    with pytest.raises(UserError, match=r"desk\.hours") as error:
        hours(line)
    assert line in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("zone", ["Asia/Soul", "", "../etc/passwd", "KST-9"])
def test_a_wrong_zone_is_named_with_its_key(zone: str) -> None:
    with pytest.raises(UserError, match=r"desk\.timezone"):
        hours(zone=zone)


@pytest.mark.parametrize(("zone", "day"), [("UTC", "2026-11-30"), ("Asia/Seoul", "2026-12-01"), ("America/New_York", "2026-11-30")])
def test_today_is_the_companys_day(monkeypatch: pytest.MonkeyPatch, zone: str, day: str) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls(2026, 11, 30, 15, 0, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(module, "datetime", Clock)
    assert today(DeskConfig(timezone=zone)) == day


def test_today_in_a_zone_that_is_none_is_a_mistake() -> None:
    with pytest.raises(UserError, match=r"^key 'desk\.timezone': found 'Moon'"):
        today(DeskConfig(timezone="Moon"))
