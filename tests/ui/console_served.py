"""The console on its real parts (store, Desk, uvicorn), with the engine's stand-in where the gateway would be."""

import asyncio
import contextlib
import json
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx

from frontdesk.config.run import Run
from frontdesk.store import keys
from tests.serve.stand_in import Engine, served
from tests.ui.desks import Shop, migrated, settings, told
from tests.waits import CEILING
from ui.app import create_app, mount_page
from ui.console.app import mount_console
from ui.console.session import COOKIE

T = TypeVar("T")
REPLIES = ("Thank you for waiting.", "Anything else?")
ENTRIES = (
    {"id": "ship", "questions": ["How much is shipping?"], "answers": ["Shipping costs $4.90."], "source": "faq.csv:2"},
    {"id": "evil", "questions": ["<img src=x onerror=boom()> tents?"], "answers": ["<b>Bold</b> tents."], "source": "faq.csv:3"},
)


class Office(Shop):
    """A shop whose console is served at `address`."""

    address: str
    app: Any
    loop: asyncio.AbstractEventLoop

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The application, as the server asks it."""
        self.loop = asyncio.get_running_loop()
        await self.app(scope, receive, send)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """What somebody does at the Desk, in the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(CEILING)

    def call(self, *words: str) -> tuple[str, str]:
        """A customer says something, and then wants a person. Returns their id and the conversation's."""

        async def talk() -> str:
            customer = await self.enter()
            for said in words:
                await self.ask(customer, said)
            await self.desk.say(customer, "I want to talk to a human, please.", "en")
            return customer

        customer = self.do(talk())
        conversation = self.store.current(customer)
        assert conversation is not None
        return customer, conversation.id

    def key(self, name: str, role: str) -> str:
        """A new key."""
        return keys.create(self.store, name, role)

    @contextlib.contextmanager
    def browser(self, key: str | None = None, **headers: str) -> Iterator[httpx.Client]:
        """Somebody's browser without its scripts; logged in where there is a key."""
        with httpx.Client(base_url=self.address, headers={"Origin": self.address, **headers}, timeout=CEILING) as client:
            if key:
                assert client.post("/desk/login", data={"key": key}).headers["location"] == "/desk/"
                assert client.cookies.get(COOKIE)
            yield client


@contextlib.contextmanager
def served_office(folder: Path, wait: float = 5.0, **sections: Any) -> Iterator[Office]:
    """A shop with a console on a free port of loopback; `wait`: the store's. The working folder must be `folder`, where the FAQ lies."""
    database = {"database": f"sqlite:///{folder}/store.db", "replies": REPLIES, "timezone": "Asia/Seoul"}
    config = settings(**{**sections, "desk": {**database, **sections.get("desk", {})}})
    (folder / "store.db").write_bytes(migrated())
    faq = folder / Run(config.name).faq
    faq.parent.mkdir(parents=True, exist_ok=True)
    faq.write_text("\n".join(json.dumps(entry) for entry in ENTRIES), encoding="utf-8")
    engine = Engine()
    engine.parts = told("Shipping is ", "4 dollars.")
    with served(engine) as gateway:
        office = Office(config, gateway, engine, wait)
        office.app = create_app(config, office.desk, office.store)
        mount_console(office.app, office.desk, office.store, config)
        mount_page(office.app, config, ["How much is shipping?"])
        with served(office) as address:
            office.address = address
            yield office
        office.store.close()


def act(client: httpx.Client, action: str, conversation: str, **fields: str) -> str:
    """The note that an action leaves."""
    answer = client.post(f"/desk/{action}", data={"conversation": conversation, **fields})
    assert answer.status_code == 200
    return str(answer.json()["note"])


def regions(client: httpx.Client, conversation: str, **more: str) -> dict[str, str]:
    found: dict[str, str] = client.get("/desk/work", params={"conversation": conversation, **more}).json()["regions"]
    return found
