"""The families of models whose chat format is known here, and what differs between them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Family(NamedTuple):
    """What sets one family apart. `ends`: the tokens that end an answer, of which the template writes the
    last. `marks`: tokens that are the sign of the family. `settings`: what the family's template file asks for
    beside the system prompt."""

    models: str
    file: str
    ends: tuple[str, ...]
    marks: tuple[str, ...]
    settings: Mapping[str, str | bool] = MappingProxyType({})


LLAMA = ("<|end_of_text|>", "<|eot_id|>")
QWEN = ("<|endoftext|>", "<|im_end|>")

FAMILIES = {
    # Qwen3 answers without thinking after an empty thought. Its own template leaves it out of earlier answers; ours keeps it,
    # so that each answer of a row is trained after the tokens that stand before it when it is served.
    "qwen3": Family("Qwen3", "qwen", QWEN, ("<think>", "<tool_call>", "<|im_start|>"), {"opening": "<think>\n\n</think>\n\n"}),
    "qwen2.5": Family("Qwen2.5 and Qwen3-Instruct-2507", "qwen", QWEN, ("<tool_call>", "<|im_start|>"), {"opening": ""}),
    "chatml": Family("SmolLM2", "chatml", ("<|im_end|>",), ("<|im_start|>",)),
    "llama3.1": Family("Llama 3.1, 3.2 and 3.3", "llama3.1", (LLAMA[0], "<|eom_id|>", LLAMA[1]), ("<|eom_id|>", "<|start_header_id|>")),
    "llama3": Family("Llama 3", "llama3", LLAMA, ("<|start_header_id|>",)),
    "gemma": Family("Gemma 3", "gemma", ("<eos>", "<end_of_turn>"), ("<start_of_turn>",)),
    # Tekken alone has the last of these marks. Mistral's older tokenizers are of another making, and put blanks beside the brackets.
    "mistral": Family("Mistral Small 3 and later", "mistral", ("</s>",), ("[SYSTEM_PROMPT]", "<SPECIAL_999>"), {"system_turn": True}),
    "mistral-nemo": Family("Mistral Nemo", "mistral", ("</s>",), ("[INST]", "<SPECIAL_999>"), {"system_turn": False}),
}
"""By the name that `model.template` gives them; where the tokens of one are among another's, the other is first."""


UNKNOWN = {
    "[|endofturn|]": "it is EXAONE's, which could not be had, so that no template of ours is proven against its own",
    "<turn|>": "it is Gemma 4's, which could not be had, so that no template of ours is proven against its own",
    "<|channel|>": "it is that of gpt-oss, which never answers without thinking",
    "[INST]": "it is Mistral's of before Tekken, which puts blanks beside the brackets",
}
"""By a token that is the sign of it: why a tokenizer is of no family here."""


def known() -> str:
    """All families in one line: `chatml` (SmolLM2), …"""
    return ", ".join(f"{name} ({family.models})" for name, family in FAMILIES.items())
