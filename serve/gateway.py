"""The gateway: the only part of the desk that other machines may reach. An API as OpenAI's, before an engine that only it can ask.

    python -m serve.gateway configs/demo.yaml      (`python -m serve` starts it, beside the engine)

`/v1/models`, `/v1/chat/completions` (plain and as server-sent events), `/health` (the process lives), `/ready` (questions are taken) and
`/metrics` (Prometheus). The key in FRONTDESK_API_KEY, where that is set, guards `/v1` and `/metrics`. Where the engine is and its key
stand in the environment variables FRONTDESK_ENGINE_URL and FRONTDESK_ENGINE_KEY, which `python -m serve` sets.
"""

import asyncio
import hmac
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.config import Config, config_argument, load_config
from frontdesk.engine import ENGINE_KEY, ENGINE_URL, KEY_VARIABLE, api_key
from frontdesk.errors import UserError
from frontdesk.errors import run as run_stage
from frontdesk.run import Run
from serve import refresh
from serve.checks import check_host
from serve.metrics import CONTENT_TYPE_LATEST, Metrics
from serve.product import Product
from serve.relay import Answer, Relay
from serve.requests import BODY_BYTES, ApiError, Rules
from serve.upstream import Upstream

BODY_SECONDS = 10.0
"""For a client to send its request."""
KEEP_ALIVE = 65
"""Seconds that an idle connection stays: longer than clients keep it, who would else meet one that has just been closed."""


def main() -> None:
    """Check, load, serve until a signal, then let running streams end."""
    path = config_argument("serve.gateway", __doc__)
    config = load_config(path)
    check_host(config)
    try:
        url, key = os.environ.pop(ENGINE_URL), os.environ.pop(ENGINE_KEY)  # what this process starts need not know them
    except KeyError as error:
        raise UserError(f"{error.args[0]} is not set; expected the engine's address and key; run `python -m serve {path}`") from None
    product = None if config.serve.adapters else Product(config, Run(config.name))
    app = create_app(config, product, url, key, path)
    serve = config.serve
    settings = uvicorn.Config(
        app,
        host=serve.host,
        port=serve.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )
    Server(settings, app.state.relay, serve.drain_seconds).run()


def create_app(config: Config, product: Product | None, url: str, key: str, path: str | None = None) -> FastAPI:
    """The application. `path` is the config's, whose FAQ is watched where answers rest on it; None leaves it alone."""
    metrics, upstream = Metrics(), Upstream(url, key)
    relay = Relay(upstream, product, metrics, config.serve.max_waiting, config.serve.request_seconds)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        await upstream.open()
        tasks = [asyncio.create_task(upstream.watch())]
        if path and product and product.grounded:
            tasks.append(asyncio.create_task(refresh.watch(config, path)))
        yield
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await upstream.close()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    app.state.relay = relay
    app.add_middleware(Guard, key=api_key(), metrics=metrics)
    add_errors(app)
    add_routes(app, Rules(config), relay)
    return app


def add_routes(app: FastAPI, rules: Rules, relay: Relay) -> None:
    """What can be asked."""

    @app.get("/health")
    async def health() -> Response:
        return Response()

    @app.get("/ready")
    async def ready() -> Response:
        return Response(status_code=200 if relay.ready else 503)

    @app.get("/metrics")
    async def tell() -> Response:
        return Response(relay.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/v1/models")
    async def models() -> Response:
        return JSONResponse({"object": "list", "data": [card(name) for name in rules.names]})

    @app.get("/v1/models/{name}")
    async def model(name: str) -> Response:
        return JSONResponse(card(rules.known(name)))

    @app.post("/v1/chat/completions")
    async def chat_completions(request: Request) -> Response:
        return Answer(relay, rules.read(await read_body(request)))


def card(name: str) -> dict[str, str | int]:
    """A model as OpenAI describes one."""
    return {"id": name, "object": "model", "created": 0, "owned_by": "frontdesk"}


async def read_body(request: Request) -> bytes:
    """The whole body. Raises ApiError for one that is too large or comes too slowly."""
    too_large = ApiError(413, f"the body is too large; expected at most {BODY_BYTES} bytes")
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > BODY_BYTES:
        raise too_large
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > BODY_BYTES:
                    raise too_large
                parts.append(part)
    except TimeoutError:
        raise ApiError(408, f"the body did not come within {BODY_SECONDS:g} s") from None
    return b"".join(parts)


def add_errors(app: FastAPI) -> None:
    """Every error in the shape that OpenAI's clients read."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        return error.response()

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = ApiError(error.status_code, f"{request.method} {request.url.path}: {error.detail}").response()
        response.headers.update(error.headers or {})
        return response

    async def defect(request: Request, error: Exception) -> Response:
        return ApiError(500, "a defect of the desk; its log tells more", kind="server_error").response()

    app.add_exception_handler(ApiError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, defect)


class Guard:
    """ASGI middleware: asks for the key before anything is read, and counts the answers by status."""

    def __init__(self, app: ASGIApp, key: str | None, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics
        self.expected = f"Bearer {key}".encode() if key else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (b"x-content-type-options", b"nosniff")]}
                if scope["path"].startswith("/v1"):
                    self.metrics.responses.labels(message["status"]).inc()
            await send(message)

        if self.expected and scope["path"].startswith(("/v1", "/metrics")) and not self._has_key(scope):
            refused = ApiError(
                401, f"a wrong key, or none; send the one in {KEY_VARIABLE} as `Authorization: Bearer KEY`", code="invalid_api_key"
            )
            await refused.response()(scope, receive, counted)
        else:
            await self.app(scope, receive, counted)

    def _has_key(self, scope: Scope) -> bool:
        """Compared in a time that does not tell how much of it is right."""
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        return self.expected is not None and hmac.compare_digest(given, self.expected)


class Server(uvicorn.Server):
    """uvicorn's server, which at a signal takes no more questions and waits for running streams before it closes."""

    def __init__(self, config: uvicorn.Config, relay: Relay, drain_seconds: float) -> None:
        super().__init__(config)
        self.relay, self.drain_seconds = relay, drain_seconds
        self.draining: asyncio.Task[None] | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal handler. A second signal changes nothing."""
        if signal.Signals(sig) in (signal.SIGINT, signal.SIGTERM):
            self.loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        self.draining = self.draining or self.loop.create_task(self._end())

    async def _end(self) -> None:
        self.relay.stopping = True
        deadline = self.loop.time() + self.drain_seconds
        while self.relay.deadlines and self.loop.time() < deadline:
            await asyncio.sleep(0.05)
        self.relay.cut()
        self.should_exit = True


if __name__ == "__main__":
    run_stage(main)
