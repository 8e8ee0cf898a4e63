"""Whether a model's sentence may be said: only if an FAQ entry says it, and then in the entry's own words.

A sentence passes if its words are a contiguous part of one entry's answer, but for articles and the like.
What is sent are the whole sentences of the entry in which that part lies. So each value, name, address, yes
and no that a customer reads stands in an entry as the company wrote it, whatever the model: it chooses what
to say and what to leave out; it cannot add, and it cannot leave out half of a sentence.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from frontdesk.facts.entries import Entry
from frontdesk.facts.statements import normalize

LEAST = 0.5
"""Share of a sentence's words that must be said to choose it: `ship` alone is not `We do not ship to Peru`."""
_TOKEN = re.compile(r"[^\W_]+|[$€£¥₩%@#+&]")
_EMPTY = frozenset(["the", "a", "an", "please", "also", "so", "and", "then", "well"])
"""Words that change nothing, said or left out."""
END = re.compile(
    r"(?:[!?。]|(?<!\b[A-Za-z])(?<!\b(?:Mr|Ms|Dr|St|No|Co|vs))(?<!\b(?:Mrs|Inc|Ltd|etc))(?<!\bapprox)"
    r"(?<!(?<!\S)\d)(?<!(?<!\S)\d\d)\.)[\"')\]”’]*(?=\s+[^\sa-z\d*•·–-])"
)
"""The end of a sentence. None is after an abbreviation (`e.g. 9 a.m.`) or a list's number, or before a small
letter, a digit or a list's dash, nor is a line break alone: rather two sentences as one than a half."""
_LAST_ROW = re.compile(r"^.* \| .*$(?=\n[^\sa-z\d*•·–-])(?!\n.* \| )", re.MULTILINE)
"""The last row of a table, where other text follows on a line of its own."""
_GOES_ON = re.compile(
    r"\s*(?:(?:but|however|except|unless|only|otherwise|this|that|these|those|it|they)\b|단[, ]|다만|하지만|그러나|그 외)",
    re.IGNORECASE,
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
    """A text as its sentences, each with the space before it."""
    ends = sorted({match.end() for pattern in (END, _LAST_ROW) for match in pattern.finditer(text)})
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def tokens(text: str) -> list[str]:
    """The words and signs that have to agree: lower case, one spelling of contractions and dashes."""
    return [one for one in _TOKEN.findall(normalize(text)) if one not in _EMPTY]


def whole(sentences: Sequence[str], said: range) -> range:
    """The sentences to say for those said: with each behind them that takes up the one before it (`But only in
    summer.`), and with what the first of them takes up."""
    first, last = said[0], said[-1]
    while first and _GOES_ON.match(sentences[first]):
        first -= 1
    while last + 1 < len(sentences) and _GOES_ON.match(sentences[last + 1]):
        last += 1
    return range(first, last + 1)


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
            length = one.ends[last] - (one.ends[first - 1] if first else 0)
            if len(said) >= LEAST * length:
                return Passed(one.entry, range(first, last + 1))
    return None
