"""Intercom conversations: a document `{"conversations": […]}`, a list, one a line, or a single one.

The first message is in a conversation's `source`, the others in `conversation_parts`. Their bodies are HTML.
"""

from functools import partial
from typing import Any

from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, Role, begins_with, each_object, iso, read_by_record
from data_tools.sources.html_text import html_text
from data_tools.sources.json_stream import Broken, Record, line_of
from data_tools.sources.tables import text_of
from data_tools.sources.text import Source
from data_tools.sources.times import epoch_time, parse_time

FORMAT = "Intercom"
LAYOUT: Layout = "threads"
AUTHORS: dict[str, Role] = {
    **dict.fromkeys(("user", "lead", "contact", "visitor"), "customer"),
    **dict.fromkeys(("admin", "team"), "agent"),
}
SAID = ("comment", "open", "close")
"""Kinds of parts that may hold a message: a reply can open or close a conversation."""


AUTHOR = r'(?=.*"author"\s*:)'
looks_like = begins_with(rf'(?=.*"conversation_parts"\s*:\s*[\[{{]){AUTHOR}', rf'(?=.*"source"\s*:\s*\{{)(?=.*"delivered_as"\s*:){AUTHOR}')


def read(source: Source, people: People) -> MessageStream:
    """The source and the parts of each conversation."""
    return read_by_record(source, _conversation, "conversations")


def _conversation(record: Record, name: str) -> MessageStream:
    talk, first, parts = record.value, record.value.get("source"), record.value.get("conversation_parts")
    parts = parts.get("conversation_parts") if isinstance(parts, dict) else parts
    if not isinstance(first, dict | None) or not isinstance(parts, list | None) or (first is None and parts is None):
        yield Broken(record.line, "found no object 'source' and list 'conversation_parts'; expected a conversation; export it anew")
        return
    thread = text_of(talk.get("id")) or name
    if first is not None:
        started = {"created_at": talk.get("created_at"), **first, "part_type": "comment"}
        yield _message(thread, started, line_of(first, record.line))
    yield from each_object(parts or [], "conversation_parts", record.line, partial(_message, thread))


def _message(thread: str, part: dict[str, Any], line: int) -> ExportMessage | Broken:
    author, body = part.get("author") or {}, part.get("body") or ""
    if not isinstance(author, dict) or not isinstance(body, str):
        wrong = "body" if isinstance(author, dict) else "author"
        found, expected = type(part[wrong]).__name__, "text in quotes" if wrong == "body" else "a JSON object"
        return Broken(line, f"found a {found} in '{wrong}'; expected {expected}; export the conversation anew")
    who, text = text_of(author.get("type")).casefold(), html_text(body)
    at = iso(epoch_time(part.get("created_at")) or parse_time(text_of(part.get("created_at"))))
    return ExportMessage(line, thread, at, text_of(author.get("name")), AUTHORS.get(who), text, _why_skipped(part, who, text))


def _why_skipped(part: dict[str, Any], who: str, text: str) -> str | None:
    kind = text_of(part.get("part_type")).casefold()
    if kind.startswith("note"):  # note_and_reopen
        return "internal note"
    if kind not in SAID or (kind != "comment" and not text):
        return "other event"
    if who not in AUTHORS:
        return "bot" if who == "bot" else "neither customer nor agent"
    if part.get("redacted") is True:
        return "deleted"
    return None if text else "attachment" if part.get("attachments") or "<img" in (part.get("body") or "") else "empty"
