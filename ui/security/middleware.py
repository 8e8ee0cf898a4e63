"""ASGI middleware around the page's process: which requests a browser may send, and what it may do with the
answer.

The customer's page needs eight of Gradio's some sixty routes. No other can be reached: no files, proxy,
uploads or queue. Its events take a language and nothing else (ui/security/gradio_events.py).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.chat.texts import LANGUAGES
from ui.security.gradio_events import PREDICT, pass_on

GRADIO = {"/", "/config", "/theme.css", "/gradio_api/app_id", "/gradio_api/startup-events", *PREDICT}
FOLDERS = ("/assets/", "/static/")
FOREIGN = "asked from another site; a proxy must pass Host, or set X-Forwarded-Host"
OWN = {"/logo", "/favicon.ico", "/chat.js", "/turns.js", "/embed.js"}
ELSEWHERE = ("/api", "/desk", "/metrics")
"""Other parts of the process, which check their requests themselves."""
MAX_BODY = 256 * 1024
"""Bytes; a message has at most 2,000 characters."""
BODY_SECONDS = 20.0
COME_AGAIN = 5
"""Seconds, for a visit that gets no cookie; chat.js tries again until there is one."""
POLICY = (
    # Gradio needs inline scripts and eval for itself; nothing may come from, or go to, another site.
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'"
)
CONSOLE_POLICY = (
    # The agents' console has no inline script or style, and nothing of another site's.
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class BodyRefused(Exception):
    """The body is larger or slower than any that the page sends."""


class PageMiddleware:
    """Refuses what the page does not need, sets security headers, and gives visitors their cookie."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...], cookie: Callable[[Request], Awaitable[str | None]]) -> None:
        """`origins` may show the customer's page in a frame. `cookie` makes the Set-Cookie header for a visit."""
        self.app, self.cookie = app, cookie
        self.frames = "; frame-ancestors " + " ".join(("'self'", *origins))
        self.no_frames = {} if origins else {"X-Frame-Options": "SAMEORIGIN"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = self.headers(scope["path"])
        if is_visit(scope):
            cookie = await self.cookie(Request(scope))
            headers |= {"Set-Cookie": cookie} if cookie else {"Retry-After": str(COME_AGAIN)}
        body, begun = Body(receive), False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if body.status and not begun:
                return  # the application's answer to a broken body
            if message["type"] == "http.response.start":
                begun = True
                answer = MutableHeaders(scope=message)
                for name, value in headers.items():
                    answer.setdefault(name, value)
            await send(message)

        try:
            if refused := refusal(scope):
                await refused(scope, body, send_with_headers)
            else:
                await pass_on(self.app, LANGUAGES, scope, body, send_with_headers)
        except BodyRefused:
            if begun:
                raise
        if (status := body.status) and not begun:
            body.status = 0
            answer = PlainTextResponse("the body is too large" if status == 413 else "the body is too slow", status)
            await answer(scope, body, send_with_headers)

    def headers(self, path: str) -> dict[str, str]:
        """The headers of an answer. The console is never in a frame, where a click may not be what it seems."""
        if under(path, "/desk"):
            return {**HEADERS, "Content-Security-Policy": CONSOLE_POLICY, "X-Frame-Options": "DENY"}
        return {**HEADERS, **self.no_frames, "Content-Security-Policy": POLICY + self.frames}


def is_visit(scope: Scope) -> bool:
    """Whether a browser opens the page. A health check (`Accept: */*`) is no customer."""
    return scope["path"] == "/" and scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")


def refusal(scope: Scope) -> PlainTextResponse | None:
    """The answer to a request that is not allowed; None if it is."""
    path = scope["path"]
    if any(under(path, part) for part in ELSEWHERE):
        return None
    if not (path in GRADIO or path in OWN or path.startswith(FOLDERS)):
        return PlainTextResponse("not found", 404)
    if path not in OWN and is_foreign(Headers(scope=scope)):
        return PlainTextResponse(FOREIGN, 403)
    return None


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Whether a page of another site asks. Gradio would allow it, with credentials, on any host but localhost."""
    return "origin" in headers and not is_ours(headers)


def is_ours(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a page of ours asks.

    It says so by Sec-Fetch-Site, which it sends to https and localhost, or by an Origin that equals the host,
    here or at a proxy. No script can set the first; to set X-Forwarded-Host, another site's would need our
    permission (CORS).
    """
    host = headers.get("origin", "").partition("://")[2]
    asked = (headers.get("host"), headers.get("x-forwarded-host", "").partition(",")[0].strip())
    return headers.get("sec-fetch-site") == "same-origin" or (host != "" and host in asked)


def under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


class Body:
    """A request's body as it arrives. If it is too large or too slow, raises BodyRefused and keeps the status."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.size, self.whole, self.status = 0, False, 0

    async def __call__(self) -> Message:
        if self.whole:
            return await self.receive()  # waits for the client to go away
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await self.receive()
        except TimeoutError:
            self.status = 408
            raise BodyRefused from None
        self.size += len(message.get("body", b""))
        self.whole = not message.get("more_body", False)
        if self.size > MAX_BODY:
            self.status = 413
            raise BodyRefused
        return message
