"""What the desk does with a question: say what an entry says, make small talk, ask back, or escalate.

One number decides: the probability that an entry answers the question (frontdesk/retrieval/ranker.py). From
`answers.say_from` on the entry answers; from `answers.ask_from` on the desk asks which of the likeliest is
meant, once; below it a person is called. No model is asked but where an entry answers.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from frontdesk.answers.ask_back import MOST, ask_back
from frontdesk.answers.small_talk import is_small_talk
from frontdesk.config.schema import AnswersConfig
from frontdesk.facts.entries import Entry
from frontdesk.facts.language import language
from frontdesk.retrieval.index import Found, Ranked

CHAT = 0.5
"""Probability of all small talk together from which a turn asks for nothing: likelier than not."""
NEAR = 0.4
"""Share of `answers.ask_from` that the second and third entry need to be named in a question back."""
Kind = Literal["say", "small talk", "ask back", "escalate"]


class Decision(NamedTuple):
    """`text` is what the customer reads where no model is asked, or where its words do not pass. `entries`:
    those that the answer rests on; or that the desk asks about; or, where it escalates, the nearest.
    `probability`: that the first of them answers."""

    kind: Kind
    text: str
    entries: Sequence[Entry]
    probability: float

    @property
    def reads(self) -> bool:
        """Whether a model is asked to read the entry: two answers are said as they are."""
        return self.kind == "say" and len(self.entries) == 1


def decide(found: Found, limits: AnswersConfig, question: str, handoff: dict[str, str], ask: bool = True) -> Decision:
    """What to do with a question. `handoff`: the desk's sentence by language; `ask`: the desk may ask back."""
    if sure := _sure(found, limits.say_from):
        return said(sure)
    best = found.turn[0].entry if found.turn else None
    likelihood = sum(one.probability for one in found.turn if is_small_talk(one.entry))
    if best and is_small_talk(best) and likelihood > CHAT:
        return Decision("small talk", best.answers[0], [best], likelihood)
    if found.before and not is_small_talk(found.before[0].entry) and found.before[0].probability >= limits.say_from:
        return said(found.before[:1])
    likely = _likely(found)
    if ask and likely and likely[0].probability >= limits.ask_from and likely[0].entry.questions:
        some = [one.entry for one in likely if one.probability >= limits.ask_from * NEAR and one.entry.questions][:MOST]
        return Decision("ask back", ask_back(some, language(question)), some, likely[0].probability)
    return escalated(question, handoff, likely)


def said(ranked: Sequence[Ranked]) -> Decision:
    """The entries' own answers."""
    entries = [one.entry for one in ranked]
    return Decision("say", "\n".join(entry.answers[0] for entry in entries), entries, ranked[0].probability)


def escalated(question: str, handoff: dict[str, str], nearest: Sequence[Ranked] = ()) -> Decision:
    """The handoff, in the customer's language."""
    probability = nearest[0].probability if nearest else 0.0
    return Decision("escalate", handoff[language(question)], [one.entry for one in nearest][:MOST], probability)


def _sure(found: Found, limit: float) -> list[Ranked]:
    """The entries that answer the turn or a part of it for sure, at most two: a customer may ask two things."""
    tops = [ranked[0] for ranked in (found.turn, *found.parts) if ranked and ranked[0].probability >= limit]
    sure = {one.entry.id: one for one in reversed(tops) if not is_small_talk(one.entry)}
    return list(reversed(sure.values()))[:2]


def _likely(found: Found) -> list[Ranked]:
    """The FAQ's entries of all readings, likeliest first, each once."""
    every = sorted((one for ranked in (found.turn, *found.parts, found.before) for one in ranked), key=lambda one: -one.probability)
    first: dict[str, Ranked] = {}
    for one in every:
        first.setdefault(one.entry.id, one)
    return [one for one in first.values() if not is_small_talk(one.entry)]
