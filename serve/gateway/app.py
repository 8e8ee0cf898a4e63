"""The gateway: an OpenAI-compatible API in front of the engine. Only the gateway can reach the engine.

    python -m serve.gateway configs/demo.yaml      (`python -m serve` starts it, beside the engine)

`/v1/models`, `/v1/chat/completions` (plain and as server-sent events), `/health` (the process lives),
`/ready` (questions are taken), `/metrics` (Prometheus) and `/metrics/engine` (the engine's own numbers). Keys guard `/v1`
and `/metrics` (auth.py). `python -m serve` passes the engine's address and key in the environment variables
FRONTDESK_ENGINE_URL and FRONTDESK_ENGINE_KEY.
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

from frontdesk.commands import server_arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.engine.vllm import ENGINE_HEALTH, ENGINE_KEY, ENGINE_URL, SECOND_URL, SESSION
from frontdesk.errors import UserError
from frontdesk.web import tracing
from frontdesk.web.body import check_json, read_body
from frontdesk.web.connection import Connection, raise_limit
from frontdesk.web.errors import ApiError
from serve.checks import check_host
from serve.gateway import faq_watcher
from serve.gateway.auth import HEADERS, AccessMiddleware
from serve.gateway.engine_client import EngineClient
from serve.gateway.engines import Engines
from serve.gateway.key_cache import KeyCache
from serve.gateway.metrics import CONTENT_TYPE_LATEST, Metrics
from serve.gateway.prompts import PromptBuilder, prompt_builders
from serve.gateway.relay import Relay, RelayResponse
from serve.gateway.schema import BODY_BYTES, Rules

KEEP_ALIVE = 65
"""Seconds that an idle connection stays open: longer than clients keep theirs."""


def main() -> None:
    """Check, load, serve until a signal, then let running streams finish."""
    given = server_arguments("serve.gateway", __doc__)
    path, config = given.config, load_config(given.config)
    check_host(config)
    try:
        url, key = os.environ.pop(ENGINE_URL), os.environ.pop(ENGINE_KEY)  # child processes need not know them
        second = os.environ.pop(SECOND_URL, None)
    except KeyError as error:
        raise UserError(f"{error.args[0]} is not set; expected the engine's address and key; run `python -m serve {path}`") from None
    tracing.start("gateway", config)
    app = create_app(config, prompt_builders(config), url, key, path, second, os.environ.get(ENGINE_HEALTH, "/health"))
    raise_limit()
    Server(server_settings(app, config.serve.host, given.port or config.serve.port), app.state.relay, config.serve.drain_seconds).run()


def server_settings(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    """uvicorn's settings. No `limit_concurrency`, which counts idle connections; connection.py makes room."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
        ws="none",
        headers=[*HEADERS.items()],
        log_level="error",  # its warnings are about bad requests, of which anybody can send thousands
        access_log=False,
        server_header=False,
        proxy_headers=True,  # of a local proxy, or one in FORWARDED_ALLOW_IPS: wrong keys count for whoever sent them
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )


def create_app(
    config: Config,
    builders: Mapping[str, PromptBuilder],
    url: str,
    key: str,
    path: str | None = None,
    second: str | None = None,
    health: str = "/health",
) -> FastAPI:
    """The application. `path` is the config's; if the run is grounded, the sources of its FAQ are watched.
    None: they are not. `second`: where the engine of another version is, while there is one. `health`: the path at
    which the engine says whether it takes questions."""
    metrics, key_cache = Metrics(), KeyCache(config)
    engine = EngineClient(url, key, health)
    engines = Engines(Run(config.name), engine, EngineClient(second, key) if second else None)
    relay = Relay(engines, builders, metrics, config.serve.max_in_flight, config.serve.request_timeout)
    relay.gateways = lambda: key_cache.gateways
    grounded = {name: builder for name, builder in builders.items() if builder.grounded}
    watched = path if config.name in grounded else None
    metrics.watch(grounded)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        await engines.open()
        watchers = [*engines.watchers(), key_cache.watch(), faq_watcher.watch(config, watched, grounded.values(), metrics)]
        tasks = [asyncio.create_task(watcher) for watcher in watchers]
        await key_cache.first_look()
        yield
        for task in (*tasks, *([relay.shadow.task] if relay.shadow.task else [])):
            task.cancel()
        await asyncio.wait(tasks)
        await engines.close()
        key_cache.close()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False, lifespan=life)
    app.state.relay = relay
    app.add_middleware(AccessMiddleware, key_cache=key_cache, metrics=metrics)
    add_errors(app)
    add_routes(app, Rules(config, grounded), relay)
    return app


def add_routes(app: FastAPI, rules: Rules, relay: Relay) -> None:

    @app.get("/health")
    async def health() -> Response:
        return Response()

    @app.get("/ready")
    async def ready() -> Response:
        return Response(status_code=200 if relay.ready else 503)

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(relay.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/metrics/engine")
    async def engine_metrics() -> Response:
        return Response(await relay.engines.main.metrics(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/v1/models")
    async def models() -> Response:
        return JSONResponse({"object": "list", "data": [card(name) for name in rules.names]})

    @app.get("/v1/models/{name}")
    async def model(name: str) -> Response:
        return JSONResponse(card(rules.known(name)))

    @app.post("/v1/chat/completions")
    async def chat_completions(request: Request) -> Response:
        check_json(request)
        return RelayResponse(relay, rules.read(await read_body(request, BODY_BYTES), request.headers.get(SESSION, "")))


def card(name: str) -> dict[str, str | int]:
    """A model in the format of OpenAI's API."""
    return {"id": name, "object": "model", "created": 0, "owned_by": "frontdesk"}


def add_errors(app: FastAPI) -> None:
    """Send every error in the shape that OpenAI's clients read."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        request.scope["frontdesk"].error = error.code or error.kind
        return error.openai_response()

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = ApiError(error.status_code, f"{request.method} {request.scope['path']}: {error.detail}").openai_response()
        response.headers.update(error.headers or {})
        return response

    app.add_exception_handler(ApiError, ours)
    app.add_exception_handler(HTTPException, http)


class Server(uvicorn.Server):
    """uvicorn's server, which after a signal takes no questions, and waits for running streams."""

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
