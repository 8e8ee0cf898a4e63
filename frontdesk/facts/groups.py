"""Questions that are alike, together: the one clustering of reports and of the console's numbers."""

from collections.abc import Sequence

from frontdesk.facts.words import Weights

ALIKE = 0.25
"""Cosine similarity of their words' weights from which two questions are put together."""


def groups(questions: Sequence[str], alike: float = ALIKE) -> list[list[int]]:
    """The places of alike questions, together. Each question that is in no group begins one, and takes in all that are
    alike and in none."""
    weights, left, found = Weights(questions), dict(enumerate(questions)), list[list[int]]()
    for place, question in enumerate(questions):
        if place in left:
            near = weights.similarities(question) >= alike
            found.append([place for place in list(left) if near[place] or left[place] == question])
            for one in found[-1]:
                del left[one]
    return found
