"""The web application around the page: its look, and what a browser may load and send."""

from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.page import Page

HERE = Path(__file__).parent
SYSTEM_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "sans-serif")
HEADERS = {
    # Gradio needs inline scripts and eval for itself; nothing may come from, or go to, another site.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class Guard:
    """ASGI middleware that adds HEADERS to every response and refuses uploads, for which the page has no use."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = scope["path"].startswith("/gradio_api/upload")
        await (PlainTextResponse("no uploads", 404) if refused else self.app)(scope, receive, send_with_headers)


def create_app(page: Page) -> FastAPI:
    """The page at `/`, without Gradio's own links, run history, monitoring and API documentation."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard)
    gr.mount_gradio_app(
        app,
        page.blocks,
        path="/",
        footer_links=[],
        run_history=False,
        favicon_path=str(HERE / "favicon.svg"),
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        i18n=page.i18n,
        theme=gr.themes.Base(
            primary_hue="teal", neutral_hue="stone", font=SYSTEM_FONTS, font_mono=("ui-monospace", "monospace"), radius_size="lg"
        ),
        css_paths=HERE / "style.css",
    )
    return app
