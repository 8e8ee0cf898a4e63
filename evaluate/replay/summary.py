"""What all replayed turns say together, with 95 % intervals over conversations (evaluate/stats/bootstrap.py)."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from evaluate.grouping import grouped
from evaluate.replay.conversations import Conversation, first_wait, reply_times
from evaluate.replay.turns import OUTCOME, Turn
from evaluate.stats.bootstrap import bootstrap

SECONDS = 60.0
"""An agent's time for a reply where nobody measured it, an assumption: 20 words at 40 words a minute, and as
long to read the question and look the answer up."""
HUNDRED = 100  # conversations, to which time saved is related

Score = dict[str, Any]  # an Estimate's fields


def summarize(turns: Sequence[Turn], conversations: Sequence[Conversation], seconds: float | None) -> dict[str, Any]:
    """The numbers of a replay. `seconds` is an agent's time for a reply; None: as measured, or assumed.

    {"turns", "conversations", "outcomes": {outcome: score}, "comparisons": {outcome: {comparison: number}}, "agreement" (of the
    answers that can be compared), "rightly" (likewise, of the handovers), "no_person": {"surely", "perhaps"} (of the conversations),
    "time": {"seconds", "from", "of", "first_wait", "replies": {…}, "minutes": {…}}}, with "low" and "high" estimates of what is
    saved: the share of the replies, and minutes in a hundred conversations. A score is null where nothing can be compared.
    """
    talks = grouped(turns, lambda one: one.conversation)
    kinds = list(OUTCOME.values())
    return {
        "conversations": len(talks),
        "turns": len(turns),
        "outcomes": {kind: _mean([[float(one.outcome == kind) for one in talk] for talk in talks.values()]) for kind in kinds},
        "comparisons": {kind: dict(Counter(one.comparison for one in turns if one.outcome == kind)) for kind in kinds},
        "agreement": _agreeing(talks.values(), "answered"),
        "rightly": _agreeing(talks.values(), "handed over"),
        "no_person": {name: _mean([[float(way(talk))] for talk in talks.values()]) for name, way in NO_PERSON.items()},
        "time": _time(list(talks.values()), conversations, seconds),
    }


def agrees(turn: Turn) -> bool:
    """Whether the agent bears the desk out."""
    return turn.comparison == "agrees"


def saved(turn: Turn, asking: bool = False) -> bool:
    """Whether the desk's answer would have been in the agent's place; `asking`: after a question back, too."""
    return agrees(turn) and (turn.outcome == "answered" or (asking and turn.outcome == "asked back"))


def surely(talk: Sequence[Turn]) -> bool:
    """Whether a conversation needed no person: an answer, and nothing but answers and small talk, all borne out."""
    return any(map(saved, talk)) and all(agrees(one) and one.outcome in ("answered", "small talk") for one in talk)


def perhaps(talk: Sequence[Turn]) -> bool:
    """The same where nothing was handed over and the agent's words speak against nothing; after a question back
    with the right entry, the customer gets the answer, too."""
    borne_out = any(saved(one, asking=True) for one in talk)
    return borne_out and all(one.comparison != "differs" and one.outcome != "handed over" for one in talk)


NO_PERSON: dict[str, Callable[[Sequence[Turn]], bool]] = {"surely": surely, "perhaps": perhaps}


def _agreeing(talks: Iterable[Sequence[Turn]], outcome: str) -> Score | None:
    """The share that the agents bear out, of an outcome's turns in which the agent said something to compare."""
    return _mean([[float(agrees(one)) for one in talk if one.outcome == outcome and one.comparison != "silent"] for talk in talks])


def _mean(values: Sequence[Sequence[float]]) -> Score | None:
    """The mean of values by conversation; None without any."""
    clusters = {str(place): some for place, some in enumerate(values) if some}
    return bootstrap(clusters)._asdict() if clusters else None


def _time(talks: Sequence[Sequence[Turn]], conversations: Sequence[Conversation], seconds: float | None) -> dict[str, Any]:
    """What the desk would have saved: at least the replies of whole conversations without a person, for an agent
    who is called reads what was said before; at most each answer that the agent bears out, or that a customer gets who
    is asked back."""
    measured = [times for one in conversations if (times := reply_times(one))]
    taken = bootstrap({str(place): times for place, times in enumerate(measured)}) if measured else None
    given = seconds or (taken.value if taken else SECONDS)
    least = [[float(saved(one) and surely(talk)) for one in talk] for talk in talks]
    most = [[float(saved(one, asking=True)) for one in talk] for talk in talks]
    return {
        "seconds": given,
        "from": "given" if seconds else "measured" if taken else "assumed",
        "of": taken.of if taken and not seconds else 0,
        "first_wait": first_wait(conversations),
        "replies": {"low": _mean(least), "high": _mean(most)},
        "minutes": {name: _minutes(flags, given) for name, flags in (("low", least), ("high", most))},
    }


def _minutes(flags: Sequence[Sequence[float]], seconds: float) -> Score | None:
    """Minutes in a hundred conversations, from the replies saved in each."""
    return _mean([[sum(some) * seconds * HUNDRED / 60] for some in flags])
