"""ShareGPT conversations `{"conversations": [{"from", "value"}]}` (or `items`), and Alpaca rows `{"instruction", "input", "output"}`.

One a line, or in a list. An Alpaca row is a conversation of one question and one answer.
"""

from typing import Any

from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, Role, begins_with, read_by_record
from data_tools.sources.json_stream import Broken, Record, line_of
from data_tools.sources.tables import text_of
from data_tools.sources.text import Source

FORMAT = "ShareGPT"
LAYOUT: Layout = "threads"
ROLES: dict[str, Role] = {
    **dict.fromkeys(("human", "user"), "customer"),
    **dict.fromkeys(("gpt", "assistant", "chatgpt", "bing", "bard", "model"), "agent"),
}
NO_PERSON = ("system", "developer", "tool", "function", "function_call", "observation")


looks_like = begins_with(
    r'(?=.*"(?:conversations|items)"\s*:\s*\[\s*\{[^{}\[\]]*?"(?:from|value|role|content)"\s*:)'
    r'(?=.*"(?:from|role)"\s*:)(?=.*"(?:value|content)"\s*:)',
    r'(?=.*"instruction"\s*:)(?=.*"output"\s*:)',
)


def read(source: Source, people: People) -> MessageStream:
    """The messages of each conversation or row."""
    return read_by_record(source, _conversation)


def _conversation(record: Record, name: str) -> MessageStream:
    values, thread = record.value, text_of(record.value.get("id")) or name
    messages = values.get("conversations", values.get("items"))
    if messages is None and "instruction" in values:
        messages = _exchange(values)
    if not isinstance(messages, list):
        yield Broken(record.line, "found no list 'conversations'; expected one in each record; fix or remove that record")
        return
    for message in messages:
        yield _message(message, line_of(message, record.line), thread)


def _exchange(row: dict[str, Any]) -> list[dict[str, Any]]:
    """An Alpaca row as messages. What is no text stays as it is, for the message to be broken."""
    asked = [row["instruction"], row.get("input")]
    question = "\n".join(text.strip() for text in asked if text) if all(isinstance(text, str | None) for text in asked) else asked
    system = [{"from": "system", "value": row["system"]}] if row.get("system") else []
    return [*system, {"from": "human", "value": question}, {"from": "gpt", "value": row.get("output")}]


def _message(message: Any, line: int, thread: str) -> ExportMessage | Broken:
    if not isinstance(message, dict):
        return Broken(line, f"found a {type(message).__name__} in a conversation; expected a JSON object; fix or remove it")
    who, text = message.get("from", message.get("role")), message.get("value", message.get("content"))
    known = who.casefold() if isinstance(who, str) else ""
    if known not in ROLES and known not in NO_PERSON:
        return Broken(line, f"found {str(who)[:40]!r} as who speaks; expected one of {', '.join((*ROLES, *NO_PERSON))}; correct it")
    if not isinstance(text, str):
        return Broken(line, f"found a {type(text).__name__} as a message's text; expected text in quotes; correct it")
    skipped = "system" if known in NO_PERSON else None if text.strip() else "empty"
    return ExportMessage(line, thread, None, "", ROLES.get(known), text.strip(), skipped)
