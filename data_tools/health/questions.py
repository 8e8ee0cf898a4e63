"""What customers ask, at the desk and in the logs of the build, and what became of it: which entries are asked for, which are not
understood, and which questions no entry answers. All texts are masked before they come here."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from data_tools.feedback.mining import Line, Talk, context, found
from data_tools.pii.spans import PLACEHOLDER
from data_tools.splits.near_duplicates import NEAR, grams, jaccard
from frontdesk.facts.contradictions import PARTICULAR, FaqFacts
from frontdesk.facts.entries import Entry
from frontdesk.facts.replies import COURTESY, LOOKS, SENTENCES, courteous, did
from frontdesk.facts.words import topics
from frontdesk.retrieval.index import Index
from frontdesk.retrieval.readings import is_question

KNOWN = 0.4
"""Probability by words from which an entry answers a question; no encoder is asked, since this reads every conversation."""
ASKED = 0.2  # the same, from which it cannot be said that nobody asks for the entry
LEAST = 2  # words of substance in a question by itself, and in an answer that could stand in an FAQ
LATER = 2  # turns of a customer after an answer, in which they ask again
LEANS = re.compile(
    r"\b(?:it|its|that|this|one|they|them|these|those|instead|again|next|else)\b|\bthere\W*$|^\W*(?:ok\w*,? )?(?:what|how) about\b"
    r"|(?:그|이)(?:거|건|것|게)|거기|그럼",
    re.IGNORECASE,
)
GREETING = re.compile(r"^\W*(?:hello|hi|hey|dear|thank\w*|안녕하세요)\b[^,.!]{0,40}[,.!]+\s*|,? \[NAME_\d+\](?=[.!]*$)", re.IGNORECASE)
"""What is said to one person at the beginning or end of a sentence that holds for all."""
EXAMPLES = 5  # conversations that are named
CALLS = ("wish", "repeated", "rating")
"""Reasons for a call that speak against the answer before it."""


class Asked(NamedTuple):
    """A customer's question that no entry answers. `answer`: what of an agent's words could stand in an FAQ; "" where nothing could."""

    question: str
    answer: str
    said: str
    talk: Talk

    @property
    def day(self) -> float:
        """Seconds since 1970; 0 where nobody knows."""
        return self.talk.lines[0].at


@dataclass
class Use:
    """What became of the answers of an entry, by conversation."""

    given: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)  # asked again
    down: set[str] = field(default_factory=set)  # rated down
    called: set[str] = field(default_factory=set)  # a person called

    @property
    def troubled(self) -> set[str]:
        """The conversations in which it was not understood."""
        return self.again | self.down | self.called

    def as_json(self) -> dict[str, Any]:
        """Its part of `health.json`."""
        counts = {name: len(getattr(self, name)) for name in ("given", "again", "down", "called")}
        return counts | {"conversations": sorted(self.troubled)[:EXAMPLES]}


def logged(rows: Sequence[dict[str, Any]]) -> Iterator[Talk]:
    """The lines of `conversations.jsonl`; their ids are their numbers, since names of files may hold a customer's."""
    for number, row in enumerate(rows, 1):
        at = datetime.fromisoformat(row["day"]).replace(tzinfo=UTC).timestamp() if row.get("day") else 0.0
        said = enumerate(row["messages"])
        lines = [Line(place, "customer" if one["role"] == "user" else "agent", one["content"], at) for place, one in said]
        yield Talk(f"log {number}", lines, customer=f"log {number}")


