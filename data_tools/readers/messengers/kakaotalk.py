"""KakaoTalk exports, recognized by the shape of their lines. One file is one room with many conversations.

* bracket: `[이름] [오후 3:12] text` below date lines, from Windows;
* comma: `2026년 3월 2일 오후 3:12, 이름 : text` (Android) or `2026. 3. 2. 오후 3:12, 이름 : text` (iOS);
* CSV: the columns Date, User, Message, from a Mac. Any other line goes on with the message above it.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, iso
from data_tools.sources.json_stream import Broken
from data_tools.sources.text import Source
from data_tools.sources.times import parse_time

FORMAT = "KakaoTalk"
LAYOUT: Layout = "room"

TIME = r"(?:(?:오전|오후|AM|PM)\s?)?\d{1,2}:\d{2}(?:\s?[AaPp]\.?[Mm]\.?)?"
DATE = r"(?:\d{4}[년.] ?\d{1,2}[월.] ?\d{1,2}[일.]?|[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{1,2} [A-Z][a-z]{2,8}\.? \d{4})"
WEEKDAY = r"(?:[월화수목금토일]요일|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
BRACKET = re.compile(rf"\[(?P<name>.+?)\] \[(?P<time>{TIME})\] ?(?P<text>.*)")
COMMA = re.compile(rf"(?P<time>{DATE}(?:,| at)? ?{TIME})(?:, (?P<name>.+?) : ?|[,:] )(?P<text>.*)")
DASHED_DAY = re.compile(rf"-{{5,}} .*{DATE}.* -{{5,}}\s*")
LONGEST_DAY = 200  # characters of a line that opens a day
PLAIN_DAY = re.compile(rf"(?:{DATE}(?:,| at)? ?{TIME}|{DATE},? {WEEKDAY}|{WEEKDAY}, {DATE})\s*")
SAVED = re.compile(r"[^:\[\]]{1,30} : \D{0,15}\d")
ROW = re.compile(r'"?\d{4}[-./년]\s?\d{1,2}[-./월]\s?\d{1,2}[일.]?[ T][^",]{3,14}"?,')
ROOM_EVENT = re.compile(
    r".{1,60}님이 (?:들어왔습니다|나갔습니다|.{1,80}님을 (?:초대했|초대하였|내보냈)습니다)\.?|.{1,60}님을 내보냈습니다\.?"
    r"|.{1,60}님이 (?:부?방장이 되었|부?방장에서 해제되었)습니다\.?|채팅방 관리자가 메시지를 가렸습니다\.?"
    r"|.{1,60} (?:has )?(?:joined|left|entered) (?:this|the) chat ?room\.?|.{1,60} invited .{1,80} to (?:this|the) chat ?room\.?"
)


def looks_like(source: Source) -> bool:
    """Whether the file has the Mac's columns, or a line in one of the other two shapes near its beginning."""
    if _is_csv(source) or source.start.startswith(("{", "[{", "<")):
        return _is_csv(source)
    return any(BRACKET.fullmatch(line) or COMMA.fullmatch(line) for line in source.head.split("\n", 30)[:30])


def read(source: Source, people: People) -> MessageStream:
    """All messages of the room."""
    return _csv_messages(source) if _is_csv(source) else _text_messages(source)


def _is_csv(source: Source) -> bool:
    return source.start.replace('"', "").strip().casefold() in ("date,user,message", "날짜,사용자,메시지")


def _text_messages(source: Source) -> MessageStream:
    """The messages of the bracket or comma shape, whichever most lines of the beginning have."""
    lines = source.head.split("\n")
    shape = max((BRACKET, COMMA), key=lambda pattern: sum(1 for line in lines if pattern.fullmatch(line)))
    day: datetime | None = None
    message: ExportMessage | None = None
    below: list[str] = []
    for number, line in enumerate(source.lines(), 1):
        if match := shape.fullmatch(line):
            following = _message(number, parse_time(match["time"], day), match["name"], match["text"])
        elif shape is BRACKET and len(line) < LONGEST_DAY and DASHED_DAY.fullmatch(line):
            day = parse_time(line) or day
            continue
        elif shape is BRACKET and ROOM_EVENT.fullmatch(line):
            following = _message(number, day, None, line)
        else:
            below.append(line)
            is_head = number == 1 or not line.strip() or (number < 5 and SAVED.match(line)) or PLAIN_DAY.fullmatch(line)
            if not message and not is_head:  # the room's title, the time of the export or a day
                yield Broken(number, "found text above the first message; expected a time, a name and a text; export the chat anew")
            continue
        if message:
            yield _whole(message, _without_day(below, message, following) if shape is COMMA else below)
        message, below = following, []
    if message:
        yield _whole(message, below)


def _message(line: int, at: datetime | None, name: str | None, text: str) -> ExportMessage:
    skipped = "room event" if name is None else None
    return ExportMessage(line, None, iso(at), (name or "").strip(), None, text, skipped)


def _without_day(below: list[str], message: ExportMessage, following: ExportMessage) -> list[str]:
    """The lines below a message without the one that opens the next day. A date that somebody wrote is not the next message's."""
    while below and not below[-1].strip():
        below.pop()
    if not below or not following.at or (message.at and message.at[:10] == following.at[:10]) or not PLAIN_DAY.fullmatch(below[-1]):
        return below
    day = parse_time(below[-1])
    return below[:-1] if day and day.isoformat()[:10] == following.at[:10] else below


def _whole(message: ExportMessage, below: Iterable[str]) -> ExportMessage:
    text = "\n".join((message.text, *below)).strip()
    return message._replace(text=text, skipped=message.skipped or (None if text else "empty"))


def _csv_messages(source: Source) -> MessageStream:
    for line, row in _csv_rows(source):
        try:
            cells = next(csv.reader([row], strict=True), [])
        except csv.Error:
            cells = []
        if len(cells) < 3 or not ROW.match(row):
            yield Broken(line, 'found no row of three cells; expected "date","name","message"; close its quotes, write "" for one inside')
            continue
        text = ",".join(cells[2:]).strip()
        event = ROOM_EVENT.fullmatch(text)
        yield _whole(_message(line, parse_time(cells[0]), None if event else cells[1], text), ())


def _csv_rows(source: Source) -> Iterator[tuple[int, str]]:
    """Each row below the header, and its line. A row ends where the next begins, even if its quotes do not close."""
    start, row = 0, ""
    for number, line in enumerate(source.lines(), 1):
        if number <= source.first_line or (not start and not line.strip()):
            continue
        if start and not ROW.match(line):
            row += "\n" + line
            continue
        if start:
            yield start, row.rstrip("\n")
        start, row = number, line
    if start:
        yield start, row.rstrip("\n")
