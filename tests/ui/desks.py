"""A desk for a test's time: a real store, and the engine's stand-in where the gateway would be."""

import asyncio
import json
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from functools import cache
from pathlib import Path
from typing import Any

from frontdesk.config.run import Run
from frontdesk.config.schema import HANDOFF, Config
from frontdesk.store.store import Store, open_store
from tests.serve.stand_in import END, Engine, event, served
from tests.waits import CEILING
from ui.chat.texts import Language
from ui.desk.bot import Assistant
from ui.desk.desk import Desk
from ui.desk.views import View

SOURCE = {"id": "ship", "question": "How much is shipping?", "source": "faq.csv:2"}
SOON = 0.3
"""Seconds until a locked database counts as unavailable, in a test of that."""


def settings(**sections: Any) -> Config:
    """The config of a shop."""
    values: dict[str, Any] = {
        "name": "shop", "company": "Shop", "system_prompt": "Answer with the shop's facts.",
        "model": {"base": "none", "template": "chatml"}, "data": {"faq": ["faq.csv"]}, "serve": {"context_length": 1024, "max_tokens": 100},
    }  # fmt: skip
    return Config(**{**values, **sections})


def told(*words: str, source: dict[str, Any] | None = SOURCE, **more: Any) -> list[bytes]:
    """A whole stream as the gateway sends it: the words, their count, and at the end the source and `more` of its field."""
    usage = {"prompt_tokens": 50, "completion_tokens": len(words), "total_tokens": 50 + len(words)}
    last = event(choices=[], usage=usage, frontdesk={"source": source, **more})
    return [event(""), *(event(word) for word in words), event("", "stop"), last, b"data: [DONE]" + END]


def refusing(language: Language = "en", **more: Any) -> list[bytes]:
    """The bot's handoff sentence."""
    return told(HANDOFF[language], source=None, **more)


def write_provenance(config: Config, key: str = "model-1", data: str = "data-1") -> None:
    """What the desk reads of the run's model."""
    path = Run(config.name).provenance
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"key": key, "data_hash": data}))


class Shop:
    """A desk, its store and its engine."""

    def __init__(self, config: Config, url: str, engine: Engine, wait: float) -> None:
        self.config, self.engine = config, engine
        self.url = url
        self.store = open_store(config, wait)
        self.desk = self.new_desk()

    def new_desk(self) -> Desk:
        """As after a new start of the page's process."""
        return Desk(self.config, self.store, Assistant(self.config, self.url + "/v1", "none"))

    async def enter(self) -> str:
        """A new customer's id."""
        return (await self.desk.enter())[1]

    async def ask(self, customer: str, text: str) -> View:
        """Say it and wait for the whole answer."""
        await self.desk.say(customer, text, "en")
        return (await self.views(customer))[-1]

    async def again(self, customer: str) -> View:
        """Have the last message answered again, and wait for the whole answer."""
        await self.desk.answer(customer, again=True)
        return (await self.views(customer))[-1]

    async def views(self, customer: str) -> list[View]:
        """What a page sees until no answer is in progress."""
        async with aclosing(self.desk.watch(customer)) as watching:
            seen = [await anext(watching)]
            while seen[-1].busy:
                seen.append(await anext(watching))
        return seen

    def said(self, customer: str) -> list[tuple[str, str]]:
        """(speaker, text) of the conversation, by the store."""
        conversation = self.store.current(customer)
        return [(one.speaker, one.text) for one in self.store.messages(conversation.id)] if conversation else []

    def asked(self) -> list[dict[str, str]]:
        """The turns of the engine's last request."""
        messages: list[dict[str, str]] = self.engine.bodies[-1]["messages"]
        return messages


@cache
def migrated() -> bytes:
    """An empty store. Making its tables takes a second, copying them does not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        open_store(settings(desk={"database": f"sqlite:///{path}"})).close()
        return path.read_bytes()


def run(folder: Path, scene: Callable[[Shop], Coroutine[Any, Any, None]], wait: float = 20, **sections: Any) -> Store:
    """Play a scene at a desk of its own, in the folder. `wait`: the store's. Returns the store as it was left."""
    engine, config = Engine(), settings(**{**sections, "desk": {**sections.get("desk", {}), "database": f"sqlite:///{folder}/store.db"}})
    (folder / "store.db").write_bytes(migrated())
    engine.parts = told("Shipping is ", "4 dollars.")
    with served(engine) as url:
        shop = Shop(config, url, engine, wait)
        asyncio.run(asyncio.wait_for(scene(shop), CEILING))
    return shop.store
