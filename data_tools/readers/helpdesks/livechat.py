"""LiveChat archives: a document `{"chats": […]}`, a list, or one chat a line. A chat has users and one thread or several."""

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from data_tools.readers.records import ExportMessage, Layout, People, Role
from data_tools.sources.json_stream import Broken, Record, line_of, read_json
from data_tools.sources.tables import text_of
from data_tools.sources.text import Source
from data_tools.sources.times import parse_time

FORMAT = "LiveChat"
LAYOUT: Layout = "threads"
SHAPE = re.compile(
    r'\s*+(?:\[\s*+)?\{(?=.*"threads?"\s*:\s*[\[{])(?=.*"events"\s*:\s*\[)(?=.*"(?:author_id|recipients|visibility)"\s*:)', re.DOTALL
)
AUTHORS: dict[str, Role] = {"customer": "customer", "agent": "agent"}


def looks_like(source: Source) -> bool:
    """Whether the file begins with a chat that has a thread of events."""
    return SHAPE.match(source.head) is not None


def read(source: Source, people: People) -> Iterator[ExportMessage | Broken]:
    """The events of each thread; a thread is a conversation."""
    number, stem = 0, PurePath(source.path).stem
    for record in read_json(source, ("chats",) if '"chats"' in source.head else ()):
        if isinstance(record, Broken):
            yield record
        elif record.key != "document":
            number += 1
            yield from _chat(record, f"{stem}-{number}")


def _chat(record: Record, name: str) -> Iterator[ExportMessage | Broken]:
    chat, threads = record.value, record.value.get("threads")
    threads = [chat["thread"]] if "thread" in chat else threads
    if not isinstance(threads, list) or not all(isinstance(thread, dict) for thread in threads):
        yield Broken(record.line, "found a chat without 'thread' or 'threads'; expected a JSON object or a list of them; export it anew")
        return
    users = chat.get("users")
    by_id = {text_of(user.get("id")): user for user in (users if isinstance(users, list) else []) if isinstance(user, dict)}
    for thread in threads:
        yield from _thread(thread, line_of(thread, record.line), text_of(thread.get("id") or chat.get("id")) or name, by_id)


def _thread(thread: dict[str, Any], line: int, name: str, users: dict[str, dict[str, Any]]) -> Iterator[ExportMessage | Broken]:
    events = thread.get("events", [])  # a thread that one may not see has none
    if not isinstance(events, list):
        yield Broken(line, f"found a {type(events).__name__} in 'events'; expected a list; export the chat anew")
        return
    for event in events:
        yield _message(event, line_of(event, line), name, users)


def _message(event: Any, line: int, thread: str, users: dict[str, dict[str, Any]]) -> ExportMessage | Broken:
    if not isinstance(event, dict):
        return Broken(line, f"found a {type(event).__name__} in 'events'; expected a JSON object; fix or remove it")
    text = event.get("text") or ""
    if not isinstance(text, str):
        return Broken(line, f"found a {type(text).__name__} in 'text'; expected text in quotes; fix or remove the event")
    user = users.get(text_of(event.get("author_id")), {})
    who, at, text = text_of(user.get("type")).casefold(), parse_time(text_of(event.get("created_at"))), text.strip()
    skipped = _why_skipped(event, who, text)
    return ExportMessage(line, thread, at.isoformat() if at else None, text_of(user.get("name")), AUTHORS.get(who), text, skipped)


def _why_skipped(event: dict[str, Any], who: str, text: str) -> str | None:
    kind = text_of(event.get("type"))
    if kind == "system_message":
        return "system"
    if who == "supervisor" or "agents" in (event.get("recipients"), event.get("visibility")):
        return "internal note"
    if kind not in ("message", "file"):
        return "other event"
    if who not in AUTHORS:
        return "bot" if who == "bot" else "neither customer nor agent"
    if event.get("deleted"):
        return "deleted"
    return "attachment" if kind == "file" else None if text else "empty"
