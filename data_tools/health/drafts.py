"""Questions without an entry, alike ones together, and for each the entry that agents' answers make.

A draft is an agent's own words: the answer that most of the others are like. Where agents say something else each time, what is asked
depends on the case, and no entry could say it.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from data_tools.health.questions import EXAMPLES, Asked
from data_tools.splits.near_duplicates import normalize
from frontdesk.facts.entries import values_of
from frontdesk.facts.groups import groups
from frontdesk.facts.words import Weights

FEWEST = 2  # customers who ask, for a question to be listed
LIKE = 0.3  # cosine similarity of the words' weights of two answers that say the same
WEEK = 7 * 86400.0


class Gap(NamedTuple):
    """Alike questions that no entry answers. `answer` is "" where agents' answers make no entry."""

    question: str
    answer: str
    customers: int
    asked: list[Asked]  # the one whose answer is the draft comes first

    @property
    def id(self) -> str:
        """Of its draft."""
        return hashlib.blake2b(normalize(self.question).encode(), digest_size=6).hexdigest()

    def as_json(self, weeks: float | None) -> dict[str, Any]:
        """Its item in `health.json`."""
        examples = [{"conversation": one.talk.id, "question": one.question, "answer": one.said} for one in self.asked[:EXAMPLES]]
        rate = {"a_week": round(self.customers / weeks, 1)} if weeks else {}
        return {"id": self.id, "question": self.question, "answer": self.answer, "customers": self.customers, **rate, "asked": examples}


def gaps(lacking: Sequence[Asked], decided: Sequence[str]) -> list[Gap]:
    """The questions that several customers asked, most frequent first; none that is like one on which somebody has `decided`."""
    texts = [*decided, *(one.question for one in lacking)]
    found = [[lacking[place - len(decided)] for place in group] for group in groups(texts) if group[0] >= len(decided)]
    made = [_gap(group) for group in found if len({one.talk.customer for one in group}) >= FEWEST]
    return sorted(made, key=lambda gap: (-gap.customers, not gap.answer))


def weeks(lacking: Sequence[Asked]) -> float | None:
    """From the first day to the last, at least one; None where a day is not known."""
    days = [one.day for one in lacking]
    return max(1.0, (max(days) - min(days)) / WEEK) if days and all(days) else None


def _gap(group: list[Asked]) -> Gap:
    answered = [one for one in group if one.answer]
    agreeing = _alike(answered)
    people = {one.talk.customer for one in agreeing}
    replied = sum(bool(one.said) for one in group)
    agreed = bool(agreeing) and 2 * len(agreeing) > replied and len(people) >= min(replied, FEWEST)
    near = Weights([one.question for one in group]).similarities
    first = agreeing[0] if agreed else max(group, key=lambda one: float(near(one.question).sum()))
    others = sorted((one for one in group if one is not first), key=lambda one: (not one.answer, not one.said))
    customers = len({one.talk.customer for one in group})
    return Gap(first.question, first.answer if agreed else "", customers, [first, *others])


def _alike(answered: Sequence[Asked]) -> list[Asked]:
    """The answers that say what most of all say, the one first that is most like the others."""
    weights, values = Weights([one.answer for one in answered]), [values_of(one.answer) for one in answered]
    best: list[Asked] = []
    for one, mine in zip(answered, values, strict=True):
        near = weights.similarities(one.answer) >= LIKE
        alike = [
            other
            for place, (other, theirs) in enumerate(zip(answered, values, strict=True))
            if other is not one and ((near[place] and (mine <= theirs or theirs <= mine)) or other.answer == one.answer)
        ]
        best = max(best, [one, *alike], key=len)
    return best
