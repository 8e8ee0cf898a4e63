"""A desk of several pages and gateways on one PostgreSQL, for bench/soak.py: what dies is started again.

Customers choose among the pages at random for each request, so a conversation goes over all of them. The pages ask the gateways through
a balancer that gives each connection to the next gateway that takes it, as Kubernetes' Services do. The clocks of the processes differ.
"""

import asyncio
import itertools
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from frontdesk.engine import vllm
from frontdesk.engine.processes import Child, stop
from frontdesk.store.credentials import PAGE_KEY
from frontdesk.web.address import url
from serve.supervise import supervise

LOGS = Path("runs/bench")
GATEWAY_URL = "FRONTDESK_GATEWAY_URL"
CLOCKS = (0, 420, -420)  # by so many seconds are the clocks of the processes wrong, in turn


@dataclass
class Fleet:
    """The children by name ("engine", "gateway 1", "page 1", …) and the addresses of those that serve."""

    children: dict[str, Child]
    pages: list[str]
    gateways: list[str]

    async def whole(self) -> None:
        """Wait until all are up: a desk that is looked after has one of its processes missing, not all of them."""
        for child in self.children.values():
            while child.ended() or not await child.ready():
                await asyncio.sleep(0.2)


@asynccontextmanager
async def serving(path: Path, pages: int, gateways: int, environment: Mapping[str, str]) -> AsyncIterator[Fleet]:
    """The fleet of the config at `path` on free ports, for as long as the block lasts. Raises StartFailed."""
    ports = [vllm.free_port() for _ in range(2 + pages + gateways)]
    engine, balanced, ours = ports[0], ports[1], {**environment, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
    errors = itertools.cycle(CLOCKS)
    ours |= {PAGE_KEY: secrets.token_urlsafe(32), GATEWAY_URL: url("127.0.0.1", balanced)}
    ours |= {vllm.ENGINE_URL: url("127.0.0.1", engine), vllm.ENGINE_KEY: "none"}
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:

        def child(name: str, port: int, ready: str, *words: str) -> Child:
            command, address = [sys.executable, "-m", *words, "--port", str(port)], url("127.0.0.1", port) + ready
            log = LOGS / f"{name.replace(' ', '-')}.log"
            log.unlink(missing_ok=True)
            environment = ours | {"FRONTDESK_BENCH_CLOCK": str(next(errors))}
            return Child(name, command, environment, log, lambda: vllm.answers_with(client, address, 200))

        made = [child("engine", engine, "/health", "vllm.entrypoints.openai.api_server", "--host", "127.0.0.1")]
        made += [child(f"gateway {n + 1}", ports[2 + n], "/ready", "serve.gateway", str(path)) for n in range(gateways)]
        made += [child(f"page {n + 1}", ports[2 + gateways + n], "/chat.js", "ui", str(path)) for n in range(pages)]
        addresses = [url("127.0.0.1", port) for port in ports[2:]]
        ready = asyncio.Event()
        watching = asyncio.create_task(supervise(made, ready.set))
        balancer = await asyncio.start_server(balance(ports[2 : 2 + gateways]), "127.0.0.1", balanced)
        try:
            await asyncio.wait({watching, asyncio.create_task(ready.wait())}, return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                watching.result()  # raises StartFailed
            yield Fleet({one.name: one for one in made}, addresses[gateways:], addresses[:gateways])
        finally:
            watching.cancel()
            await asyncio.wait({watching})
            await stop(made, grace=60)
            balancer.close()


def balance(ports: Sequence[int]):  # type: ignore[no-untyped-def]
    """What passes a connection on to the next of the servers that takes it."""
    turn = itertools.count()

    async def passed(client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        first = next(turn)
        for number in range(len(ports)):
            with suppress(OSError):
                server, asked = await asyncio.open_connection("127.0.0.1", ports[(first + number) % len(ports)])
                await asyncio.gather(pump(client, asked), pump(server, answer))
                return
        answer.close()

    return passed


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Copy until either side ends."""
    with suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    with suppress(OSError):
        sink.close()


def environment_of(paths: Sequence[str]) -> dict[str, str]:
    """This process's environment for a desk under test: without a key of its own, and with these paths first."""
    kept = {name: value for name, value in os.environ.items() if name != vllm.KEY_VARIABLE}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, [*paths, kept.get("PYTHONPATH", "")]))}
