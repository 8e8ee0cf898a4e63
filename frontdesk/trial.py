"""What a trial has shown so far: how the candidate's conversations went beside those of the served version, or its answers in shadow."""

from collections import Counter
from dataclasses import dataclass

from frontdesk.config.run import Run
from frontdesk.files import read_jsonl
from frontdesk.releases import State
from frontdesk.sequential import ALPHA, Count, Difference, difference
from frontdesk.store.store import Store
from frontdesk.store.trials import Outcomes, outcomes
from frontdesk.versions import LENGTH

BAD = {"handed_over": 1, "resolved": -1, "disliked": 1, "failed": 1}
"""The outcomes, and the direction that is bad news."""
LIMITS = ("handed_over", "disliked", "failed")
"""Of these the candidate may not have more than the served version, beyond chance: then it is rolled back."""


@dataclass(frozen=True)
class Comparison:
    """One outcome of both versions. `difference` of the candidate from the served; all intervals together cover with 1 − ALPHA."""

    name: str
    served: Count
    candidate: Count
    difference: Difference | None

    @property
    def verdict(self) -> str:
        """ "better", "worse", or "open"."""
        sign = self.difference.sign * BAD[self.name] if self.difference else 0
        return {1: "worse", -1: "better", 0: "open"}[sign]


def comparisons(store: Store, run: Run, state: State) -> list[Comparison]:
    """Of the conversations since the trial began, in the order of BAD."""
    found = outcomes(store, run.name, state.since, LENGTH)
    one, other = (found.get(id or "", Outcomes()) for id in (state.served, state.candidate))
    counts = ((name, getattr(one, name), getattr(other, name)) for name in BAD)
    return [Comparison(name, first, second, difference(first, second, ALPHA / len(BAD))) for name, first, second in counts]


def missed(found: list[Comparison]) -> str:
    """The limit that a candidate misses, in words; "" for none."""
    worse = [one for one in found if one.name in LIMITS and one.verdict == "worse"]
    return "; ".join(
        f"{one.name.replace('_', ' ')}: {one.candidate.hits} of {one.candidate.number}, of the served version {one.served.hits} of "
        f"{one.served.number}, more than chance explains"
        for one in worse
    )


def shadowed(run: Run, candidate: str) -> Counter[str]:
    """Of the answers compared in shadow: how many there were ("answers"), with the same "outcome", "entry" and "words", and "failed"."""
    path = run.release / f"shadow-{candidate}.jsonl"
    lines = read_jsonl(path) if path.is_file() else []
    found = Counter(name for line in lines for name, same in line.items() if same)
    return found + Counter(answers=len(lines))
