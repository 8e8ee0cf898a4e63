"""Damage to exports, and what may become of it: rows, broken records with reasons, or one clear line.

`make fuzz` searches at random for damage that ends otherwise (tests/data_tools/test_bad_input.py).
"""

import codecs
import io
import json
import random
import re
import signal
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_tools.conversations.load import read_chats
from data_tools.readers import document_format, faq_format
from data_tools.readers.records import LeftOut
from data_tools.sources.files import Inputs, inputs
from data_tools.sources.json_stream import Broken
from data_tools.sources.reading import Account, Reading
from data_tools.sources.text import NO_TEXT, Source
from frontdesk.errors import UserError

LIMIT = 5.0
"""Seconds of processor time for one input."""
LARGE = 2_000_000
"""Bytes of a piece over and over."""
ADVICE = re.compile(
    r"[^\n\r]*\bfound [^\n\r]+; expected [^\n\r]+?[;,] [^\n\r]+|[^\n\r]*: cannot be read [^\n\r]+; expected [^\n\r]+; [^\n\r]+"
)
LONGEST = 2000
"""Characters of a message to the user."""
ODD = (
    *("\0", "\ufeff", "\u200b", "\u202e", "\u200e", "\u2028", "\x85", "\x1c", "\r", "\n", "\t", '"', '""', "'", ",", ";", "|", "\\"),
    *("\\ud800", "{", "}", "[", "]", "[[", "}}", ":", "<", ">", "</", "<!--", "&#xD800;", "&#0;", "_xD800_", "null", "NaN", "-Infinity"),
    *("1e999", "-1", "99999", "1e30", "9" * 5000, "99999-12-31", "2026-02-31", "오전 99:99", "\ud83d", "ì•ˆë…•", "\x1b[2J", "**"),
    *("Q.", "A.", "# ", "---"),
)
"""What is put anywhere."""
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1e30, float("nan"), float("inf"), 10**400, "", " ", "\ud800", "\0", "99999-01-01T00:00:00Z", "1e30"),
    *([], {}, [None], [[]], [{}], {"": ""}, {"type": {}}, {"text": []}, ["a", 1], "<p>" * 500, "x" * 300_000),
)
"""What is put in the place of any JSON value."""


@dataclass
class Outcome:
    """What became of one input: the texts, their places, the places of what is broken with the reasons, and the error of the whole."""

    texts: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    error: str = ""


class Heard(Reading):
    """A reading that keeps why records are broken."""

    def __init__(self, opened: Inputs, outcome: Outcome) -> None:
        super().__init__(opened)
        self.outcome = outcome

    def lose(self, account: Account, broken: Broken) -> None:
        """Keep the reason."""
        super().lose(account, broken)
        self.outcome.broken[account.source.at(broken.line)] = broken.why


def outcome(path: Path, kind: str) -> Outcome:
    """What reading `path` as "chats", "faq" or "documents" gives. Raises AssertionError for what no input may lead to, and whatever
    else is raised."""
    found = Outcome()
    with inputs() as opened, redirect_stderr(io.StringIO()):
        reading = Heard(opened, found)
        try:
            for place, texts in _chats(reading, path) if kind == "chats" else _knowledge(reading, path, kind):
                found.places.append(place)
                found.texts += texts
        except UserError as error:
            found.error = str(error)
            assert found.error.startswith(path.as_posix()), found.error
            _check_message(found.error)
        lines = {account.source.path: _lines(account.source) for account in reading.accounts}
    for place in (*found.places, *found.broken):
        file, line = place.rsplit(":", 1)
        assert 1 <= int(line) <= lines[file] + (place in found.broken), (place, lines)  # where text is missing at the end
    for why in found.broken.values():
        _check_message(why)
    for text in found.texts:
        json.dumps(text, ensure_ascii=False).encode()
    return found


def _chats(reading: Reading, path: Path) -> Iterator[tuple[str, list[str]]]:
    for conversation in read_chats(reading, [str(path)], ["Agent"], {}):
        for turn in conversation.turns:
            yield turn.source, [conversation.id, turn.name, turn.text, turn.at or ""]


def _knowledge(reading: Reading, path: Path, kind: str) -> Iterator[tuple[str, list[str]]]:
    for source in reading.inputs.find([str(path)], f"data.{kind}"):
        module = faq_format(source) if kind == "faq" else document_format(source)
        account = Account(source, module.FORMAT)
        reading.accounts.append(account)
        for record in module.read(source):
            if isinstance(record, Broken):
                reading.lose(account, record)
            elif not isinstance(record, LeftOut):
                yield (
                    record.source,
                    [record.id, record.category, record.subject, *record.questions, *record.answers, *record.facts, *record.origin],
                )


def _check_message(message: str) -> None:
    assert len(message.splitlines()) == 1, message
    assert ADVICE.fullmatch(message), message
    assert len(message) <= LONGEST or "found the speakers" in message, message[:LONGEST]  # whose names are shown whole


def _lines(source: Source) -> int:
    """How many lines a source has; no less than that many in an office document, whose parts are its lines."""
    return source.size if source.encoding in NO_TEXT else sum(1 for _ in source.lines())


def cut(data: bytes, rng: random.Random) -> bytes:
    """Without what follows a byte, or what is before it."""
    place = rng.randrange(len(data) + 1)
    return data[:place] if rng.random() < 0.8 else data[place:]


