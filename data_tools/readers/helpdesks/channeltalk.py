"""Channel Talk: documents `{"messages": […], "userChats": […]}`, a list of messages, or one a line, in any order."""

import re
from collections.abc import Iterator
from typing import Any

from data_tools.readers.records import ExportMessage, Layout, People, Role, begins_with, iso
from data_tools.sources.html_text import html_text
from data_tools.sources.json_stream import Broken, read_json
from data_tools.sources.tables import text_of
from data_tools.sources.text import Source
from data_tools.sources.times import epoch_time, parse_time

FORMAT = "Channel Talk"
LAYOUT: Layout = "mixed"
LISTS = ("messages", "userChats", "sessions", "users", "managers", "bots")
"""Read one item at a time; only the first has what was said."""
PERSONS: dict[str, Role] = {"user": "customer", "manager": "agent"}


looks_like = begins_with(r'(?=.*"personType"\s*:)(?=.*"chat(?:Id|Key|Type)"\s*:)', r'(?=.*"userChats"\s*:\s*\[)')


def read(source: Source, people: People) -> Iterator[ExportMessage | Broken]:
    """All messages, in the file's order."""
    document = re.search(r'"(?:messages|userChats)"\s*:\s*\[', source.head)
    for record in read_json(source, LISTS if document else (), inner=False):
        if isinstance(record, Broken):
            yield record
        elif record.key in ("messages", ""):
            yield _message(record.value, record.line)
        elif "messages" in record.value:
            found = type(record.value["messages"]).__name__
            yield Broken(record.line, f"found a {found} as 'messages'; expected a list; export the chats anew")


def _message(message: dict[str, Any], line: int) -> ExportMessage | Broken:
    thread = text_of(message.get("chatId") or message.get("chatKey"))
    if not thread:
        return Broken(line, "found a message without 'chatId'; expected the id of its chat; export the chats anew")
    plain, blocks = message.get("plainText"), message.get("blocks")
    if not isinstance(plain, str | None) or not isinstance(blocks, list | None):
        wrong, value, right = ("blocks", blocks, "a list") if isinstance(plain, str | None) else ("plainText", plain, "text in quotes")
        return Broken(line, f"found a {type(value).__name__} in '{wrong}'; expected {right}; export the chats anew")
    text = (plain or "").strip() or "\n".join(_block_texts(blocks or [])).strip()
    at = iso(epoch_time(message.get("createdAt")) or parse_time(text_of(message.get("createdAt"))))
    who = text_of(message.get("personType"))
    return ExportMessage(line, thread, at, "", PERSONS.get(who), text, _why_skipped(message, who, text))


def _block_texts(blocks: list[Any]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, dict):
            if isinstance(block.get("value"), str):
                yield block["value"] if block.get("type") == "code" else html_text(block["value"])
            if isinstance(block.get("blocks"), list):
                yield from _block_texts(block["blocks"])


def _why_skipped(message: dict[str, Any], who: str, text: str) -> str | None:
    options = message.get("options")
    if message.get("log"):
        return "other event"
    if message.get("private") is True or (isinstance(options, list) and "private" in options):
        return "internal note"
    if message.get("chatType", "userChat") != "userChat":  # managers among themselves
        return "internal note"
    if who not in PERSONS:
        return "bot" if who == "bot" else "neither customer nor agent"
    if message.get("state") == "removed":
        return "deleted"
    return None if text else "attachment" if message.get("files") else "empty"
