"""Where an entry was published, and its dates, as columns of tables, keys of JSON and front matter name them in English and Korean."""

import re
from collections.abc import Mapping
from datetime import date

from data_tools.sources.tables import find_column
from data_tools.sources.text import Source
from data_tools.sources.times import parse_time
from frontdesk.errors import warn
from frontdesk.facts.entries import Origin

COLUMNS = {
    "url": "url link href pageurl sourceurl htmlurl permalink 링크 주소 url주소 출처url 페이지주소",
    "updated": """
        updated updatedat lastupdated lastupdate updatedate modified modifiedat lastmodified datemodified dateupdated date
        수정일 수정일자 수정일시 최종수정일 최종수정일시 업데이트 업데이트일 갱신일 변경일 최종업데이트
    """,
    "reviewed": """
        reviewed reviewedat lastreviewed lastreviewdate reviewdate datereviewed checked lastchecked verified
        검토일 검수일 확인일 점검일 최종확인일
    """,
    "expires": """
        expires expiresat expiry expirydate expiration expirationdate expiredate validuntil validto validthrough endson
        만료일 만료일자 유효기간 유효기한 종료일
    """,
}
"""Names as `plain_name` gives them, the likeliest first."""
DATES = ("updated", "reviewed", "expires")
WEB = re.compile(r"https?://\S+", re.IGNORECASE)
ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
PARTED = re.compile(r"\b(\d{1,2})[./-](\d{1,2})[./-](\d{4})\b")


class Dates:
    """Reads the dates of one file and says once what is none."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.wrong: list[str] = []

    def iso(self, place: str, column: str, text: str) -> str:
        """The day that a text names, ISO 8601; "" for none, which is kept to be reported."""
        found = iso_day(text)
        if text and not found:
            self.wrong.append(f"{place}: found {text[:40]!r} in {column!r}")
        return found

    def report(self) -> None:
        """Warn of what is no date, in one line."""
        if self.wrong:
            more = f" and {len(self.wrong) - 1} more that are none" if len(self.wrong) > 1 else ""
            warn(f"{self.wrong[0]}{more}; expected a date such as 2026-11-30; the entry is read without it, correct it")


def known(place: str, values: Mapping[str, str], dates: Dates) -> Origin:
    """The origin that a row, object or front matter gives: its title under "title", and what `COLUMNS` names."""
    found = {field: column for field, names in COLUMNS.items() if (column := find_column(values, names.split()))}
    days = {field: dates.iso(place, found[field], values[found[field]].strip()) for field in DATES if field in found}
    address = values[found["url"]].strip() if "url" in found else ""
    return Origin(title=values.get("title", ""), url=address if WEB.fullmatch(address) else "", **days)


def web_address(text: str) -> str:
    """The text, if it begins as an address of the web does; else ""."""
    return text if text.startswith(("http://", "https://")) else ""


def iso_day(text: str) -> str:
    """The day that a text names; the last one of a span such as `2026.01.01 ~ 2026.12.31`. "" where it names none, or where
    the day and the month may be each other."""
    text = ORDINAL.sub("", text.rsplit("~", 1)[-1]).strip()
    if match := PARTED.search(text):
        return _parted(*map(int, match.groups()))
    moment = parse_time(text)
    return moment.date().isoformat() if moment else ""


def _parted(first: int, second: int, year: int) -> str:
    """`24/12/2026` and `12/24/2026`; `5/6/2026` is ambiguous."""
    day, month = (first, second) if first > 12 or first == second else (second, first) if second > 12 else (0, 0)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
