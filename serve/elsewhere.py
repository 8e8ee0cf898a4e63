"""The engines of `serve.engines`, which run elsewhere (serve/engine.py). They come and go while the desk is open, and only those that
serve the desk's own training get questions.

Every LOOK seconds each is asked what it serves. The router asks by itself whether they live. SIGHUP to `python -m serve` reads the
config's `serve.engines` again: a new engine joins when it answers; one that is gone from the list gets no new questions, ends those
that it has, and is reported when it may be stopped.
"""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from frontdesk.config.schema import Config, load_config
from frontdesk.engine import router
from frontdesk.engine.processes import Child
from frontdesk.engine.startup_log import say
from frontdesk.engine.vllm import ENGINE_KEY
from frontdesk.errors import UserError
from frontdesk.web.address import url

LOOK = 5.0
RUNNING = ("vllm:num_requests_running", "vllm:num_requests_waiting")


def mark(config: Config, key: str) -> str:
    """The name by which an engine says which training it serves; `key` is that of the weights."""
    return f"{config.name}@{key[:12]}"


async def problem(client: httpx.AsyncClient, engine: str, expected: str, length: int, key: str) -> str | None:
    """Why an engine must get no questions; None if it may. Raises httpx.HTTPError if it does not answer."""
    if (await client.get(f"{engine}/v1/models", timeout=LOOK)).status_code == 200:
        return f"it answers without a key; expected the one in {ENGINE_KEY}; set that where it is started"
    answer = await client.get(f"{engine}/v1/models", headers={"Authorization": f"Bearer {key}"}, timeout=LOOK)
    if answer.is_server_error:  # a proxy before an engine that is away
        answer.raise_for_status()
    if answer.status_code != 200:
        return f"it does not take the key in {ENGINE_KEY} (HTTP {answer.status_code}); set the same where it is started"
    try:
        found = {str(card["id"]): card["max_model_len"] or 0 for card in answer.json()["data"]}
    except (ValueError, KeyError, TypeError):
        return "it does not say what it serves; expected an engine; start it with `frontdesk engine`"
    if expected not in found:
        return f"it serves {', '.join(found)}; expected {expected}; copy this desk's run to it and start it again with `frontdesk engine`"
    if found[expected] < length:
        return f"it takes {found[expected]} tokens; expected serve.context_length, {length}; start it again with this config"
    return None


class Elsewhere:
    """Which of these engines the router has, kept up to date."""

    def __init__(self, client: httpx.AsyncClient, config: Config, expected: str, told: dict[str, Any]) -> None:
        """`told`: the router's settings with this machine's engines; the others are added to it as they come."""
        self.client, self.told, self.key, self.local = client, told, str(told["api_key"]), tuple(told["worker_urls"])
        self.wanted, self.expected, self.length = config.serve.engines, expected, config.serve.context_length
        self.used: set[str] = set()
        self.leaving: set[str] = set()
        self.refused: dict[str, str | None] = {}  # and why
        self.changed = asyncio.Event()

    async def begin(self) -> None:
        """Give the router those that answer, and wait for one where it has no other. Raises UserError if one is no copy of ours."""
        while True:
            for engine in self.wanted:
                try:
                    why = await self._problem(engine)
                except httpx.HTTPError:
                    if engine not in self.refused:
                        say(f"the engine {engine} does not answer yet; it joins when it does")
                    self.refused[engine] = None
                    continue
                if why:
                    raise UserError(f"key 'serve.engines': {engine}: {why}")
                self.used.add(engine)
            self._note()
            if self.local or self.used:
                return
            await asyncio.sleep(LOOK)

    def read_again(self, path: str) -> None:
        """Take `serve.engines` from the config at `path` as it is now; a mistake in it changes nothing."""
        try:
            self.wanted = load_config(path).serve.engines
        except UserError as error:
            say(f"{error}; serve.engines stays as it was")
        self.changed.set()

    async def keep(self, child: Child) -> None:
        """Look again and again. `child`: the router, which starts again with the engines that it has then. Runs until cancelled."""
        while True:
            with suppress(httpx.HTTPError):  # the router is away: the next round
                await self.round()
            child.environment = router.environment(self.told)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.changed.wait(), LOOK)
            self.changed.clear()

    async def round(self) -> None:
        """Ask each once, and add or remove it. Raises httpx.HTTPError if the router is away."""
        for engine in sorted({*self.wanted, *self.used}):
            try:
                why = await self._problem(engine) if engine in self.wanted else "it is not in serve.engines any more"
            except httpx.HTTPError:
                continue
            if why is None and engine not in self.used:
                await self._tell("add_worker", engine)
                self.used.add(engine)
                self.leaving.discard(engine)
                say(f"the engine {engine} joins")
            elif why and engine in self.used:
                await self._tell("remove_worker", engine)
                self.used.discard(engine)
                self.leaving.add(engine)
            if why and self.refused.get(engine) != why:
                say(f"the engine {engine} gets no more questions: {why}")
            self.refused[engine] = why
        self._note()
        for engine in [*self.leaving]:
            await self._see_off(engine)

    async def _problem(self, engine: str) -> str | None:
        return await problem(self.client, engine, self.expected, self.length, self.key)

    async def _tell(self, action: str, engine: str) -> None:
        address = url("127.0.0.1", self.told["port"]) + f"/{action}"
        answer = await self.client.post(address, params={"url": engine}, headers={"Authorization": f"Bearer {self.key}"})
        answer.raise_for_status()

    def _note(self) -> None:
        self.told |= router.workers([*self.local, *sorted(self.used)])

    async def _see_off(self, engine: str) -> None:
        """Say when a removed engine has nothing left to do, and forget it."""
        with suppress(httpx.HTTPError, ValueError):  # it is stopped already
            families = text_string_to_metric_families((await self.client.get(f"{engine}/metrics", timeout=LOOK)).text)
            if sum(sample.value for family in families for sample in family.samples if sample.name in RUNNING):
                return
            say(f"the engine {engine} has answered all that it had; it may be stopped")
        self.leaving.discard(engine)
