"""Telegram Desktop's result.json: one chat `{"name", "type", "messages": […]}`, or an account's `{"chats": {"list": […]}}`."""

import re
from collections.abc import Iterator
from typing import Any

from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, iso
from data_tools.sources.json_stream import Broken, Cursor, NotJson, Record, items
from data_tools.sources.text import Source
from data_tools.sources.times import epoch_time, parse_time

FORMAT = "Telegram"
LAYOUT: Layout = "room"

CHAT = re.compile(r'"type"\s*:\s*"(?:personal_chat|bot_chat|saved_messages|replies|(?:private|public)_(?:group|supergroup|channel))"')
FIELDS = re.compile(r'"(?:date_unixtime|text_entities)"\s*:')
ACCOUNT = re.compile(
    r'"personal_information"\s*:\s*\{\s*"user_id"\s*:|"(?:left_)?chats"\s*:\s*\{\s*(?:"about"\s*:\s*"[^"]*"\s*,\s*)?"list"\s*:'
)
HOLDERS = (("messages", "chats", "left_chats"), ("list",), ("messages",))
"""By depth, the keys below which messages stand."""
ATTACHMENTS = ("photo", "file", "media_type", "location_information", "contact_information", "poll")


def looks_like(source: Source) -> bool:
    """Whether the document begins as a chat of Telegram, or as an account's export."""
    head = source.head
    is_chat = '"messages"' in head and (CHAT.search(head) or FIELDS.search(head))
    return source.start.startswith("{") and bool(is_chat or ACCOUNT.search(head))


def read(source: Source, people: People) -> MessageStream:
    """All messages, chat after chat."""
    cursor = Cursor(source.chunks())
    cursor.peek()
    try:
        for chat, record in _records(cursor, 0):
            yield record if isinstance(record, Broken) else _message(record, chat)
        if cursor.peek():
            yield Broken(cursor.line, "found text behind the end of the chat; expected its messages above; fix the JSON there")
    except NotJson as error:
        yield Broken(error.line, error.why)


def _records(cursor: Cursor, depth: int) -> Iterator[tuple[str | None, Record | Broken]]:
    """The messages of the object here, each with the id of its chat in the export of an account.

    At depth 0 that is a chat or an account, at depth 1 what holds an account's list of chats, at depth 2 a chat of that list.
    """
    line, chat = cursor.line, None
    cursor.skip("{")
    while (letter := cursor.peek()) == '"':
        key = cursor.value()[1]
        if cursor.peek() != ":":
            break
        cursor.skip(":")
        letter = cursor.peek()
        if key == "messages" and letter == "[":
            yield from ((chat, record) for record in items(cursor))
        elif depth == 1 and key == "list" and letter == "[":
            cursor.skip("[")
            while cursor.peek() == "{":
                yield from _records(cursor, 2)
            if cursor.peek() == "]":
                cursor.skip("]")
        elif depth == 0 and key in ("chats", "left_chats") and letter == "{":
            yield from _records(cursor, 1)
        else:
            at, value = cursor.value()
            chat = str(value) if key == "id" and depth == 2 else chat
            if key in HOLDERS[depth]:
                why = f"found a {type(value).__name__} as {key!r}; expected a list or an object with messages; export the chats anew"
                yield chat, Broken(at, why)
    if letter != "}":
        raise NotJson(line, "found a chat that does not end; expected a closing }; export it anew, it is cut off")
    cursor.skip("}")


def _message(record: Record, chat: str | None) -> ExportMessage | Broken:
    line, value = record.line, record.value
    text = _text(value.get("text", ""))
    if text is None or not isinstance(value.get("type"), str):
        return Broken(line, 'found no message of Telegram; expected its "type", and as "text" a string or a list; fix or remove it')
    at = iso(parse_time(str(value.get("date", ""))) or epoch_time(value.get("date_unixtime")))
    name = value.get("from") or value.get("actor") or value.get("from_id") or value.get("actor_id") or ""
    return ExportMessage(line, chat, at, str(name), None, text, _why_skipped(value, text))


def _text(value: Any) -> str | None:
    """A message's text, which is a string or a list of strings and formatted parts; None where it is neither."""
    if isinstance(value, str):
        return value.strip()
    if not isinstance(value, list):
        return None
    parts = [part.get("text") if isinstance(part, dict) else part for part in value]
    said = [part for part in parts if isinstance(part, str)]
    return "".join(said).strip() if len(said) == len(parts) else None


def _why_skipped(value: dict[str, Any], text: str) -> str | None:
    if value["type"] != "message":
        return "room event" if value["type"] == "service" else "other event"
    if text:
        return None
    return "attachment" if any(key in value for key in ATTACHMENTS) else "empty"
