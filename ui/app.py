"""The web application: the customer's page at `/` with its files, the JSON API at `/api`, the agents'
console at `/desk`."""

import asyncio
import hashlib
import html
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import gradio as gr
from fastapi import FastAPI, Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.config.schema import Config
from frontdesk.store.forget import keep_expiring
from frontdesk.store.store import Store
from ui.api.routes import create_api
from ui.api.session import Customers
from ui.chat.brand import LOGO_HEADERS, Logo, read_logo, stylesheet, text_on
from ui.chat.page import Page, title
from ui.chat.texts import EMBEDDED
from ui.desk import others
from ui.desk.desk import Desk
from ui.security.middleware import PageMiddleware

CHAT = Path(__file__).with_name("chat")
SYSTEM_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "sans-serif")
FRESH = {"Cache-Control": "no-cache"}
LEFTOVERS = re.compile(
    rb'<meta\s+property="og:[^>]*>|<meta\s+name="twitter:[^>]*>|<link rel="manifest"[^>]*>|'
    rb"<script data-gradio-mode>.*?</script>\s*<script>.*?</script>",
    re.DOTALL,
)
"""Parts of Gradio's page: name and picture for link previews, manifest, a script for frames on its own site."""
MODE = b'<script>window.__gradio_mode__ = "app";</script>'


def create_app(config: Config, desk: Desk, store: Store) -> FastAPI:
    """The application without the page at `/`.

    `mount_page` adds that last, because it takes all remaining paths.
    """

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(keep_expiring(store, config.desk.retention_days))]
        tasks += [asyncio.create_task(work(desk)) for work in (others.listen, others.keep) if store.shared]
        yield
        for task in tasks:
            task.cancel()
        if store.shared:
            await others.leave(desk)

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    app.add_middleware(Tidy, title=title(config.company))
    app.add_middleware(PageMiddleware, origins=config.ui.origins, cookie=Customers(desk).cookie)
    app.include_router(create_api(desk), prefix="/api")
    return app


def mount_page(app: FastAPI, config: Config, questions: list[str]) -> None:
    """Add the page and its files, without Gradio's own links, run history, monitoring and API documentation."""
    logo = read_logo(config.ui.logo)
    _add_files(app, config, logo)
    page = Page(config.company, questions, logo is not None)
    theme = gr.themes.Base(neutral_hue="stone", font=SYSTEM_FONTS, font_mono=("ui-monospace", "monospace"), radius_size="lg")
    gr.mount_gradio_app(
        app, page.blocks, path="/", footer_links=[], run_history=False, favicon_path=str(CHAT / "favicon.svg"), show_error=False,
        ssr_mode=False, enable_monitoring=False, pwa=False, mcp_server=False, i18n=page.i18n, theme=theme,
        css=stylesheet(config.ui.colour), css_paths=CHAT / "style.css",
    )  # fmt: skip


def _add_files(app: FastAPI, config: Config, logo: Logo | None) -> None:
    """Add a route for each file: no request's path is ever looked up on the disk."""
    settings = {"company": config.company, "colour": config.ui.colour, "text": text_on(config.ui.colour), "texts": EMBEDDED}
    scripts = {name: (CHAT / name).read_text(encoding="utf-8") for name in ("chat.js", "turns.js", "embed.js")}
    scripts["embed.js"] = scripts["embed.js"].replace("SETTINGS", json.dumps(settings), 1)
    for name, script in scripts.items():
        # Other sites load embed.js, even with a Cross-Origin-Embedder-Policy.
        headers = {**FRESH, "Cross-Origin-Resource-Policy": "cross-origin" if name == "embed.js" else "same-origin"}
        app.add_api_route(f"/{name}", _file(script.encode(), "text/javascript", headers), methods=["GET"])
    if logo:
        app.add_api_route("/logo", _file(logo.content, logo.media_type, LOGO_HEADERS), methods=["GET"])


def _file(content: bytes, media_type: str, headers: dict[str, str]) -> Callable[[Request], Response]:
    """A handler that sends this content, or nothing if the browser has it already."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'

    def answer(request: Request) -> Response:
        known = request.headers.get("if-none-match") == tag
        return Response(b"" if known else content, 304 if known else 200, {**headers, "ETag": tag}, media_type)

    return answer


class Tidy:
    """ASGI middleware that removes Gradio's name, links and scripts, and puts in the company's name."""

    def __init__(self, app: ASGIApp, title: str) -> None:
        self.app = app
        self.head = f"<title>{html.escape(title)}</title>".encode() + MODE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        plain = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                tidied = LEFTOVERS.sub(b"", body).replace(b"<head>", b"<head>" + self.head, 1)
                MutableHeaders(scope=start).update({"Content-Length": str(len(tidied)), "Cache-Control": "no-store"})
                await send(start)
                await send({"type": "http.response.body", "body": tidied})

        await self.app(plain, receive, collect)
