"""Probabilities from similarities: they sum to one with `none of them`, and are as often right as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from frontdesk.retrieval.ranker import BEYOND, COMPETITORS, Example, Ranker, fit

RANKER = Ranker(np.array([4, 2], np.float32), 3.0)


@given(arrays(np.float32, st.tuples(st.integers(1, COMPETITORS), st.just(2)), elements=st.floats(-1, 1, width=32)))
def test_the_probabilities_of_all_entries_and_of_none_are_one(features: np.ndarray) -> None:
    found = RANKER.probabilities(features)
    assert ((found >= 0) & (found <= 1)).all()
    none = np.exp(RANKER.none) / (np.exp(RANKER.none) + np.exp(features.astype(float) @ RANKER.weights).sum())
    assert found.sum() + none == pytest.approx(1, abs=1e-5)
    order = np.argsort(features @ RANKER.weights, kind="stable")
    assert (np.diff(found[order]) >= -1e-7).all(), "more similar, more probable"


def test_an_entry_alone_is_as_probable_as_none_at_its_utility() -> None:
    assert RANKER.probabilities(np.array([[0.5, 0.5]])) == pytest.approx([0.5])
    assert RANKER.probabilities(np.array([[0.5, 0.5]] * 2)) == pytest.approx([1 / 3] * 2)


def test_thousands_of_poor_matches_are_no_evidence_against_a_good_one() -> None:
    few, many = (RANKER.probabilities(np.array([[1, 1], *[[0.1, 0]] * number]))[0] for number in (COMPETITORS - 1, 5000))
    assert few == pytest.approx(many, abs=1e-6)


def test_no_utility_is_too_high_or_too_low() -> None:
    for scale in (1e4, -1e4):
        found = RANKER.probabilities(np.array([[scale, scale], [0, 0]]))
        assert np.isfinite(found).all() and found[0] == pytest.approx(float(scale > 0))


def examples(rng: np.random.Generator, number: int) -> list[Example]:
    """Questions drawn from the model itself: weights 20 and 0 (noise), none at 16."""
    made = []
    for _ in range(number):
        features = rng.uniform(0, 1, (8, 2))
        utilities = np.append(20 * features[:, 0], 16)
        odds = np.exp(utilities)
        chosen = rng.choice(9, p=odds / odds.sum())
        made.append(Example(features, None if chosen == 8 else int(chosen)))
    return made


@pytest.fixture(scope="module")
def learned() -> Ranker:
    return fit(examples(np.random.default_rng(0), 1500), penalty=0.01)


def test_the_weights_of_the_examples_are_found(learned: Ranker) -> None:
    assert learned.weights[0] == pytest.approx(20, rel=0.1)
    assert 0 <= learned.weights[1] < 1, "noise"


def test_probabilities_are_as_often_right_as_they_say(learned: Ranker) -> None:
    """On other examples, where BEYOND of the questions have no answer."""
    rng = np.random.default_rng(1)
    drawn = examples(rng, 4000)
    answered, other = ([one for one in drawn if (one.answer is None) == none] for none in (False, True))
    kept = [*answered, *(other[place] for place in rng.integers(0, len(other), round(len(answered) * BEYOND / (1 - BEYOND))))]
    said = [(learned.probabilities(one.features), one.answer) for one in kept]
    tops = [(found.max(), found.argmax() == answer) for found, answer in said]
    for low in (0.2, 0.4, 0.6, 0.8):
        inside = [(probability, right) for probability, right in tops if low <= probability < low + 0.2]
        assert len(inside) > 100
        assert np.mean([right for _, right in inside]) == pytest.approx(np.mean([one for one, _ in inside]), abs=0.08)


def test_a_penalty_keeps_the_weights_small() -> None:
    made = examples(np.random.default_rng(5), 100)
    assert fit(made, penalty=0.01).weights[0] > fit(made, penalty=1).weights[0] > fit(made, penalty=100).weights[0] > 0


def test_no_weight_is_negative() -> None:
    """A similarity that speaks against an entry in a few examples is chance."""
    rng = np.random.default_rng(2)
    made = [Example(np.array([[0.9, 0.1], [0.1, 0.9]]) + rng.normal(0, 0.05, (2, 2)), place % 2 and None) for place in range(40)]
    first, second = fit(made).weights
    assert first > 0 == second


def test_however_many_examples_have_no_answer_their_share_is_the_customers() -> None:
    """Ten times as many of the same examples without an answer change nothing."""
    made = examples(np.random.default_rng(3), 300)
    often = [one for one in made for _ in range(10 if one.answer is None else 1)]
    one, other = fit(made), fit(often)
    assert other.weights == pytest.approx(one.weights, abs=0.02) and other.none == pytest.approx(one.none, abs=0.02)


def test_where_every_question_has_an_answer_none_is_improbable() -> None:
    made = [one for one in examples(np.random.default_rng(4), 300) if one.answer is not None]
    assert fit(made).probabilities(np.array([[0.9, 0.5], [0.1, 0.5]]))[0] > 0.9


def test_examples_are_read_once() -> None:
    """So that those of a large FAQ are never in memory together."""
    made = examples(np.random.default_rng(6), 60)
    listed, streamed = fit(made), fit(iter(made))
    assert np.array_equal(listed.weights, streamed.weights) and listed.none == streamed.none
