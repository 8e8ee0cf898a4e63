"""The file of what retrieval has learned: whole, of one encoder, and with or without each of its parts."""

from pathlib import Path

import numpy as np
import pytest

from frontdesk.retrieval.ranker import Ranker
from frontdesk.retrieval.vectors import load_ranker, load_vectors, save_vectors

RANKER = Ranker(np.array([1.5, 0, 2], np.float32), -0.25)
VECTORS = {"a": np.array([1, 0], np.float32), "배송 “b”\nc": np.array([0.6, 0.8], np.float32)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made/vectors.npz"


def test_what_was_saved_is_loaded(path: Path) -> None:
    save_vectors(path, "some-model", VECTORS, RANKER)
    vectors, ranker = load_vectors(path, "some-model"), load_ranker(path, "some-model")
    assert list(vectors) == list(VECTORS)
    for text, vector in vectors.items():
        assert vector.dtype == np.float32 and vector == pytest.approx(VECTORS[text], abs=1e-3)
    assert ranker is not None and ranker.none == RANKER.none and np.array_equal(ranker.weights, RANKER.weights)
    assert [one.name for one in path.parent.iterdir()] == ["vectors.npz"], "nothing temporary is left"


@pytest.mark.parametrize("other", ["another-model", None])
def test_what_another_encoder_made_is_ignored(path: Path, other: str | None) -> None:
    save_vectors(path, "some-model", VECTORS, RANKER)
    assert load_vectors(path, other) == {} and load_ranker(path, other) is None


def test_where_there_is_no_file_there_is_nothing(path: Path) -> None:
    assert load_vectors(path, "some-model") == {} and load_ranker(path, None) is None


def test_a_run_without_an_encoder_has_a_ranker_of_words_alone(path: Path) -> None:
    save_vectors(path, None, {}, RANKER)
    found = load_ranker(path, None)
    assert found is not None and found.none == RANKER.none
    assert load_vectors(path, None) == {} and load_ranker(path, "some-model") is None and load_vectors(path, "some-model") == {}


def test_vectors_alone_have_no_ranker(path: Path) -> None:
    save_vectors(path, "some-model", VECTORS)
    assert set(load_vectors(path, "some-model")) == set(VECTORS)
    assert load_ranker(path, "some-model") is None


def test_a_file_of_version_0_1_has_no_ranker(path: Path) -> None:
    """Its projection is not read; retrieval goes by words until `make data` has learned anew."""
    path.parent.mkdir()
    projection = {"mean": np.zeros(2, np.float32), "matrix": np.eye(2, dtype=np.float32), "widths": [2], "ready": [True], "least": 0.5}
    np.savez(path, encoder="some-model", texts=np.array(["a"]), vectors=np.ones((1, 2), np.float16), **projection)  # type: ignore[arg-type]
    assert load_ranker(path, "some-model") is None


def test_a_new_file_replaces_the_old_one(path: Path) -> None:
    save_vectors(path, "some-model", VECTORS, RANKER)
    save_vectors(path, "another-model", {"c": np.ones(2)}, RANKER._replace(none=1.0))
    assert list(load_vectors(path, "another-model")) == ["c"] and load_vectors(path, "some-model") == {}


def test_any_text_is_the_same_afterwards_and_a_long_one_takes_no_room_in_others(path: Path) -> None:
    texts = ["x" * 100_000, "ends in nothing\0", "\ud800 half a letter", *(str(number) for number in range(1000))]
    save_vectors(path, "some-model", dict.fromkeys(texts, np.array([1, 0], np.float32)))
    assert list(load_vectors(path, "some-model")) == texts
    assert path.stat().st_size < 200_000


def test_a_file_of_version_0_2_is_read(path: Path) -> None:
    path.parent.mkdir()
    np.savez(path, encoder="some-model", texts=np.array(["a", "배송"]), vectors=np.eye(2, dtype=np.float16))  # type: ignore[arg-type]
    assert list(load_vectors(path, "some-model")) == ["a", "배송"]
