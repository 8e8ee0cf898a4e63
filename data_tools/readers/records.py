"""What readers give: messages of chat exports and rows of FAQ files; and the loop of formats with one conversation a record."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import count
from pathlib import PurePath
from typing import Any, Literal, NamedTuple

from data_tools.sources.json_stream import Broken, Record, line_of, read_json
from data_tools.sources.text import Source
from frontdesk.facts.entries import Origin

Role = Literal["customer", "agent"]
Layout = Literal["room", "threads", "mixed", "folder"]
"""How a format separates conversations.

* room: it does not. A file is one stream, which time splits; where messages name a thread, each thread is such a stream.
* threads: one conversation after the other.
* mixed: each message names its thread, in any order.
* folder: as mixed, and a thread continues in other files of the folder.

In the last two, messages without a thread are treated as a room.
"""


class ExportMessage(NamedTuple):
    """One message of an export, whoever wrote it."""

    line: int
    thread: str | None  # the ticket, chat or thread as the export names it; None in a room
    at: str | None  # ISO 8601 without a zone, where the export has it
    name: str  # the speaker as the export names them; "" where it does not
    role: Role | None  # None where the export does not say: the config's agents decide
    text: str
    skipped: str | None = None  # why this is no turn: "internal note", "bot", "system", "attachment", …


class Person(NamedTuple):
    """Somebody whom an export lists apart from the messages."""

    names: tuple[str, ...]  # the one to show first
    role: Role | None = None
    bot: bool = False


People = Mapping[str, Person]  # by the id that messages use


class FaqRecord(NamedTuple):
    """One row of a table, one object of a JSONL, one passage. A row that only adds a question has no `answers`, and the other way round."""

    source: str  # path:line
    id: str
    category: str
    subject: str
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    facts: tuple[str, ...]
    origin: Origin = Origin()
    passage: bool = False  # a text of a few sentences, whose question is its heading


class LeftOut(NamedTuple):
    """How many parts of a document are no knowledge for customers, and why: "draft", "hidden slide"."""

    why: str
    number: int


MessageStream = Iterator[ExportMessage | Broken]  # what chat readers give


def begins_with(*lookaheads: str) -> Callable[[Source], bool]:
    """A `looks_like`: whether the file begins with an object, or a list of objects, whose text fits one of the patterns."""
    shape = re.compile(rf"\s*+(?:\[\s*+)?\{{(?:{'|'.join(lookaheads)})", re.DOTALL)
    return lambda source: shape.match(source.head) is not None


def read_by_record(source: Source, messages: Callable[[Record, str], MessageStream], lists: str = "") -> MessageStream:
    """What `messages` makes of each record, given a name for those that have none; broken records as they are.

    Records may also be the items of the list `lists` of a document.
    """
    stem, number = PurePath(source.path).stem, count(1)
    for record in read_json(source, (lists,) if lists and f'"{lists}"' in source.head else ()):
        if isinstance(record, Broken):
            next(number)
            yield record
        elif record.key != "document":
            yield from messages(record, f"{stem}-{next(number)}")


def each_object(values: list[Any], key: str, line: int, message: Callable[[dict[str, Any], int], ExportMessage | Broken]) -> MessageStream:
    """What `message` makes of each object in the list under `key`, given its line; `line` is that of its record."""
    for value in values:
        if isinstance(value, dict):
            yield message(value, line_of(value, line))
        else:
            why = f"found a {type(value).__name__} in '{key}'; expected a JSON object; fix or remove it"
            yield Broken(line_of(value, line), why)


def iso(moment: datetime | None) -> str | None:
    """A time as messages have it."""
    return moment.isoformat() if moment else None
