"""Messages to conversations: by the thread that an export names, or by time and greeting where it names none."""

import pickle
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import IO, NamedTuple

from data_tools.conversations.conversation import Conversation, Turn
from data_tools.conversations.sessions import split_sessions
from data_tools.conversations.speakers import Speakers
from data_tools.readers.records import ExportMessage, Layout
from data_tools.sources.text import fix_text

IN_MEMORY = 200_000  # messages of mixed threads that are put in order in memory; more of them go through files
PARTS = 64


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
    """The sessions of one room, or of several one after the other where messages name theirs."""
    rooms = groupby(placed, key=lambda item: item.message.thread)
    yield from _sessions(((_turn(item, speakers) for item in items) for _, items in rooms), name)


def _sessions(rooms: Iterable[Iterable[Turn]], name: str) -> Iterator[Conversation]:
    for number, session in enumerate(chain.from_iterable(map(split_sessions, rooms)), 1):
        yield Conversation(f"{name}-{number}", in_order(session))


def _mixed(placed: Iterable[Placed], speakers: Speakers, name: str) -> Iterator[Conversation]:
    """Threads in the order of their first messages; those of very large inputs part by part."""
    with _Parts() as parts:
        for item in placed:
            parts.add(item)
        for part in parts:
            threads: dict[str | None, list[Placed]] = {}
            for item in part:
                threads.setdefault(item.message.thread, []).append(item)
            for thread, items in threads.items():
                turns = [_turn(item, speakers) for item in items]
                if thread is None:
                    yield from _sessions([turns[::-1] if _newest_first(turns) else turns], name)
                else:
                    yield Conversation(thread, in_order(turns))


class _Parts:
    """Messages, all in memory or, beyond `IN_MEMORY`, in files by the digest of their thread."""

    def __init__(self) -> None:
        self.held: list[Placed] = []
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        self.files: list[IO[bytes]] = []

    def __enter__(self) -> "_Parts":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self.files:
            file.close()
        if self.folder:
            self.folder.cleanup()

    def add(self, item: Placed) -> None:
        self.held.append(item)
        if len(self.held) == IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        if not self.folder:
            self.folder = tempfile.TemporaryDirectory(prefix="frontdesk-")
            self.files = [(Path(self.folder.name) / str(part)).open("w+b") for part in range(PARTS)]
        parts: list[list[tuple[str, tuple[object, ...]]]] = [[] for _ in range(PARTS)]
        for path, message in self.held:
            parts[zlib.crc32((message.thread or "").encode()) % PARTS].append((path, tuple(message)))
        for items, file in zip(parts, self.files, strict=True):
            pickle.dump(items, file, pickle.HIGHEST_PROTOCOL)
        self.held = []

    def __iter__(self) -> Iterator[list[Placed]]:
        if not self.files:
            yield self.held
            return
        self._spill()
        for file in self.files:
            file.seek(0)
            items: list[Placed] = []
            while file.peek(1):  # type: ignore[attr-defined]
                items += [Placed(path, ExportMessage(*message)) for path, message in pickle.load(file)]
            yield items


def in_order(turns: list[Turn]) -> list[Turn]:
    """Turns by time. Those of one moment keep the file's order, reversed in a file with the newest first."""
    if not all(turn.at for turn in turns):
        return turns
    return sorted(reversed(turns) if _newest_first(turns) else turns, key=lambda turn: turn.at or "")


def _newest_first(turns: Sequence[Turn]) -> bool:
    times = [turn.at for turn in turns if turn.at]
    return bool(times) and times[0] > times[-1] and all(one >= two for one, two in pairwise(times))
