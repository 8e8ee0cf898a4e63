"""Model folders of the families: real tokenizer, the model's own chat template, random weights of its architecture (some 20 MB)."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

TOKENIZERS = Path(__file__).parent.parent / ".cache/tokenizers"
SHAPE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 32,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": True,
}
LATER = ("<tool_response>", "</tool_response>", "<think>", "</think>")
"""What Qwen3's tokenizer has beyond Qwen2.5's. Everything else in the two is the same."""
NAMES = {128004: "<|finetune_right_pad_id|>", 128008: "<|eom_id|>", 128010: "<|python_tag|>"}
"""What 3.1, 3.2 and 3.3 call three of Llama 3's reserved tokens. The vocabularies are the same."""


def read(name: str) -> Any:
    """A file of the tokenizers that `make setup` fetches."""
    assert (TOKENIZERS / name).is_file(), "run `make setup` first"
    return json.loads((TOKENIZERS / name).read_text(encoding="utf-8"))


def own_template(name: str) -> str:
    """The chat template that a model comes with, of which TRL keeps a copy."""
    return (resources.files("trl") / f"chat_templates/{name}.jinja").read_text(encoding="utf-8")


def write(folder: Path, architecture: str, tokenizer: Any, settings: Any, **shape: Any) -> Path:
    """A model folder, with the random weights of an architecture (`Llama`, `Qwen2`, …)."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = getattr(transformers, f"{architecture}Config")(**SHAPE | shape)
    getattr(transformers, f"{architecture}ForCausalLM")(config).to(torch.bfloat16).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def llama(folder: Path, minor: bool) -> Path:
    """Llama 3, or (`minor`) 3.1 and later."""
    tokenizer = read("llama3/tokenizer.json")
    if minor:
        reserved = (token for token in range(128002, 128256) if token not in (*NAMES, 128006, 128007, 128009))
        names = NAMES | {token: f"<|reserved_special_token_{number}|>" for number, token in enumerate(reserved)}
        for token in tokenizer["added_tokens"]:
            token["content"] = names.get(token["id"], token["content"])
    # As in the model's own folder, but not in the package: text that is encoded outside of the template begins with <|begin_of_text|>.
    bos = {"SpecialToken": {"id": "<|begin_of_text|>", "type_id": 0}}
    first, second = ({"Sequence": {"id": name, "type_id": place}} for place, name in enumerate("AB"))
    special = {"<|begin_of_text|>": {"id": "<|begin_of_text|>", "ids": [128000], "tokens": ["<|begin_of_text|>"]}}
    begin = {"type": "TemplateProcessing", "single": [bos, first], "pair": [bos, first, bos, second], "special_tokens": special}
    tokenizer["post_processor"] = {"type": "Sequence", "processors": [tokenizer["post_processor"], begin]}
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|begin_of_text|>",
        "eos_token": "<|end_of_text|>",
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": True,
        "chat_template": own_template("llama3_2" if minor else "llama3"),
    }
    return write(folder, "Llama", tokenizer, settings, vocab_size=128256, bos_token_id=128000, eos_token_id=128001)


def qwen(folder: Path, third: bool) -> Path:
    """Qwen2.5, or (`third`) Qwen3."""
    tokenizer, settings = read("qwen3/tokenizer.json"), read("qwen3/tokenizer_config.json")
    if not third:
        tokenizer["added_tokens"] = [token for token in tokenizer["added_tokens"] if token["content"] not in LATER]
        added = settings["added_tokens_decoder"]
        settings["added_tokens_decoder"] = {number: token for number, token in added.items() if token["content"] not in LATER}
        settings["chat_template"] = own_template("qwen2_5")
    return write(folder, "Qwen3" if third else "Qwen2", tokenizer, settings, vocab_size=151936, eos_token_id=151645)


def mistral(folder: Path, small: bool) -> Path:
    """Mistral Nemo, or (`small`) Mistral Small 3 with every special token that Mistral's own library names."""
    tokenizer, settings = (read(f"mistral_nemo/{name}.json") for name in ("tokenizer", "tokenizer_config"))
    if small:
        names = {old: new for old, new in zip(tokenizer["model"]["vocab"], tekken_specials(), strict=False) if old != new}
        tokenizer["model"]["vocab"] = {names.get(token, token): number for token, number in tokenizer["model"]["vocab"].items()}
        for token in (*tokenizer["added_tokens"], *settings["added_tokens_decoder"].values()):
            token["content"] = names.get(token["content"], token["content"])
        settings["chat_template"] = mistral_template("v7")
    return write(folder, "Mistral", tokenizer, settings, vocab_size=131072, sliding_window=None, bos_token_id=1, eos_token_id=2)


def tekken_specials() -> list[str]:
    """Tekken's special tokens in their order; those that came later, in any."""
    from mistral_common.tokens.tokenizers.base import SpecialTokens
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    first = [str(token["token_str"]) for token in Tekkenizer.DEPRECATED_SPECIAL_TOKENS]
    return first + [token for token in SpecialTokens if token not in first]


def mistral_template(version: str, **settings: Any) -> str:
    """The chat template that Mistral's own library makes for a version of its format; `spm` is of the tokenizers before Tekken."""
    from mistral_common.integrations.chat_templates.template_generator import TemplateConfig, build_chat_template
    from mistral_common.tokens.tokenizers.base import TokenizerVersion

    return build_chat_template(TemplateConfig(TokenizerVersion(version), **settings))
