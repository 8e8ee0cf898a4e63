"""The product: a run's model as customers meet it, with the desk's system message and the FAQ entries that a question needs."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine.vllm import served_model
from frontdesk.errors import UserError
from frontdesk.models.adapters import load_adapters
from frontdesk.models.base import load_tokenizer, locate
from frontdesk.prompt.render import Message, fit
from frontdesk.retrieval.grounding import Grounded, Knowledge, knowledge_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

CHARACTERS = 4
"""Of a conversation that are looked at, for each token of the context: no more would fit, and retrieval takes its time for each."""


POOL = ThreadPoolExecutor(1, "product")
"""One thread makes all prompts: a question takes some 30 ms to encode, and the cores are the engine's."""


class Product:
    """Turns conversations into the prompts that Evaluate scored."""

    def __init__(self, config: Config, run: Run, tokenizer: "PreTrainedTokenizerBase | None" = None) -> None:
        """Loads the tokenizer of the served weights, where none is given, and for a grounded run its FAQ and the encoder."""
        from transformers import AutoTokenizer

        self.context = config.serve.context_length
        self.tokenizer = tokenizer or AutoTokenizer.from_pretrained(served_model(config, run), local_files_only=True)
        self.knowledge = load_knowledge(config, run) if config.grounding == "faq" else None

    @property
    def grounded(self) -> bool:
        """Whether an answer rests on FAQ entries."""
        return self.knowledge is not None

    def prompt(self, messages: Sequence[Message], max_tokens: int) -> Grounded:
        """What goes to the engine for a conversation, and the entries in it. Blocks."""
        turns = newest(messages, CHARACTERS * self.context)
        found = self.knowledge.ground(turns) if self.knowledge else Grounded(turns, [])
        return found._replace(messages=fit(self.tokenizer, found.messages, self.context - max_tokens))

    async def prepare(self, messages: Sequence[Message], max_tokens: int) -> Grounded:
        """`prompt`, in its thread."""
        return await asyncio.get_running_loop().run_in_executor(POOL, self.prompt, messages, max_tokens)


def products_of(config: Config) -> dict[str, Product]:
    """By the name of a request's model: the run's, or each of the adapters that was trained to answer from FAQ entries."""
    if not config.serve.adapters:
        return {config.name: Product(config, Run(config.name))}
    base = locate(config.model)
    grounded = [adapter for adapter in load_adapters(config) if adapter.grounded]
    return {adapter.name: Product(adapter.config, adapter.run, load_tokenizer(adapter.config, base)) for adapter in grounded}


def load_knowledge(config: Config, run: Run) -> Knowledge:
    """The run's FAQ. Raises UserError where `make data` has not written it."""
    import torch

    if not run.faq.is_file():
        raise UserError(
            f"{run.faq}: no such file; expected the FAQ that answers rest on (grounding: faq); run `make data` with this CONFIG"
        )
    torch.set_num_threads(1)  # the cores are the engine's
    return knowledge_of(config, run)


def newest(messages: Sequence[Message], characters: int) -> list[Message]:
    """The last messages that have so many characters together, the customer's first; of the very last, its end."""
    last = messages[-1]
    kept = [{**last, "content": last["content"][-characters:]}]
    left = characters - len(kept[0]["content"])
    for message in reversed(messages[:-1]):
        left -= len(message["content"])
        if left < 0:
            break
        kept.insert(0, message)
    while len(kept) > 1 and kept[0]["role"] != "user":
        del kept[0]
    return kept
