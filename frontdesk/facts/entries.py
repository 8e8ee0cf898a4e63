"""An FAQ entry, and which one an answer rests on."""

from collections.abc import Sequence
from typing import NamedTuple

from frontdesk.facts.sources import NOTHING, company, invented
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
    """The entry that an answer rests on: one with most of its words and all values in it, or else the first with all of its values.

    Values that were `said` before, by whomever, need not be in the entry.
    """
    words = features(answer).keys()
    shares = [max((len(words & features(text).keys()) for text in one.answers), default=0) / max(1, len(words)) for one in entries]
    best = max(range(len(shares)), key=shares.__getitem__, default=None)
    if best is not None and shares[best] >= WORDS and has_values(answer, entries[best], said):
        return entries[best]
    return next((one for one in entries if has_values(answer, one, said)), None) if invented(answer, NOTHING, said) else None


def has_values(answer: str, entry: Entry, said: Sequence[str] = ()) -> bool:
    """Whether the entry, or what was `said` before, has every value that the answer states."""
    return not invented(answer, company(entry.answers), said)
