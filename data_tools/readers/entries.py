"""FAQ entries: what the readers give, joined to entries with several wordings of question and answer."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from frontdesk.errors import UserError, warn

WARNINGS_SHOWN = 10


class FaqRecord(NamedTuple):
    """One row of a CSV or one object of a JSONL. `answers` may be empty in a row that adds a question, and the other way round."""

    source: str
    id: str
    category: str
    subject: str
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    facts: tuple[str, ...]


class Wording(NamedTuple):
    """One way to ask, and where it stands."""

    text: str
    source: str


@dataclass
class Entry:
    """One thing the company knows."""

    id: str
    source: str
    category: str = ""
    subject: str = ""
    questions: list[Wording] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)


def plain(text: str) -> str:
    """Text by which answers are compared: case and spacing do not count."""
    return " ".join(text.casefold().split())


def join_records(files: list[list[FaqRecord]], prefix: str, dropped: Counter[str]) -> list[Entry]:
    """Entries of all files in the order read; those without a question or an answer are reported and counted in `dropped`.

    Records with one id are one entry. Where a file's ids are only a running number, or absent, records with the same answer
    and subject are one entry, and its id is `prefix` and a digest of both. Raises UserError for one id in two files.
    """
    entries: dict[str, Entry] = {}
    for records in files:
        numbered = _running_numbers(records)
        for record in records:
            own = record.id if record.id and not numbered else ""
            key = own or _digest_id(record, prefix)
            entry = entries.setdefault(key, Entry(key, record.source))
            if own and _path(entry.source) != _path(record.source):
                raise UserError(
                    f"{record.source}: id {own!r} is also at {entry.source}; expected an id in one file only; rename one of the two"
                )
            _add(entry, record)
    return _complete(list(entries.values()), prefix, dropped)


def _path(source: str) -> str:
    return source.rsplit(":", 1)[0]


def _running_numbers(records: list[FaqRecord]) -> bool:
    ids = [record.id for record in records if record.id]
    return all(name.isdecimal() for name in ids) and len(set(ids)) == len(ids)


def _digest_id(record: FaqRecord, prefix: str) -> str:
    content = f"{plain(record.subject)}\n{plain(record.answers[0])}" if record.answers else record.source
    return f"{prefix}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def _add(entry: Entry, record: FaqRecord) -> None:
    entry.category = entry.category or record.category
    entry.subject = entry.subject or record.subject
    entry.questions += [Wording(_about(record.subject, question), record.source) for question in record.questions]
    entry.answers += [answer for answer in record.answers if answer not in entry.answers]
    entry.facts += [fact for fact in record.facts if fact not in entry.facts]


def _about(subject: str, question: str) -> str:
    """A question that names its subject: the same question about two subjects has two answers."""
    return f"{subject}: {question}" if subject and plain(subject) not in plain(question) else question


def _complete(entries: list[Entry], prefix: str, dropped: Counter[str]) -> list[Entry]:
    lacking = [entry for entry in entries if not (entry.answers and entry.questions)]
    for entry in lacking[:WARNINGS_SHOWN]:
        part = "question" if entry.answers else "answer"
        warn(f"{entry.source}: found an entry without {part}; expected at least one; skipped, fill it in")
    if len(lacking) > WARNINGS_SHOWN:
        warn(f"{len(lacking) - WARNINGS_SHOWN} more entries without question or answer were skipped")
    for entry in lacking:
        dropped[f"{prefix} entry: no {'question' if entry.answers else 'answer'}"] += 1
    return [entry for entry in entries if entry.answers and entry.questions]
