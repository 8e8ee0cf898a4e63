"""Pairs of entries about the same thing that say different things. Precision comes first: somebody reads each one.

Two entries are compared where the FAQ's facts find a value of one that contradicts the other (frontdesk/facts), and where their
questions are the same but for words that say nothing, or whose vectors (data/vectors.npz) are as near as copies, or, within a subject,
whose answers are the same but for numbers.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

from data_tools.splits.near_duplicates import NEAR, grams, jaccard
from frontdesk.facts.claims import Family, claims
from frontdesk.facts.contradictions import FaqFacts
from frontdesk.facts.entries import Entry
from frontdesk.facts.words import DISTINCT, topics
from frontdesk.facts.yes_no import polarity

if TYPE_CHECKING:
    import numpy as np

SAME = 0.94  # cosine similarity of two questions from which they ask the same in other words
BLOCK = 500  # questions that are compared with all others at once
TELLING = 3  # things beside its subject that an answer speaks of, so that two alike are about the same
CROWD = 8  # entries with one question, of which each is compared with each
SHARED = 0.5  # share of the words of the shorter of two answers from which they say the same


class Pair(NamedTuple):
    """Two entries that differ: in a value, in yes or no, or in all their words. `said` are the two values, where it is one."""

    kind: Literal["value", "yes or no", "words"]
    one: Entry
    other: Entry
    said: tuple[str, str] = ("", "")


def pairs(entries: Sequence[Entry], vectors: Mapping[str, "np.ndarray"]) -> list[Pair]:
    """Each pair once, those with values first. `vectors`: of the questions, as far as there are any."""
    entries = [one for one in entries if one.questions]
    alike = chain(_same_questions(entries, vectors), _same_answers(entries))
    found = [*_by_facts(entries), *filter(None, (_differ(*two) for two in alike))]
    first: dict[frozenset[str], Pair] = {}
    for pair in sorted(found, key=lambda pair: ("value", "yes or no", "words").index(pair.kind)):
        first.setdefault(frozenset((pair.one.id, pair.other.id)), pair)
    return list(first.values())


def _by_facts(entries: Sequence[Entry]) -> Iterator[Pair]:
    facts, by_id = FaqFacts(entries), {entry.id: entry for entry in entries}
    for entry in entries:
        if (found := facts.between(entry)) and not _apart(entry, other := by_id[found.entry]):
            yield Pair("value", entry, other, (found.said, found.known))


def _apart(one: Entry, other: Entry) -> bool:
    """Whether they are about two things: the questions of both name what the other entry does not (two hotels), or that of an entry
    has a name that a passage lacks."""
    said = [set(topics(" ".join(entry.texts))) for entry in (one, other)]
    lacks = [[_asked(entry, question) - theirs for question in entry.questions] for entry, theirs in ((one, said[1]), (other, said[0]))]
    named = (set(topics(name)) - theirs for entry, theirs in ((one, said[1]), (other, said[0])) for name in _names(entry))
    return (all(lacks[0]) and all(lacks[1])) or any(named)


def _asked(entry: Entry, question: str) -> set[str]:
    """What a question is about; that of a passage begins with its page's title, which says where, not what."""
    return set(topics(question)) - (set(topics(entry.origin.title)) if entry.passage else set())


def _names(entry: Entry) -> list[str]:
    return [] if entry.passage else re.findall(r"(?<=[a-z,] )[A-Z][a-z]\w+", " ".join(entry.questions))


