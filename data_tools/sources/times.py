"""Times as chat exports write them: ISO 8601, the Korean and English styles of phones and spreadsheets, and seconds since 1970."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH = rf"({'|'.join(MONTHS)})[a-z]*\.?"
NUMERIC_DATE = re.compile(r"(\d{4})\s?[년.\-/]\s?(\d{1,2})\s?[월.\-/]\s?(\d{1,2})")
MONTH_FIRST = re.compile(rf"{MONTH} (\d{{1,2}}),? (\d{{4}})")
DAY_FIRST = re.compile(rf"\b(\d{{1,2}}) {MONTH},? (\d{{4}})")
CLOCK = re.compile(r"(오전|오후|[AP]\.?M\.?)?\s?(\d{1,2}):(\d{2})(?::(\d{2}))?\s?([AP]\.?M\.?)?", re.IGNORECASE)
MILLISECONDS = 1e11  # numbers from here on are milliseconds: as seconds they would lie beyond the year 5000


@lru_cache(maxsize=8192)  # messages that follow one another share their minute
def parse_time(text: str, day: datetime | None = None) -> datetime | None:
    """A time without a zone (UTC where the text names a zone), or None.

    `day` gives the date of a text that holds a time of day only. A text without a time of day is midnight.
    """
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except ValueError:
        pass
    except OverflowError:  # a zone that leads out of the calendar
        return None
    try:
        start = _date(text) or day
        return _clock(text, start) if start else None
    except ValueError:  # such as the 31st of February
        return None


def epoch_time(value: Any) -> datetime | None:
    """The time in UTC of seconds or milliseconds since 1970, a number or its text; None for anything else."""
    try:
        seconds = float(value)
        return datetime.fromtimestamp(seconds / 1000 if seconds >= MILLISECONDS else seconds, UTC).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _date(text: str) -> datetime | None:
    if match := NUMERIC_DATE.search(text):
        return datetime(int(match[1]), int(match[2]), int(match[3]))
    for pattern, month, day in ((MONTH_FIRST, 1, 2), (DAY_FIRST, 2, 1)):
        if match := pattern.search(text):
            return datetime(int(match[3]), MONTHS.index(match[month]) + 1, int(match[day]))
    return None


def _clock(text: str, day: datetime) -> datetime:
    match = CLOCK.search(text)
    if not match:
        return day.replace(hour=0, minute=0, second=0)
    hour, half = int(match[2]), (match[1] or match[5] or "").replace(".", "").upper()
    if half in ("오후", "PM"):
        hour = hour % 12 + 12
    elif half in ("오전", "AM"):
        hour %= 12
    return day.replace(hour=hour, minute=int(match[3]), second=int(match[4] or 0))
