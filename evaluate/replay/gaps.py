"""Questions that no entry answers, alike ones together: what the FAQ could gain, or what needs a person."""

from collections.abc import Sequence

from evaluate.replay.turns import Turn
from frontdesk.facts.words import Weights, topics

ALIKE = 0.25
"""Cosine similarity of their words' weights from which two questions are put together."""


def gaps(turns: Sequence[Turn]) -> list[list[Turn]]:
    """The turns that were rightly handed over, in groups of alike questions: the largest first, and of those as
    large, the one in which agents state the most.

    Each question that is in no group begins one, and takes in all that are alike. Those that say nothing by
    themselves (`yes please`) are left out.
    """
    asked = [one for one in turns if one.outcome == "handed over" and one.comparison == "agrees" and topics(one.customer)]
    weights, left, groups = Weights([one.customer for one in asked]), dict(enumerate(asked)), list[list[Turn]]()
    for place, turn in enumerate(asked):
        if place in left:
            near = weights.similarities(turn.customer) >= ALIKE
            groups.append([left.pop(other) for other in list(left) if other == place or near[other]])
    return sorted(groups, key=lambda group: (len(group), sum(one.did == "states" for one in group)), reverse=True)
