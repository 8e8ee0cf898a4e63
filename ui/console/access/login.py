"""The page on which an agent enters a key, and what it sends."""

import asyncio
import math
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from frontdesk.web.address import network
from frontdesk.web.errors import ApiError
from frontdesk.web.rate_limit import RateLimit
from ui.console.pages import Pages, read_form, who_of
from ui.console.session import COOKIE, HOURS, Logins

HOME, LOGIN = "/desk/", "/desk/login"
BODY_BYTES = 4096
"""Of a login."""
TRIES, TRIES_SECONDS = 10, 600.0
"""Wrong keys from one address. It is not that one could be guessed, of 2^256, but trying costs us work."""


class LoginPage:
    """The routes /login, /logout and /who below /desk."""

    def __init__(self, logins: Logins, pages: Pages) -> None:
        self.logins, self.pages = logins, pages
        self.wrong_keys = RateLimit(TRIES, TRIES_SECONDS)

    async def show(self, request: Request) -> Response:
        """The form, or the console where nobody needs it."""
        if await asyncio.to_thread(self.logins.who, request.headers):
            return RedirectResponse(HOME, 303)
        return await self._form(request, 200, "")

    async def enter(self, request: Request) -> Response:
        """A key was sent."""
        address = network(request.client.host if request.client else "")
        if wait := self.wrong_keys.wait(address):
            return await self._form(request, 429, "too_many", {"Retry-After": str(math.ceil(wait))})
        key = await read_key(request)
        token = await asyncio.to_thread(self.logins.enter, key) if key else None
        if token is None:
            self.wrong_keys.take(address)
            return await self._form(request, 401, "wrong_key")
        return RedirectResponse(HOME, 303, {"set-cookie": set_cookie(token, HOURS * 3600, secure(request))})

    async def leave(self, request: Request) -> Response:
        """Log out."""
        await asyncio.to_thread(self.logins.leave, request.headers)
        return RedirectResponse(LOGIN, 303, {"set-cookie": set_cookie("", 0, secure(request))})

    async def who(self, request: Request) -> Response:
        """Name and role."""
        who = who_of(request)
        return JSONResponse({"name": who.name, "role": "admin" if who.admin else "agent"})

    async def _form(self, request: Request, status: int, error: str, headers: Mapping[str, str] | None = None) -> Response:
        """`error` is a key of TEXTS. Where nobody has a key, the page says how to make one."""
        staffed = await asyncio.to_thread(self.logins.staffed)
        return self.pages.page(request, "login", {"error": error, "staffed": staffed}, status, headers)


async def read_key(request: Request) -> str:
    """The field `key` of a form; "" if there is none, or the body is larger or slower than any login."""
    try:
        return (await read_form(request, BODY_BYTES)).get("key", "").strip()
    except ApiError:
        return ""


def secure(request: Request) -> bool:
    """Whether the browser came by https, here or at a proxy."""
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto", "").split(",")[0].strip() == "https"


def set_cookie(token: str, seconds: int, https: bool) -> str:
    """The header's value. `seconds` 0 removes the cookie."""
    return f"{COOKIE}={token}; Max-Age={seconds}; Path=/desk; HttpOnly; SameSite=Strict" + ("; Secure" if https else "")
