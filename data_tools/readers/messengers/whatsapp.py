"""WhatsApp: `[02/03/2026, 15:12:10] Name: text` (iPhone) or `02/03/2026, 15:12 - Name: text` (Android), a room a file.

Other lines go on with the message above. All dates of the file tell whether day, month or year comes first.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, iso
from data_tools.sources.json_stream import Broken
from data_tools.sources.text import Source
from data_tools.sources.times import parse_time

FORMAT = "WhatsApp"
LAYOUT: Layout = "room"

MARKS = "\u200e\u200f\u202a\u202b\u202c"  # what says only in which direction text runs
EDGES = MARKS + " \t\r\n\u00a0\u202f"
DATE = r"(\d{1,4})(년 ?|\. |[./-])(\d{1,2})(?:월 ?|[./-] ?)(\d{1,4})(?:일|\.)?"
TIME = r"(?:(?:오전|오후)\s?)?\d{1,2}:\d{2}(?::\d{2})?(?:\s?([AaPp]\.?[Mm]\.?))?"
BRACKET = re.compile(rf"[{MARKS}]*\[(?P<date>{DATE}),?\s(?P<time>{TIME})\]\s?(?P<said>.*)")
DASH = re.compile(rf"[{MARKS}]*(?P<date>{DATE}),?\s(?P<time>{TIME})\s[-–]\s(?P<said>.*)")
DATES = re.compile(rf"\n[{MARKS}]*\[?{DATE},?\s{TIME}(?:\]|\s[-–]\s)")

NO_NAME = re.compile(r"changed the (?:subject|group)|created (?:the )?group|님이 그룹|그룹 (?:이름|제목|주제)을")
"""In the text before a colon: an event that quotes a group's name, not somebody's name."""
SYSTEM = re.compile(
    r"Messages (?:and calls are|to this (?:chat|group)) .*end-to-end encrypt.*|메시지와 통화.*암호화.*|Waiting for this message\. .*"
    r"|Missed (?:group )?(?:voice|video) call(?:[,.] .*)?|(?:Voice|Video) call, \u200e?(?:\d+ \w+|No answer).*"
    r"|부재중 (?:음성|영상|그룹) ?통화"
)
"""What WhatsApp says under somebody's name even where the invisible mark was lost."""
LONGEST_NOTE = 1000  # characters
DELETED = re.compile(
    r"(?:This message was deleted|You deleted this message)(?: by admin .*)?\.?|삭제된 메시지입니다\.?"
    r"|(?:(?:회원님이|내가|사용자가) (?:이 )?|이 )메시지[가를는] 삭제(?:되었습니다|했습니다|하였습니다|됨)\.?"
)
LEFT_OUT = (
    r"(?:image|video|audio|GIF|sticker|document|voice message|video note|[Cc]ontact card"
    r"|이미지|사진|동영상|비디오|오디오|스티커|문서|음성 메시지)"
)
ATTACHMENT = re.compile(
    rf"^(?:(?:[^•\n]+ • [^•\n]*|[{MARKS}]*){LEFT_OUT} ?(?:omitted|생략됨|제외됨|누락됨)"
    r"|.+ \((?:file attached|파일 첨부됨|첨부된 파일|파일 첨부)\)"
    rf"|[{MARKS}]*<(?:Media omitted|(?:attached|첨부 ?파일|첨부): .+|미디어[^<>\n]{{0,30}}(?:제외|생략)[^<>\n]{{0,30}}"
    rf"|View once .* omitted)>)[{MARKS}]*$",
    re.MULTILINE,
)
MAY_BE_ATTACHED = re.compile("omitted|attached|첨부|제외|생략|누락")
EDITED = re.compile("(?:\u200e<[^<>\n]{1,40}>|<This message was edited>)$")


def looks_like(source: Source) -> bool:
    """Whether one of the first lines has the head of a message."""
    return any(BRACKET.fullmatch(line) or DASH.fullmatch(line) for line in source.head.split("\n", 10)[:10])