def _same_questions(entries: Sequence[Entry], vectors: Mapping[str, "np.ndarray"]) -> Iterator[tuple[Entry, str, Entry, str]]:
    """Entries with a question of each that ask the same."""
    alike: defaultdict[tuple[object, ...], dict[str, tuple[Entry, str]]] = defaultdict(dict)
    for entry in entries:
        for question in entry.questions:
            if about := _about(entry, question):
                alike[entry.subject, about, _codes(question)].setdefault(entry.id, (entry, question))
    for crowd in alike.values():
        for two in combinations(list(crowd.values())[:CROWD], 2):
            yield (*two[0], *two[1])
    asked = [(entry, question) for entry in entries for question in entry.questions if question in vectors]
    for place, near in _near([vectors[question] for _, question in asked]):
        one, first, other, second = *asked[place], *asked[near]
        if one.id != other.id and one.subject == other.subject and _codes(first) == _codes(second):
            apart = _about(one, first) ^ _about(other, second)
            if not apart & (DISTINCT | set(topics(" ".join((*one.answers, *other.answers))))) and _said(one) & _said(other):
                yield one, first, other, second


def _about(entry: Entry, question: str) -> frozenset[str]:
    return frozenset(topics(question)) - frozenset(topics(entry.subject))


def _same_answers(entries: Sequence[Entry]) -> Iterator[tuple[Entry, str, Entry, str]]:
    """Entries of one subject with one answer but for its numbers, which says by itself what it is about."""
    alike: defaultdict[tuple[str, str], dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        for answer in entry.answers if entry.subject else ():
            if len(_about(entry, answer)) >= TELLING:
                alike[entry.subject, re.sub(r"\d+", "0", answer.casefold())].setdefault(entry.id, entry)
    for crowd in alike.values():
        for one, other in combinations(list(crowd.values())[:CROWD], 2):
            first, second = one.questions[0], other.questions[0]
            apart = (_about(one, first) ^ _about(other, second)) - set(topics(" ".join(one.answers)))
            if _codes(first) == _codes(second) and not apart & DISTINCT:
                yield one, first, other, second


def _said(entry: Entry) -> frozenset[str]:
    """What an entry is about beside its subject. An encoder that does not know the language finds every question like every other."""
    return _about(entry, " ".join(entry.texts))


def _codes(question: str) -> frozenset[str]:
    """What tells two questions apart although no word does: FW-401 and FW-404."""
    return frozenset(re.findall(r"\d+", question))


def _near(vectors: Sequence["np.ndarray"]) -> Iterator[tuple[int, int]]:
    import numpy as np

    whole = np.stack(vectors) if vectors else np.zeros((0, 1), np.float32)
    for start in range(0, len(whole), BLOCK):
        places = np.argwhere(whole[start : start + BLOCK] @ whole.T >= SAME)
        yield from ((start + int(one), int(other)) for one, other in places if start + one < other)


def _differ(one: Entry, first: str, other: Entry, second: str) -> Pair | None:
    mine, theirs = (_values(entry) for entry in (one, other))
    for family in mine.keys() & theirs.keys():
        if not mine[family].keys() & theirs[family].keys():
            return Pair("value", one, other, (", ".join(mine[family].values()), ", ".join(theirs[family].values())))
    if len(_about(one, first)) < 2 and not _copies(one, first, other, second):  # 배송비는 얼마인가요? 배송 며칠 걸려요?
        return None
    if {polarity(answer) for answer in one.answers} | {polarity(answer) for answer in other.answers} == {"yes", "no"}:
        return Pair("yes or no", one, other)
    if not _copies(one, first, other, second):
        return None
    asked = set(topics(f"{first} {second} {one.subject}"))
    words = [set(topics(" ".join(entry.answers))) - asked for entry in (one, other)]
    least = min(map(len, words))
    return Pair("words", one, other) if least and len(words[0] & words[1]) < SHARED * least else None


def _copies(one: Entry, first: str, other: Entry, second: str) -> bool:
    plain = [text.casefold().replace(entry.subject.casefold(), "") for entry, text in ((one, first), (other, second))]
    return jaccard(grams(plain[0]), grams(plain[1])) >= NEAR


def _values(entry: Entry) -> dict[Family, dict[object, str]]:
    """What is stated by family: each value with its spelling."""
    found: defaultdict[Family, dict[object, str]] = defaultdict(dict)
    for claim in (claim for answer in entry.answers for claim in claims(answer)):
        found[claim.family].setdefault(claim.value.key, claim.text)
    return found