def bytes_changed(data: bytes, rng: random.Random) -> bytes:
    """With a few bytes other, more or fewer."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 50))):
        place = rng.randrange(len(changed) + 1)
        changed[place : place + rng.choice((0, 1, 1, 3))] = rng.randbytes(rng.choice((0, 1, 1, 4)))
    return bytes(changed)


def odd_put_in(data: bytes, rng: random.Random) -> bytes:
    """With letters and words that mean something somewhere."""
    text = data.decode(errors="ignore")
    for _ in range(rng.choice((1, 1, 2, 6))):
        place = rng.randrange(len(text) + 1)
        text = text[:place] + rng.choice(ODD) * rng.choice((1, 1, 1, 7)) + text[place + rng.choice((0, 0, 1, 9)) :]
    return text.encode(errors="surrogatepass")


def lines_moved(data: bytes, rng: random.Random) -> bytes:
    """With lines twice, left out or in each other's place."""
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 2, 9))):
        one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[one], lines[other : other + 1] = lines[other], rng.choice(([], [lines[one]], [lines[other]] * 2, [b""]))
        lines = lines or [b""]
    return b"\n".join(lines)


def encoded_otherwise(data: bytes, rng: random.Random) -> bytes:
    """In another encoding, or read in a wrong one and written again; with marks of encodings in odd places."""
    text = data.decode(errors="ignore")
    written = rng.choice(("utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "shift_jis", "latin-1"))
    if rng.random() < 0.4:
        text = text.encode().decode(rng.choice(("latin-1", "cp949", "cp1252", "utf-16-le")), "replace")
    damaged = text.encode(written, "replace")
    if rng.random() < 0.4:
        place = rng.choice((0, rng.randrange(len(damaged) + 1)))
        mark = rng.choice((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, b"\0" * 3))
        damaged = damaged[:place] + mark + damaged[place:]
    return damaged


def json_changed(data: bytes, rng: random.Random) -> bytes:
    """With values of other types, or without keys, where it is JSON; else with other bytes."""
    text = data.decode(errors="ignore")
    try:
        documents, indent = (
            ([json.loads(line) for line in text.split("\n") if line], None) if text.count("\n{") else ([json.loads(text)], 1)
        )
    except ValueError:
        return bytes_changed(data, rng)
    for _ in range(rng.choice((1, 1, 1, 3))):
        holder, key = rng.choice([*places_in(documents)])
        if isinstance(holder, dict) and rng.random() < 0.2:
            del holder[key]
        else:
            holder[key] = deepcopy(rng.choice(VALUES))
    return "\n".join(json.dumps(one, indent=indent) for one in documents).encode()


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each object or list, with each of its keys or places."""
    for key in range(len(value)) if isinstance(value, list) else list(value):
        yield value, key
        if isinstance(value[key], list | dict):
            yield from places_in(value[key])


def repacked(data: bytes, rng: random.Random) -> bytes:
    """An office document with a part of it damaged inside; else with other bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError):
        return bytes_changed(data, rng)
    name = rng.choice([*(part for part in parts if part.startswith(("xl/", "word/", "ppt/slides/s"))), *parts])
    parts[name] = rng.choice((cut, bytes_changed, odd_put_in, tags_changed, encoded_otherwise))(parts[name], rng)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return out.getvalue()


def tags_changed(data: bytes, rng: random.Random) -> bytes:
    """With values between quotes or tags exchanged for others of the file, or for odd ones."""
    values = re.findall(rb'"[^"\n]{0,40}"|<[^<>]{0,60}>|>[^<>]{1,40}<', data) or [b""]
    old = rng.choice(values)
    new = rng.choice([*values, old[:1] + rng.choice(ODD).encode(errors="ignore") + old[-1:], b""])
    return data.replace(old, new, rng.choice((1, 1, -1))) if old else data


def large(data: bytes, rng: random.Random, size: int = LARGE) -> bytes:
    """With a piece of it, or of what is odd, over and over in one place."""
    start = rng.randrange(len(data) + 1)
    piece = data[start : start + rng.choice((1, 2, 5, 20, 60))]
    odd = "".join(rng.choices(ODD, k=rng.choice((1, 1, 2)))).encode(errors="ignore")
    piece = (piece if rng.random() < 0.5 else odd).replace(b"\n", b"").replace(b"\r", b"") or b" "
    plain = len(piece) == 1 or piece.isalnum()  # what is no word may make a million records
    number = size if plain else 30_000 if len(piece) > 20 else 100_000
    place = rng.choice((start, len(data), rng.randrange(len(data) + 1)))
    return data[:place] + piece * min(number, size // len(piece)) + data[place:]


Mutation = Callable[[bytes, random.Random], bytes]
MUTATIONS: tuple[Mutation, ...] = (
    *(cut, bytes_changed, odd_put_in, lines_moved, encoded_otherwise, json_changed, json_changed, repacked, repacked, tags_changed),
)
"""Two of them are chosen twice as often. `large` is not among them: it costs much."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Fails where what stands inside takes more of the processor's time. A busy machine changes nothing."""

    def stop(*_: object) -> None:
        raise AssertionError(f"took over {seconds} seconds of processor time")

    before, started = signal.signal(signal.SIGPROF, stop), time.process_time()
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    assert time.process_time() - started < seconds  # even if something in the block caught the error
