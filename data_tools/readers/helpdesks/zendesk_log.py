"""Zendesk conversation logs: one ticket a line `{"ticket_id", "events": […]}`, or one document `{"events": […]}`.

An event is `{"type", "created_at", "author": {"type"}, "content": {"type", "text" or "body"}}`.
"""

from functools import partial
from typing import Any

from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, Role, begins_with, each_object, iso, read_by_record
from data_tools.sources.html_text import html_text
from data_tools.sources.json_stream import Broken, Record
from data_tools.sources.tables import text_of
from data_tools.sources.text import Source
from data_tools.sources.times import parse_time

FORMAT = "Zendesk conversation log"
LAYOUT: Layout = "threads"
AUTHORS: dict[str, Role] = {
    **dict.fromkeys(("user", "end_user", "end-user", "customer"), "customer"),
    **dict.fromkeys(("agent", "admin"), "agent"),
}


looks_like = begins_with(r'(?=.*"events"\s*:\s*\[)(?=.*"author"\s*:)(?=.*"content"\s*:)')


def read(source: Source, people: People) -> MessageStream:
    """The events of each ticket."""
    return read_by_record(source, _ticket)


def _ticket(record: Record, name: str) -> MessageStream:
    ticket, events = record.value, record.value.get("events")
    if isinstance(events, list):
        thread = text_of(ticket.get("ticket_id") or ticket.get("id")) or name
        yield from each_object(events, "events", record.line, partial(_message, thread))
    else:
        yield Broken(record.line, "found no list 'events'; expected one in each ticket; fix or remove that record")


def _message(thread: str, event: dict[str, Any], line: int) -> ExportMessage | Broken:
    author, text = event.get("author"), _text(event.get("content"))
    if not isinstance(text, str | None):
        return Broken(line, f"found a {type(text).__name__} as an event's text; expected text in quotes; fix or remove the event")
    who, name = (author.get("type"), author.get("display_name")) if isinstance(author, dict) else (author, None)
    who, at = text_of(who).casefold(), iso(parse_time(text_of(event.get("created_at"))))
    return ExportMessage(line, thread, at, text_of(name), AUTHORS.get(who), text or "", _why_skipped(event, who, text or ""))


def _text(content: Any) -> Any:
    text = content.get("text") or content.get("body") if isinstance(content, dict) else content
    if not isinstance(text, str):
        return text
    return html_text(text) if isinstance(content, dict) and content.get("type") == "html" else text.strip()


def _why_skipped(event: dict[str, Any], who: str, text: str) -> str | None:
    kind, content, more = text_of(event.get("type")).casefold(), event.get("content"), event.get("metadata")
    if kind.endswith("note") or event.get("public") is False or (isinstance(more, dict) and more.get("public") is False):
        return "internal note"
    if not kind.endswith(("message", "comment")):
        return "other event"
    if who not in AUTHORS:
        return who if who in ("system", "bot") else "neither customer nor agent"
    files = event.get("attachments") or (isinstance(content, dict) and content.get("type") in ("file", "image"))
    return None if text else "attachment" if files else "empty"
