"""When people answer: the config's `desk.hours`, such as "mon-fri 09:00-18:00" or "월-금 09:00-18:00", in the
zone `desk.timezone`.

A line is days and times. Days are one ("sat"), a range ("mon-fri"; "fri-mon" goes over the week's end),
several with commas, or "daily", "weekdays", "weekends"; in Korean 월 … 일, 매일, 평일, 주말. Times are of 24 hours;
"22:00-02:00" ends on the next day.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from frontdesk.config.schema import DeskConfig
from frontdesk.errors import UserError

ENGLISH = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KOREAN = ("월", "화", "수", "목", "금", "토", "일")
GROUPS = {"daily": range(7), "매일": range(7), "weekdays": range(5), "평일": range(5), "weekends": range(5, 7), "주말": range(5, 7)}
LINE = re.compile(r"(?P<days>\S.*?)\s+(?P<start>\d{1,2}:\d{2})\s*[-–~]\s*(?P<end>\d{1,2}:\d{2})")
DAY = 24 * 60
EXPECTED = 'expected days and times such as "mon-fri 09:00-18:00" or "월-금 09:00-18:00"; change it in the config'


@dataclass(frozen=True)
class Span:
    """An opening on a weekday (0: Monday), in minutes since its midnight; beyond DAY is the next day."""

    day: int
    start: int
    end: int


class Hours:
    """Opening hours. No span: always open."""

    def __init__(self, spans: tuple[Span, ...], zone: ZoneInfo) -> None:
        self.spans, self.zone = spans, zone

    def open_at(self, moment: datetime) -> bool:
        """Whether people are there at an aware `moment`."""
        local = moment.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        today, yesterday = (local.weekday(), minute), ((local.weekday() - 1) % 7, minute + DAY)
        return not self.spans or any(
            span.day == day and span.start <= at < span.end for span, (day, at) in product(self.spans, (today, yesterday))
        )

    def opens(self, moment: datetime) -> datetime | None:
        """The next opening after `moment`, in the hours' own zone; None where people are there now."""
        if self.open_at(moment):
            return None
        local = moment.astimezone(self.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        starts = (
            (midnight + timedelta(days=(span.day - local.weekday()) % 7 + week)).replace(hour=span.start // 60, minute=span.start % 60)
            for span, week in product(self.spans, (0, 7))
        )
        return min(start for start in starts if start > local)


def read_hours(desk: DeskConfig) -> Hours:
    """The config's hours. Raises UserError that names the key."""
    return Hours(tuple(span for line in desk.hours for span in _spans(line)), _zone(desk))


def today(desk: DeskConfig) -> str:
    """The day that it is where the company is, in ISO 8601. Raises UserError for an unknown zone."""
    return datetime.now(_zone(desk)).date().isoformat()


def _zone(desk: DeskConfig) -> ZoneInfo:
    try:
        return ZoneInfo(desk.timezone)
    except (KeyError, ValueError, OSError):
        raise UserError(
            f"key 'desk.timezone': found '{desk.timezone}'; expected a zone such as Asia/Seoul or Europe/Berlin; change it in the config"
        ) from None


def _spans(line: str) -> list[Span]:
    found = LINE.fullmatch(line.strip())
    if not found:
        raise UserError(f"key 'desk.hours': found '{line}'; {EXPECTED}")
    start, end = (_minutes(found[name], line) for name in ("start", "end"))
    if start in (end, DAY):
        raise UserError(f"key 'desk.hours': '{line}' begins when it ends; expected two times, 00:00-24:00 for a whole day; change it")
    return [Span(day, start, end if end > start else end + DAY) for day in _days(found["days"], line)]


def _minutes(text: str, line: str) -> int:
    hour, minute = map(int, text.split(":"))
    if minute > 59 or hour * 60 + minute > DAY:
        raise UserError(f"key 'desk.hours': '{text}' in '{line}' is no time of a day; expected 00:00 to 24:00; change it in the config")
    return hour * 60 + minute


def _days(text: str, line: str) -> list[int]:
    days: list[int] = []
    for part in re.split(r"\s*,\s*", text.lower()):
        if part in GROUPS:
            days += GROUPS[part]
            continue
        first, *rest = (_day(name, line) for name in re.split(r"\s*[-–~]\s*", part))
        if len(rest) > 1:
            raise UserError(f"key 'desk.hours': found '{line}'; {EXPECTED}")
        days += [(first + step) % 7 for step in range((rest[0] - first) % 7 + 1)] if rest else [first]
    return list(dict.fromkeys(days))


def _day(name: str, line: str) -> int:
    """A day by its English or Korean name, short or whole."""
    if name.removesuffix("요일") in KOREAN:
        return KOREAN.index(name.removesuffix("요일"))
    whole = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    if name[:3] in ENGLISH and whole[ENGLISH.index(name[:3])].startswith(name):
        return ENGLISH.index(name[:3])
    raise UserError(f"key 'desk.hours': '{name}' in '{line}' is no day; expected {' '.join(ENGLISH)} or {' '.join(KOREAN)}; change it")
