"""The gateway: the only part of the desk that other machines may reach. An API as OpenAI's, before an engine that only it can ask.

    python -m serve.gateway configs/demo.yaml      (`python -m serve` starts it, beside the engine)

`/v1/models`, `/v1/chat/completions` (plain and as server-sent events), `/health` (the process lives), `/ready` (questions are taken),
`/metrics` (Prometheus). The key in FRONTDESK_API_KEY, where that is set, guards `/v1` and `/metrics`. Where the engine is and its key
stand in the environment variables FRONTDESK_ENGINE_URL and FRONTDESK_ENGINE_KEY, which `python -m serve` sets.
"""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from frontdesk.config.schema import Config, config_argument, load_config
from frontdesk.engine.vllm import ENGINE_KEY, ENGINE_URL
from frontdesk.errors import UserError
from frontdesk.web.connection import BODY_SECONDS, Connection, raise_limit
from serve.checks import check_host
from serve.gateway import faq_watcher as refresh
from serve.gateway.auth import HEADERS, Guard
from serve.gateway.engine_client import Upstream
from serve.gateway.key_cache import Keyring
from serve.gateway.metrics import CONTENT_TYPE_LATEST, Metrics
from serve.gateway.prompts import Product, products_of
from serve.gateway.relay import Answer, Relay
from serve.gateway.schema import BODY_BYTES, ApiError, Rules

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
    app = create_app(config, products_of(config), url, key, path)
    raise_limit()
    Server(server_settings(app, config.serve.host, config.serve.port), app.state.relay, config.serve.drain_seconds).run()


def server_settings(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    """uvicorn's. It has no `limit_concurrency`: that refuses everybody once there are many idle connections; connection.py makes room."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
        ws="none",
        headers=[*HEADERS.items()],
        log_level="error",  # its warnings tell of bad requests, by the thousand where somebody wants it
        access_log=False,
        server_header=False,
        proxy_headers=True,  # of a proxy on this machine or in FORWARDED_ALLOW_IPS: wrong keys count for who sent them
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )


def create_app(config: Config, products: Mapping[str, Product], url: str, key: str, path: str | None = None) -> FastAPI:
    """The application. `path` is the config's, whose FAQ is watched where the run's answers rest on it; None leaves it alone."""
    metrics, upstream, keyring = Metrics(), Upstream(url, key), Keyring(config)
    relay = Relay(upstream, products, metrics, config.serve.max_in_flight, config.serve.request_timeout)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        await upstream.open()
        tasks = [asyncio.create_task(upstream.watch()), asyncio.create_task(keyring.watch())]
        await keyring.first_look()
        if path and config.name in products and products[config.name].grounded:
            tasks.append(asyncio.create_task(refresh.watch(config, path)))
        yield
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await upstream.close()
        keyring.close()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False, lifespan=life)
    app.state.relay = relay
    app.add_middleware(Guard, keyring=keyring, metrics=metrics)
    add_errors(app)
    add_routes(app, Rules(config, products), relay)
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
    """The whole body. Raises ApiError for one that is no JSON, is too large or comes too slowly."""
    check_kind(request)
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


def check_kind(request: Request) -> None:
    """JSON as it is, and so no form: a page of another site may send those without asking."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, "content-type: expected application/json")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError(415, "content-encoding: a compressed body is not taken; send it as it is")


def add_errors(app: FastAPI) -> None:
    """Every error in the shape that OpenAI's clients read."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        request.scope["frontdesk"].error = error.code or error.kind
        return error.response()

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = ApiError(error.status_code, f"{request.method} {request.scope['path']}: {error.detail}").response()
        response.headers.update(error.headers or {})
        return response

    app.add_exception_handler(ApiError, ours)
    app.add_exception_handler(HTTPException, http)


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
