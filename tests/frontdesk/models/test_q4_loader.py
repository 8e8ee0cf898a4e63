"""A Q4 encoder: what is written says what the 4-bit weights say, on a small BERT that is quantized here."""

import struct
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from frontdesk.errors import UserError
from frontdesk.models.q4_loader import BLOCK, EMBEDDING, LAYER, MAGIC, PROMPT, convert_q4, dequantize
from frontdesk.retrieval.encoder import SentenceModel

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁query", ":", "▁배송", "비", "▁환불", "은", "는", "▁lamp", "s", "<mask>"]
SIZES = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96, "max_position_embeddings": 32}


def pack(weights: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Q4_0 of flat weights, and what can be had back of them."""
    blocks = weights.reshape(-1, BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(1)[:, None], 1)
    scale = (largest / -8).astype(np.float16)
    inverse = np.divide(1, scale.astype(np.float32), out=np.zeros(scale.shape, np.float32), where=scale != 0)
    halves = np.clip(np.round(blocks * inverse) + 8, 0, 15).astype(np.uint8)
    low, high = np.split(halves, 2, axis=1)
    packed = b"".join(one.tobytes() + two.tobytes() for one, two in zip(scale, low | high << 4, strict=True))
    return packed, ((halves.astype(np.float32) - 8) * scale.astype(np.float32)).ravel()


@pytest.fixture(scope="module")
def bert() -> BertModel:
    torch.manual_seed(3)
    config = BertConfig(vocab_size=len(PIECES) + 1, type_vocab_size=2, layer_norm_eps=1e-12, **SIZES)  # as E5: more rows than pieces
    return BertModel(config, add_pooling_layer=False).eval()


@pytest.fixture(scope="module")
def packed(bert: BertModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model in the format, and in `bert` the weights that can be had back."""
    state = bert.state_dict()
    tensors = dict(EMBEDDING)
    for layer in range(2):
        for short, long in LAYER.items():
            tensors |= {f"l{layer}.{short}.{part[0]}": f"encoder.layer.{layer}.{long}.{part}" for part in ("weight", "bias")}
    shape = (len(PIECES) + 1, 32, 2)
    head = MAGIC + struct.pack("<8i", 1, 64, 2, 4, 96, *shape) + struct.pack("<fi", 1e-12, BLOCK)
    blob = [piece.encode() for piece in PIECES]
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, blob)))
    head += struct.pack(f"<{len(PIECES) + 1}I", *np.cumsum([0, *map(len, blob)]))
    head += struct.pack(f"<{len(PIECES)}f", *[-1.0] * len(PIECES)) + b"".join(blob)
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", 0xA0, 1, 0x20)
    head += struct.pack("<i", len(tensors))
    place = len(head) + sum(23 + len(short) for short in tensors)
    body = b""
    for short, long in tensors.items():
        flat = state[long].numpy().ravel()
        dense = flat.size % BLOCK == 0 and state[long].ndim == 2 and short not in ("emb.pos", "emb.type")
        data, back = pack(flat) if dense else (flat.astype("<f4").tobytes(), flat)
        state[long].copy_(torch.from_numpy(back.copy()).reshape(state[long].shape))
        head += struct.pack("<H", len(short)) + short.encode() + struct.pack("<BIQQ", dense, flat.size, place + len(body), len(data))
        body += data
    file = tmp_path_factory.mktemp("packed") / "e5-small-q4.bin"
    file.write_bytes(head + body)
    return file


@pytest.fixture(scope="module")
def folder(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("models") / "e5"
    convert_q4(packed, target)
    return target


def test_its_vectors_are_those_of_the_weights(folder: Path, bert: BertModel) -> None:
    """The mean of the last states of the text with the prompt before it, of length 1."""
    model = SentenceModel(folder)
    texts = ["배송비는", "환불은", "lamps"]
    found = model.vectors(texts)
    for text, vector in zip(texts, found, strict=True):
        ids = model.model.tokenizer(PROMPT + text, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            states = bert(input_ids=ids).last_hidden_state[0].mean(0)
        assert vector == pytest.approx((states / states.norm()).numpy(), abs=1e-4)
    assert found.shape == (3, 64) == (3, model.width)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("배송비는", ["▁배송", "비", "는"]),
        ("  배송비는\t\n 환불은", ["▁배송", "비", "는", "▁환불", "은"]),
        ("배송\x07비 lamps", ["▁배송", "비", "▁lamp", "s"]),
        ("ｌａｍｐｓ\u200b", ["▁lamp", "s", "▁"]),
        (unicodedata.normalize("NFD", "배송"), ["▁배송"]),  # its letters apart, as a Mac's file names have them
    ],
)
def test_its_tokenizer_is_sentencepieces(folder: Path, text: str, pieces: list[str]) -> None:
    tokenizer = SentenceModel(folder).model.tokenizer
    assert tokenizer.tokenize(text) == pieces
    assert tokenizer(text)["input_ids"] == [0, *(PIECES.index(piece) for piece in pieces), 2]


def test_halves_of_a_byte_are_weights_sixteen_apart() -> None:
    block = struct.pack("<e", 0.5) + bytes([0x1F] + [0x88] * 15)
    weights = dequantize(block, BLOCK)
    assert weights.tolist() == [3.5] + [0.0] * 15 + [-3.5] + [0.0] * 15


def test_another_file_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(UserError, match=r"x\.bin: found no Q4 encoder; expected"):
        convert_q4(tmp_path / "x.bin", tmp_path / "out")
    assert not (tmp_path / "out").exists()
