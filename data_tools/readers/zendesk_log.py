"""Zendesk conversation logs: one ticket a line `{"ticket_id", "events": […]}`, or one conversation as a document `{"events": […]}`.

An event is `{"type", "created_at", "author": {"type"}, "content": {"type", "text"}}`. Only text that a customer or an agent
wrote to the other is a turn.
"""

import json
import re
from pathlib import Path
from typing import Any

from data_tools.conversation import ChatFile, Conversation, Role, Turn, in_order
from data_tools.source import Source
from data_tools.tables import read_json, text_of
from data_tools.times import parse_time
from frontdesk.errors import UserError

EVENTS = re.compile(r'"events"\s*:\s*\[')
AUTHORS: dict[str, Role] = {
    **dict.fromkeys(("user", "end_user", "end-user", "customer"), "customer"),
    **dict.fromkeys(("agent", "admin"), "agent"),
}


def looks_like(source: Source) -> bool:
    """Whether the file is JSON whose beginning has a list of events that have authors."""
    beginning = source.text[:4000]
    return source.start.startswith("{") and EVENTS.search(beginning) is not None and '"author"' in beginning


def read(source: Source, agents: tuple[str, ...]) -> ChatFile:
    """All conversations of the log. Raises UserError for a broken line or a record without events."""
    out = ChatFile()
    for number, (line, ticket) in enumerate(read_json(source), 1):
        events = ticket.get("events")
        if not isinstance(events, list):
            raise UserError(f"{source.at(line)}: found no list 'events'; expected one in each ticket; mend or remove that line")
        lines = _event_lines(source) if source.start.strip() == "{" else [line] * len(events)
        turns = []
        for event, event_line in zip(events, lines, strict=True):
            turn = _turn(event, source.at(event_line))
            if isinstance(turn, Turn):
                turns.append(turn)
            else:
                out.dropped[f"message: {turn}"] += 1
        name = text_of(ticket.get("ticket_id") or ticket.get("id")) or f"{Path(source.path).stem}-{number}"
        out.conversations.append(Conversation(name, source.at(line), in_order(turns)))
    return out


def _turn(event: Any, place: str) -> Turn | str:
    """The turn that an event is, or why it is none."""
    if not isinstance(event, dict):
        raise UserError(f"{place}: found {event!r} in 'events'; expected a JSON object; mend or remove it")
    kind = text_of(event.get("type")).casefold()
    author, content = event.get("author"), event.get("content")
    who = text_of(author.get("type") if isinstance(author, dict) else author).casefold()
    text = text_of(content.get("text") if isinstance(content, dict) else content)
    if event.get("public") is False or kind.endswith("note"):
        return "internal note"
    if not kind.endswith("message"):
        return "other event"
    if who in ("system", "bot"):
        return who
    if who not in AUTHORS:
        return "neither customer nor agent"
    if not text:
        return "without text"
    at = parse_time(text_of(event.get("created_at")))
    return Turn(AUTHORS[who], text, at.isoformat() if at else None, place)


def _event_lines(source: Source) -> list[int]:
    """The line at which each event of a document over many lines begins."""
    decoder = json.JSONDecoder()
    match = EVENTS.search(source.text)
    assert match is not None, source.path
    position, lines = match.end(), []
    while (position := _skip(source.text, position)) < len(source.text) and source.text[position] != "]":
        lines.append(source.text.count("\n", 0, position) + 1)
        position = decoder.raw_decode(source.text, position)[1]
    return lines


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\n,":
        position += 1
    return position