def read(source: Source, people: People) -> MessageStream:
    """All messages of the room. What stands above the first message is broken."""
    lines = source.head.split("\n")
    shape = max((BRACKET, DASH), key=lambda pattern: sum(1 for line in lines if pattern.fullmatch(line)))
    order = date_order(source)
    head: tuple[int, str | None, str] | None = None
    below: list[str] = []
    for number, line in enumerate(source.lines(), 1):
        match = shape.fullmatch(line)
        if match:
            if head:
                yield _message(*head, below, shape is BRACKET)
            day = _day(match["date"], order)
            head, below = (number, iso(parse_time(match["time"], day)) if day else None, match["said"]), []
        elif head:
            below.append(line)
        elif line.strip():
            yield Broken(number, "found text above the first message; expected a date, a name and a text; export the chat anew")
    if head:
        yield _message(*head, below, shape is BRACKET)


@lru_cache(maxsize=1024)
def _day(text: str, order: str) -> datetime | None:
    found = _date(tuple(map(int, re.findall(r"\d+", text))), order)
    return datetime.combine(found, datetime.min.time()) if found else None


def _message(line: int, at: str | None, said: str, below: Iterable[str], bracket: bool) -> ExportMessage:
    name, colon, first = said.partition(": ")
    if not colon and said.endswith(":"):
        name, colon = said[:-1], ":"
    if not colon or NO_NAME.search(name):  # WhatsApp itself speaks
        return ExportMessage(line, None, at, "", None, "\n".join((said, *below)).strip(EDGES), "system")
    text = "\n".join((first, *below))
    skipped = _why_skipped(text, bracket)
    if skipped is None:
        text = (ATTACHMENT.sub("", text) if MAY_BE_ATTACHED.search(text) else text).strip(EDGES)
        text = EDITED.sub("", text) if text.endswith(">") else text
    text = text.strip(EDGES)
    shown = " ".join(name.split()).strip(EDGES).removeprefix("~").strip()  # ~ stands before who is no contact
    return ExportMessage(line, None, at, shown, None, text, skipped or (None if text else "empty"))


def _why_skipped(text: str, bracket: bool) -> str | None:
    if MAY_BE_ATTACHED.search(text) and ATTACHMENT.search(text):
        return None if ATTACHMENT.sub("", text).strip(EDGES) else "attachment"
    bare = text.strip(EDGES)
    if DELETED.fullmatch(bare):
        return "deleted"
    return "system" if (bracket and text.startswith("\u200e")) or (len(bare) < LONGEST_NOTE and SYSTEM.fullmatch(bare)) else None


class Written(NamedTuple):
    """A date's three numbers as written, and what stands between and behind them."""

    numbers: tuple[int, ...]
    mark: str
    padded: bool
    half: str


def date_order(source: Source) -> str:
    """The order of day, month and year ("dmy", "mdy" or "ymd") in which the file's dates can all be read, hardly run backwards and
    lie closest together; for dates that tell nothing, the order of the region that writes such times.
    """
    found = (match.groups() for chunk in source.chunks() for match in DATES.finditer("\n" + chunk))
    seen = []  # a date that two chunks share is lost; the others tell as well
    for (first, mark, second, third, half), _ in groupby(found):  # those of one day once
        seen.append(Written((int(first), int(second), int(third)), mark, first[0] == "0" or second[0] == "0", half or ""))
    return min(_orders(seen), key=lambda order: _strangeness([_date(written.numbers, order) for written in seen]), default="dmy")


def _orders(seen: list[Written]) -> tuple[str, ...]:
    """The orders that may be meant, the likeliest first."""
    if not seen:
        return ()
    first = seen[0]
    if first.numbers[0] > 999 or first.mark in ("년", "년 ", ". "):  # Korean phones
        return ("ymd",)
    american = first.mark == "/" and first.half in ("AM", "PM") and not any(written.padded for written in seen)
    likely = ("mdy", "dmy") if american else ("dmy", "mdy")
    return likely if first.numbers[2] > 999 else (*likely, "ymd")


def _strangeness(days: list[date | None]) -> tuple[int, int, int]:
    known = [day for day in days if day]
    backwards = sum(later < earlier for earlier, later in pairwise(known))
    return len(days) - len(known), backwards, (max(known) - min(known)).days if known else 0


def _date(numbers: tuple[int, ...], order: str) -> date | None:
    year, month, day = (numbers[order.index(part)] for part in "ymd")
    try:
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None
