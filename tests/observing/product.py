"""Page, gateway and the engine's stand-in as customers and Prometheus meet them, with keys; and a collector of traces."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.datastructures import Headers

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.store import credentials, keys
from frontdesk.store.store import Store, open_store
from serve.gateway.prompts import PromptBuilder
from tests.serve.gateways import FAQ, at, gateway, project, settings, write_run
from tests.serve.stand_in import Engine, events, respond, served
from tests.ui.desks import SOON, migrated
from tests.waits import CEILING, wait_for
from ui.app import create_app
from ui.console.app import mount_console
from ui.desk.bot import Assistant
from ui.desk.desk import Desk

QUESTION, ESCALATED = "Is it free to return a tent?", "Does the moon have a post office?"


class Collector:
    """An OpenTelemetry collector's address for traces, over HTTP."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        assert (scope["method"], scope["path"]) == ("POST", "/v1/traces")
        assert Headers(scope=scope)["content-type"] == "application/x-protobuf" and "content-encoding" not in Headers(scope=scope)
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        self.bodies.append(body)
        await respond(send, 200, b"")

    @property
    def spans(self) -> list[Span]:
        """All that came."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [span for one in requests for resource in one.resource_spans for scope in resource.scope_spans for span in scope.spans]


@dataclass
class Product:
    """The addresses, and what stands behind them."""

    config: Config
    engine: Engine
    store: Store
    desk: Desk
    api: httpx.Client
    page: httpx.Client
    admin: str
    stack: contextlib.ExitStack
    """Closing it stops the page."""

    def customer(self) -> dict[str, str]:
        """The headers of a new one."""
        return {"Authorization": f"Bearer {self.page.post('/api/customers', json={}).json()['token']}"}

    def say(self, text: str, customer: dict[str, str] | None = None) -> dict[str, Any]:
        """A customer says something on the page; the view once it is answered, or waits for a person."""
        who = customer or self.customer()
        self.page.post("/api/chat/messages", json={"text": text}, headers=who).raise_for_status()
        wait_for(lambda: not self.page.get("/api/chat", headers=who).json()["busy"])
        view: dict[str, Any] = self.page.get("/api/chat", headers=who).json()
        return view

    def numbers(self) -> str:
        """All that Prometheus reads: of the gateway, the engine and the page."""
        key = {"Authorization": f"Bearer {self.admin}"}
        clients = ((self.api, "/metrics"), (self.api, "/metrics/engine"), (self.page, "/metrics"))
        return "\n".join(client.get(path, headers=key).raise_for_status().text for client, path in clients)


@contextlib.contextmanager
def product(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Product]:
    """The product in a working folder of its own; somebody has an admin's key, so everybody needs one at the gateway."""
    patch.chdir(folder)
    patch.delenv("FRONTDESK_API_KEY", raising=False)
    patch.setenv(credentials.PAGE_KEY, "the-key-of-the-page")
    database = f"sqlite:///{folder}/store.db"
    (folder / "store.db").write_bytes(migrated())
    config = at(settings(), database)
    (folder / "faq.csv").write_text("question,answer\n" + "".join(f"{question},{answer}\n" for _, question, answer in FAQ))
    write_run(config)
    engine = Engine()
    engine.parts = events("Returns are free ", "within 45 days.", usage=True)
    store = open_store(config, SOON)
    admin = keys.create(store, "prometheus", "admin")
    builder, path = PromptBuilder(config, Run("shop")), str(project(folder, config))
    with contextlib.ExitStack() as stack, gateway(config, engine, builder, path) as api:
        desk = Desk(config, store, Assistant(config, f"{api.base_url}/v1", "the-key-of-the-page"))
        app = create_app(config, desk, store)
        mount_console(app, desk, store, config)
        page = httpx.Client(base_url=stack.enter_context(served(app)), trust_env=False, timeout=CEILING)
        stack.enter_context(page)
        yield Product(config, engine, store, desk, api, page, admin, stack)
        stack.close()  # the page asks the gateway
    store.close()
