"""Intervals hold the truth as often as they say, whatever the clusters; differences are found when there are some, and only then."""

from collections.abc import Callable

import numpy as np
import pytest

from evaluate.stats.bootstrap import Clusters, bootstrap, effective, needed, paired, standard_error, student, totals, wilson

RUNS = 300
Draw = Callable[[np.random.Generator], tuple[Clusters, float]]


def shares(clusters: int, size: int, mean: float, alike: float) -> Draw:
    """Clusters of about `size` answers; `alike` is the correlation within a cluster (beta-binomial)."""

    def draw(generator: np.random.Generator) -> tuple[Clusters, float]:
        spread = (1 - alike) / alike if alike else 0
        chances = generator.beta(mean * spread, (1 - mean) * spread, clusters) if alike else np.full(clusters, mean)
        sizes = generator.integers(max(1, size - 1), size + 2, clusters)
        return {str(i): (generator.random(sizes[i]) < chances[i]).astype(float).tolist() for i in range(clusters)}, mean

    return draw


def changes(clusters: int, size: int, up: float, down: float) -> Draw:
    """Differences of two systems: `up` of the questions only the one gets right, `down` only the other; alike within clusters."""

    def draw(generator: np.random.Generator) -> tuple[Clusters, float]:
        chances = generator.dirichlet([3 * up + 1e-9, 3 * down + 1e-9, 3 * (1 - up - down)], clusters)
        return {str(i): generator.choice([1.0, -1.0, 0.0], size, p=chances[i]).tolist() for i in range(clusters)}, up - down

    return draw


def coverage(score: Callable[..., tuple[float, ...]], draw: Draw) -> float:
    """How often the interval holds the truth."""
    generator = np.random.default_rng(7)
    held = 0
    for run in range(RUNS):
        values, truth = draw(generator)
        _, low, high, *_ = score(values, 400, run)
        held += low <= truth <= high
    return held / RUNS


@pytest.mark.parametrize(
    "draw",
    [
        shares(60, 4, 0.5, 0.5),
        shares(60, 4, 0.85, 0.2),
        shares(12, 4, 0.5, 0.3),
        shares(60, 4, 0.03, 0.1),
        shares(60, 1, 0.02, 0),
        shares(3, 6, 0.5, 0.3),
        shares(3, 13, 0.5, 0.3),
        shares(6, 6, 0.5, 0),
        shares(9, 4, 0.7, 0.3),
    ],
)
def test_intervals_of_shares_hold_the_truth(draw: Draw) -> None:
    assert coverage(bootstrap, draw) >= 0.92


@pytest.mark.parametrize(
    "draw",
    [
        changes(60, 4, 0.25, 0.1),
        changes(60, 4, 0.02, 0.02),
        changes(36, 1, 0.1, 0.0),
        changes(15, 4, 0.3, 0.1),
        changes(12, 1, 0.35, 0.3),
        changes(8, 3, 0.35, 0.3),
        changes(3, 13, 0.3, 0.3),
    ],
)
def test_intervals_of_differences_hold_the_truth(draw: Draw) -> None:
    assert coverage(paired, draw) >= 0.92


def test_intervals_are_not_merely_wide() -> None:
    """Without likeness in clusters the bootstrap is about as wide as Wilson's interval; with it, wider."""
    alone, _ = shares(240, 1, 0.5, 0)(np.random.default_rng(1))
    alike: Clusters = {str(i): [float(i % 2)] * 4 for i in range(60)}
    score, clustered = bootstrap(alone), bootstrap(alike)
    for found, number in ((score, score.of), (clustered, 60)):  # 60 facts, not 240 questions
        low, high = wilson(found.value * number, number)
        assert found.high - found.low == pytest.approx(high - low, rel=0.1)


def test_all_equal_is_no_certainty() -> None:
    """0 right of 61 entries has Wilson's width; of fewer clusters a greater one."""
    score = bootstrap({str(i): [0.0] for i in range(61)})
    assert (score.value, score.low, score.high) == pytest.approx((0, *wilson(0, 61)))
    clustered = bootstrap({str(i): [1.0] * 4 for i in range(15)})
    assert (clustered.value, clustered.low, clustered.high) == pytest.approx((1, *wilson(15, 15)))
    assert (clustered.of, clustered.clusters) == (60, 15)
    half = bootstrap({str(i): [0.0, 1.0] for i in range(20)})  # every cluster half right
    assert (half.low, half.high) == pytest.approx(wilson(20, 40))


