"""The one place where a prompt is made.

A run's chat template is its family's file in `frontdesk/prompt/templates/` (families.py says which) with the
run's system prompt written into it. The same text is the trainer's template,
`runs/NAME/model/chat_template.jinja` and vLLM's `--chat-template`, so a conversation is the same tokens in
training, evaluation, serving and the chat, and no client can forget the system prompt. What a customer types
cannot end a turn: a space breaks special tokens in messages, `<|` becomes `< |`.
"""

import hashlib
import json
from bisect import bisect_left
from importlib import resources
from typing import TYPE_CHECKING, Any

from frontdesk.config.schema import Config
from frontdesk.prompt.families import FAMILIES

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Message = dict[str, Any]
"""`{"role": "user" | "assistant" | "system", "content": str}`; an assistant's with `"weight": 0` is context
and not trained."""


def chat_template(config: Config) -> str:
    """The run's Jinja chat template."""
    family = FAMILIES[config.model.template]
    file = resources.files("frontdesk.prompt").joinpath(f"templates/{family.file}.jinja")
    values = {"default_system": config.system_prompt.strip(), **family.settings}
    lines = [f"{{%- set {name} = {json.dumps(value, ensure_ascii=False)} -%}}\n" for name, value in values.items()]
    return "".join(lines) + file.read_text(encoding="utf-8")


def template_hash(config: Config) -> str:
    """Short digest of the run's template, for provenance."""
    return hashlib.sha256(chat_template(config).encode()).hexdigest()[:16]


def encode(tokenizer: "PreTrainedTokenizerBase", messages: list[Message]) -> tuple[list[int], list[int]]:
    """Token ids of a whole conversation and a mask of the same length: 1 where the token is trained. Trained
    are the agent's turns, their end tokens too, but for those with the weight 0."""
    out = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
    mask = list(out["assistant_masks"])
    weights = [message.get("weight", 1) for message in messages if message["role"] == "assistant"]
    turn = -1
    if 0 in weights:
        spoken, mask = mask, [0] * len(mask)
        for position, flag in enumerate(spoken):
            turn += flag and (position == 0 or not spoken[position - 1])
            mask[position] = flag and weights[turn]
    return list(out["input_ids"]), mask


def length(tokenizer: "PreTrainedTokenizerBase", messages: list[Message]) -> int:
    """The number of tokens of a whole conversation, in two thirds of the time of `encode`."""
    text = tokenizer.apply_chat_template(messages, tokenize=False)
    return len(tokenizer.backend_tokenizer.encode_batch_fast([text], add_special_tokens=False)[0])


def encode_prompt(tokenizer: "PreTrainedTokenizerBase", messages: list[Message]) -> list[int]:
    """Token ids that an answer continues; the last message is the customer's."""
    return list(tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True, add_generation_prompt=True)["input_ids"])


def fit(tokenizer: "PreTrainedTokenizerBase", messages: list[Message], limit: int) -> list[Message]:
    """The newest turns whose prompt has at most `limit` tokens, starting at a customer's turn. The system
    prompt of the template always stays, and so does a system message that leads the turns. If the last
    message alone is too long, its beginning is cut."""
    lead = messages[:1] if len(messages) > 1 and messages[0]["role"] == "system" else []
    turns = messages[len(lead) :]

    def fits(turns: list[Message]) -> bool:
        return len(encode_prompt(tokenizer, lead + turns)) <= limit

    if fits(turns):  # as nearly all do
        return messages
    starts = [0, *(i for i, turn in enumerate(turns) if i and (turn["role"] == "user" or i == len(turns) - 1))]
    start = starts[min(bisect_left(starts, True, key=lambda start: fits(turns[start:])), len(starts) - 1)]  # fewer turns, fewer tokens
    turns = turns[start:]
    text = turns[-1]["content"]
    while len(text) > 1 and not fits(turns):
        text = text[len(text) // 4 + 1 :]
        turns = [{**turns[-1], "content": text}]
    return lead + turns
