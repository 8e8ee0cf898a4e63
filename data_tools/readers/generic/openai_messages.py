"""Chats as OpenAI's API and fine-tuning take them: `{"messages": [{"role", "content"}]}`, one a line or in a list."""

from functools import partial
from typing import Any

from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, Role, begins_with, each_object, read_by_record
from data_tools.sources.json_stream import Broken, Record
from data_tools.sources.tables import text_of
from data_tools.sources.text import Source

FORMAT = "OpenAI messages"
LAYOUT: Layout = "threads"
ROLES: dict[str, Role] = {"user": "customer", "assistant": "agent"}
NO_PERSON = ("system", "developer", "tool", "function")


looks_like = begins_with(r'(?=.*"messages"\s*:\s*\[\s*\{[^{}\[\]]*?"(?:role|content)"\s*:)(?=.*"role"\s*:)(?=.*"content"\s*:)')


def read(source: Source, people: People) -> MessageStream:
    """The messages of each record."""
    return read_by_record(source, _conversation)


def _conversation(record: Record, name: str) -> MessageStream:
    messages = record.value.get("messages")
    if isinstance(messages, list):
        thread = text_of(record.value.get("id")) or name
        yield from each_object(messages, "messages", record.line, partial(_message, thread))
    else:
        yield Broken(record.line, "found no list 'messages'; expected one in each record; fix or remove that record")


def _message(thread: str, message: dict[str, Any], line: int) -> ExportMessage | Broken:
    role, content = message.get("role"), message.get("content")
    if not isinstance(role, str) or (role not in ROLES and role not in NO_PERSON):
        known = ", ".join((*ROLES, *NO_PERSON))
        return Broken(line, f"found {str(role)[:40]!r} as a message's role; expected one of {known}; correct it")
    calls = message.get("tool_calls") or message.get("function_call")
    if not isinstance(content, str | list) and not (content is None and ("content" in message or calls)):
        found = f"found a {type(content).__name__} as a message's content"
        return Broken(line, f"{found}; expected text in quotes or a list of parts; correct it")
    parts = [part.get("text") if isinstance(part, dict) else part for part in (content if isinstance(content, list) else [content])]
    text = "\n".join(part.strip() for part in parts if isinstance(part, str) and part.strip())
    return ExportMessage(line, thread, None, text_of(message.get("name")), ROLES.get(role), text, _why_skipped(role, text, content, calls))


def _why_skipped(role: str, text: str, content: Any, calls: Any) -> str | None:
    if role in NO_PERSON:
        return "system"
    if text:
        return None
    return "other event" if calls else "attachment" if content and isinstance(content, list) else "empty"
