"""Vectors of sentences: the mean of a decoder's middle layer's states, whatever batch a text is in; a sentence encoder's; both."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModel

from frontdesk.config.run import ENCODERS
from frontdesk.errors import UserError
from frontdesk.retrieval.encoder import BATCH, CACHE_SIZE, LEAD, Encoder, LowerHalf, SentenceModel, load_encoder
from frontdesk.retrieval.vectors import Part

TEXTS = ["short", "How long does delivery to an island take, and what does it cost me?", "", "배송은 얼마나 걸리나요?", "a", "?!", "x" * 90]


ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def encoder(tiny_llama3: Path) -> LowerHalf:
    return LowerHalf(tiny_llama3)


def test_a_row_for_each_text_in_their_order(encoder: LowerHalf) -> None:
    vectors = encoder.vectors(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.model.config.hidden_size)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert encoder.vectors(TEXTS[::-1]) == pytest.approx(vectors[::-1], abs=1e-4)
    assert encoder.vectors([]).shape == (0, vectors.shape[1])


def test_a_vector_does_not_depend_on_the_batch_that_it_is_in(encoder: LowerHalf) -> None:
    """Padding is not in the mean, and more texts than one batch holds are no other."""
    together = encoder.vectors(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        assert encoder.vectors([text])[0] == pytest.approx(vector, abs=1e-4)
    many = encoder.vectors([*(f"filler number {number}" for number in range(2 * BATCH)), *TEXTS])
    assert many[2 * BATCH :] == pytest.approx(together, abs=1e-4)


def test_it_is_the_mean_of_the_middle_layers_states_after_the_lead(encoder: LowerHalf, tiny_llama3: Path) -> None:
    whole: Any = AutoModel.from_pretrained(tiny_llama3, dtype=torch.float32)
    layers = whole.config.num_hidden_layers
    assert len(encoder.model.layers) == layers // 2
    lead = encoder.tokenizer(LEAD, add_special_tokens=False)["input_ids"]
    for text in ("short", "배송은 얼마나 걸리나요?"):
        ids = lead + encoder.tokenizer(text, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            states = whole(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states[layers // 2]
        assert encoder.vectors([text])[0] == pytest.approx(states[0, len(lead) :].mean(0).numpy(), abs=1e-4)


def test_case_does_not_count_and_another_text_is_another_vector(encoder: LowerHalf) -> None:
    loud, quiet, other = encoder.vectors(["WHEN ARE YOU OPEN?", "when are you open?", "when are you closed?"])
    assert loud == pytest.approx(quiet, abs=1e-5)
    assert np.abs(quiet - other).max() > 1e-3


def test_of_an_endless_text_the_beginning_counts(encoder: LowerHalf) -> None:
    one, other = encoder.vectors(["no way " * 1000, "no way " * 1000 + "end"])
    assert one == pytest.approx(other, abs=1e-5)


@pytest.fixture(scope="module")
def minilm() -> Path:
    """The sentence encoder of the demo, as `make setup` fetches it."""
    return ROOT / ENCODERS["all-minilm-l6-v2"]


def test_a_sentence_encoder_knows_what_is_meant(minilm: Path) -> None:
    model = SentenceModel(minilm)
    vectors = model.vectors(["How much is shipping?", "What do I pay for delivery?", "Do you sell kites?", *TEXTS])
    assert vectors.shape == (3 + len(TEXTS), model.width)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(vectors)), abs=1e-5)
    asked, same, other = vectors[:3]
    assert asked @ same > 0.5 > asked @ other
    assert model.vectors(["Do you sell kites?"])[0] == pytest.approx(other, abs=1e-5)
    assert model.vectors([]).shape == (0, model.width)


def test_models_stand_side_by_side_in_their_order(minilm: Path, tiny_llama3: Path) -> None:
    both = load_encoder([str(minilm), str(tiny_llama3)])
    first, second = both.models
    assert (
        both.parts
        == (Part(384, similarity_trained=True), Part(64, similarity_trained=False))
        == (Part(first.width, first.similarity_trained), Part(second.width, second.similarity_trained))
    )
    assert both.vectors(["a", "b"]) == pytest.approx(np.hstack([first.vectors(["a", "b"]), second.vectors(["a", "b"])]))
    assert isinstance(both, Encoder) and isinstance(first, SentenceModel) and isinstance(second, LowerHalf)


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no model found"):
        load_encoder([str(tmp_path / "none")])


class Counting:
    """Stands for a model and keeps what it was asked."""

    width, similarity_trained = 2, True

    def __init__(self) -> None:
        self.asked: list[str] = []

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[len(text), hash(text) % 1000] for text in texts], np.float32).reshape(len(texts), 2)


def test_what_was_asked_lately_is_not_encoded_again_and_its_words_are_not_kept() -> None:
    model = Counting()
    encoder = Encoder([model])
    first = encoder.vectors(["my name is Ann", "open?", "my name is Ann"])
    assert first[0] == pytest.approx(first[2]) and model.asked == ["my name is Ann", "open?"]
    again = encoder.vectors(["open?", "new", "my name is Ann"])
    assert model.asked == ["my name is Ann", "open?", "new"]
    assert again[[2, 0]] == pytest.approx(first[:2]) and again[1, 0] == 3
    assert encoder.vectors([]).shape == (0, 2)
    assert b"Ann" not in b"".join(encoder.cache) and Encoder([model]).vectors(["open?"]) == pytest.approx(again[:1])


def test_only_the_latest_are_kept() -> None:
    model = Counting()
    encoder = Encoder([model])
    encoder.vectors(["first", "second"])
    encoder.vectors([str(i) for i in range(CACHE_SIZE - 2)])
    encoder.vectors(["first", "one more"])
    assert len(encoder.cache) == CACHE_SIZE and model.asked.count("first") == 1
    encoder.vectors(["first", "second"])
    assert model.asked.count("first") == 1 and model.asked.count("second") == 2


def test_runs_with_the_same_models_share_them(minilm: Path, tiny_llama3: Path) -> None:
    assert load_encoder([str(minilm), str(tiny_llama3)]) is load_encoder((str(minilm), str(tiny_llama3)))
    assert load_encoder([str(minilm)]) is not load_encoder([str(tiny_llama3)])
