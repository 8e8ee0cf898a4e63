"""The probability that an FAQ entry answers a question, from how similar they are.

A conditional logit (McFadden 1974) with an outside option: each entry has a utility, a weighted sum of its
similarities, and so has `none of them`, a constant; their exponentials are the odds. So the probabilities of
all entries and of none sum to 1, entries that fit alike share, and one number decides what the desk does.
The weights are learned by `make data` (data_tools/rows/ranking.py).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

COMPETITORS = 10
"""Entries in the sum, the likeliest: thousands of poor matches together are no evidence."""


class Ranker(NamedTuple):
    """Weights of the similarities [features], and the utility of `none of them`."""

    weights: np.ndarray
    none: float

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """That each entry answers, from its features [entries, features]: [entries]."""
        utilities = features @ self.weights
        top = np.partition(utilities, -COMPETITORS)[-COMPETITORS:] if len(utilities) > COMPETITORS else utilities
        highest = max(float(top.max()), self.none)
        odds = np.exp(utilities - highest)
        return np.asarray(odds / (np.exp(top - highest).sum() + np.exp(self.none - highest)))


class Example(NamedTuple):
    """A question, as the features of the entries [entries, features], and which of them answers it, or none."""

    features: np.ndarray
    answer: int | None


BEYOND = 0.3
"""Share of customers' questions that no entry answers, as the probabilities take it."""


def fit(examples: Iterable[Example], penalty: float = 1.0) -> Ranker:
    """The likeliest weights, none of them negative; `penalty` on their squares. The examples without an answer
    count as BEYOND of all. They are read once, and little of each is kept."""
    from scipy.optimize import minimize

    packed, there = map(np.stack, zip(*map(_pack, examples), strict=True))
    size = packed.shape[2] - 1
    start = np.append(np.ones(size), 1.0)
    answered = int(there[:, 1].sum())
    counts = np.where(there[:, 1], 1.0, BEYOND / (1 - BEYOND) * answered / max(1, len(there) - answered))
    bounds = [(0, None)] * size + [(None, None)]
    found = minimize(_loss, start, (packed, there, counts, penalty), jac=True, method="L-BFGS-B", bounds=bounds)
    return Ranker(found.x[:size].astype(np.float32), float(found.x[size]))


def _pack(one: Example) -> tuple[np.ndarray, np.ndarray]:
    """The features of an example's most similar entries, those of its answer first, zeros and a column of ones
    for `none` [2 + COMPETITORS, features + 1]; and which of them are there [2 + COMPETITORS]."""
    size = one.features.shape[1]
    packed, there = np.zeros((2 + COMPETITORS, size + 1)), np.zeros(2 + COMPETITORS, bool)
    order = np.argsort(-one.features.mean(axis=1))[: COMPETITORS + 1]
    rows = [place for place in order if place != one.answer][:COMPETITORS]
    packed[0, size], there[0] = 1, True  # `none`
    if one.answer is not None:
        packed[1, :size], there[1] = one.features[one.answer], True
    packed[2 : 2 + len(rows), :size], there[2 : 2 + len(rows)] = one.features[rows], True
    return packed, there


def _loss(weights: np.ndarray, packed: np.ndarray, there: np.ndarray, counts: np.ndarray, penalty: float) -> tuple[float, np.ndarray]:
    """The negative log-likelihood of the answers, each as often as it counts, and its gradient."""
    utilities = np.where(there, packed @ weights, -np.inf)
    utilities -= utilities.max(axis=1, keepdims=True)
    odds = np.exp(utilities)
    total = odds.sum(axis=1, keepdims=True)
    chosen = there[:, 1].astype(int)  # the answer's place, or that of `none`
    rows = np.arange(len(packed))
    loss = -(counts * (utilities[rows, chosen] - np.log(total[:, 0]))).sum() + penalty * (weights[:-1] ** 2).sum() / 2
    slope = np.einsum("i,ij,ijk->k", counts, odds / total, packed) - (counts[:, None] * packed[rows, chosen]).sum(axis=0)
    slope[:-1] += penalty * weights[:-1]
    return float(loss), slope
