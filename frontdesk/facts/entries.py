"""An FAQ entry, and which one an answer rests on."""

from collections.abc import Sequence
from typing import NamedTuple

from frontdesk.facts.statements import read
from frontdesk.facts.values.meaning import Key, listed, meaning
from frontdesk.facts.words import features

WORDS = 0.6
"""Share of the words of an answer, and of their pieces, from which it rests on an entry that has them."""


class Entry(NamedTuple):
    """An FAQ entry as the prompt, retrieval and the comparison of facts need it."""

    id: str
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    subject: str = ""
    source: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All that it says."""
        return (*self.questions, *self.answers)


def rests_on(answer: str, entries: Sequence[Entry], said: Sequence[str] = ()) -> Entry | None:
    """The entry that an answer rests on: one with most of its words and all values in it, or else the first
    with all of its values. Values that were `said` before, by whomever, need not be in the entry, unless
    there are no others."""
    words, stated = features(answer).keys(), new_values(answer, said)
    shares = [max((len(words & features(text).keys()) for text in one.answers), default=0) / max(1, len(words)) for one in entries]
    best = max(range(len(shares)), key=shares.__getitem__, default=None)
    if best is not None and shares[best] >= WORDS and stated <= values_of(*entries[best].answers):
        return entries[best]
    return with_values(stated or values_of(answer), entries)


def with_values(stated: set[Key], entries: Sequence[Entry]) -> Entry | None:
    """The first entry that has all values `stated`, if there are any."""
    return next((one for one in entries if stated and stated <= values_of(*one.answers)), None)


def new_values(answer: str, said: Sequence[str] = ()) -> set[Key]:
    """The values of an answer that were not `said` before."""
    return values_of(answer) - values_of(*said)


def values_of(*texts: str) -> set[Key]:
    """The values of some texts; the numbers that only begin the entries of a list are none."""
    return {meaning(value) for text in texts for value in read(text).values if not listed(value, read(text).text)}
