"""Search by meaning: texts of entries as vectors, and how similar a question is to them."""

from collections import ChainMap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from frontdesk.retrieval.vectors import Projection, sums, unit

if TYPE_CHECKING:
    from frontdesk.retrieval.encoder import Encoder


class Embedder:
    """An encoder and the projection of its vectors. It keeps the FAQ's vectors, and no customer's words."""

    def __init__(self, encoder: "Encoder", projection: Projection, stored: dict[str, np.ndarray] | None = None) -> None:
        """`stored`: vectors of texts that were encoded before."""
        self.encoder, self.projection = encoder, projection
        self.stored = {} if stored is None else stored
        self.precomputed: dict[str, np.ndarray] = {}

    def store(self, texts: Iterable[str]) -> None:
        """Encode texts of the FAQ, those that are new, and keep their vectors."""
        self.stored.update(self._encode(text for text in dict.fromkeys(texts) if text not in self.stored))

    def precompute(self, texts: Iterable[str]) -> None:
        """Encode many questions at once, far quicker than singly; kept until the next call."""
        self.precomputed = self._encode(text for text in dict.fromkeys(texts) if text not in self.stored)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Texts as projected unit vectors: [texts, size]."""
        new = self._encode(text for text in dict.fromkeys(texts) if text not in self.stored and text not in self.precomputed)
        encoded = ChainMap(new, self.precomputed, self.stored)
        return self.projection(np.stack([encoded[text] for text in texts]))

    def _encode(self, texts: Iterable[str]) -> dict[str, np.ndarray]:
        return dict(zip(new, self.encoder.vectors(new), strict=True)) if (new := list(texts)) else {}


class EntryVectors:
    """Unit vectors of texts [n, size], the entry of each, 0 … m - 1 [n], the entries' centroids [m, size]."""

    def __init__(self, vectors: np.ndarray, labels: np.ndarray) -> None:
        self.vectors, self.labels = vectors, labels
        self.centroids = unit(sums(vectors, labels, int(labels.max()) + 1))

    def similarities(self, query: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Similarity of each entry's centroid, and nearest text, to a unit vector [size]: [m] and [m]."""
        nearest = np.full(len(self.centroids), -1.0, np.float32)
        np.maximum.at(nearest, self.labels, self.vectors @ query)
        return self.centroids @ query, nearest


class DenseIndex:
    """The entries of an FAQ, searched by meaning."""

    def __init__(self, entries: Sequence[Sequence[str]], embedder: Embedder) -> None:
        """`entries`: the texts of each."""
        self.embedder, self.projection = embedder, embedder.projection
        texts = [text for entry in entries for text in entry]
        distinct = list(dict.fromkeys(texts))
        embedder.store(distinct)
        self.known = dict(zip(distinct, embedder.embed(distinct), strict=True))  # projected vectors of the entries' texts
        vectors, labels = np.stack([self.known[text] for text in texts]), np.repeat(np.arange(len(entries)), list(map(len, entries)))
        self.vectors = EntryVectors(vectors, labels)
        self.scoring = EntryVectors(self.projection.scoring_subspace(vectors), labels)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Texts as projected unit vectors: [texts, size]."""
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        made = dict(zip(new, self.embedder.embed(new), strict=True)) if new else {}
        return np.stack([made[text] if text in made else self.known[text] for text in texts])

    def scores(self, query: np.ndarray) -> np.ndarray:
        """Similarity to each entry's centroid and nearest text, both standardized, added: [entries]."""
        centroid, nearest = self.vectors.similarities(query)
        return np.asarray(standardized(centroid) + standardized(nearest))

    def is_in_domain(self, query: np.ndarray) -> bool:
        """Whether the FAQ is about this at all: the top match reaches the projection's threshold."""
        threshold = self.projection.min_similarity
        return threshold is None or self.top_similarity(query) >= threshold

    def top_similarity(self, query: np.ndarray) -> float:
        """The similarity to the top match, -1 to 1: the mean of centroid's and nearest text's."""
        centroid, nearest = self.scoring.similarities(self.projection.scoring_subspace(query[None])[0])
        return float((nearest + centroid).max() / 2)


def standardized(values: np.ndarray) -> np.ndarray:
    """Mean 0 and standard deviation 1, or all 0."""
    return np.asarray((values - values.mean()) / (values.std() + 1e-9))
