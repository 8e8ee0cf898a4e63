"""Answers that contradict the FAQ: another price, number of days, time, percentage or address for one thing.

Precision comes first, since a reviewer reads each one: what belongs to one customer's order, what the
customer has said and what speaks of another thing is left alone.
"""

import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from frontdesk.facts.claims import Claim, Family, claims
from frontdesk.facts.entries import Entry
from frontdesk.facts.fold import lower
from frontdesk.facts.values import values
from frontdesk.facts.values.meaning import Key, agree, meaning
from frontdesk.facts.words import DISTINCT, Weights, topics

SIMILAR = 0.2  # similarity from which an answer may be about an entry
NEAR = 0.6  # share of the top match's similarity down to which other entries are compared
AHEAD = 1.1
"""How far an entry is before the next one that says something else, to be the one that is contradicted."""
MOST = 0.5  # share of the words of an entry's answer, by weight, from which another answer gives it away
SHARED = 0.35
"""Share of a clause's words, by weight, that an entry's clause has where both speak of one thing."""


class Contradiction(NamedTuple):
    """What an agent said and what the FAQ says, in their own spelling, for a reviewer."""

    entry: str
    entry_source: str
    said: str
    known: str
    kind: str


class _Entry(NamedTuple):
    """An entry, made ready to be compared with."""

    entry: Entry
    subject: str
    claims: tuple[Claim, ...]
    families: frozenset[Family]  # those of which each answer has a value
    answers: tuple[frozenset[Key], ...]  # the values of each answer
    asked: frozenset[str]
    topics: frozenset[str]
    text: str


