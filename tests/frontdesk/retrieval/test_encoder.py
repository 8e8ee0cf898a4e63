"""Vectors of sentences: an encoder's, whatever batch a text is in, and those of the latest texts are kept without their words."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from frontdesk.config.run import ENCODERS
from frontdesk.errors import UserError
from frontdesk.retrieval.encoder import BATCH, CACHE_SIZE, Encoder, SentenceModel, load_encoder

TEXTS = ["short", "How long does delivery to an island take, and what does it cost me?", "", "배송은 얼마나 걸리나요?", "a", "?!", "x" * 90]
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def minilm() -> Path:
    """The sentence encoder of the demo, as `make setup` fetches it."""
    return ROOT / ENCODERS["faq-minilm"]


@pytest.fixture(scope="module")
def model(minilm: Path) -> SentenceModel:
    return SentenceModel(minilm)


def test_it_knows_what_is_meant(model: SentenceModel) -> None:
    asked, same, other = model.vectors(["How much is shipping?", "What do I pay for delivery?", "Do you sell kites?"])
    assert asked @ same > 0.5 > asked @ other


def test_a_row_of_length_1_for_each_text_in_their_order(model: SentenceModel) -> None:
    vectors = model.vectors(TEXTS)
    assert vectors.shape == (len(TEXTS), model.width) == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(vectors)), abs=1e-5)
    assert model.vectors(TEXTS[::-1]) == pytest.approx(vectors[::-1], abs=1e-4)
    assert model.vectors([]).shape == (0, model.width)


def test_a_vector_does_not_depend_on_the_batch_that_it_is_in(model: SentenceModel) -> None:
    together = model.vectors([*map(str, range(BATCH)), *TEXTS])[BATCH:]
    for text, vector in zip(TEXTS, together, strict=True):
        assert model.vectors([text])[0] == pytest.approx(vector, abs=1e-4)


def test_of_an_endless_text_the_beginning_counts(model: SentenceModel) -> None:
    one, other = model.vectors(["no way " * 1000, "no way " * 1000 + "end"])
    assert one == pytest.approx(other, abs=1e-5)


def test_an_encoder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no model found"):
        load_encoder(str(tmp_path / "none"))


def test_a_language_model_is_no_encoder(tiny_llama3: Path) -> None:
    with pytest.raises(UserError, match=r"^encoder: .* is no sentence encoder; expected modules\.json in it.*; name another$"):
        load_encoder(str(tiny_llama3))


class Counting:
    """Stands for a model and keeps what it was asked."""

    width = 2

    def __init__(self) -> None:
        self.asked: list[str] = []

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[len(text), hash(text) % 1000] for text in texts], np.float32).reshape(len(texts), 2)


def test_what_was_asked_lately_is_not_encoded_again_and_its_words_are_not_kept() -> None:
    model = Counting()
    encoder = Encoder(model)
    first = encoder.vectors(["my name is Ann", "open?", "my name is Ann"])
    assert first[0] == pytest.approx(first[2]) and model.asked == ["my name is Ann", "open?"]
    again = encoder.vectors(["open?", "new", "my name is Ann"])
    assert model.asked == ["my name is Ann", "open?", "new"]
    assert again[[2, 0]] == pytest.approx(first[:2]) and again[1, 0] == 3
    assert encoder.vectors([]).shape == (0, 2)
    assert b"Ann" not in b"".join(encoder.cache) and Encoder(model).vectors(["open?"]) == pytest.approx(again[:1])


def test_only_the_latest_are_kept() -> None:
    model = Counting()
    encoder = Encoder(model)
    encoder.vectors(["first", "second"])
    encoder.vectors([str(i) for i in range(CACHE_SIZE - 2)])
    encoder.vectors(["first", "one more"])
    assert len(encoder.cache) == CACHE_SIZE and model.asked.count("first") == 1
    encoder.vectors(["first", "second"])
    assert model.asked.count("first") == 1 and model.asked.count("second") == 2


def test_runs_with_the_same_encoder_share_it(minilm: Path) -> None:
    assert load_encoder(str(minilm)) is load_encoder(str(minilm))
