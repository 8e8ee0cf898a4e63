"""A small web server in the engine's place, which says what a test tells it to, and servers for a test's time."""

import asyncio
import contextlib
import json
import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
import uvicorn.server

from tests.waits import CEILING, until, wait_for

END = b"\n\n"


class Hasty:
    """asyncio for uvicorn's servers: the tenths of a second between two looks at whether to end, and at what still runs, are hundredths."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 10)


uvicorn.server.asyncio = Hasty()  # type: ignore[assignment]


def event(content: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    """An event as vLLM writes it."""
    delta = {} if content is None else {"content": content}
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "shop", "choices": [choice], **more}
    return b"data: " + json.dumps(chunk, separators=(",", ":"), ensure_ascii=False).encode() + END


def events(*words: str, usage: bool = False) -> list[bytes]:
    """A whole stream: the role, the words, the end."""
    counted = [event(choices=[], usage={"prompt_tokens": 1, "completion_tokens": len(words), "total_tokens": 9})] if usage else []
    return [event(""), *(event(word) for word in words), event("", "stop"), *counted, b"data: [DONE]" + END]


class Engine:
    """An ASGI app. It streams `parts`, or answers with `text`.

    A test holds an answer where it wants it: `allowed` parts of each go out, the rest once `allowed` is raised.
    """

    def __init__(self) -> None:
        self.parts: list[bytes] = events("Hello", " there")
        self.text = "Hello there"
        self.allowed = math.inf  # parts of an answer that go out now; a plain answer is one part
        self.dies_after: int | None = None  # parts
        self.status = 200
        self.error = b""
        self.refusals = 0  # requests that get a 503 before one is answered
        self.healthy = True
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.conversations: list[str] = []  # as each request named its own
        self.traces: list[str] = []  # the `traceparent` of each request
        self.numbers: Callable[[], bytes] = bytes  # what it tells Prometheus
        self.left = 0  # clients that went away before the end

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        if scope["path"] == "/health":
            await respond(send, 200 if self.healthy else 503, b"")
            return
        if scope["path"] == "/metrics":
            await respond(send, 200 if self.healthy else 503, self.numbers())
            return
        assert (scope["method"], scope["path"]) == ("POST", "/v1/chat/completions")
        self.keys.append(dict(scope["headers"])[b"authorization"].decode())
        self.conversations.append(dict(scope["headers"]).get(b"x-session-id", b"").decode())
        self.traces.append(dict(scope["headers"]).get(b"traceparent", b"").decode())
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        self.bodies.append(json.loads(body))
        work = asyncio.create_task(self.answer(self.bodies[-1], send))
        gone = asyncio.create_task(receive())
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            self.left += 1
            work.cancel()
        gone.cancel()
        await asyncio.wait((work,))
        if not work.cancelled():
            work.result()

    async def answer(self, asked: dict[str, Any], send: Any) -> None:
        if self.refusals:
            self.refusals -= 1
            await respond(send, 503, self.error)
        elif self.status != 200:
            await respond(send, self.status, self.error)
        elif asked.get("stream"):
            await self.stream(send)
        else:
            await until(lambda: self.allowed > 0)
            message = {"role": "assistant", "content": self.text}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            whole = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": asked["model"], "choices": [choice]}
            await respond(send, 200, json.dumps(whole).encode())

    async def stream(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for number, part in enumerate(self.parts):
            await asyncio.sleep(0)  # a client that has gone is seen before the next part
            await until(lambda number=number: self.allowed > number)  # type: ignore[misc]
            if number == self.dies_after:
                raise ConnectionAbortedError("the engine dies")
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def respond(send: Any, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


@contextlib.contextmanager
def served(app: Any, port: int = 0) -> Iterator[str]:
    """The app, or what uvicorn's settings name, on a loopback port, in a thread of its own. Yields its address."""
    settings = uvicorn.Config(app, port=port, log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(app if isinstance(app, uvicorn.Config) else settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(CEILING)
        assert not thread.is_alive()
