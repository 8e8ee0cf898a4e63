"""The merged model as a GGUF file, which llama.cpp, Ollama and LM Studio read.

The names of tensors and metadata, merges and special tokens come from llama.cpp's own package `gguf`. Left to do here is where the
weights differ: Llama and Mistral interleave the halves of queries and keys that transformers rotates apart, Gemma's norms include the one
that transformers adds, Llama 3.1's factors of long contexts are a tensor. The chat template goes in as it is, with the run's system prompt.
Matrices are float16, everything else float32; llama.cpp quantizes from that.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from gguf import MODEL_ARCH, GGUFWriter, TokenType
from safetensors import safe_open
from transformers import AutoConfig, AutoTokenizer, PreTrainedConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from frontdesk.errors import UserError
from train.export.smooth import norm_offset

ARCHITECTURES = {
    "llama": MODEL_ARCH.LLAMA,
    "mistral": MODEL_ARCH.LLAMA,
    "qwen2": MODEL_ARCH.QWEN2,
    "qwen3": MODEL_ARCH.QWEN3,
    "gemma3_text": MODEL_ARCH.GEMMA3,
}
"""llama.cpp's architecture by transformers' `model_type`."""
SPLITS = {"chatml": "smollm", "llama3": "llama-bpe", "llama3.1": "llama-bpe", "mistral": "tekken", "qwen": "qwen2"}
"""How llama.cpp splits text before it looks for tokens, by the file of a family (frontdesk/prompt/families.py). Gemma's is not split."""
ROPES = ("default", "linear", "llama3")


def write(model: Path, target: Path, name: str, family: str) -> None:
    """Write the folder `model`, of the file `family` of a chat family, to `target`. Raises UserError where llama.cpp has no such model."""
    config = known(model)
    writer = GGUFWriter(target, gguf.MODEL_ARCH_NAMES[ARCHITECTURES[config.model_type]])
    writer.add_name(name)
    add_shape(writer, config)
    add_vocabulary(writer, model, config.vocab_size, SPLITS.get(family))
    names = gguf.get_tensor_name_map(ARCHITECTURES[config.model_type], config.num_hidden_layers)
    for source, shape, _ in tensors(model, config):
        number = np.dtype(np.float16 if len(shape) > 1 else np.float32)
        place = names.get_name(source, try_suffixes=(".weight", ".bias"))
        if place is None:
            raise UserError(f"{model}: found weights {source}, which llama.cpp does not know in a {config.model_type}; use --hub instead")
        writer.add_tensor_info(place, shape, number, int(np.prod(shape)) * number.itemsize)
    if (factors := long_factors(config)) is not None:
        writer.add_tensor_info(f"{gguf.TENSOR_NAMES[gguf.MODEL_TENSOR.ROPE_FREQS]}.weight", factors.shape, factors.dtype, factors.nbytes)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for source, _, read in tensors(model, config):
        writer.write_tensor_data(converted(source, read(), config))
    if factors is not None:
        writer.write_tensor_data(factors)
    writer.close()


def known(model: Path) -> PreTrainedConfig:
    """The model's config. Raises UserError for one that is not converted."""
    config = AutoConfig.from_pretrained(model)
    found = config.model_type
    if found in ARCHITECTURES:
        rope = config.rope_parameters.get("full_attention", config.rope_parameters)["rope_type"]
        if rope in ROPES:
            return config
        found += f" with positions of the type {rope}"
    raise UserError(
        f"{model}: found a {found}; --gguf converts {', '.join(ARCHITECTURES)} (positions: {', '.join(ROPES)}); use --hub instead"
    )


def tensors(model: Path, config: PreTrainedConfig) -> Iterator[tuple[str, list[int], Any]]:
    """Each weight's name, its shape, and what reads it. A head that is the embedding too is left out."""
    for file in sorted(model.glob("*.safetensors")):
        with safe_open(file, "pt") as weights:
            for name in weights.keys():  # noqa: SIM118 (it is no dict)
                if not (config.tie_word_embeddings and name == "lm_head.weight"):
                    yield name, weights.get_slice(name).get_shape(), lambda weights=weights, name=name: weights.get_tensor(name)


