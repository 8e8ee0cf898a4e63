"""The sizes of models, from a Hugging Face `config.json` or by name: enough to say what a training takes."""

from dataclasses import dataclass
from typing import Any

from frontdesk.errors import UserError


@dataclass(frozen=True)
class Shape:
    """The sizes of a Llama-like decoder."""

    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    tied: bool  # the LM head is the embedding

    @classmethod
    def from_config(cls, values: dict[str, Any], where: str = "config.json") -> "Shape":
        """The shape of a Hugging Face `config.json`. Raises UserError for a model that is not Llama-like."""
        needed = ("num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads", "vocab_size")
        if missing := [key for key in needed if not isinstance(values.get(key), int)]:
            raise UserError(
                f"{where}: found no number for {', '.join(missing)}; expected the config.json of a Llama-like model; choose another --model"
            )
        if any(values.get(key) for key in ("num_local_experts", "num_experts", "n_routed_experts")):
            raise UserError(f"{where}: found a mixture of experts; expected a dense Llama-like model; choose another --model")
        layers, hidden, intermediate, heads, vocabulary = (values[key] for key in needed)
        kv_heads = values.get("num_key_value_heads") or heads
        head_dim = values.get("head_dim") or hidden // heads
        tied = bool(values.get("tie_word_embeddings", False))
        return cls(layers, hidden, intermediate, heads, kv_heads, head_dim, vocabulary, tied)

    @property
    def queries(self) -> int:
        """Features of all heads."""
        return self.heads * self.head_dim

    @property
    def keys(self) -> int:
        """Features of all key heads; as many of values."""
        return self.kv_heads * self.head_dim

    @property
    def linears(self) -> list[tuple[int, int]]:
        """(in, out) of a layer's linear maps: q, k, v, o, gate, up, down."""
        h, q, k, i = self.hidden, self.queries, self.keys, self.intermediate
        return [(h, q), (h, k), (h, k), (q, h), (h, i), (h, i), (i, h)]

    @property
    def linear_parameters(self) -> int:
        """Parameters of the layers' linear maps: those that are quantized and adapted."""
        return self.layers * sum(inputs * outputs for inputs, outputs in self.linears)

    @property
    def other_parameters(self) -> int:
        """Embedding, LM head unless tied, and norms."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2) + (2 * self.layers + 1) * self.hidden

    @property
    def parameters(self) -> int:
        return self.linear_parameters + self.other_parameters


PRESETS = {
    # Llama 3.2 1B and 3B, Llama 3 and 3.1 8B and 70B: model cards and "The Llama 3 Herd of Models" (2024),
    # table 3.
    "1B": Shape(16, 2048, 8192, 32, 8, 64, 128_256, tied=True),
    "3B": Shape(28, 3072, 8192, 24, 8, 128, 128_256, tied=True),
    "8B": Shape(32, 4096, 14336, 32, 8, 128, 128_256, tied=False),
    # Llama 2 13B: "Llama 2" (2023); LLaMA 65B: "LLaMA" (2023), table 2.
    "13B": Shape(40, 5120, 13824, 40, 40, 128, 32_000, tied=False),
    "65B": Shape(80, 8192, 22016, 64, 64, 128, 32_000, tied=False),
    "70B": Shape(80, 8192, 28672, 64, 8, 128, 128_256, tied=False),
}
