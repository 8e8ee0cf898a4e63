"""LiveChat archives: a document `{"chats": […]}`, a list, or one chat a line. A chat has users and one thread or several."""

from functools import partial
from typing import Any

from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, Role, begins_with, each_object, iso, read_by_record
from data_tools.sources.json_stream import Broken, Record, line_of
from data_tools.sources.tables import text_of
from data_tools.sources.text import Source
from data_tools.sources.times import parse_time

FORMAT = "LiveChat"
LAYOUT: Layout = "threads"
AUTHORS: dict[str, Role] = {"customer": "customer", "agent": "agent"}

looks_like = begins_with(r'(?=.*"threads?"\s*:\s*[\[{])(?=.*"events"\s*:\s*\[)(?=.*"(?:author_id|recipients|visibility)"\s*:)')


def read(source: Source, people: People) -> MessageStream:
    """The events of each thread; a thread is a conversation."""
    return read_by_record(source, _chat, "chats")


def _chat(record: Record, name: str) -> MessageStream:
    chat = record.value
    threads = [chat["thread"]] if "thread" in chat else chat.get("threads")
    if not isinstance(threads, list) or not all(isinstance(thread, dict) for thread in threads):
        yield Broken(record.line, "found a chat without 'thread' or 'threads'; expected a JSON object or a list of them; export it anew")
        return
    users = chat.get("users")
    by_id = {text_of(user.get("id")): user for user in (users if isinstance(users, list) else []) if isinstance(user, dict)}
    for thread in threads:
        line, events = line_of(thread, record.line), thread.get("events", [])  # a thread that one may not see has none
        if isinstance(events, list):
            thread_id = text_of(thread.get("id") or chat.get("id")) or name
            yield from each_object(events, "events", line, partial(_message, thread_id, by_id))
        else:
            yield Broken(line, f"found a {type(events).__name__} in 'events'; expected a list; export the chat anew")


def _message(thread: str, users: dict[str, dict[str, Any]], event: dict[str, Any], line: int) -> ExportMessage | Broken:
    text = event.get("text") or ""
    if not isinstance(text, str):
        return Broken(line, f"found a {type(text).__name__} in 'text'; expected text in quotes; fix or remove the event")
    user = users.get(text_of(event.get("author_id")), {})
    who, at, text = text_of(user.get("type")).casefold(), iso(parse_time(text_of(event.get("created_at")))), text.strip()
    return ExportMessage(line, thread, at, text_of(user.get("name")), AUTHORS.get(who), text, _why_skipped(event, who, text))


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