class Reader:
    """Reads conversations, one after the other."""

    def __init__(self, entries: Sequence[Entry], company: str) -> None:
        self.facts, self.index = FaqFacts(entries), Index(entries)
        self.courtesy = COURTESY | set(topics(company))
        self.use: defaultdict[str, Use] = defaultdict(Use)
        self.asked: set[str] = set()  # ids of entries
        self.lacking: list[Asked] = []
        self.questions = 0

    def read(self, talk: Talk) -> None:
        """A conversation of the desk, or of the logs."""
        if any(line.speaker == "bot" for line in talk.lines):
            self._use(talk)
        exchanges = list(_exchanges(talk))
        for place, (before, said, failed) in enumerate(exchanges):
            if question := self.question(before[-1], place == 0):
                self.questions += 1
                self._question(talk, before, question, said, failed)

    def question(self, turn: str, first: bool) -> str:
        """The sentence of a turn that asks something that anybody could ask; "" without one. A question that leans on what was said
        before, as one of a single word of substance does (`the red one?`), is none unless it is the `first`."""
        for sentence in SENTENCES.split(turn):
            about = set(topics(sentence)) - self.courtesy
            leans = not first and (len(about) < LEAST or LEANS.search(sentence))
            if is_question(sentence) and about and not leans and not PLACEHOLDER.search(sentence):
                return sentence.strip()
        return ""

    def _question(self, talk: Talk, before: list[str], question: str, said: str, failed: bool) -> None:
        ranked = self.index.read([question], 3).surest
        self.asked |= {one.entry.id for one in ranked if one.probability >= ASKED}
        plain = [PLACEHOLDER.sub(" ", text) for text in (*before, said)]
        given = self.facts.compare(plain[-2], plain[-1])[1] if said else ()
        self.asked.update(given)
        if given or ranked[0].probability >= KNOWN:
            return
        kind = did(plain[-1], plain[:-1], False, self.courtesy) if said else "courtesy"
        if failed or kind != "courtesy":
            self.lacking.append(Asked(question, self.general(said) if kind == "states" else "", said, talk))

    def general(self, said: str) -> str:
        """What of an agent's words holds for every customer: no greeting, no question, nothing of one person or order, and no rest of a
        sentence whose beginning is lost."""
        kept: list[str] = []
        whole = True
        for sentence in (GREETING.sub("", one) for one in SENTENCES.split(said)):
            mine = courteous(sentence, self.courtesy) or sentence.rstrip().endswith(("?", "？"))
            mine = mine or any(one.search(sentence) for one in (PLACEHOLDER, PARTICULAR, LOOKS))
            whole = bool(sentence) and not mine and (whole or not sentence[:1].islower())
            kept += [sentence[:1].upper() + sentence[1:].strip()] if whole else []
        told = " ".join(kept)
        return told if len(set(topics(told)) - self.courtesy) >= LEAST else ""

    def _use(self, talk: Talk) -> None:
        for place, line in enumerate(talk.lines):
            if line.speaker != "bot" or not line.entry or line.refusal:
                continue
            self.asked.add(line.entry)
            use = self.use[line.entry]
            use.given.add(talk.id)
            if line.rating < 0:
                use.down.add(talk.id)
            if _asked_again(talk, place):
                use.again.add(talk.id)
            ends = next((later.at for later in talk.lines[place + 1 :] if later.speaker == "bot"), float("inf"))
            if any(line.at <= at <= ends and reason in CALLS for at, reason in talk.calls.items()):
                use.called.add(talk.id)


def _exchanges(talk: Talk) -> Iterator[tuple[list[str], str, bool]]:
    """What was said up to a customer's question, what a person answered ("" where nobody did), and whether the bot had failed."""
    if any(line.speaker == "bot" for line in talk.lines):
        for one in found(talk):
            if one.kind != "thumbs":
                yield [turn["content"] for turn in one.messages], one.answer, True
        return
    for place, line in enumerate(talk.lines[:-1]):
        if line.speaker == "customer":
            yield [turn["content"] for turn in context(talk, place)], talk.lines[place + 1].text, False


def _asked_again(talk: Talk, place: int) -> bool:
    """Whether one of the customer's next turns asks what the answer at a place was given to, or gets the same answer."""
    question = next((line.text for line in reversed(talk.lines[:place]) if line.speaker == "customer"), "")
    later = [at for at in range(place + 1, len(talk.lines)) if talk.lines[at].speaker == "customer"][:LATER]
    about, words = set(topics(question)), grams(question)
    for at in later:
        text, own = talk.lines[at].text, set(topics(talk.lines[at].text))
        answer = talk.lines[at + 1] if at + 1 < len(talk.lines) else None
        if answer and answer.speaker == "bot" and answer.entry == talk.lines[place].entry:
            return True
        if jaccard(words, grams(text)) >= NEAR or (is_question(text) and about and 2 * len(about & own) > len(about | own)):
            return True
    return False
