"""Times as chat exports write them: ISO 8601, and the Korean and English styles of phones and spreadsheets."""

import re
from datetime import UTC, datetime

NUMERIC_DATE = re.compile(r"(\d{4})\s?[년.\-/]\s?(\d{1,2})\s?[월.\-/]\s?(\d{1,2})")
ENGLISH_DATE = re.compile(r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? (\d{1,2}), (\d{4})")
CLOCK = re.compile(r"(오전|오후|AM|PM)?\s?(\d{1,2}):(\d{2})(?::(\d{2}))?\s?(AM|PM)?", re.IGNORECASE)
MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


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
    try:
        start = _date(text) or day
        return _clock(text, start) if start else None
    except ValueError:  # such as the 31st of February
        return None


def _date(text: str) -> datetime | None:
    if match := NUMERIC_DATE.search(text):
        return datetime(*(int(part) for part in match.groups()))  # type: ignore[arg-type]
    if match := ENGLISH_DATE.search(text):
        return datetime(int(match[3]), MONTHS.index(match[1]) // 3 + 1, int(match[2]))
    return None


def _clock(text: str, day: datetime) -> datetime:
    match = CLOCK.search(text)
    if not match:
        return day.replace(hour=0, minute=0, second=0)
    hour, half = int(match[2]), (match[1] or match[5] or "").upper()
    if half in ("오후", "PM"):
        hour = hour % 12 + 12
    elif half in ("오전", "AM"):
        hour %= 12
    return day.replace(hour=hour, minute=int(match[3]), second=int(match[4] or 0))
