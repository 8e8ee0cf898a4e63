"""Zendesk Chat's history as a table: one event a row, of which `chat.msg` is a message.

Columns as Zendesk names an event's fields (`chat_id`, `timestamp`, `type`, `msg`, `name`, `nick`, `sender_type`), or in words
(`Session ID`, `Message`).
"""

from collections.abc import Mapping

from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, Role, iso
from data_tools.sources.html_text import html_text
from data_tools.sources.json_stream import Broken
from data_tools.sources.tables import Row, find_column, looks_like_csv, read_csv
from data_tools.sources.text import Source
from data_tools.sources.times import epoch_time, parse_time
from frontdesk.errors import UserError

FORMAT = "Zendesk Chat events"
LAYOUT: Layout = "mixed"

COLUMNS = {
    "type": "type eventtype event",
    "text": "msg message messagetext text body",
    "thread": "chatid sessionid session chat conversationid",
    "time": "timestamp timestamps createdat time date",
    "name": "name displayname sender sendername agentname visitorname",
    "role": "sendertype nick actortype",
}
ROLES: dict[str, Role] = {"visitor": "customer", "agent": "agent"}
OTHERS = {"trigger": "bot", "agent:trigger": "bot", "bot": "bot", "system": "system"}


def looks_like(source: Source) -> bool:
    """Whether the table has events' types, such as `chat.msg`."""
    if "chat." not in source.head or not looks_like_csv(source):
        return False
    try:
        first = next((row for row in read_csv(source) if isinstance(row, Row)), Row(0, {}))
    except UserError:
        return False
    found = _columns(first.values)
    return {"type", "text", "thread"} <= found.keys() and first.values[found["type"]].startswith("chat.")


def read(source: Source, people: People) -> MessageStream:
    """The events in the file's order. `people` is not used."""
    for row in read_csv(source):
        yield row if isinstance(row, Broken) else _event(row)


def _columns(header: Mapping[str, str]) -> dict[str, str]:
    return {field: column for field, names in COLUMNS.items() if (column := find_column(header, names.split()))}


def _event(row: Row) -> ExportMessage | Broken:
    columns = _columns(row.values)
    values = {field: row.values[columns[field]].strip() if field in columns else "" for field in COLUMNS}
    if not values["thread"]:
        return Broken(row.line, f"found an event without {columns.get('thread', 'chat_id')!r}; expected the id of its chat; export anew")
    who = values["role"].casefold()
    role = ROLES.get(who.partition(":")[0]) if who not in OTHERS else None
    at = parse_time(values["time"]) or epoch_time(values["time"])
    text = html_text(values["text"])
    return ExportMessage(row.line, values["thread"], iso(at), values["name"], role, text, _why_skipped(values["type"], who, role, text))


def _why_skipped(kind: str, who: str, role: Role | None, text: str) -> str | None:
    if kind == "chat.file":
        return "attachment"
    if kind != "chat.msg":
        return "other event"
    if who and role is None:
        return OTHERS.get(who, "neither customer nor agent")
    return None if text else "empty"
