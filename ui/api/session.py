"""Who the customer is: a cookie with a secret that only their browser has, set when the page is first opened."""

from http.cookies import SimpleCookie

from starlette.requests import Request

from frontdesk.store.store import StoreUnavailable
from frontdesk.web.address import network
from ui.api.schema import language_of, remote
from ui.desk.desk import COOKIE, Desk
from ui.desk.live_state import Limit, TooMany

NEW_A_MINUTE = 60
"""Customers from one address. A whole office may stand behind one; a program that drops its cookies would fill the store."""
DAYS = 90
"""After its last visit a browser forgets who it was."""


class Customers:
    """Knows a browser by its cookie, and makes a customer for a new one."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.new = Limit(NEW_A_MINUTE)

    async def cookie(self, request: Request) -> str | None:
        """The Set-Cookie header for a visit, which prolongs a known one.

        None where too many new ones came from one address, or the store is away: the page then says so and visits again.
        """
        token = request.cookies.get(COOKIE)
        try:
            if not (token and await self.desk.known(token)):
                if not self._may_be_new(remote(request)):
                    return None
                token, _ = await self.desk.enter(None, language_of(request))
        except StoreUnavailable:
            return None
        return set_cookie(token, secure=request.url.scheme == "https", framed=is_framed(request))

    def _may_be_new(self, address: str | None) -> bool:
        if address is not None:
            try:
                self.new.count(network(address))
            except TooMany:
                return False
        return True


def is_framed(request: Request) -> bool:
    """Whether the page is loaded into a frame of another site, or says that it is in one. Which sites may show it, its headers say."""
    headers = request.headers
    return "x-framed" in headers or (headers.get("sec-fetch-dest") == "iframe" and headers.get("sec-fetch-site") == "cross-site")


def set_cookie(token: str, *, secure: bool, framed: bool) -> str:
    """A Set-Cookie header. In a frame of another site a browser keeps it only if it is Partitioned: one customer for each such site."""
    cookie: SimpleCookie = SimpleCookie({COOKIE: token})
    cookie[COOKIE].update({"path": "/", "max-age": str(DAYS * 86400), "samesite": "None" if framed else "Lax"})
    cookie[COOKIE]["httponly"], cookie[COOKIE]["secure"] = True, secure or framed
    return cookie[COOKIE].OutputString() + ("; Partitioned" if framed else "")  # SimpleCookie knows that from Python 3.14 on
