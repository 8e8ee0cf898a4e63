"""Greedy answers from a transformers model, in batches: for comparing models on the same prompts."""

import math
from dataclasses import dataclass

import torch
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from frontdesk.prompt.render import Message, encode_prompt
from frontdesk.terminal import track


@dataclass(frozen=True)
class Answer:
    """Its tokens with the one that ended it, their log-probabilities (nats), whether it ended by itself."""

    tokens: list[int]
    log_probs: list[float]
    stopped: bool
    text: str


def greedy_answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: list[list[Message]],
    max_new_tokens: int = 64,
    batch_size: int = 16,
    label: str = "answering",
) -> list[Answer]:
    """The most likely answer to each prompt (turns that end with the customer's), cut at `max_new_tokens`.
    Prompts of like length share a batch, padded on the left; the order of the result is that of `prompts`."""
    model.eval()
    settings = GenerationConfig(
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        return_dict_in_generate=True,
        output_logits=True,
    )
    encoded = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    order = sorted(range(len(prompts)), key=lambda i: len(encoded[i]))
    answers: dict[int, Answer] = {}
    for start in track(range(0, len(order), batch_size), label, math.ceil(len(order) / batch_size), "batches"):
        batch = order[start : start + batch_size]
        width = len(encoded[batch[-1]])
        ids = torch.full((len(batch), width), int(tokenizer.pad_token_id))
        mask = torch.zeros_like(ids)
        for line, i in enumerate(batch):
            ids[line, width - len(encoded[i]) :] = torch.tensor(encoded[i])
            mask[line, width - len(encoded[i]) :] = 1
        with torch.inference_mode():
            out = model.generate(input_ids=ids.to(model.device), attention_mask=mask.to(model.device), generation_config=settings)
            chosen = out.sequences[:, width:]
            log_probs = torch.stack(
                [step.float().log_softmax(-1).gather(1, chosen[:, n : n + 1])[:, 0] for n, step in enumerate(out.logits)], dim=1
            )
        for line, i in enumerate(batch):
            tokens = chosen[line].tolist()
            stopped = tokenizer.eos_token_id in tokens
            length = tokens.index(tokenizer.eos_token_id) + 1 if stopped else len(tokens)
            text = tokenizer.decode(tokens[:length], skip_special_tokens=True).strip()
            answers[i] = Answer(tokens[:length], log_probs[line, :length].tolist(), stopped, text)
    return [answers[i] for i in range(len(prompts))]
