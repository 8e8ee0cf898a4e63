"""The page on which an agent enters a key, and what it sends."""

import asyncio
import math
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from frontdesk.reports.html import tag
from frontdesk.web.address import network
from frontdesk.web.body import read_body
from frontdesk.web.errors import ApiError
from frontdesk.web.rate_limit import RateLimit
from ui.chat.texts import Language
from ui.console.login.session import COOKIE, HOURS, Logins
from ui.console.texts import TEXTS, language_of

HOME, LOGIN = "/desk/", "/desk/login"
BODY_BYTES = 4096
"""Of a login. ui/security/middleware.py bounds all others, and sets the headers that keep the pages out of frames."""
TRIES, TRIES_SECONDS = 10, 600.0
"""Wrong keys from one address. It is not that one could be guessed, of 2^256, but trying costs us work."""


class LoginPage:
    """The routes /login, /logout and /who below /desk."""

    def __init__(self, logins: Logins, company: str) -> None:
        self.logins, self.company = logins, company
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
        response = RedirectResponse(HOME, 303)
        response.headers["set-cookie"] = set_cookie(token, HOURS * 3600, secure(request))
        return response

    async def leave(self, request: Request) -> Response:
        """Log out."""
        await asyncio.to_thread(self.logins.leave, request.headers)
        response = RedirectResponse(LOGIN, 303)
        response.headers["set-cookie"] = set_cookie("", 0, secure(request))
        return response

    async def who(self, request: Request) -> Response:
        """Name and role; the guard lets nobody else ask."""
        who = await asyncio.to_thread(self.logins.who, request.headers)
        return JSONResponse({"name": who.name, "role": "admin" if who.admin else "agent"} if who else None, 200 if who else 401)

    async def _form(self, request: Request, status: int, error: str, headers: Mapping[str, str] | None = None) -> Response:
        staffed = await asyncio.to_thread(self.logins.staffed)
        return HTMLResponse(form(self.company, language_of(request.headers), error, staffed), status, headers)


async def read_key(request: Request) -> str:
    """The field `key` of a form; "" if there is none, or the body is larger or slower than any login."""
    try:
        body = await read_body(request, BODY_BYTES)
    except ApiError:
        return ""
    return parse_qs(body.decode("utf-8", "replace")).get("key", [""])[0].strip()


def secure(request: Request) -> bool:
    """Whether the browser came by https, here or at a proxy."""
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto", "").split(",")[0].strip() == "https"


def set_cookie(token: str, seconds: int, https: bool) -> str:
    """The header's value. `seconds` 0 removes the cookie."""
    return f"{COOKIE}={token}; Max-Age={seconds}; Path=/desk; HttpOnly; SameSite=Strict" + ("; Secure" if https else "")


STYLE = """
:root { color-scheme: light dark; --ink: #1c1917; --soft: #57534e; --line: #a8a29e; --page: #f5f5f4; --card: #fff;
    --bad: #b91c1c; --go: #0f766e }
@media (prefers-color-scheme: dark) {
    :root { --ink: #f5f5f4; --soft: #a8a29e; --line: #78716c; --page: #1c1917; --card: #292524; --bad: #fca5a5 }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; background: var(--page); color: var(--ink); word-break: keep-all;
    font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", sans-serif }
main { width: min(360px, calc(100vw - 32px)); padding: 28px; border-radius: 12px; background: var(--card); box-shadow: 0 1px 3px #0003 }
h1 { margin: 0; font-size: 19px; line-height: 1.3 }
p { margin: 4px 0 20px; color: var(--soft); font-size: 13.5px }
label { display: block; margin-bottom: 4px; font-weight: 600; font-size: 13.5px }
input, button { width: 100%; padding: 10px 12px; border-radius: 8px; font: inherit }
input { border: 1px solid var(--line); background: var(--page); color: inherit }
button { margin-top: 14px; border: 0; background: var(--go); color: #fff; font-weight: 600; cursor: pointer }
:focus-visible { outline: 2px solid var(--go); outline-offset: 2px }
[role=alert] { margin: 10px 0 0; color: var(--bad) }
code { font-size: 12.5px; overflow-wrap: anywhere }
"""
# A link from elsewhere comes without the cookie, which other sites cannot send; this page can.
ALREADY = "fetch('/desk/who').then(answer => { if (answer.ok) location.replace('/desk/') })"
FIELD = '<input id="key" name="key" type="password" autocomplete="current-password" maxlength="200" required autofocus>'
COMMAND = "python -m serve.keys create --role agent --name … --config …"


def form(company: str, language: Language, error: str, staffed: bool) -> str:
    """The page with the one field. `error` is a key of TEXTS; `staffed`: somebody has a key."""
    text = TEXTS[language]
    hint = tag("p", text["login_hint"]) if staffed else tag("p", text["no_agents"], " ", tag("code", COMMAND))
    alert = tag("p", text[error], role="alert") if error else ""
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{tag('title', text['login'], ' · ', company)}<style>{STYLE}</style>"
        f"<main>{tag('h1', company)}{hint}"
        f'<form method="post" action="{LOGIN}">{tag("label", text["key"], for_="key")}{FIELD}{alert}'
        f"{tag('button', text['login'])}</form></main><script>{ALREADY}</script></html>"
    )
