"""The learned projection: wordings of one entry come closer than the whitening brings them, for entries that it never saw too."""

import numpy as np
import pytest

from data_tools.rows.projection import learn, least_likeness
from frontdesk.retrieval.index import Part, Whitening, likeness, sums, unit, whitening

SIZE = 24


def wordings(rng, entries, each=4):
    """Vectors whose first 8 numbers tell the entry; the other 16 are noise that is twice as loud."""
    owner = np.repeat(np.arange(entries), each)
    about = rng.normal(size=(entries, 8))[owner]
    return np.hstack([about + 0.3 * rng.normal(size=(len(owner), 8)), 2 * rng.normal(size=(len(owner), 16))]).astype(np.float32), owner


def found(metric: Whitening, vectors, owner):
    """The share of vectors whose nearest other one is of their entry."""
    placed = metric(vectors)
    likeness = placed @ placed.T
    np.fill_diagonal(likeness, -1)
    return float((owner[likeness.argmax(1)] == owner).mean())


def test_it_tells_entries_apart_that_it_never_saw():
    rng = np.random.default_rng(0)
    learned_from, unseen = wordings(rng, 60), wordings(rng, 40)
    plain, learned = whitening(*learned_from), learn(*learned_from, seed=7)
    assert found(learned, *unseen) > found(plain, *unseen) + 0.03
    assert learned.matrix.dtype == np.float32 and learned.matrix.shape == (SIZE, SIZE)


def test_it_is_the_same_each_time_and_another_for_another_seed():
    texts = wordings(np.random.default_rng(1), 20)
    one, again, other = (learn(*texts, seed=seed).matrix for seed in (7, 7, 8))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_entries_of_one_text_each_are_only_whitened():
    vectors = np.random.default_rng(2).normal(size=(10, SIZE)).astype(np.float32)
    assert np.array_equal(learn(vectors, np.arange(10), seed=7).matrix, whitening(vectors, np.arange(10)).matrix)


def test_parts_are_learned_for_themselves_and_count_alike():
    """However long the vectors of one model are: else its part of a likeness would be all of it."""
    rng = np.random.default_rng(3)
    vectors, owner = wordings(rng, 40)
    both = np.hstack([vectors, 100 * vectors[:, :8]])
    metric = learn(both, owner, seed=7, parts=(Part(SIZE, ready=False), Part(8, ready=True)))
    alone = learn(vectors, owner, seed=7)
    placed = metric(both)
    assert metric.widths == (SIZE, 8)
    assert np.linalg.norm(placed, axis=1) == pytest.approx(np.ones(len(placed)), abs=1e-5)
    assert placed[:, :SIZE] * 2**0.5 == pytest.approx(alone(vectors), abs=1e-3)
    assert placed[:, SIZE:] * 2**0.5 == pytest.approx(unit(vectors[:, :8]), abs=1e-3)  # as it is


def test_one_question_in_twenty_is_taken_for_one_about_something_else():
    """Told from the FAQ's own wordings for new ones; questions about other things are farther away."""
    rng = np.random.default_rng(4)
    (vectors, owner), (others, _) = wordings(rng, 60, each=5), wordings(rng, 200, each=1)
    known, new = np.arange(len(owner)) % 5 < 4, np.arange(len(owner)) % 5 == 4
    every = np.ones(known.sum(), bool)
    least = least_likeness(vectors[known], owner[known], every, every, 0.05, seed=7)
    metric = learn(vectors[known], owner[known], seed=7)

    def far(some):
        placed, texts = metric(some), metric(vectors[known])
        middles = unit(sums(texts, owner[known], 60))
        return float(np.mean([likeness(one, texts, owner[known], middles) < least for one in placed]))

    assert far(vectors[new]) < 0.15
    assert far(others) > 2 * max(far(vectors[new]), 0.05)
    assert least < least_likeness(vectors[known], owner[known], every, every, 0.3, seed=7)


def test_parts_that_were_trained_for_likeness_tell_it_alone():
    """A part in which everything is alike would hide what is far."""
    (vectors, owner), every = wordings(np.random.default_rng(6), 40), np.ones(160, bool)
    ready, loud = vectors[:, :8], 100 * vectors[:, 8:]
    both = least_likeness(np.hstack([loud, ready]), owner, every, every, 0.05, 7, (Part(16, ready=False), Part(8, ready=True)))
    assert both == least_likeness(ready, owner, every, every, 0.05, 7, (Part(8, ready=True),)) > -1
    assert both != least_likeness(np.hstack([loud, ready]), owner, every, every, 0.05, 7, (Part(16, ready=False), Part(8, ready=False)))


def test_of_few_wordings_it_is_not_told():
    vectors, owner = wordings(np.random.default_rng(5), 20, each=4)
    every = np.ones(len(owner), bool)
    assert least_likeness(vectors, owner, every, every, 0.05, seed=7) == -1.0


def test_what_is_asked_need_not_be_known():
    """Each entry is known by one wording: the others lie farther from it than from each other."""
    vectors, owner = wordings(np.random.default_rng(7), 60, each=4)
    every, first = np.ones(len(owner), bool), np.arange(len(owner)) % 4 == 0
    assert -1 < least_likeness(vectors, owner, first, ~first, 0.05, seed=7) < least_likeness(vectors, owner, every, every, 0.05, seed=7)
