"""Whether a model's sentence may be said: only if an FAQ entry says it, and then in the entry's own words.

A sentence passes if its words are a contiguous part of one entry's answer, but for articles and the like.
What is sent are the whole sentences of the entry in which that part lies. So each value, name, address, yes
and no that a customer reads stands in an entry as the company wrote it, whatever the model: it chooses what
to say and what to leave out; it cannot add, and it cannot leave out half of a sentence.
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from frontdesk.facts.entries import Entry
from frontdesk.facts.statements import normalize

LEAST = 0.5
"""Share of a sentence's words that must be said to choose it: `ship` alone is not `We do not ship to Peru`."""
_TOKEN = re.compile(r"[^\W_]+|[$€£¥₩%@#+&]")
_EMPTY = frozenset(["the", "a", "an", "please", "also", "so", "and", "then", "well"])
"""Words that change nothing, said or left out."""
_END = re.compile(r"(?<=[.!?。])[\"')\]]*\s+|\n+")
_GOES_ON = re.compile(
    r"(?:but|however|except|unless|only|otherwise|this|that|these|those|it|they)\b|단[, ]|다만|하지만|그러나|그 외", re.IGNORECASE
)
"""How a sentence begins that takes up what stands before it."""


class Passed(NamedTuple):
    """A sentence that may be said: the entry that says it, and the numbers of its sentences that do."""

    entry: Entry
    sentences: range


class _Answer(NamedTuple):
    entry: Entry
    tokens: list[str]
    ends: list[int]  # behind which token each sentence ends


class Checker:
    """Holds sentences against the answers of some entries."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._answers = [_answer(entry) for entry in entries]

    def passes(self, sentence: str) -> Passed | None:
        """Where the first entry that says the sentence says it; None if none does."""
        said = tokens(sentence)
        return next((passed for one in self._answers if said and (passed := _found(one, said))), None)


def split_sentences(text: str) -> list[str]:
    """A text as its sentences, without the space between them."""
    return [one.strip() for one in _END.split(text) if one.strip()]


def tokens(text: str) -> list[str]:
    """The words and signs that have to agree: lower case, one spelling of contractions and dashes."""
    return [one for one in _TOKEN.findall(normalize(text)) if one not in _EMPTY]


def completed(sentences: Sequence[str], said: Collection[int]) -> list[int]:
    """The numbers of the sentences to say: those said, and after them each that takes them up (`But only in
    summer.`), which must not be left out."""
    found = set(said)
    for place in range(1, len(sentences)):
        if place - 1 in found and _GOES_ON.match(sentences[place]):
            found.add(place)
    return sorted(found)


def _answer(entry: Entry) -> _Answer:
    known, ends = list[str](), list[int]()
    for sentence in split_sentences(entry.answers[0]):
        known += tokens(sentence)
        ends.append(len(known))
    return _Answer(entry, known, ends)


def _found(one: _Answer, said: list[str]) -> Passed | None:
    """The sentences in which the tokens stand, if they are enough of them."""
    for start in range(len(one.tokens) - len(said) + 1):
        end = start + len(said)
        if one.tokens[start:end] == said:
            first, last = (next(i for i, bound in enumerate(one.ends) if bound > place) for place in (start, end - 1))
            whole = one.ends[last] - (one.ends[first - 1] if first else 0)
            if len(said) >= LEAST * whole:
                return Passed(one.entry, range(first, last + 1))
    return None
