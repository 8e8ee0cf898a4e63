"""Dates, written in digits or words."""

import re
from collections.abc import Iterator

from frontdesk.facts.values.numerals import TO
from frontdesk.facts.values.value import Rule, Value, value_at

_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
_MONTH = rf"(?:{'|'.join(_MONTHS)}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"


def date_rules() -> list[Rule]:
    year = r"(?P<year{}>(?:19|20)\d\d)(?!\d)"
    month_first = rf"(?P<name1>{_MONTH}) ?(?P<day1>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:%])(?:{TO}(?P<last1>\d{{1,2}})(?!\d))?"
    day_first = rf"(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<name2>{_MONTH})(?![a-z])(?:,? {year.format(2)})?"
    english = rf"(?P<name3>{_MONTH}),? {year.format(3)}|{month_first}(?:,? {year.format(1)})?|{day_first}"
    month_day = rf"(?P<month>\d{{1,2}})월(?: ?(?P<day>\d{{1,2}})일(?:{TO}(?P<last>\d{{1,2}})일)?)?"
    return [
        ("jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", rf"(?<![a-z0-9])(?:{english})", _read_english_date),
        ("월", rf"(?<!\d)(?:{year.format('')}년 ?)?{month_day}", _read_korean_date),
        ("년", rf"(?<!\d){year.format('')}년(?P<month>)(?P<day>)(?P<last>)(?!간)", _read_korean_date),
    ]


def _date(year: str | None, month: str | int, day: str | None) -> str | None:
    """ISO 8601, a year left out as `-`; None where there is no such month or day."""
    if not (1 <= int(month) <= 12 and (day is None or 1 <= int(day) <= 31)):
        return None
    return (year or "-") + f"-{int(month):02}" + (f"-{int(day):02}" if day else "")


def read_iso(match: re.Match[str], text: str) -> Iterator[Value]:
    if date := _date(match["year"], match["month"], match["day"]):
        yield value_at(match, "date", date)


def read_slashes(match: re.Match[str], text: str) -> Iterator[Value]:
    """03/02/2026 may be March or February; with 25 or with twice the same number there is one reading."""
    one, two = match["one"], match["two"]
    readings = {_date(match["year"], one, two), _date(match["year"], two, one)} - {None}
    if readings:
        yield value_at(match, "date", match[0] if len(readings) > 1 else str(readings.pop()))


def _read_english_date(match: re.Match[str], text: str) -> Iterator[Value]:
    name = match["name1"] or match["name2"] or match["name3"]
    if name == "may" and "May" not in text[match.start() : match.end()]:
        return
    month = next(i for i, full in enumerate(_MONTHS, 1) if full.startswith(name[:3]))
    date = _date(match["year1"] or match["year2"] or match["year3"], month, match["day1"] or match["day2"])
    if date and (last := match["last1"]):
        yield value_at(match, "date", date, last="day1")
        yield value_at(match, "date", f"{date[:-2]}{int(last):02}", first="last1")
    elif date:
        yield value_at(match, "date", date)


def _read_korean_date(match: re.Match[str], text: str) -> Iterator[Value]:
    year, month, day, last = match["year"], match["month"], match["day"], match["last"]
    date = _date(year, month, day) if month else year
    if date and last:
        yield Value("date", date, "", match.start(), match.end("day") + 1)
        yield value_at(match, "date", f"{date[:-2]}{int(last):02}", first="last")
    elif date:
        yield value_at(match, "date", date)