def add_shape(writer: GGUFWriter, config: PreTrainedConfig) -> None:
    """Write what the model's config says of its shape."""
    rope = config.rope_parameters.get("full_attention", config.rope_parameters)
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if "sliding_attention" in config.rope_parameters:
        writer.add_sliding_window(config.sliding_window)
        writer.add_sliding_window_pattern(config.layer_types.index("full_attention") + 1)
        writer.add_rope_freq_base_swa(config.rope_parameters["sliding_attention"]["rope_theta"])


def add_vocabulary(writer: GGUFWriter, model: Path, size: int, split: str | None) -> None:
    """Write the tokens and their types, merges or scores, special tokens and the chat template."""
    tokenizer = AutoTokenizer.from_pretrained(model, mistral_format=False)
    words = {number: word for word, number in tokenizer.get_vocab().items()}
    tokens = [words.get(number, f"[PAD{number}]") for number in range(size)]  # the embedding may have more rows than there are tokens
    types = [TokenType.NORMAL if number in words else TokenType.UNUSED for number in range(size)]
    for number, token in tokenizer.added_tokens_decoder.items():
        types[number] = TokenType.CONTROL if token.special else TokenType.USER_DEFINED
    special = gguf.SpecialVocab(model, load_merges=True, n_vocab=size)
    if split is None:
        add_scores(writer, tokens, types, special)
    else:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(split)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    special.add_special_token.setdefault("bos", False)
    special.add_to_gguf(writer, quiet=True)


def add_scores(writer: GGUFWriter, tokens: list[str], types: list[TokenType], special: gguf.SpecialVocab) -> None:
    """Write a vocabulary as SentencePiece has it, where the token of the earliest merge has the highest score."""
    ranks: dict[str, int] = {}
    for rank, merge in enumerate(special.merges):
        ranks.setdefault(merge.replace(" ", ""), rank)
    special.merges, special.load_merges = [], False
    for number, word in enumerate(tokens):
        if types[number] == TokenType.USER_DEFINED:
            tokens[number] = word.replace("▁", " ")  # those are looked for before blanks are replaced
        elif re.fullmatch("<0x[0-9A-F]{2}>", word):
            types[number] = TokenType.BYTE
    writer.add_tokenizer_model("llama")
    writer.add_token_scores([-float(ranks.get(word, len(ranks))) for word in tokens])
    writer.add_add_space_prefix(False)


def converted(name: str, tensor: torch.Tensor, config: PreTrainedConfig) -> "np.ndarray[Any, Any]":
    """A weight as llama.cpp has it."""
    tensor = tensor.float()
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(name.split(".")[-2])
    if heads and ARCHITECTURES[config.model_type] == MODEL_ARCH.LLAMA:
        tensor = tensor.reshape(heads, 2, -1, *tensor.shape[1:]).swapaxes(1, 2).reshape(tensor.shape)
    if name.endswith("norm.weight"):
        tensor = tensor + norm_offset(config.model_type)
    return np.asarray(tensor, np.float16 if tensor.ndim > 1 else np.float32)


def long_factors(config: PreTrainedConfig) -> "np.ndarray[Any, Any] | None":
    """By how much Llama 3.1 slows down each frequency of its positions; float32, one for each pair of a head. None for other models."""
    if config.rope_parameters.get("rope_type") != "llama3":
        return None
    slowed, _ = ROPE_INIT_FUNCTIONS["llama3"](config, torch.device("cpu"))
    plain = config.rope_parameters["rope_theta"] ** -(torch.arange(len(slowed)) / len(slowed))
    return np.asarray(plain / slowed, np.float32)
