"""FAQ entries: the rows that the readers give, joined to entries with several wordings of question and answer."""

import hashlib
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from data_tools.readers.records import FaqRecord
from data_tools.sources.text import folded
from frontdesk.errors import UserError, warn
from frontdesk.facts.entries import Entry, Origin

WARNINGS_SHOWN = 10


class Wording(NamedTuple):
    """One way to ask, and where it stands."""

    text: str
    source: str


@dataclass
class FaqEntry:
    """One thing the company knows."""

    id: str
    source: str
    category: str = ""
    subject: str = ""
    questions: list[Wording] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    origin: Origin = field(default_factory=Origin)
    passage: bool = False
    drafted: list[str] = field(default_factory=list)  # questions by data_tools/writer: searched and trained, never tested

    @property
    def texts(self) -> list[str]:
        """All wordings of question and answer."""
        return [*(wording.text for wording in self.questions), *self.answers]

    def as_entry(self) -> Entry:
        """The entry as all stages know it."""
        questions = tuple(wording.text for wording in self.questions)
        return Entry(self.id, questions, tuple(self.answers), "", self.source, self.origin, self.passage)

    def as_json(self, split: str, held_out: Container[str]) -> dict[str, Any]:
        """Its line in `faq.jsonl`. `held_out` are the questions that are tested although the entry is trained."""
        questions = [wording.text for wording in self.questions]
        tested = [text for text in questions if text in held_out]
        named = {"id": self.id, "category": self.category, "subject": self.subject, "questions": questions, "held_out": tested}
        known = {"answers": self.answers, "facts": self.facts, "source": self.source, "split": split}
        published = {"origin": origin} if (origin := self.origin.as_json()) else {}
        more = ({"passage": True} if self.passage else {}) | ({"drafted": self.drafted} if self.drafted else {})
        return named | known | published | more


def join_records(files: list[list[FaqRecord]], prefix: str, dropped: Counter[str]) -> list[FaqEntry]:
    """Entries of all files in the order read; those without a question or an answer are reported and counted in `dropped`.

    Records with one id are one entry. Where a file's ids are only a running number, or absent, records with the same answer
    and subject are one entry, and its id is `prefix` and a digest of both. Raises UserError for one id in two files.
    """
    entries: dict[str, FaqEntry] = {}
    for records in files:
        ids = [record.id for record in records if record.id]
        numbered = all(name.isdecimal() for name in ids) and len(set(ids)) == len(ids)
        for record in records:
            own = record.id if record.id and not numbered else ""
            key = own or _digest_id(record, prefix)
            entry = entries.setdefault(key, FaqEntry(key, record.source, passage=record.passage))
            if own and entry.source.rsplit(":", 1)[0] != record.source.rsplit(":", 1)[0]:
                why = f"id {own!r} is also at {entry.source}; expected an id in one file only; rename one of the two"
                raise UserError(f"{record.source}: {why}")
            _add(entry, record)
    return _complete(list(entries.values()), prefix, dropped)


def join_additions(entries: list[FaqEntry], added: list[FaqEntry]) -> None:
    """Append what people accepted at the desk. An answer that an entry has already gives that entry another question."""
    known = {folded(answer): entry for entry in reversed(entries) if not entry.subject for answer in entry.answers}
    for one in added:
        entry = known.setdefault(folded(one.answers[0]), one)
        if entry is one:
            entries.append(one)
        asked = {folded(wording.text) for wording in entry.questions}
        entry.questions += [wording for wording in one.questions if folded(wording.text) not in asked]


def _digest_id(record: FaqRecord, prefix: str) -> str:
    content = f"{folded(record.subject)}\n{folded(record.answers[0])}" if record.answers else record.source
    return f"{prefix}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def _add(entry: FaqEntry, record: FaqRecord) -> None:
    subject = record.subject
    entry.category, entry.subject = entry.category or record.category, entry.subject or subject
    entry.origin, entry.passage = Origin(*map(_first, entry.origin, record.origin)), entry.passage and record.passage
    for question in record.questions:  # with its subject: the same question about two subjects has two answers
        about = f"{subject}: {question}" if subject and folded(subject) not in folded(question) else question
        entry.questions.append(Wording(about, record.source))
    entry.answers += [answer for answer in record.answers if answer not in entry.answers]
    entry.facts += [fact for fact in record.facts if fact not in entry.facts]


def _first(known: str, new: str) -> str:
    return known or new


def _complete(entries: list[FaqEntry], prefix: str, dropped: Counter[str]) -> list[FaqEntry]:
    lacking = [entry for entry in entries if not (entry.answers and entry.questions)]
    for number, entry in enumerate(lacking):
        part = "question" if entry.answers else "answer"
        dropped[f"{prefix} entry: no {part}"] += 1
        if number < WARNINGS_SHOWN:
            warn(f"{entry.source}: found an entry without {part}; expected at least one; skipped, fill it in")
    if len(lacking) > WARNINGS_SHOWN:
        warn(f"{len(lacking) - WARNINGS_SHOWN} more entries without question or answer were skipped")
    return [entry for entry in entries if entry.answers and entry.questions]
