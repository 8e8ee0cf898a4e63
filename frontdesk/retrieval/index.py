"""Which FAQ entries a customer's question is about.

An entry's score is a weighted sum of what words say (lexical.py) and, with an encoder, what the meaning says
(dense.py), each in standard deviations over the entries. A follow-up leans on the turns before it. Where
entries have subjects and one of them is named (subjects.py), only its entries are candidates. A question that
is similar to no entry has no hits, and the desk escalates.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from frontdesk.facts.entries import Entry
from frontdesk.retrieval.dense import DenseIndex, Embedder, standardized
from frontdesk.retrieval.lexical import LexicalIndex, terms
from frontdesk.retrieval.subjects import Subjects

EARLIER_WEIGHT = 0.35  # the weight of the turns before a question; the question's is 1
LEXICAL_WEIGHT = 0.5
"""The weight of words beside one model, whose two measures weigh 1 each; beside several, a share of it."""


class Query(NamedTuple):
    """What a search needs of a text: its terms and, with an encoder, its projected vector [size]."""

    terms: list[str]
    vector: np.ndarray | None


class SearchResult(NamedTuple):
    """What a search finds, best first: `hits`, or if the question is out of domain the `nearest` entries."""

    hits: list[Entry]
    nearest: list[Entry]


class Index:
    """The entries of an FAQ, ready to be searched: by words, and by meaning where there is an embedder."""

    def __init__(self, entries: Sequence[Entry], embedder: Embedder | None = None) -> None:
        self.entries = list(entries)
        self.subjects = Subjects(entry.subject for entry in self.entries)
        self.lexical = LexicalIndex([" ".join(entry.texts) for entry in self.entries])
        self.dense = DenseIndex([entry.texts for entry in self.entries], embedder) if embedder else None

    def search(self, turns: Sequence[str], k: int = 3) -> SearchResult:
        """The `k` entries with the highest scores. A hit has the wording first that is closest to the
        question. `turns` are what was said so far, the question last. There is no hit where neither it nor
        what was said before is in domain."""
        queries = self._queries(turns)
        scores = self._scores(queries, turns)
        nearest = [self.entries[i] for i in scores.argsort()[::-1][:k] if scores[i] > float("-inf")]
        if any(map(self.is_in_domain, queries)):
            return SearchResult([self.closest_question_first(entry, queries[0]) for entry in nearest], [])
        return SearchResult([], nearest)

    def scores(self, turns: Sequence[str]) -> np.ndarray:
        """The score of each entry, minus infinity for those of a subject that is not meant: [entries]."""
        return self._scores(self._queries(turns), turns)

    def precompute(self, texts: Sequence[str]) -> None:
        """Encode the texts that many searches will ask for, all at once."""
        if self.dense:
            self.dense.embedder.precompute(texts)

    def is_in_domain(self, query: Query) -> bool:
        """Whether the FAQ is about this at all, as far as an encoder can say."""
        return query.vector is None or self.dense is None or self.dense.is_in_domain(query.vector)

    def closest_question_first(self, entry: Entry, query: Query) -> Entry:
        """The entry with its wordings in the order of their similarity to the query."""
        if len(entry.questions) < 2:
            return entry
        if query.vector is not None and self.dense:
            similarities = (self.dense.embed(entry.questions) @ query.vector).tolist()
        else:
            asked = set(query.terms)
            similarities = [len(asked & (own := set(terms(one)))) / max(1, len(asked | own)) for one in entry.questions]
        order = sorted(range(len(similarities)), key=lambda i: -similarities[i])
        return entry._replace(questions=tuple(entry.questions[i] for i in order))

    def encode_queries(self, texts: Sequence[str]) -> list[Query]:
        """Texts as queries. With an encoder one takes some 30 ms, and two take hardly longer together."""
        vectors = self.dense.embed(texts) if self.dense else [None] * len(texts)
        return [Query(terms(text), vector) for text, vector in zip(texts, vectors, strict=True)]

    def _queries(self, turns: Sequence[str]) -> list[Query]:
        """The question, and what a follow-up leans on where there is something: the two turns before it."""
        earlier = " ".join(turns[-3:-1])
        return self.encode_queries([turns[-1], earlier] if earlier else [turns[-1]])

    def _scores(self, queries: Sequence[Query], turns: Sequence[str]) -> np.ndarray:
        scores = self._score(queries[0])
        for earlier in queries[1:]:
            scores = scores + EARLIER_WEIGHT * self._score(earlier)
        if meant := next((names for turn in reversed(turns) if (names := self.subjects.named(turn))), None):
            others = self.subjects.name_of.keys() - set(meant)
            scores[[entry.subject in others for entry in self.entries]] = -np.inf
        return scores

    def _score(self, query: Query) -> np.ndarray:
        scores = standardized(self.lexical.scores(query.terms))
        if query.vector is None or self.dense is None:
            return scores
        weight = LEXICAL_WEIGHT / max(1, len(self.dense.projection.parts))
        return np.asarray(weight * scores + self.dense.scores(query.vector))
