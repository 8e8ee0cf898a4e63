"""Projections of vectors, and the file that keeps them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontdesk.retrieval.vectors import Part, Projection, encoder_name, identity, load_vectors, save_vectors, unit, whiten


def scattered(rng: Any, entries: int = 30, wordings: int = 6, size: int = 16) -> tuple[Any, Any]:
    """Vectors whose wordings differ most in the first four directions, and entries in the others."""
    labels = np.repeat(np.arange(entries), wordings)
    spread, apart = np.where(np.arange(size) < 4, 5.0, 0.5), np.where(np.arange(size) < 4, 0.2, 1.0)
    return ((rng.normal(size=(entries, size)) * apart)[labels] + rng.normal(size=(len(labels), size)) * spread).astype(np.float32), labels


def within_share(vectors: Any, labels: Any) -> float:
    """How much of the scatter is within the entries: 0 to 1."""
    means = np.stack([vectors[labels == one].mean(0) for one in range(labels.max() + 1)])
    return float(((vectors - means[labels]) ** 2).sum() / ((vectors - vectors.mean(0)) ** 2).sum())


@pytest.mark.parametrize("seed", range(3))
def test_whitening_makes_wordings_of_one_entry_more_alike_than_those_of_two(seed: int) -> None:
    vectors, labels = scattered(np.random.default_rng(seed))
    white = whiten(vectors, labels)
    after = (vectors - white.mean) @ white.matrix
    assert within_share(after, labels) < within_share(vectors, labels) - 0.1
    assert white.matrix == pytest.approx(white.matrix.T, abs=1e-5), "no direction is turned into another"


def test_whitening_by_single_wordings_is_finite() -> None:
    vectors = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    white = whiten(vectors, np.arange(5))
    assert np.isfinite(unit((vectors - white.mean) @ white.matrix)).all()


def test_parts_count_alike_however_long_their_vectors_are() -> None:
    parts = (Part(2, similarity_trained=False),) * 2
    loud = Projection(np.zeros(4, np.float32), np.diag([1000, 1000, 1, 1]).astype(np.float32), parts)
    projected = loud(np.array([[1, 0, 0, 1], [0, 1, 0, 1]], np.float32))
    assert projected @ projected.T == pytest.approx(np.array([[1, 0.5], [0.5, 1]]), abs=1e-5)


def test_vectors_of_another_encoder_or_of_none_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npz"
    assert load_vectors(path) == (None, {})
    save_vectors(path, "some-model", identity(256), {"a": np.ones(256)})
    assert load_vectors(path, "another-model") == (None, {})
    assert set(load_vectors(path)[1]) == set(load_vectors(path, "some-model")[1]) == {"a"}


@pytest.mark.parametrize("threshold", [0.25, None])
def test_the_projection_is_saved_whole(tmp_path: Path, threshold: float | None) -> None:
    parts = (Part(2, similarity_trained=True), Part(3, similarity_trained=False))
    projection = Projection(np.ones(5, np.float32), np.eye(5, dtype=np.float32), parts, threshold)
    save_vectors(tmp_path / "vectors.npz", "a+b", projection, {"x": np.ones(5, np.float32)})
    loaded, _ = load_vectors(tmp_path / "vectors.npz", encoder_name(["a", "b"]))
    assert loaded is not None and (loaded.parts, loaded.min_similarity) == (parts, threshold)
    assert np.array_equal(loaded.mean, projection.mean) and np.array_equal(loaded.matrix, projection.matrix)
