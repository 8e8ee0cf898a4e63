"""Chats as OpenAI's API and fine-tuning take them: `{"messages": [{"role", "content"}]}`, one a line or in a list."""

import re
from collections.abc import Iterator
from typing import Any

from data_tools.readers.records import ExportMessage, Layout, People, Role, read_by_record
from data_tools.sources.json_stream import Broken, Record, line_of
from data_tools.sources.tables import text_of
from data_tools.sources.text import Source

FORMAT = "OpenAI messages"
LAYOUT: Layout = "threads"
SHAPE = re.compile(
    r'\s*+(?:\[\s*+)?\{(?=.*"messages"\s*:\s*\[\s*\{[^{}\[\]]*?"(?:role|content)"\s*:)(?=.*"role"\s*:)(?=.*"content"\s*:)', re.DOTALL
)
ROLES: dict[str, Role] = {"user": "customer", "assistant": "agent"}
NO_PERSON = ("system", "developer", "tool", "function")


def looks_like(source: Source) -> bool:
    """Whether the file begins with a list of messages that have a role and a content."""
    return SHAPE.match(source.head) is not None


def read(source: Source, people: People) -> Iterator[ExportMessage | Broken]:
    """The messages of each record."""
    return read_by_record(source, _conversation)


def _conversation(record: Record, name: str) -> Iterator[ExportMessage | Broken]:
    messages = record.value.get("messages")
    if not isinstance(messages, list):
        yield Broken(record.line, "found no list 'messages'; expected one in each record; fix or remove that record")
        return
    thread = text_of(record.value.get("id")) or name
    for message in messages:
        yield _message(message, line_of(message, record.line), thread)


def _message(message: Any, line: int, thread: str) -> ExportMessage | Broken:
    if not isinstance(message, dict):
        return Broken(line, f"found a {type(message).__name__} in 'messages'; expected a JSON object; fix or remove it")
    role, content = message.get("role"), message.get("content")
    if not isinstance(role, str) or (role not in ROLES and role not in NO_PERSON):
        known = ", ".join((*ROLES, *NO_PERSON))
        return Broken(line, f"found {str(role)[:40]!r} as a message's role; expected one of {known}; correct it")
    calls = message.get("tool_calls") or message.get("function_call")
    if not isinstance(content, str | list) and not (content is None and ("content" in message or calls)):
        return Broken(
            line, f"found a {type(content).__name__} as a message's content; expected text in quotes or a list of parts; correct it"
        )
    text = content.strip() if isinstance(content, str) else "\n".join(_part_texts(content or []))
    return ExportMessage(line, thread, None, text_of(message.get("name")), ROLES.get(role), text, _why_skipped(role, text, content, calls))


def _part_texts(parts: list[Any]) -> Iterator[str]:
    for part in parts:
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(text, str) and text.strip():
            yield text.strip()


def _why_skipped(role: str, text: str, content: Any, calls: Any) -> str | None:
    if role in NO_PERSON:
        return "system"
    if text:
        return None
    return "other event" if calls else "attachment" if content and isinstance(content, list) else "empty"
