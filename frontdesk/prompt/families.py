"""The families of models whose chat format is known here, and what differs between them."""

from typing import NamedTuple


class Family(NamedTuple):
    """What sets one family apart. `ends`: the tokens that end an answer, of which the template writes the
    last. `marks`: tokens that are the sign of the family. `opening`: what stands before each answer, in files
    that ask for it."""

    models: str
    file: str
    ends: tuple[str, ...]
    marks: tuple[str, ...]
    opening: str | None = None


LLAMA = ("<|end_of_text|>", "<|eot_id|>")
QWEN = ("<|endoftext|>", "<|im_end|>")

FAMILIES = {
    # Qwen3 answers without thinking after an empty thought. Its own template leaves it out of earlier answers; ours keeps it,
    # so that each answer of a row is trained after the tokens that stand before it when it is served.
    "qwen3": Family("Qwen3", "qwen", QWEN, ("<think>", "<tool_call>", "<|im_start|>"), "<think>\n\n</think>\n\n"),
    "qwen2.5": Family("Qwen2.5 and Qwen3-Instruct-2507", "qwen", QWEN, ("<tool_call>", "<|im_start|>"), ""),
    "chatml": Family("SmolLM2", "chatml", ("<|im_end|>",), ("<|im_start|>",)),
    "llama3.1": Family("Llama 3.1, 3.2 and 3.3", "llama3.1", (LLAMA[0], "<|eom_id|>", LLAMA[1]), ("<|eom_id|>", "<|start_header_id|>")),
    "llama3": Family("Llama 3", "llama3", LLAMA, ("<|start_header_id|>",)),
    "gemma": Family("Gemma 3", "gemma", ("<eos>", "<end_of_turn>"), ("<start_of_turn>",)),
    # Later ones of Mistral have [SYSTEM_PROMPT] in the place of the 17th, and another format.
    "mistral-nemo": Family("Mistral Nemo", "mistral-nemo", ("</s>",), ("[INST]", "<SPECIAL_17>")),
}
"""By the name that `model.template` gives them; where the tokens of one are among another's, the other is first."""


def known() -> str:
    """All families in one line: `chatml` (SmolLM2), …"""
    return ", ".join(f"{name} ({family.models})" for name, family in FAMILIES.items())
