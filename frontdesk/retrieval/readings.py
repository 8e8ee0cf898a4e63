"""What a customer asks, told from the whole conversation: the texts that are searched for."""

import re
from collections.abc import Sequence
from typing import NamedTuple

PARTS = 4
"""Sentences of a turn that are searched for by themselves: the last ones, in which the question mostly is."""
WORDS = 3  # of a sentence at least, to be searched for by itself
TAIL = 16
"""Words of the end of a long turn without a full stop, as a spoken one is."""
BEFORE = 200  # characters of each turn before
_QUESTION = re.compile(
    r"^\W*(?:(?:and|or|so|also|but)\s)?(?:what|when|where|who|whom|which|why|how|can|could|do|does|did|is|are|am|was|will|would|may"
    r"|must|should|shall|have|has)\b|[?？]\s*$|(?:까요|나요|가요|은요|는요|니까)\s*$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?。？])\s+|\n+|,?\s(?:and|also|plus)\s|\s(?:그리고|또)\s", re.IGNORECASE)


class Readings(NamedTuple):
    """The texts to search for: the turn, its parts, and what a follow-up leans on, the two turns `before`; ""
    where there is none."""

    turn: str
    parts: list[str]
    before: str

    @property
    def texts(self) -> list[str]:
        """All of them, in this order."""
        return [self.turn, *self.parts, *[self.before] * bool(self.before)]


def is_question(part: str) -> bool:
    """Whether a part of a turn asks something, by how it begins or ends."""
    return bool(_QUESTION.search(part))


def readings(turns: Sequence[str]) -> Readings:
    """The last turn; its sentences and clauses, where it has several, or its end, where it is long; and the two
    turns before it. `turns`: customer and desk in turn, the question last."""
    last = turns[-1].strip()
    sentences = [part.strip() for part in _SENTENCE.split(last) if len(part.split()) >= WORDS]
    words = last.split()
    parts = sentences[-PARTS:] if len(sentences) > 1 else [" ".join(words[-TAIL:])] if len(words) > TAIL else []
    return Readings(last, parts, " ".join(turn[-BEFORE:] for turn in turns[-3:-1]).strip())
