"""A request's way through the gateway: a place in the queue, the prompt, the engine, and the answer as it
comes.

If the client leaves, the engine stops working on its request at once. A stream that breaks ends with an error
event.
"""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from frontdesk.answers.knowledge import Grounded
from frontdesk.answers.reply import Reply
from frontdesk.prompt.render import Message as Turn
from frontdesk.web import tracing
from frontdesk.web.errors import ApiError
from frontdesk.web.sse import event
from serve.gateway import sse
from serve.gateway.access_log import AccessRecord
from serve.gateway.engine_client import away, busy, gone, stopping
from serve.gateway.engines import Engines
from serve.gateway.metrics import Metrics
from serve.gateway.prompts import PromptBuilder
from serve.gateway.schema import Asked
from serve.gateway.shadow import Shadow
from serve.gateway.verified import verified

STUCK_SECONDS = 5.0
"""Beyond its time limit, a request has so long to report it to a client that may have stopped reading."""
SHADOW_ROOM = 0.25
"""Share of the places that customers may have taken while another version's answers are compared."""
STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),
    *((name.encode(), value.encode()) for name, value in sse.DISCLOSURE.items()),
]


class Relay:
    """Answers requests: all gateways together at most `most` at once, each within `seconds`."""

    def __init__(self, engines: Engines, builders: Mapping[str, PromptBuilder], metrics: Metrics, most: int, seconds: float) -> None:
        """`builders`: by model. The messages to other models go to the engine unchanged."""
        self.engines, self.builders, self.metrics = engines, builders, metrics
        self.most, self.seconds = most, seconds
        self.gateways: Callable[[], int] = lambda: 1  # how many share the places
        self.stopping = False
        self.deadlines: set[asyncio.Timeout] = set()  # one for each request in progress
        self.shadow = Shadow(engines, lambda: not self.stopping and len(self.deadlines) < SHADOW_ROOM * most)
        metrics.limit.set(most)
        metrics.working.set_function(lambda: len(self.deadlines))
        metrics.ready.set_function(lambda: self.ready)

    @property
    def ready(self) -> bool:
        return self.engines.ready and not self.stopping

    def cut(self) -> None:
        """End all running requests now."""
        for deadline in (one for one in self.deadlines if not one.expired()):
            deadline.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place among the running requests. Raises ApiError if there is none, or when the time is up."""
        if self.stopping:
            raise stopping()
        if not self.engines.ready and not await self.engines.look():  # it may have come back since the last look
            raise away()
        if len(self.deadlines) >= math.ceil(self.most / self.gateways()):
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

    async def answer(self, asked: Asked, record: AccessRecord, send: Send) -> None:
        """Send the whole response. Raises ApiError if it fails before the response has begun."""
        try:
            async with self.place():
                await self._answer(asked, record, send)
        except ApiError as error:
            if record.status is None:  # no response has begun
                raise
            record.error = error.code
            self.metrics.cut.labels(asked.model, error.code).inc()
            await send({"type": "http.response.body", "body": event(error.openai_body()), "more_body": False})
        self.metrics.seconds.labels(asked.model).observe(time.monotonic() - record.begun)

    async def _answer(self, asked: Asked, record: AccessRecord, send: Send) -> None:
        builder = self.builders.get(asked.model)
        prompt = Grounded(asked.messages, [])
        if builder:
            with self.metrics.retrieval.labels(asked.model).time():
                prompt = await builder.prepare(asked.messages, asked.max_tokens)
        if prompt.decision:
            await self._verified(asked, prompt.messages, Reply(prompt.decision), record, send)
            return
        async with self.engines.of(asked.conversation).ask(asked.body(prompt.messages), asked.conversation, explain=True) as response:
            if asked.stream:
                await self._stream(response, sse.RawStream(asked.usage), record, send)
                return
            body = await response.read()
        self._count(record, json.loads(body).get("usage"))
        await _send_whole(body, send)

    async def _verified(self, asked: Asked, messages: list[Turn], reply: Reply, record: AccessRecord, send: Send) -> None:
        """Send what the desk may say, sentence by sentence as it is checked."""
        answer, words, engine = sse.Completion(asked.model, asked.usage), sse.Words(), self.engines.of(asked.conversation)
        pieces: list[str] = []
        with tracing.span("verification") as here:
            async for piece in verified(engine, asked, messages, reply, words):
                pieces.append(piece)
                if asked.stream:
                    await self._send(record, (b"" if record.status else answer.start()) + answer.words(piece), send)
            here.set(outcome=reply.outcome, why=reply.why)
        version = self.engines.version_of(engine)
        ours = sse.provenance(reply) | ({"version": version} if version else {})
        self._count(record, words.counted)
        self.metrics.answers.labels(asked.model, reply.outcome, reply.why).inc()
        if not asked.stream:
            await _send_whole(answer.whole("".join(pieces), ours, words.counted), send)
        else:
            await self._send(record, answer.end(ours, words.counted), send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        self.shadow.begin(asked, messages, reply, "".join(pieces))

    async def _send(self, record: AccessRecord, out: bytes, send: Send) -> None:
        """The next part of a stream."""
        if record.status is None:
            self.metrics.first.labels(record.model).observe(time.monotonic() - record.begun)
            await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
        await send({"type": "http.response.body", "body": out, "more_body": True})

    async def _stream(self, response: aiohttp.ClientResponse, stream: sse.RawStream, record: AccessRecord, send: Send) -> None:
        async for data in response.content.iter_any():
            if out := stream.add(data):
                await self._send(record, out, send)
        self._count(record, stream.counted)
        if not stream.done:
            raise gone()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _count(self, record: AccessRecord, usage: dict[str, Any] | None) -> None:
        """The engine's own count of an answer's tokens."""
        if usage:
            record.prompt_tokens, record.completion_tokens = usage["prompt_tokens"], usage["completion_tokens"]
            self.metrics.tokens.labels(record.model, "prompt").inc(record.prompt_tokens)
            self.metrics.tokens.labels(record.model, "completion").inc(record.completion_tokens)


class RelayResponse(Response):
    """The response to a valid request. It is made while it is sent, and ends when the client leaves."""

    def __init__(self, relay: Relay, asked: Asked) -> None:
        self.relay, self.asked = relay, asked
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        record: AccessRecord = scope["frontdesk"]
        record.model = self.asked.model
        work = asyncio.create_task(self.relay.answer(self.asked, record, send))
        left = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((work, left), timeout=self.relay.seconds + STUCK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            left.cancel()
            work.cancel()  # does nothing if it is done
            await asyncio.wait((work,))
        if work.cancelled():
            record.error = "left"
            self.relay.metrics.left.labels(self.asked.model).inc()
        else:
            work.result()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_whole(body: bytes, send: Send) -> None:
    await Response(body, media_type="application/json", headers=sse.DISCLOSURE)({"type": "http"}, _none, send)


async def _none() -> Message:
    raise AssertionError("a plain response reads nothing")
