"""General ability before and after tuning: which of four short answers a model finds most likely (evaluate/questions/general.jsonl).

Instructions, arithmetic, common knowledge and language, written for this purpose. A choice counts by its log-probability per character, as
lm-evaluation-harness's `acc_norm` does (Gao et al. 2023), after the question in the run's own chat template: what is forgotten shows, and
how chatty a model has become does not.
"""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evaluate.systems.ask import Cache, Model, connected, counted, digest, silent, together
from frontdesk.prompt.render import encode_prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Items = list[dict[str, Any]]


async def choose(model: Model, tokenizer: "PreTrainedTokenizerBase", items: Items, cache: Cache, label: str) -> list[bool]:
    """Whether the model finds the right choice of each item the likeliest."""
    gate = asyncio.Semaphore(16)

    async def one(item: dict[str, Any], model: Model) -> bool:
        prompt = encode_prompt(tokenizer, [{"role": "user", "content": item["prompt"]}])
        key = digest([model.identity, prompt, item["choices"]])
        fresh = key not in cache.kept
        if fresh:
            async with gate:
                scores = [
                    await likelihood(model, prompt, tokenizer(text, add_special_tokens=False)["input_ids"]) for text in item["choices"]
                ]
            cache.add(key, {"scores": scores})
        progress.add(0, fresh)
        per_character = [score / len(text) for score, text in zip(cache.kept[key]["scores"], item["choices"], strict=True)]
        return per_character.index(max(per_character)) == int(item["answer"])

    with counted(label, len(items)) as progress:
        async with connected(model.client) as client:
            return await together(one(item, replace(model, client=client)) for item in items)


async def likelihood(model: Model, prompt: list[int], choice: list[int]) -> float:
    """The log-probability of the choice's tokens after those of the prompt, in nats. Raises UserError where the engine gives no answer."""
    import openai

    ask = model.client.completions.create
    try:
        given: Any = await ask(model=model.name, prompt=[*prompt, *choice], temperature=0, max_tokens=1, extra_body={"prompt_logprobs": 0})
    except openai.OpenAIError as error:
        raise silent(model, error) from None
    views = given.choices[0].prompt_logprobs[len(prompt) :]
    return float(sum(view[str(token)]["logprob"] for view, token in zip(views, choice, strict=True)))
