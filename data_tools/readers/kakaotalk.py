"""KakaoTalk exports, told apart by the shape of their lines. One file is one room, which holds many conversations.

* bracket: `[이름] [오후 3:12] text` below date lines (`--------------- 2026년 3월 2일 월요일 ---------------`), from Windows;
* comma: `2026년 3월 2일 오후 3:12, 이름 : text` (Android) or `2026. 3. 2. 오후 3:12, 이름 : text` (iOS);
* CSV: the columns Date, User, Message, from a Mac.

Korean and English phones write them alike but for the words. A line of none of these shapes goes on with the message above
it, even when it begins with `: `.
"""

import re
from collections import Counter
from datetime import datetime
from pathlib import Path

from data_tools.conversation import ChatFile, Conversation, Turn, roles_by_name
from data_tools.readers.sessions import Message, split_sessions
from data_tools.source import Source
from data_tools.tables import read_csv
from data_tools.times import parse_time

TIME = r"(?:(?:오전|오후|AM|PM) ?)?\d{1,2}:\d{2}(?: ?[AP]M)?"
DATE = r"(?:\d{4}[년.] ?\d{1,2}[월.] ?\d{1,2}[일.]?|[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4})"
WEEKDAY = r"(?:[월화수목금토일]요일|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
BRACKET = re.compile(rf"\[(?P<name>.+?)\] \[(?P<time>{TIME})\] ?(?P<text>.*)")
COMMA = re.compile(rf"(?P<time>{DATE}(?:,| at)? ?{TIME}), (?:(?P<name>.+?) : ?)?(?P<text>.*)")
DAY = re.compile(rf"(?:-{{5,}} .*{DATE}.* -{{5,}}|{DATE}(?:,| at)? ?{TIME}|{DATE} {WEEKDAY}|{WEEKDAY}, {DATE})\s*")
ROOM_EVENT = re.compile(
    r".{1,60}님이 (?:들어왔습니다|나갔습니다|.{1,60}님을 (?:초대|내보)\S+)\.?|채팅방 관리자가 메시지를 가렸습니다\.?"
    r"|.{1,60} (?:has )?(?:joined|left|entered) (?:this|the) chat ?room\.?"
)
PLACEHOLDER = re.compile(
    r"사진(?: \d+장)?|동영상|\(?이모티콘\)?|음성메시지|파일: .+\.\w{1,5}|삭제된 메시지입니다\.?"
    r"|Photos?|\d+ photos|Video|\(?Emoticons?\)?|Voice [Mm]essage|File: .+\.\w{1,5}|This message was deleted\.?"
)


def looks_like(source: Source) -> bool:
    """Whether the file has the Mac's columns, or a line in one of the other two shapes near its beginning."""
    return _is_csv(source) or any(BRACKET.fullmatch(line) or COMMA.fullmatch(line) for line in source.text.split("\n", 30)[:30])


def read(source: Source, agents: tuple[str, ...]) -> ChatFile:
    """All conversations of the room. Raises UserError when the config does not tell who is the agent."""
    out = ChatFile()
    messages = _csv_messages(source) if _is_csv(source) else _text_messages(source, out.dropped)
    roles = roles_by_name(Counter(message.name for message in messages), agents, source.path)
    said = []
    for message in messages:
        if PLACEHOLDER.fullmatch(message.text) or not message.text:
            out.dropped["message: placeholder" if message.text else "message: empty"] += 1
        else:
            said.append(message)
    for number, session in enumerate(split_sessions(said, roles), 1):
        turns = [Turn(roles[name], text, at.isoformat() if at else None, source.at(line)) for line, at, name, text in session]
        out.conversations.append(Conversation(f"{Path(source.path).stem}-{number}", turns[0].source, turns))
    return out


def _is_csv(source: Source) -> bool:
    return source.start.replace('"', "").strip().casefold() in ("date,user,message", "날짜,사용자,메시지")


def _csv_messages(source: Source) -> list[Message]:
    header, rows = read_csv(source)
    time, name, text = header[:3]
    return [Message(line, parse_time(cells[time]), cells[name].strip(), cells[text].strip()) for line, cells in rows]


def _text_messages(source: Source, dropped: Counter[str]) -> list[Message]:
    """The messages of the bracket or comma shape; lines about who came and went are counted in `dropped`."""
    lines = source.text.split("\n")
    shape = max((BRACKET, COMMA), key=lambda pattern: sum(1 for line in lines if pattern.fullmatch(line)))
    messages: list[Message] = []
    day: datetime | None = None
    for number, line in enumerate(lines, 1):
        if match := shape.fullmatch(line):
            if match["name"] is None:
                dropped["message: room event"] += 1
            else:
                messages.append(Message(number, parse_time(match["time"], day), match["name"].strip(), match["text"]))
        elif DAY.fullmatch(line):
            day = parse_time(line) or day
        elif ROOM_EVENT.fullmatch(line):
            dropped["message: room event"] += 1
        elif messages:
            messages[-1] = messages[-1]._replace(text=messages[-1].text + "\n" + line)
    return [message._replace(text=message.text.strip()) for message in messages]
