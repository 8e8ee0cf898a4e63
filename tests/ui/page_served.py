"""The customer's page on its real parts: store, Desk, uvicorn. In the gateway's place a small web server says what a test tells it to."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from fastapi import FastAPI

from frontdesk.config.schema import Config
from frontdesk.store.store import Store, open_store
from tests.serve.stand_in import END, Engine, event, served
from tests.waits import CEILING
from ui.app import create_app, mount_page
from ui.desk.bot import Assistant
from ui.desk.desk import Desk

SOURCE = {"id": "shipping-cost", "question": "How much is standard shipping?", "source": "faq.en.jsonl:12"}
QUESTIONS = ["How much is standard shipping?", "Can I return a tent?"]
KEY = "the-key-of-the-page"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>document.title="owned"</script>'
    '<image href="http://outside.invalid/x.png"/><rect width="9" height="9" fill="#0f766e"/></svg>'
)

T = TypeVar("T")


@dataclass
class Served:
    """A page, and what stands behind it."""

    url: str
    engine: Engine
    desk: Desk
    store: Store
    config: Config
    app: FastAPI

    def says(self, *words: str, source: dict[str, Any] | None = None, **more: Any) -> None:
        """What the bot answers from now on; `more` of the field with the source."""
        usage = {"prompt_tokens": 1, "completion_tokens": len(words), "total_tokens": 9}
        end = event(choices=[], usage=usage, frontdesk={"source": source, **more})
        self.engine.parts = [event(""), *(event(word) for word in words), event("", "stop"), end, b"data: [DONE]" + END]

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """What an agent does, in a thread of its own: Playwright's loop runs in this one."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, work).result(CEILING)

    def waiting(self) -> str:
        """The conversation that waits for a person."""
        return next(one.id for one, _ in self.store.queue() if one.state == "waiting")


@contextlib.contextmanager
def served_page(folder: Path, questions: list[str] = QUESTIONS, company: str = "Pebble & Pine", **ui: Any) -> Iterator[Served]:
    """A shop's page on a free port of loopback; `ui` is that section of its config."""
    (folder / "logo.svg").write_text(SVG, encoding="utf-8")
    config = Config(
        name="shop",
        company=company,
        system_prompt="Answer with the shop's facts.",
        model={"base": "none", "template": "chatml"},
        data={"faq": ["faq.csv"]},
        desk={"database": f"sqlite:///{folder}/store.db"},
        ui={"logo": str(folder / "logo.svg"), **ui},
    )
    engine = Engine()
    with served(engine) as gateway:
        store = open_store(config)
        desk = Desk(config, store, Assistant(config, gateway + "/v1", KEY))
        app = create_app(config, desk, store)
        mount_page(app, config, questions)
        with served(app) as address:
            page = Served(address.replace("127.0.0.1", "localhost") + "/", engine, desk, store, config, app)
            page.says("Standard shipping ", "costs $4.90.", source=SOURCE)
            yield page
        store.close()


@dataclass
class Site:
    """Another web site, with one page."""

    origin: str
    html: str = ""
    hits: list[str] = field(default_factory=list)
    """The paths that were asked for."""


@contextlib.contextmanager
def other_site() -> Iterator[Site]:
    """On a port of 127.0.0.1, which to a browser is another site than localhost."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.hits.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(site.html.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join(CEILING)
        server.server_close()