class FaqFacts:
    """What the entries of an FAQ state, against which answers are held. Can be pickled."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = [_ready(entry) for entry in entries]
        self._questions = Weights([" ".join(one.entry.questions) for one in self._entries])
        self._answers = Weights([" ".join(one.entry.answers) for one in self._entries])
        subjects = sorted({one.subject for one in self._entries} - {""})
        self._longer = {name: [other for other in subjects if name in other and name != other] for name in subjects}
        self._stating: dict[Family, list[Claim]] = {}
        for one in self._entries:
            for claim in one.claims:
                self._stating.setdefault(claim.family, []).append(claim)

    def contradiction(self, question: str, answer: str) -> Contradiction | None:
        """The first value of the answer that contradicts its entry; None without one, or if unsure."""
        return self._contradiction(question, answer, self._near(question, answer)) if self._stating and claims(answer) else None

    def between(self, entry: Entry) -> Contradiction | None:
        """The first value of an entry of this FAQ that contradicts another one of its subject; None without one, or if unsure."""
        for answer in entry.answers if entry.questions else ():
            near = self._near(entry.questions[0], answer, entry)
            if found := self._contradiction(entry.questions[0], answer, near, claims(answer)):
                return found
        return None

    def compare(self, question: str, answer: str) -> tuple[Contradiction | None, tuple[str, ...]]:
        """`contradiction`, and the ids of the entries that the answer gives away: those that it is like, and
        all of whose values it states or, of an entry without values, most of the words."""
        near = self._near(question, answer)
        about = frozenset(topics(answer)) if near else frozenset()
        return self._contradiction(question, answer, near), tuple(one.entry.id for _, one in near if self._given_away(answer, about, one))

    def _contradiction(
        self, question: str, answer: str, near: list[tuple[float, _Entry]], own: Sequence[Claim] = ()
    ) -> Contradiction | None:
        """`own`: claims of the FAQ that are the answer's, and so no evidence for it."""
        if not any(one.families for _, one in near):
            return None
        stated = [claim for claim in claims(answer) if claim.family in self._stating]
        asked = frozenset(topics(question))
        for claim in stated:
            against = self._contradicted(claim, stated, asked, near, own)
            if not against or _customers_own(claim, against, question, answer):
                continue
            # Not of one customer's order or of one day, in words that the entry lacks.
            if all(lower(match[0]) in against.text for match in PARTICULAR.finditer(claim.sentence)):
                known = ", ".join(dict.fromkeys(one.text for one in against.claims if one.family == claim.family))
                return Contradiction(against.entry.id, against.entry.source, claim.text, known, claim.value.kind)
        return None

    def _given_away(self, answer: str, about: frozenset[str], one: _Entry) -> bool:
        if one.families:
            said = {claim.value.key for claim in claims(answer)}
            return any(keys <= said for keys in one.answers)
        return any(
            self._weight(theirs & about) >= MOST * self._weight(theirs) > 0
            for theirs in (frozenset(topics(text)) for text in one.entry.answers)
        )

    def _near(self, question: str, answer: str, of: Entry | None = None) -> list[tuple[float, _Entry]]:
        """The entries that question and answer may be about, with their similarity, the top match first; not the
        entry that they are `of`, and of its subject, if it has one. What an agent says in answer to a follow-up
        tells more than the question: it counts twice."""
        if not self._entries:
            return []
        similarity = (2 * self._answers.similarities(answer) + self._questions.similarities(question)) / 2
        places = (similarity >= SIMILAR).nonzero()[0].tolist()
        scores = {i: float(similarity[i]) for i in places if of is None or _may_rival(of, self._entries[i].entry)}
        least = NEAR * max(scores.values(), default=0.0)
        ranked = sorted(((score, i) for i, score in scores.items() if score >= least), key=lambda pair: (-pair[0], pair[1]))
        text = _flat(f"{question} {answer}") if ranked else ""
        found = [(score, self._entries[i]) for score, i in ranked]
        return [(score, one) for score, one in found if not one.subject or self._names(text, one.subject)]

    def _names(self, text: str, subject: str) -> bool:
        """Whether the text names the subject, and not only another one whose name holds it."""
        for other in self._longer[subject]:
            text = text.replace(other, " ")
        return subject in text

    def _contradicted(
        self, claim: Claim, stated: list[Claim], asked: frozenset[str], near: list[tuple[float, _Entry]], own: Sequence[Claim]
    ) -> _Entry | None:
        if self._confirmed(claim, stated, asked, near, own):
            return None
        rivals = [(score, one) for score, one in near if claim.family in one.families and self._one_thing(claim, asked, one)]
        if not rivals:
            return None
        best, first = rivals[0]
        others = [score for score, one in rivals[1:] if _keys(one, claim.family) != _keys(first, claim.family)]
        return first if best >= AHEAD * max(others, default=0.0) else None

    def _confirmed(
        self, claim: Claim, stated: list[Claim], asked: frozenset[str], near: list[tuple[float, _Entry]], own: Sequence[Claim]
    ) -> bool:
        """Whether a near entry has one of the answer's values of this family, or any this one for it."""
        mine = [one.value for one in stated if one.family == claim.family]
        theirs = [other.value for _, one in near for other in one.claims if _comparable(other, claim)]
        return any(agree(meaning(one), meaning(other)) for one in mine for other in theirs) or any(
            agree(meaning(claim.value), meaning(other.value))
            and claim.topics & other.topics
            and other.topics & DISTINCT <= claim.topics | asked
            for other in self._stating[claim.family]
            if not any(other is one for one in own)
        )

    def _one_thing(self, claim: Claim, asked: frozenset[str], one: _Entry) -> bool:
        """Whether the value's clause and one of the entry with such a value speak of the same thing."""
        return any(
            self._alike(claim.topics, asked, other.topics, one)
            for other in one.claims
            if other.family == claim.family and {claim.bound, other.bound} != {"least", "most"}
        )

    def _alike(self, mine: frozenset[str], asked: frozenset[str], theirs: frozenset[str], one: _Entry) -> bool:
        apart = mine & DISTINCT or asked & DISTINCT
        if apart - one.topics or any(about and apart and not about & apart for about in (theirs & DISTINCT, one.asked & DISTINCT)):
            return False
        if len(mine) < 2:  # 14 days. It is 14 days.
            mine, theirs = mine | asked, theirs | one.asked
        if theirs & DISTINCT and not theirs & apart:
            return False
        return self._weight(mine & theirs) >= SHARED * self._weight(mine) > 0

    def _weight(self, about: Iterable[str]) -> float:
        """How much words tell. One that the FAQ lacks may be a name: half of what the rarest one tells."""
        unknown = math.log(1 + len(self._entries)) / 2
        return math.fsum(max(self._answers.of(one), self._questions.of(one)) or unknown for one in about)


