"""The learned projection: wordings of one entry come closer than the whitening brings them, for entries that it never saw too."""

import numpy as np
import pytest

from data_tools.rows import projection
from data_tools.rows.projection import EncodedTexts, learn_projection, similarity_threshold, top_similarities
from frontdesk.retrieval.dense import DenseIndex, Embedder
from frontdesk.retrieval.vectors import Part, Projection, identity, unit, whiten

SIZE = 24


def wordings(rng, entries, each=4):
    """Vectors whose first 8 numbers tell the entry; the other 16 are noise that is twice as loud."""
    labels = np.repeat(np.arange(entries), each)
    about = rng.normal(size=(entries, 8))[labels]
    noise = 2 * rng.normal(size=(len(labels), 16))
    return EncodedTexts(np.hstack([about + 0.3 * rng.normal(size=(len(labels), 8)), noise]).astype(np.float32), labels)


def found(learned: Projection, texts):
    """The share of texts whose nearest other one is of their entry."""
    projected = learned(texts.vectors)
    similarity = projected @ projected.T
    np.fill_diagonal(similarity, -1)
    return float((texts.labels[similarity.argmax(1)] == texts.labels).mean())


def test_it_tells_entries_apart_that_it_never_saw():
    rng = np.random.default_rng(0)
    seen, unseen = wordings(rng, 60), wordings(rng, 40)
    plain, learned = whiten(seen.vectors, seen.labels), learn_projection(seen, seed=7)
    assert found(learned, unseen) > found(plain, unseen) + 0.03
    assert learned.matrix.dtype == np.float32 and learned.matrix.shape == (SIZE, SIZE)


def test_it_is_the_same_each_time_and_another_for_another_seed():
    texts = wordings(np.random.default_rng(1), 20)
    one, again, other = (learn_projection(texts, seed).matrix for seed in (7, 7, 8))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_entries_of_one_text_each_are_only_whitened():
    vectors = np.random.default_rng(2).normal(size=(10, SIZE)).astype(np.float32)
    learned = learn_projection(EncodedTexts(vectors, np.arange(10)), seed=7)
    assert np.array_equal(learned.matrix, whiten(vectors, np.arange(10)).matrix)


def test_parts_are_learned_for_themselves_and_count_alike():
    """However long the vectors of one model are: else its part of a similarity would be all of it."""
    texts = wordings(np.random.default_rng(3), 40)
    parts = (Part(SIZE, similarity_trained=False), Part(8, similarity_trained=True))
    both = EncodedTexts(np.hstack([texts.vectors, 100 * texts.vectors[:, :8]]), texts.labels, parts)
    learned, alone = learn_projection(both, seed=7), learn_projection(texts, seed=7)
    projected = learned(both.vectors)
    assert learned.parts == parts
    assert np.linalg.norm(projected, axis=1) == pytest.approx(np.ones(len(projected)), abs=1e-5)
    assert projected[:, :SIZE] * 2**0.5 == pytest.approx(alone(texts.vectors), abs=1e-3)
    assert projected[:, SIZE:] * 2**0.5 == pytest.approx(unit(texts.vectors[:, :8]), abs=1e-3)  # as it is


# The threshold --------------------------------------------------------------------------------------------------------


def everywhere(texts):
    return np.ones(len(texts.labels), bool)


class Given:
    """Stands for an encoder: texts are the numbers of their vectors."""

    def __init__(self, vectors):
        self.given = vectors

    def vectors(self, texts):
        return self.given[[int(text) for text in texts]]


def index_of(texts, learned):
    """The texts as the FAQ of a desk."""
    of_entry = [[str(place) for place in np.flatnonzero(texts.labels == entry)] for entry in np.unique(texts.labels)]
    return DenseIndex(of_entry, Embedder(Given(texts.vectors), learned))


def test_a_query_is_compared_with_the_corpus_as_the_desk_compares_it_and_never_with_itself():
    """For each query the desk's own index of the other texts is asked."""
    texts = wordings(np.random.default_rng(8), 12, each=3)
    vectors = unit(texts.vectors)
    corpus, queries = np.arange(36) % 3 < 2, np.arange(36) % 4 < 2
    expected = []
    for place in np.flatnonzero(queries):
        rest = corpus & (np.arange(36) != place)
        index = index_of(EncodedTexts(vectors[rest], texts.labels[rest]), identity(SIZE))
        expected.append(index.top_similarity(vectors[place]))
    assert top_similarities(vectors, texts.labels, corpus, queries) == pytest.approx(np.array(expected), abs=1e-5)


def test_one_question_in_twenty_is_taken_for_one_about_something_else():
    """Told from the FAQ's own wordings for new ones; questions about other things are farther away."""
    rng = np.random.default_rng(4)
    every, others = wordings(rng, 60, each=5), wordings(rng, 200, each=1)
    known, new = np.arange(300) % 5 < 4, np.arange(300) % 5 == 4
    faq = EncodedTexts(every.vectors[known], every.labels[known])
    threshold = similarity_threshold(faq, everywhere(faq), everywhere(faq), 0.05, seed=7)
    learned = learn_projection(faq, seed=7)._replace(min_similarity=threshold)
    index = index_of(faq, learned)

    def escalated(vectors):
        return float(np.mean([not index.is_in_domain(one) for one in learned(vectors)]))

    assert escalated(every.vectors[new]) < 0.15
    assert escalated(others.vectors) > 2 * max(escalated(every.vectors[new]), 0.05)
    assert threshold < similarity_threshold(faq, everywhere(faq), everywhere(faq), 0.3, seed=7)


def test_parts_that_were_trained_for_similarity_decide_alone():
    """A part in which everything is alike would hide what is far."""
    texts = wordings(np.random.default_rng(6), 40)
    trained, loud = texts.vectors[:, :8], 100 * texts.vectors[:, 8:]
    every = everywhere(texts)

    def threshold(vectors, *parts):
        return similarity_threshold(EncodedTexts(vectors, texts.labels, parts), every, every, 0.05, seed=7)

    both = threshold(np.hstack([loud, trained]), Part(16, similarity_trained=False), Part(8, similarity_trained=True))
    assert both == pytest.approx(threshold(trained, Part(8, similarity_trained=True)), abs=1e-6) and both > -1
    assert both != threshold(np.hstack([loud, trained]), Part(16, similarity_trained=False), Part(8, similarity_trained=False))


def test_few_wordings_tell_no_threshold():
    texts = wordings(np.random.default_rng(5), 20, each=4)
    assert similarity_threshold(texts, everywhere(texts), everywhere(texts), 0.05, seed=7) is None


def test_some_of_very_many_wordings_are_enough(monkeypatch):
    texts = wordings(np.random.default_rng(9), 60, each=4)
    whole = similarity_threshold(texts, everywhere(texts), everywhere(texts), 0.3, seed=7)
    monkeypatch.setattr(projection, "MAX_QUERIES", 120)
    some = similarity_threshold(texts, everywhere(texts), everywhere(texts), 0.3, seed=7)
    assert some != whole and some == pytest.approx(whole, abs=0.05)


def test_what_is_asked_need_not_be_known():
    """Each entry is known by one wording: the others lie farther from it than from each other."""
    texts = wordings(np.random.default_rng(7), 60, each=4)
    first = np.arange(240) % 4 == 0
    alone = similarity_threshold(texts, first, ~first, 0.05, seed=7)
    assert -1 < alone < similarity_threshold(texts, everywhere(texts), everywhere(texts), 0.05, seed=7)
