"""Which FAQ entries a customer's question is about, and how probable it is that one answers it.

An entry is compared with the question by words (lexical.py) and, with an encoder, by meaning (dense.py). A
ranker turns the similarities into probabilities (ranker.py). Where entries have subjects and one of them is
named (subjects.py), only its entries are candidates.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from frontdesk.facts.entries import Entry
from frontdesk.retrieval.dense import DenseIndex, Embedder
from frontdesk.retrieval.lexical import LexicalIndex, terms
from frontdesk.retrieval.ranker import Ranker
from frontdesk.retrieval.readings import is_question, readings
from frontdesk.retrieval.subjects import Subjects

BEFORE_WEIGHT = 0.35
"""Of the turns before a follow-up, beside 1 of the question itself: entries that they are about gain on others."""
BY_WORDS = Ranker(np.array([12.0], np.float32), 3.0)
"""For words alone where `make data` has fitted nothing, as in a search of an agent. Set by hand, not measured."""


class Ranked(NamedTuple):
    """An entry, and the probability that it answers the question, 0 to 1."""

    entry: Entry
    probability: float


class Found(NamedTuple):
    """The likeliest entries, best first, for the last turn, for each of its parts, and for it with what was
    said before (none where nothing was); `asking`: of the parts, those that ask something."""

    turn: list[Ranked]
    parts: list[list[Ranked]]
    before: list[Ranked]
    asking: Sequence[list[Ranked]] = ()

    @property
    def surest(self) -> list[Ranked]:
        """Those of the reading whose first entry is the likeliest."""
        return max((self.turn, *self.parts, self.before), key=lambda found: found[0].probability if found else -1.0)

    def only(self, wanted: Callable[[Entry], bool]) -> "Found":
        """The same without the other entries."""
        turn, before, *rest = ([one for one in some if wanted(one.entry)] for some in (self.turn, self.before, *self.parts, *self.asking))
        return Found(turn, rest[: len(self.parts)], before, rest[len(self.parts) :])


class Index:
    """The entries of an FAQ, ready to be searched: by words, and by meaning where there is an embedder."""

    def __init__(self, entries: Sequence[Entry], embedder: Embedder | None = None, ranker: Ranker | None = None) -> None:
        """`ranker`: what was learned for the encoder, or for words alone."""
        self.entries = list(entries)
        self.subjects = Subjects(entry.subject for entry in self.entries)
        numbers = {subject: number for number, subject in enumerate(self.subjects.name_of)}
        self.subject_of = np.array([numbers.get(entry.subject, -1) for entry in self.entries])  # [entries], -1 where it has none
        self.lexical = LexicalIndex([" ".join(entry.texts) for entry in self.entries])
        self.dense = DenseIndex(self.entries, embedder) if embedder else None
        self.ranker = ranker or BY_WORDS
        self.compared: dict[str, np.ndarray] = {}

    def read(self, turns: Sequence[str], k: int = 5) -> Found:
        """The `k` likeliest entries for each reading of the conversation (readings.py), best first. `turns`:
        what was said so far, the question last."""
        asked, meant = readings(turns), self._meant(turns)
        features = self.features(asked.texts)
        ranked = [self._ranked(one, meant, k) for one in features[: 1 + len(asked.parts)]]
        leaning = features[0] + BEFORE_WEIGHT * (features[-1] - features[-1][meant].mean(axis=0)) if asked.before else None
        before = [] if leaning is None else self._ranked(leaning, meant, k)
        asking = [one for part, one in zip(asked.parts, ranked[1:], strict=True) if is_question(part)]
        return Found(ranked[0], ranked[1:], before, asking)

    def search(self, turns: Sequence[str], k: int = 3) -> list[Entry]:
        """The `k` likeliest entries, best first, by whichever reading is surest; each with the wording first
        that is closest to the question."""
        return [self.closest_question_first(one.entry, turns[-1]) for one in self.read(turns, k).surest]

    def features(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Of each text how similar it is to the entries: by meaning, three measures, and by words: [entries, 4
        or 1] each. An encoder takes some 30 ms for one text, and hardly longer for two."""
        new = [text for text in dict.fromkeys(texts) if text not in self.compared]
        known = self.compared | dict(zip(new, self._compare(new), strict=True))
        return [known[text] for text in texts]

    def _compare(self, texts: Sequence[str]) -> list[np.ndarray]:
        lexical = [self.lexical.scores(terms(text))[:, None] for text in texts]
        if self.dense is None or not texts:
            return lexical
        dense = self.dense.similarities(self.dense.embedder.embed(texts))
        return [np.hstack([meant, words]) for meant, words in zip(dense, lexical, strict=True)]

    def precompute(self, texts: Sequence[str]) -> None:
        """Encode the texts that many searches will ask for, all at once."""
        if self.dense:
            self.dense.embedder.precompute(texts)

    def compare(self, texts: Iterable[str]) -> None:
        """Compare the texts of the next searches with all entries, far quicker at once than singly; kept until the next call."""
        self.compared = {}
        several = list(dict.fromkeys(texts))
        self.compared = dict(zip(several, self._compare(several), strict=True))

    def closest_question_first(self, entry: Entry, question: str) -> Entry:
        """The entry with its wordings in the order of their similarity to the question."""
        if len(entry.questions) < 2:
            return entry
        if self.dense:
            vectors = self.dense.embedder.embed([*entry.questions, question])
            similarities = (vectors[:-1] @ vectors[-1]).tolist()
        else:
            asked = set(terms(question))
            similarities = [len(asked & (own := set(terms(one)))) / max(1, len(asked | own)) for one in entry.questions]
        order = sorted(range(len(similarities)), key=lambda i: -similarities[i])
        return entry._replace(questions=tuple(entry.questions[i] for i in order))

    def _meant(self, turns: Sequence[str]) -> np.ndarray:
        """The places of the candidates: of all entries, or of those of the subject that was named last, and of none."""
        named = next((names for turn in reversed(turns) if (names := self.subjects.named(turn))), None)
        if not named:
            return np.arange(len(self.entries))
        spoken_of = [number for number, subject in enumerate(self.subjects.name_of) if subject in named]
        return np.flatnonzero(np.isin(self.subject_of, [-1, *spoken_of]))

    def _ranked(self, features: np.ndarray, meant: np.ndarray, k: int) -> list[Ranked]:
        probabilities = self.ranker.probabilities(features[meant])
        return [Ranked(self.entries[meant[i]], float(probabilities[i])) for i in _highest(probabilities, k)]


def _highest(values: np.ndarray, k: int) -> np.ndarray:
    """The places of the `k` highest values, in their order; of equal ones the first."""
    least = np.partition(values, -k)[-k] if k < len(values) else -np.inf
    places = np.flatnonzero(values >= least)
    return places[np.argsort(-values[places], kind="stable")[:k]]
