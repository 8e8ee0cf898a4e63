"""Questions that are alike, together: the one clustering of reports and of the console's numbers."""

from collections.abc import Sequence

from frontdesk.facts.words import Weights, topics

ALIKE = 0.4
"""Cosine similarity of their words' weights from which two questions are put together."""


def groups(questions: Sequence[str]) -> list[list[int]]:
    """The places of alike questions, together. Each question that is in no group begins one, and takes in all that are
    alike and in none."""
    plain = [" ".join(topics(question)) or question for question in questions]  # `can you tell me` is alike in all of them
    weights, left, found = Weights(plain), dict(enumerate(plain)), list[list[int]]()
    for place, question in enumerate(plain):
        if place in left:
            near = weights.similarities(question) >= ALIKE
            found.append([other for other, text in left.items() if near[other] or text == question])
            for one in found[-1]:
                del left[one]
    return found
