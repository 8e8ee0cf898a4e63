"""A request's way through the gateway: a place in the queue, the prompt, the engine, and the answer as it comes.

A client that leaves ends the engine's work at once. A stream that cannot go on ends with an error event, never in silence.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from frontdesk.retrieval.grounding import Grounded
from serve.gateway import sse as stream
from serve.gateway.access_log import Record
from serve.gateway.engine_client import Upstream, away, busy, gone
from serve.gateway.metrics import Metrics
from serve.gateway.prompts import Product
from serve.gateway.schema import ApiError, Asked

if TYPE_CHECKING:
    import aiohttp

STUCK_SECONDS = 5.0
"""More than its time a request gets to tell so, to a client that may have stopped reading."""
STREAM_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]


def stopping() -> ApiError:
    """The desk closes."""
    return ApiError(503, "the desk is stopping; ask again in a moment", kind="server_error", code="stopping", retry_after=5)


class Relay:
    """Answers requests, `most` at once and each within `seconds`."""

    def __init__(self, upstream: Upstream, products: Mapping[str, Product], metrics: Metrics, most: int, seconds: float) -> None:
        self.upstream, self.products, self.metrics = upstream, products, metrics
        self.most, self.seconds = most, seconds
        self.stopping = False
        self.deadlines: set[asyncio.Timeout] = set()
        """One for each request in work."""
        metrics.working.set_function(lambda: len(self.deadlines))
        metrics.ready.set_function(lambda: self.ready)

    @property
    def ready(self) -> bool:
        return self.upstream.ready and not self.stopping

    def cut(self) -> None:
        """End what still runs, now."""
        for deadline in (one for one in self.deadlines if not one.expired()):
            deadline.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place among those in work. Raises ApiError where there is none, or when the time is up."""
        if self.stopping:
            raise stopping()
        if not self.upstream.ready and not await self.upstream.look():  # it may have come back since the last look
            raise away()
        if len(self.deadlines) >= self.most:
            raise busy()
        deadline = asyncio.timeout(self.seconds)
        self.deadlines.add(deadline)
        try:
            async with deadline:
                yield
        except TimeoutError:
            if self.stopping:
                raise stopping() from None
            message = f"the answer took longer than {self.seconds:g} s"
            raise ApiError(504, message, kind="server_error", code="time_limit") from None
        finally:
            self.deadlines.discard(deadline)

    async def answer(self, asked: Asked, record: Record, send: Send) -> None:
        """Send the whole response. Raises ApiError where it has not begun."""
        seen = Sent(send)
        try:
            async with self.place():
                await self._answer(asked, record, seen)
        except ApiError as error:
            if not seen.begun:
                raise
            record.error = error.code
            self.metrics.cut.labels(asked.model, error.code).inc()
            await seen({"type": "http.response.body", "body": b"data: " + error.body() + stream.END, "more_body": False})
        self.metrics.seconds.labels(asked.model).observe(time.monotonic() - record.begun)

    async def _answer(self, asked: Asked, record: Record, send: "Sent") -> None:
        product = self.products.get(asked.model)
        prompt = await product.prepare(asked.messages, asked.max_tokens) if product else Grounded(asked.messages, [])
        grounded = product is not None and product.grounded
        async with self.upstream.ask(asked.body(prompt.messages), tell=product is None) as response:
            if asked.stream:
                rewriter = stream.ProductStream(prompt, asked.usage) if grounded else stream.BareStream(asked.usage)
                await self._stream(response, rewriter, record, send)
                return
            body = await response.read()
        answer = json.loads(body)
        self._count(record, answer.get("usage"))
        whole = Response(stream.whole(answer, prompt) if grounded else body, media_type="application/json")
        await whole({"type": "http"}, _none, send)

    async def _stream(self, response: "aiohttp.ClientResponse", rewriter: stream.BareStream, record: Record, send: "Sent") -> None:
        async for data in response.content.iter_any():
            if not (out := rewriter.add(data)):
                continue
            if not send.begun:
                self.metrics.first.labels(record.model).observe(time.monotonic() - record.begun)
                await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
            await send({"type": "http.response.body", "body": out, "more_body": True})
        self._count(record, rewriter.counted)
        if not rewriter.done:
            raise gone()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _count(self, record: Record, usage: dict[str, Any] | None) -> None:
        """The engine's own count of an answer's tokens."""
        if usage:
            record.prompt_tokens, record.completion_tokens = usage["prompt_tokens"], usage["completion_tokens"]
            self.metrics.tokens.labels(record.model, "prompt").inc(record.prompt_tokens)
            self.metrics.tokens.labels(record.model, "completion").inc(record.completion_tokens)


class Sent:
    """ASGI's `send`, which remembers whether a response has begun."""

    def __init__(self, send: Send) -> None:
        self.send, self.begun = send, False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self.send(message)


class Answer(Response):
    """The response to a request that was read. It is made while it is sent, and ends when the client leaves."""

    def __init__(self, relay: Relay, asked: Asked) -> None:
        self.relay, self.asked = relay, asked
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        record: Record = scope["frontdesk"]
        record.model = self.asked.model
        work = asyncio.create_task(self.relay.answer(self.asked, record, send))
        left = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((work, left), timeout=self.relay.seconds + STUCK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            left.cancel()
            work.cancel()  # of no effect on what is done
            await asyncio.wait((work,))
        if work.cancelled():
            record.error = "left"
            self.relay.metrics.left.labels(self.asked.model).inc()
        else:
            work.result()


async def _left(receive: Receive) -> None:
    """Returns when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _none() -> Message:
    raise AssertionError("a plain response reads nothing")