def test_the_same_seed_gives_the_same_interval_and_another_does_not() -> None:
    values, _ = shares(40, 3, 0.6, 0.3)(np.random.default_rng(3))
    assert bootstrap(values) == bootstrap(values)
    assert bootstrap(values, seed=1) != bootstrap(values, seed=2)


def test_numbers_that_are_no_shares() -> None:
    score = bootstrap({str(i): [10.0 + i, 30.0 + i] for i in range(20)})
    assert score.value == pytest.approx(29.5)
    assert 26 < score.low < score.value < score.high < 33
    assert bootstrap({"a": [3.0, 5.0]})[:3] == (4, 3, 5)  # one cluster says nothing about others
    assert bootstrap({"a": [3.0], "b": [3.0]})[:3] == (3, 3, 3)


def test_few_differences_prove_nothing() -> None:
    """Three questions of 60 in one system's favour are chance (sign test: 0.25), and no difference is not proof of none."""
    three = {str(i): [float(i < 3)] for i in range(60)}
    none = {str(i): [0.0] for i in range(60)}
    every = {str(i): [-1.0] for i in range(60)}
    assert paired(three).low < 0 < paired(three).high
    assert -0.1 < paired(none).low < 0 < paired(none).high < 0.1
    assert paired(every).low == -1 < paired(every).high < -0.8


def test_needed_is_the_size_that_excludes_a_tie_in_four_of_five() -> None:
    draw = changes(60, 4, 0.25, 0.15)
    generator = np.random.default_rng(11)
    sizes = [size for _ in range(60) if (size := needed(draw(generator)[0])) is not None]
    asked = int(np.median(sizes))
    powered = changes(asked // 4, 4, 0.25, 0.15)
    found = [(score := paired(powered(generator)[0], 400, run)).low > 0 or score.high < 0 for run in range(RUNS)]
    assert 0.65 <= np.mean(found) <= 0.95


def test_needed_counts_the_design_effect() -> None:
    """Four copies of every question are worth one."""
    once = {str(i): [float(i % 3 == 0) - float(i % 5 == 0)] for i in range(60)}
    copied = {name: numbers * 4 for name, numbers in once.items()}
    alone, four = needed(once), needed(copied)
    assert alone is not None and four == pytest.approx(4 * alone, abs=4)


def test_needed_knows_no_answer_without_a_difference() -> None:
    assert needed({"a": [1.0, -1.0], "b": [0.0]}) is None
    assert needed({"a": [1.0, 1.0]}) is None
    assert needed({"a": [1.0], "b": [1.0]}) == 6


def test_effective_number() -> None:
    """All alike in clusters of 4: a quarter; not alike: all; never more than there are."""
    generator = np.random.default_rng(5)
    assert effective({str(i): [float(i % 2)] * 4 for i in range(60)}) == pytest.approx(60, rel=0.02)
    assert effective({str(i): (generator.random(4) < 0.5).astype(float).tolist() for i in range(500)}) == pytest.approx(2000, rel=0.15)
    assert effective({str(i): [0.0, 1.0] for i in range(50)}) == 100
    assert effective({"a": [0.0] * 3, "b": [0.0]}) == pytest.approx(16 / 10)


def test_standard_error_of_single_questions_is_the_usual_one() -> None:
    numbers = np.random.default_rng(2).random(50)
    sums, sizes = totals({str(i): [float(number)] for i, number in enumerate(numbers)})
    assert standard_error(sums, sizes) == pytest.approx(numbers.std(ddof=1) / 50**0.5)


@pytest.mark.parametrize(("freedom", "quantile"), [(4, 2.776), (11, 2.201), (60, 2.000), (1000, 1.962)])
def test_student(freedom: int, quantile: float) -> None:
    assert student(freedom) == pytest.approx(quantile, abs=0.01)


def test_nothing_to_score_is_a_defect() -> None:
    with pytest.raises(AssertionError, match="no values"):
        bootstrap({})
    with pytest.raises(AssertionError, match="without any"):
        bootstrap({"a": [1.0], "b": []})


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],  # the last: Newcombe 1998
)
def test_wilson(right: int, of: int, low: float, high: float) -> None:
    assert wilson(right, of) == pytest.approx((low, high), abs=1e-4)
