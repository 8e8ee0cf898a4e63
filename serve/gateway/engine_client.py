"""The engine as the gateway sees it: whether it is up, and its answers, through one pool of connections.

aiohttp, not httpx: passing on one event of a stream takes 50 µs of a core with it and 155 with httpx, and the
engine needs the cores.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import aiohttp

from frontdesk.engine.vllm import SESSION
from frontdesk.web import access_log, tracing
from frontdesk.web.errors import ApiError

POLL = 1.0  # seconds between two checks of the engine
LOOK_SECONDS = 2.0
CONNECT_SECONDS = 5.0
IDLE_SECONDS = 3.0
"""After which an idle connection is closed. vLLM closes it after 5, and a question must not run into that."""
RETRY_AFTER = 2
"""Seconds. An engine that died is back after half a minute; clients that retry sooner cost nothing."""


_refusal = partial(ApiError, kind="server_error", retry_after=RETRY_AFTER)
away = partial(_refusal, 503, "the model is not ready; ask again in a moment", code="not_ready")
gone = partial(_refusal, 503, "the model went away before the answer was whole; ask again", code="cut_off")
stopping = partial(_refusal, 503, "the desk is stopping; ask again in a moment", code="stopping", retry_after=5)
busy = partial(ApiError, 429, "too many requests are waiting; ask again in a moment", kind="rate_limit_error", code="busy", retry_after=1)
"""The engine is away; it died in the middle of an answer; the gateway shuts down; its queue is full."""


class EngineClient:
    """vLLM, or vllm-router before several, at `url`. Use it between `open` and `close`."""

    def __init__(self, url: str, key: str, health: str = "/health") -> None:
        """`health`: the path that says whether questions are taken."""
        self.url, self.key, self.health = url, key, health
        self.ready = False

    async def open(self) -> None:
        """Make the pool of connections; it connects later."""
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
            auto_decompress=False,
            trust_env=False,  # a proxy of the environment must not see local calls
        )

    async def close(self) -> None:
        await self.session.close()

    async def watch(self) -> None:
        """Keep `ready` up to date. Runs until it is cancelled."""
        logged = False
        while True:
            await self.look()
            if logged != self.ready:
                logged = self.ready
                access_log.write("engine", ready=logged)
            await asyncio.sleep(POLL)

    async def look(self) -> bool:
        """Ask for the engine's health now. A late answer changes nothing: the engine may be busy."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS), self.session.get(self.url + self.health) as response:
                    self.ready = response.status == 200
        except aiohttp.ClientError:
            self.ready = False
        return self.ready

    async def metrics(self) -> bytes:
        """The engine's own numbers for Prometheus. Raises ApiError if it is away."""
        try:
            async with asyncio.timeout(LOOK_SECONDS), self.session.get(self.url + "/metrics") as response:
                if response.status == 200:
                    return await response.read()
        except (aiohttp.ClientError, TimeoutError):
            pass
        raise away()

    @asynccontextmanager
    async def ask(self, body: bytes, conversation: str, explain: bool) -> AsyncIterator[aiohttp.ClientResponse]:
        """The response to a chat completion. Leaving the block early ends the engine's work on it. Raises
        ApiError if the engine is away, refuses, or dies in the middle. `explain`: the client may read what
        the engine says about the request."""
        response = None
        try:
            with tracing.span("engine") as here:
                headers = {SESSION: conversation, **tracing.headers()}
                async with self.session.post(self.url + "/v1/chat/completions", data=body, headers=headers) as response:
                    here.set(status=response.status)
                    if response.status >= 500 and response.content_type == "text/plain":  # the router's own words: no engine is there
                        raise away()
                    if response.status != 200:
                        raise _refused(response.status, await response.read(), explain)
                    yield response
        except aiohttp.ClientError:
            self.ready = self.ready and response is not None
            raise (away() if response is None else gone()) from None


def _refused(status: int, body: bytes, explain: bool) -> ApiError:
    """The engine's error in our words, or its own to a client that wrote the whole request."""
    if status == 400:
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            if explain:
                error = json.loads(body)["error"]
                return ApiError(400, str(error["message"])[:500], param=error.get("param"))
        return ApiError(400, "the model cannot answer this request")
    if status == 503:  # its queue is full
        return busy()
    access_log.write("engine refused", status=status, bytes=len(body))  # its text may quote the customer
    return ApiError(502, "the model could not answer", kind="server_error", code="engine_error")
