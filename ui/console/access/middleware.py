"""Who may ask for what below /desk: only our own pages, and only for somebody who is logged in."""

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.store.store import StoreUnavailable
from frontdesk.web.errors import ApiError
from ui.console.access.login import LOGIN
from ui.console.session import Logins
from ui.console.texts import TEXTS, language_of
from ui.security.middleware import FOREIGN, is_ours

STATIC = "/static/"
PAGES = ("/", "/conversations", "/review", "/health", "/numbers", "/releases", "/audit", "/logout")
"""Without a login these redirect to the login page. The other paths are the script's; they answer 401."""


class ConsoleMiddleware:
    """ASGI middleware around everything below /desk. Routes read from `request.state.who` who asks."""

    def __init__(self, app: ASGIApp, logins: Logins) -> None:
        self.app, self.logins = app, logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        begun, headers, path = False, Headers(scope=scope), route_path(scope)

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                MutableHeaders(scope=message)["Cache-Control"] = "no-cache" if path.startswith(STATIC) else "no-store"
            await send(message)

        try:
            answer = await self._refusal(scope, headers, path) or self.app
            await answer(scope, receive, send_with_headers)
        except StoreUnavailable:
            if begun:
                raise
            words = TEXTS[language_of(headers)]["not_read" if scope["method"] in ("GET", "HEAD") else "not_stored"]
            await PlainTextResponse(words, 503, {"Retry-After": "5"})(scope, receive, send_with_headers)
        except ApiError as error:
            await PlainTextResponse(error.message, error.status)(scope, receive, send_with_headers)

    async def _refusal(self, scope: Scope, headers: Headers, path: str) -> Response | None:
        """The answer to a request that goes no further. Raises StoreUnavailable."""
        if not own(headers, scope["method"]):
            return PlainTextResponse(FOREIGN, 403)
        if path == "/login" or path.startswith(STATIC):
            return None
        if who := await asyncio.to_thread(self.logins.who, headers):
            scope.setdefault("state", {})["who"] = who
            return None
        return RedirectResponse(LOGIN, 303) if path in PAGES else PlainTextResponse("not logged in", 401)


def route_path(scope: Scope) -> str:
    """The path below /desk, as the routes see it."""
    return str(scope["path"]).removeprefix(str(scope.get("root_path", "")))


def own(headers: Mapping[str, str], method: str) -> bool:
    """Whether a request comes from a page of ours; what changes something must say so."""
    return is_ours(headers) or ("origin" not in headers and method in ("GET", "HEAD"))
