"""Chats as a plain table, CSV or JSON lines: one message a row, with a column that names the conversation.

Columns are found by their English or Korean names. A role column tells who is an agent; without one the speaker's name does,
by `data.agents`.
"""

from collections import Counter

from data_tools.conversation import ChatFile, Conversation, Role, Turn, in_order, roles_by_name
from data_tools.source import Source
from data_tools.tables import Record, delimiter, find_column, read_csv, read_json, text_of
from data_tools.times import parse_time
from frontdesk.errors import UserError

COLUMNS = {
    "conversation": (
        *("conversationid", "conversation", "ticketid", "ticket", "sessionid", "session", "chatid", "threadid", "roomid"),
        *("대화", "대화id", "대화번호", "상담", "상담id", "상담번호", "티켓", "티켓번호", "세션"),
    ),
    "text": ("text", "message", "content", "body", "내용", "메시지", "메세지", "대화내용"),
    "role": ("role", "senderrole", "authortype", "sendertype", "보낸사람유형", "작성자유형", "역할"),
    "name": ("name", "sendername", "speaker", "sender", "author", "from", "user", "작성자", "보낸사람", "이름"),
    "time": ("time", "timestamp", "createdat", "datetime", "date", "sentat", "시간", "일시", "날짜", "작성일시"),
}
ROLES: dict[str, Role] = {
    **dict.fromkeys(("customer", "user", "visitor", "client", "end-user", "고객", "손님"), "customer"),
    **dict.fromkeys(("agent", "assistant", "admin", "staff", "operator", "상담사", "상담원", "직원", "관리자"), "agent"),
}
NO_PERSON = {"system": "system", "시스템": "system", "bot": "bot", "챗봇": "bot", "봇": "bot"}


def looks_like(source: Source) -> bool:
    """Whether the file begins as JSON does, or its first line has more than one cell."""
    if source.start.startswith(("{", "[")):
        return True
    return not source.start.startswith("<") and delimiter(source.start) in source.start


def read(source: Source, agents: tuple[str, ...]) -> ChatFile:
    """All conversations of the table, in the order in which they first occur. Raises UserError."""
    header, rows = _rows(source)
    columns = {field: find_column(header, names) for field, names in COLUMNS.items()}
    for field in ("conversation", "text"):
        if columns[field] is None:
            raise UserError(
                f"{source.at(1)}: found the columns {', '.join(header) or 'none'}; expected one for the {field}, called "
                f"{', '.join(COLUMNS[field])}; rename the column"
            )
    table = [
        (line, {field: "" if column is None else text_of(values.get(column)) for field, column in columns.items()}) for line, values in rows
    ]
    return _conversations(source, table, _role_column(source, columns, table), agents)


def _rows(source: Source) -> tuple[list[str], list[Record]]:
    if not source.start.startswith(("{", "[")):
        return read_csv(source)
    rows = read_json(source)
    return list(dict.fromkeys(key for row in rows for key in row.values)), rows


def _role_column(source: Source, columns: dict[str, str | None], table: list[tuple[int, dict[str, str]]]) -> str | None:
    """The column that holds roles: that of the role, or that of the name if it holds nothing but roles."""
    known = ROLES.keys() | NO_PERSON.keys()
    if columns["role"] is not None:
        return "role"
    if columns["name"] is None:
        raise UserError(
            f"{source.at(1)}: found no column for who speaks; expected one called {', '.join(COLUMNS['role'] + COLUMNS['name'])}; add it"
        )
    return "name" if all(cells["name"].casefold() in known for _, cells in table) else None


def _conversations(source: Source, table: list[tuple[int, dict[str, str]]], role_column: str | None, agents: tuple[str, ...]) -> ChatFile:
    by_name = {} if role_column else roles_by_name(Counter(cells["name"] for _, cells in table), agents, source.path)
    out = ChatFile()
    turns: dict[str, list[Turn]] = {}
    for line, cells in table:
        who = cells[role_column].casefold() if role_column else ""
        role = ROLES.get(who) if role_column else by_name[cells["name"]]
        if who in NO_PERSON:
            out.dropped[f"message: {NO_PERSON[who]}"] += 1
        elif role is None:
            raise UserError(
                f"{source.at(line)}: found {who!r} as a speaker's role; expected one of {', '.join([*ROLES, *NO_PERSON])}; correct the cell"
            )
        elif not cells["text"]:
            out.dropped["message: empty"] += 1
        elif not cells["conversation"]:
            raise UserError(f"{source.at(line)}: found a message without its conversation; expected its id; fill in the cell")
        else:
            at = parse_time(cells["time"])
            turn = Turn(role, cells["text"], at.isoformat() if at else None, source.at(line))
            turns.setdefault(cells["conversation"], []).append(turn)
    out.conversations = [Conversation(name, spoken[0].source, in_order(spoken)) for name, spoken in turns.items()]
    return out