def _may_rival(entry: Entry, other: Entry) -> bool:
    return other.id != entry.id and not (entry.subject and other.subject and entry.subject != other.subject)


def _ready(entry: Entry) -> _Entry:
    of_answers = [claims(answer) for answer in entry.answers]
    families = [{claim.family for claim in found} for found in of_answers]
    asked = frozenset(topics(" ".join(entry.questions)))
    return _Entry(
        entry,
        "" if entry.passage else _subject(entry.questions),  # before a passage's heading stands its page
        tuple(claim for found in of_answers for claim in found),
        frozenset(set.intersection(*families)) if families else frozenset(),
        tuple(frozenset(claim.value.key for claim in found) for found in of_answers),
        asked,
        asked.union(topics(" ".join(entry.answers))),
        lower(" ".join(entry.answers)),
    )


def _subject(questions: tuple[str, ...]) -> str:
    """What stands before a colon in one question and somewhere in all: `Quick one: …` is no subject."""
    lines = [_flat(question) for question in questions]
    begins = [line.partition(": ")[0] for line in lines if ": " in line]
    return next((name for name in begins if all(name in line for line in lines)), "")


def _flat(text: str) -> str:
    return " ".join(lower(text).split())


def _comparable(one: Claim, two: Claim) -> bool:
    return one.family == two.family or one.value.kind == two.value.kind == "duration"


def _keys(one: _Entry, family: Family) -> set[Key]:
    return {claim.value.key for claim in one.claims if claim.family == family}


PARTICULAR = re.compile(
    r"\byour (?:order|booking|parcel|package|reservation|refund|appointment|ticket|total|bill|balance|stay|room|account)\b"
    r"|\b(?:total|altogether|comes? to|booked|scheduled|confirmed|left|ago|former|delay\w*|goodwill|exception\w*|due to|because of)\b"
    r"|\bi(?:'ve|'ll| have| will| just)\b|\bwe(?:'ve|'ll| have| will) (?:just |already )?\w+(?:ed|nt|ok)\b|\bwe \w+ed\b"
    r"|\b(?:today|tomorrow|yesterday|tonight|currently|right now|at the moment|instead of|used to|other (?:shop|store|compan)\w*)\b"
    r"|\b(?:this (?:week|time|once|order|month)|(?:last|next) (?:week|month|year|time))\b"
    r"|주문하신|결제하신|예약하신|구매하신|고객님(?:의|께서)? ?(?:주문|결제|예약)|총 |합계|합쳐|오늘|내일|어제|모레|지금|현재|이번"
    r"|지연|예정|예외|특별히|남[은았으]|조회|예전|작년|지난|다른 (?:곳|매장|업체)|\[[A-Z_]+\d*\]|#\d|\b[A-Z]{1,4}-?\d{3,}",
    re.IGNORECASE,
)


def _customers_own(claim: Claim, against: _Entry, question: str, answer: str) -> bool:
    """Whether the customer said the value, or it follows from theirs: three nights at the price of one."""
    theirs = values(question)
    if claim.value.value in {value.value for value in theirs}:
        return True
    if claim.value.kind != "price":
        return False
    amount = Decimal(claim.value.value)
    counts = {Decimal(value.value) for value in (*theirs, *values(answer)) if re.fullmatch(r"[\d.]+", value.value)} - {amount}
    bases = {Decimal(one.value.value) for one in against.claims if one.family == claim.family}
    return any(amount in {base * count, base + count, abs(base - count)} for base in bases for count in counts)
