"""From a conversation to the engine's prompt: FAQ entries in front, and the history cut to fit."""

import asyncio
import contextvars
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from frontdesk.answers.knowledge import Grounded, Knowledge, knowledge_of
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine.vllm import served_model
from frontdesk.errors import UserError
from frontdesk.models.adapters import load_adapters
from frontdesk.models.base import load_tokenizer, locate
from frontdesk.prompt.render import Message, fit

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

CHARACTERS = 4
"""Characters that are looked at for each token of the context: more would not fit."""
POOL = ThreadPoolExecutor(1, "prompt")
"""One thread makes all prompts: a question takes some 30 ms to encode, and the cores are the engine's."""
BATCH = 16  # texts of a new FAQ that are encoded before the next question has its turn


class PromptBuilder:
    """Turns conversations into the prompts that `make eval` scored. This is the only place where a
    conversation is cut to the context: only here are the FAQ entries known that stand before it."""

    def __init__(self, config: Config, run: Run, tokenizer: "PreTrainedTokenizerBase | None" = None) -> None:
        """Load the tokenizer of the served weights, if none is given; if grounded, FAQ and encoder."""
        from transformers import AutoTokenizer

        self.context = config.serve.context_length
        self.tokenizer = tokenizer or AutoTokenizer.from_pretrained(served_model(config, run), local_files_only=True)
        self.knowledge = _load_knowledge(config, run) if config.grounding == "faq" else None

    @property
    def grounded(self) -> bool:
        """Whether answers rest on FAQ entries."""
        return self.knowledge is not None

    def prompt(self, messages: Sequence[Message], max_tokens: int) -> Grounded:
        """The engine's messages, with room for `max_tokens`, and the entries in them. Blocks."""
        turns = newest(messages, CHARACTERS * self.context)
        found = self.knowledge.ground(turns) if self.knowledge else Grounded(turns, [])
        return found._replace(messages=fit(self.tokenizer, found.messages, self.context - max_tokens))

    async def prepare(self, messages: Sequence[Message], max_tokens: int) -> Grounded:
        """`prompt`, in its thread."""
        here = contextvars.copy_context()  # with the open span
        return await asyncio.get_running_loop().run_in_executor(POOL, here.run, self.prompt, messages, max_tokens)

    async def refresh(self) -> bool:
        """Build the index again if `faq.jsonl` has changed; whether it had. Questions use the old one."""
        if self.knowledge is None or (entries := await asyncio.to_thread(self.knowledge.changed)) is None:
            return False
        texts = await asyncio.to_thread(self.knowledge.new_texts, entries)
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            await asyncio.get_running_loop().run_in_executor(POOL, self.knowledge.encode, batch)
        await asyncio.to_thread(self.knowledge.use, entries)
        return True


def prompt_builders(config: Config) -> dict[str, PromptBuilder]:
    """By the name of a request's model: the run's, or each of the adapters."""
    if not config.serve.adapters:
        return {config.name: PromptBuilder(config, Run(config.name))}
    base = locate(config.model)
    return {
        adapter.name: PromptBuilder(adapter.config, adapter.run, load_tokenizer(adapter.config, base)) for adapter in load_adapters(config)
    }


def _load_knowledge(config: Config, run: Run) -> Knowledge:
    import torch

    if not run.faq.is_file():
        raise UserError(
            f"{run.faq}: no such file; expected the FAQ that answers rest on (grounding: faq); run `make data` with this CONFIG"
        )
    torch.set_num_threads(1)  # the cores are the engine's
    return knowledge_of(config, run)


def newest(messages: Sequence[Message], characters: int) -> list[Message]:
    """The last messages that have so many characters together, the customer's first; of the very last, its
    end. A system message that leads the conversation stays. This only bounds the work: what fits is for `fit`
    to say."""
    if sum(len(message["content"]) for message in messages) <= characters:
        return list(messages)
    lead = [*messages[:1]] if len(messages) > 1 and messages[0]["role"] == "system" else []
    last = messages[-1]
    kept = [{**last, "content": last["content"][-characters:]}]
    left = characters - len(kept[0]["content"])
    for message in reversed(messages[len(lead) : -1]):
        left -= len(message["content"])
        if left < 0:
            break
        kept.insert(0, message)
    while len(kept) > 1 and kept[0]["role"] != "user":
        del kept[0]
    return lead + kept
