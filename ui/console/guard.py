"""What comes to the console's address: nothing passes to Gradio unless it is one of the requests that the page makes, from the page
itself, by somebody who is logged in. Gradio's own `auth` lets pass what it does not know of. No event gets what Gradio would take for a
file (ui/security/gradio_events.py).
"""

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.store.store import StoreUnavailable
from ui.console.login.page import LOGIN
from ui.console.login.session import Logins
from ui.security.gradio_events import PREDICT, pass_on, without_files
from ui.security.middleware import FOREIGN, is_ours

OPEN = ("/login",)
"""Below /desk, for everybody."""
OWN = ("/live", "/who", "/logout")
GRADIO = (
    "/", "/config", "/theme.css", "/gradio_api/startup-events", *PREDICT,
    "/gradio_api/app_id",  # asked after a request has failed: without it the page would stay dead
)  # fmt: skip
FOLDERS = ("/assets/", "/static/", "/gradio_api/heartbeat/")
"""What the page asks for. Of Gradio's other routes (queue, files, proxy, uploads, streams, monitoring, …) it needs none."""


class ConsoleMiddleware:
    """ASGI middleware around everything below /desk."""

    def __init__(self, app: ASGIApp, logins: Logins) -> None:
        self.app, self.logins = app, logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                if not route_path(scope).startswith("/assets/"):
                    headers["Cache-Control"] = "no-store"
                for name in (
                    "access-control-allow-origin",
                    "access-control-allow-credentials",
                ):  # Gradio's; no other site has a use for them
                    del headers[name]
            await send(message)

        try:
            await self._pass(scope, receive, send_with_headers)
        except StoreUnavailable:
            if begun:
                raise
            away = PlainTextResponse("the store cannot be used now; try again", 503, {"Retry-After": "5"})
            await away(scope, receive, send_with_headers)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To the pages, if it may go there at all. Raises StoreUnavailable."""
        if refused := await self._refuse(scope):
            await refused(scope, receive, send)
        else:
            await pass_on(self.app, route_path(scope), without_files, scope, receive, send)

    async def _refuse(self, scope: Scope) -> Response | None:
        """The answer to a request that goes no further."""
        headers, path = Headers(scope=scope), route_path(scope)
        if not own(headers, scope["method"]):
            return PlainTextResponse(FOREIGN, 403)
        if path in OPEN:
            return None
        if path not in (*OWN, *GRADIO) and not path.startswith(FOLDERS):
            return PlainTextResponse("not found", 404)
        if await asyncio.to_thread(self.logins.who, headers):
            return None
        return RedirectResponse(LOGIN, 303) if path in ("/", "/logout") else PlainTextResponse("not logged in", 401)


def route_path(scope: Scope) -> str:
    """The path below /desk, as the routes see it."""
    return str(scope["path"]).removeprefix(str(scope.get("root_path", "")))


def own(headers: Mapping[str, str], method: str) -> bool:
    """Whether a request comes from a page of ours; what changes something must say so."""
    return is_ours(headers) or ("origin" not in headers and method in ("GET", "HEAD"))
