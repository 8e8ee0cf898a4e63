"""Greedy answers from a transformers model, in batches: for comparing models on the same prompts."""

from typing import TYPE_CHECKING

from frontdesk.prompt import Message, encode_prompt

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def greedy_answers(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    prompts: list[list[Message]],
    max_new_tokens: int = 64,
    batch_size: int = 16,
) -> list[str]:
    """The most likely answer to each prompt (turns that end with the customer's), cut at `max_new_tokens`.

    Prompts of like length share a batch, padded on the left; the order of the result is that of `prompts`.
    """
    import torch
    from transformers import GenerationConfig

    model.eval()
    settings = GenerationConfig(
        do_sample=False, max_new_tokens=max_new_tokens, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    encoded = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    order = sorted(range(len(prompts)), key=lambda i: len(encoded[i]))
    answers = [""] * len(prompts)
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        width = len(encoded[batch[-1]])
        ids = torch.full((len(batch), width), int(tokenizer.pad_token_id))
        mask = torch.zeros_like(ids)
        for line, i in enumerate(batch):
            ids[line, width - len(encoded[i]) :] = torch.tensor(encoded[i])
            mask[line, width - len(encoded[i]) :] = 1
        with torch.inference_mode():
            out = model.generate(input_ids=ids.to(model.device), attention_mask=mask.to(model.device), generation_config=settings)
        for line, i in enumerate(batch):
            answers[i] = tokenizer.decode(out[line, width:], skip_special_tokens=True).strip()
    return answers
