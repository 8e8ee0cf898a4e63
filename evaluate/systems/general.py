"""General ability before and after tuning: which of four short answers a model finds most likely
(evaluate/questions/general.jsonl).

Instructions, arithmetic, common knowledge and language, written for this purpose. A choice counts by its
log-probability per character, as lm-evaluation-harness's `acc_norm` does (Gao et al. 2023), after the
question in the run's own chat template: what is forgotten shows, and how chatty a model has become does not.
"""

import asyncio
from typing import TYPE_CHECKING, Any

from evaluate.systems.ask import Cache, Model, connected, counted, digest, together
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
        if fresh := key not in cache.kept:
            choices = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in item["choices"]]
            async with gate:
                cache.add(key, {"scores": [await likelihood(model, prompt, choice) for choice in choices]})
        progress.add(0, fresh)
        per_character = [score / len(text) for score, text in zip(cache.kept[key]["scores"], item["choices"], strict=True)]
        return per_character.index(max(per_character)) == int(item["answer"])

    with counted(label, len(items)) as progress:
        async with connected(model) as mine:
            return await together(one(item, mine) for item in items)


async def likelihood(model: Model, prompt: list[int], choice: list[int]) -> float:
    """The log-probability of the choice's tokens after those of the prompt, in nats."""
    ask = model.client.completions.create
    given: Any = await ask(model=model.name, prompt=[*prompt, *choice], temperature=0, max_tokens=1, extra_body={"prompt_logprobs": 0})
    views = given.choices[0].prompt_logprobs[len(prompt) :]
    return float(sum(view[str(token)]["logprob"] for view, token in zip(views, choice, strict=True)))
