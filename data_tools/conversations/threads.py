"""Messages to conversations: by the thread that an export names, or by time and greeting where it names none."""

import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, groupby, pairwise
from typing import NamedTuple

from data_tools.conversations.conversation import Conversation, Turn
from data_tools.conversations.sessions import split_sessions
from data_tools.conversations.speakers import Speakers
from data_tools.readers.records import ExportMessage, Layout
from data_tools.sources.text import fix_text


class Placed(NamedTuple):
    """A message, its text fixed, and the file that it stands in."""

    path: str
    message: ExportMessage


def conversations(placed: Iterable[Placed], layout: Layout, speakers: Speakers, name: str) -> Iterator[Conversation]:
    """The conversations of one file, or of the files of one folder. `name` begins the ids of those that have no thread."""
    if layout == "threads":
        yield from _consecutive(placed, speakers)
    elif layout == "room":
        yield from _room(placed, speakers, name)
    else:
        yield from _mixed(placed, speakers, name)


def _turn(placed: Placed, speakers: Speakers) -> Turn:
    path, message = placed
    name, text = fix_text(message.name), message.text.strip()
    role = message.role or (speakers.role(name) if message.skipped in (None, "attachment", "deleted") else "customer")
    return Turn(role, text, message.at, f"{path}:{message.line}", name, message.skipped or (None if text else "empty"))


def _consecutive(placed: Iterable[Placed], speakers: Speakers) -> Iterator[Conversation]:
    thread: str | None = None
    turns: list[Turn] = []
    for item in placed:
        if turns and item.message.thread != thread:
            yield Conversation(thread or "", in_order(turns))
            turns = []
        thread = item.message.thread
        turns.append(_turn(item, speakers))
    if turns:
        yield Conversation(thread or "", in_order(turns))


def _room(placed: Iterable[Placed], speakers: Speakers, name: str) -> Iterator[Conversation]:
    rooms = groupby(placed, key=lambda item: item.message.thread)
    yield from _sessions(((_turn(item, speakers) for item in items) for _, items in rooms), name)


def _sessions(rooms: Iterable[Iterable[Turn]], name: str) -> Iterator[Conversation]:
    for number, session in enumerate(chain.from_iterable(map(split_sessions, rooms)), 1):
        yield Conversation(f"{name}-{number}", in_order(session))


def _mixed(placed: Iterable[Placed], speakers: Speakers, name: str) -> Iterator[Conversation]:
    """Threads in the order of their first messages."""
    for thread, items in groupby(_by_thread(placed), key=lambda item: item.message.thread):
        turns = [_turn(item, speakers) for item in items]
        if thread is None:
            yield from _sessions([turns[::-1] if _newest_first(turns) else turns], name)
        else:
            yield Conversation(thread, in_order(turns))


def _by_thread(placed: Iterable[Placed]) -> Iterator[Placed]:
    """Messages thread by thread, by a temporary database: SQLite keeps it in memory while it is small, else in a file without a name."""
    first: dict[str | None, int] = {}
    rows = (
        (first.setdefault(message.thread, place), pickle.dumps((path, tuple(message)), pickle.HIGHEST_PROTOCOL))
        for place, (path, message) in enumerate(placed)
    )
    with closing(sqlite3.connect("")) as held:
        held.execute("CREATE TABLE messages (place INTEGER PRIMARY KEY, first INTEGER, item BLOB)")
        held.executemany("INSERT INTO messages (first, item) VALUES (?, ?)", rows)
        for (item,) in held.execute("SELECT item FROM messages ORDER BY first, place"):
            path, message = pickle.loads(item)
            yield Placed(path, ExportMessage(*message))


def in_order(turns: list[Turn]) -> list[Turn]:
    """Turns by time. Those of one moment keep the file's order, reversed in a file with the newest first."""
    if not all(turn.at for turn in turns):
        return turns
    return sorted(reversed(turns) if _newest_first(turns) else turns, key=lambda turn: turn.at or "")


def _newest_first(turns: Sequence[Turn]) -> bool:
    times = [turn.at for turn in turns if turn.at]
    return bool(times) and times[0] > times[-1] and all(one >= two for one, two in pairwise(times))
