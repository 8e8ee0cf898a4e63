"""Zendesk conversation logs: one ticket a line `{"ticket_id", "events": […]}`, or one conversation as a document `{"events": […]}`.

An event is `{"type", "created_at", "author": {"type"}, "content": {"type", "text" or "body"}}`. Only what a customer or an agent
wrote to the other is a turn.
"""

import re
from collections.abc import Iterator
from typing import Any

from data_tools.readers.records import ExportMessage, Layout, People, Role, read_by_record
from data_tools.sources.html_text import html_text
from data_tools.sources.json_stream import Broken, Record, line_of
from data_tools.sources.tables import text_of
from data_tools.sources.text import Source
from data_tools.sources.times import parse_time

FORMAT = "Zendesk conversation log"
LAYOUT: Layout = "threads"
SHAPE = re.compile(r'\s*+(?:\[\s*+)?\{(?=.*"events"\s*:\s*\[)(?=.*"author"\s*:)(?=.*"content"\s*:)', re.DOTALL)
AUTHORS: dict[str, Role] = {
    **dict.fromkeys(("user", "end_user", "end-user", "customer"), "customer"),
    **dict.fromkeys(("agent", "admin"), "agent"),
}


def looks_like(source: Source) -> bool:
    """Whether the file begins with a list of events that have authors and contents."""
    return SHAPE.match(source.head) is not None


def read(source: Source, people: People) -> Iterator[ExportMessage | Broken]:
    """The events of each ticket."""
    return read_by_record(source, _ticket)


def _ticket(record: Record, name: str) -> Iterator[ExportMessage | Broken]:
    ticket, events = record.value, record.value.get("events")
    if not isinstance(events, list):
        yield Broken(record.line, "found no list 'events'; expected one in each ticket; fix or remove that record")
        return
    thread = text_of(ticket.get("ticket_id") or ticket.get("id")) or name
    for event in events:
        yield _message(event, line_of(event, record.line), thread)


def _message(event: Any, line: int, thread: str) -> ExportMessage | Broken:
    if not isinstance(event, dict):
        return Broken(line, f"found a {type(event).__name__} in 'events'; expected a JSON object; fix or remove it")
    author, content = event.get("author"), event.get("content")
    text = _text(content)
    if not isinstance(text, str | None):
        return Broken(line, f"found a {type(text).__name__} as an event's text; expected text in quotes; fix or remove the event")
    who, name = (author.get("type"), author.get("display_name")) if isinstance(author, dict) else (author, None)
    who, at = text_of(who).casefold(), parse_time(text_of(event.get("created_at")))
    skipped = _why_skipped(event, who, text or "")
    return ExportMessage(line, thread, at.isoformat() if at else None, text_of(name), AUTHORS.get(who), text or "", skipped)


def _text(content: Any) -> Any:
    """An event's text, or what stands in its place."""
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
