"""What the desk does with a question: say what an entry says, make small talk, ask back, or escalate.

One number decides: the probability that an entry answers the question (frontdesk/retrieval/ranker.py). From
`answers.say_from` on the entry answers; from `answers.ask_from` on the desk asks which of the likeliest is
meant, once; below it a person is called. Of two questions in one turn, one may be answered and the other asked
back. No model is asked but where one entry answers.
"""

from collections.abc import Iterable, Sequence
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
    `probability`: that the first of them answers. `asks`: the entries that the text asks about, at its end."""

    kind: Kind
    text: str
    entries: Sequence[Entry]
    probability: float
    asks: Sequence[Entry] = ()

    @property
    def reads(self) -> bool:
        """Whether a model is asked to read the entry: two answers are said as they are."""
        return self.kind == "say" and len(self.entries) == 1 and not self.asks


def decide(found: Found, limits: AnswersConfig, question: str, handoff: dict[str, str], ask: bool = True) -> Decision:
    """What to do with a question. `handoff`: the desk's sentence by language; `ask`: the desk may ask back."""
    if sure := _sure(found, limits.say_from):
        some = _choices(_left_open(found, sure), limits) if ask else ()
        return said(sure, some, language(question))
    best = found.turn[0].entry if found.turn else None
    likelihood = sum(one.probability for one in found.turn if is_small_talk(one.entry))
    if best and is_small_talk(best) and likelihood > CHAT:
        return Decision("small talk", best.answers[0], [best], likelihood)
    if found.before and not is_small_talk(found.before[0].entry) and found.before[0].probability >= limits.say_from:
        return said(found.before[:1])
    likely = _likely((found.turn, *found.parts, found.before))
    if ask and (some := _choices(likely, limits)):
        return Decision("ask back", ask_back(some, language(question)), some, likely[0].probability, some)
    return escalated(question, handoff, likely)


def said(ranked: Sequence[Ranked], asks: Sequence[Entry] = (), spoken: str = "en") -> Decision:
    """The entries' own answers, and in the language `spoken` a question back, if the desk `asks` besides."""
    entries = [one.entry for one in ranked]
    texts = [*(entry.answers[0] for entry in entries), *[ask_back(asks, spoken, besides=True)] * bool(asks)]
    return Decision("say", "\n".join(texts), entries, ranked[0].probability, asks or ())


def escalated(question: str, handoff: dict[str, str], nearest: Sequence[Ranked] = ()) -> Decision:
    """The handoff, in the customer's language."""
    probability = nearest[0].probability if nearest else 0.0
    return Decision("escalate", handoff[language(question)], [one.entry for one in nearest][:MOST], probability)


def _sure(found: Found, limit: float) -> list[Ranked]:
    """The entries that answer the turn or a part of it for sure, at most two: a customer may ask two things."""
    tops = [ranked[0] for ranked in (found.turn, *found.parts) if ranked and ranked[0].probability >= limit]
    sure = {one.entry.id: one for one in reversed(tops) if not is_small_talk(one.entry)}
    return list(reversed(sure.values()))[:2]


def _left_open(found: Found, sure: Sequence[Ranked]) -> list[Ranked]:
    """The likeliest entries for the part that asks something else than what the one sure entry answers; none if
    there is no such part."""
    if len(sure) > 1 or len(found.parts) < 2:
        return []
    asking = (likely for ranked in found.asking if (likely := _likely([ranked])) and likely[0].entry.id != sure[0].entry.id)
    likeliest = max(asking, key=lambda likely: likely[0].probability, default=[])
    return [one for one in likeliest if one.entry.id != sure[0].entry.id]


def _choices(likely: Sequence[Ranked], limits: AnswersConfig) -> list[Entry]:
    """The entries that a question back names; none where not even the first is likely enough."""
    if not likely or likely[0].probability < limits.ask_from or not likely[0].entry.questions:
        return []
    return [one.entry for one in likely if one.probability >= limits.ask_from * NEAR and one.entry.questions][:MOST]


def _likely(readings: Iterable[Sequence[Ranked]]) -> list[Ranked]:
    """The FAQ's entries of the readings, likeliest first, each once."""
    every = sorted((one for ranked in readings for one in ranked), key=lambda one: -one.probability)
    first: dict[str, Ranked] = {}
    for one in every:
        first.setdefault(one.entry.id, one)
    return [one for one in first.values() if not is_small_talk(one.entry)]
