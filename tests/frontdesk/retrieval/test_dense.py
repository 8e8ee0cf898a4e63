"""Entries as vectors: which texts are encoded, and how similar a question is to them."""

import numpy as np
import pytest

from frontdesk.facts.entries import Entry
from frontdesk.retrieval.dense import DenseIndex, Embedder, indexed, unit
from tests.frontdesk.retrieval.by_words import ByWords

FEE = Entry("fee", ("shipping fee", "cost of postage"), ("It is $4.90.", "Four ninety."))
BARE = Entry("bare", (), ("We are open.",))


def test_the_questions_are_encoded_and_the_first_with_the_answer() -> None:
    assert indexed(FEE) == ["shipping fee", "cost of postage", "shipping fee It is $4.90."]
    assert indexed(BARE) == ["We are open."]


def test_similarities_are_to_the_nearest_text_to_the_centroid_and_to_the_answer() -> None:
    encoder = ByWords()
    index = DenseIndex([FEE, BARE], Embedder(encoder))
    own = encoder.vectors(indexed(FEE))
    queries = encoder.vectors(["shipping fee", "cost of postage", "It is $4.90.", "open"])
    together = index.similarities(queries)
    assert together.shape == (4, 2, 3)
    for query, found in zip(queries, together, strict=True):
        cosines, centroid = own @ query, unit(own.sum(axis=0, keepdims=True))[0]
        assert found[0] == pytest.approx([cosines.max(), centroid @ query, cosines[2]], abs=1e-5)
        assert found[1] == pytest.approx([found[1, 0]] * 3, abs=1e-5), "all one text"
        assert index.similarities(query[None])[0] == pytest.approx(found, abs=1e-6), "singly as together"
    assert together[0, :, 0].tolist() == pytest.approx([1.0, 0.0], abs=0.3)


def test_embedding_takes_what_is_stored_or_precomputed_and_encodes_the_rest_once() -> None:
    encoder = ByWords()
    embedder = Embedder(encoder, {"a": np.ones(256, np.float32)})
    embedder.precompute(["a", "b", "b"])
    embedder.store(["c", "a"])
    made = embedder.embed(["c", "d", "a", "b", "d"])
    assert encoder.asked == ["b", "c", "d"]
    assert made.shape == (5, 256) and np.array_equal(made[1], made[4]) and np.array_equal(made[2], np.ones(256))
    assert set(embedder.stored) == {"a", "c"}
    embedder.precompute([])
    assert embedder.precomputed == {} and encoder.asked == ["b", "c", "d"]


def test_unit_vectors_and_nothing_stays_nothing() -> None:
    made = unit(np.array([[3, 4], [0, 0], [-2, 0]], np.float32))
    assert made == pytest.approx(np.array([[0.6, 0.8], [0, 0], [-1, 0]]))
