"""Questions that no entry answers, alike ones together: what the FAQ could gain, or what needs a person."""

from collections.abc import Sequence

from evaluate.replay.turns import Turn
from frontdesk.facts.groups import groups
from frontdesk.facts.words import topics


def gaps(turns: Sequence[Turn]) -> list[list[Turn]]:
    """The turns that were rightly handed over, in groups of alike questions: the largest first, and of those as
    large, the one in which agents state the most. Those that say nothing by
    themselves (`yes please`) are left out."""
    asked = [one for one in turns if one.outcome == "handed over" and one.comparison == "agrees" and topics(one.customer)]
    found = [[asked[place] for place in group] for group in groups([one.customer for one in asked])]
    return sorted(found, key=lambda group: (len(group), sum(one.did == "states" for one in group)), reverse=True)
