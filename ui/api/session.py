"""Who the customer is: a cookie with a secret that only their browser has, set at the first visit."""

from http.cookies import SimpleCookie

from starlette.requests import Request

from frontdesk.store.store import StoreUnavailable
from frontdesk.web.rate_limit import RateLimit
from ui.api.schema import remote
from ui.desk.desk import COOKIE, Desk

NEW_A_MINUTE = 60
"""Customers from one address. It may be a whole office; but a program that drops its cookies would fill the
store."""
DAYS = 90  # after its last visit, a browser forgets who it was


class Customers:
    """Recognizes a browser by its cookie, and makes a customer for a new one."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.new = desk, RateLimit(NEW_A_MINUTE)

    async def cookie(self, request: Request) -> str | None:
        """The Set-Cookie header for a visit; it also renews a known cookie.

        None if too many new customers come from one address, or the store is away. The page says so and tries
        again.
        """
        token = request.cookies.get(COOKIE)
        try:
            if not (token and await self.desk.known(token)):
                if (address := remote(request)) and not self.new.take(address):
                    return None
                token, _ = await self.desk.enter()
        except StoreUnavailable:
            return None
        return set_cookie(token, secure=request.url.scheme == "https", framed=is_framed(request))


def is_framed(request: Request) -> bool:
    """Whether the page is in a frame of another site. Its headers say which sites may do that."""
    headers = request.headers
    return "x-framed" in headers or (headers.get("sec-fetch-dest") == "iframe" and headers.get("sec-fetch-site") == "cross-site")


def set_cookie(token: str, *, secure: bool, framed: bool) -> str:
    """A Set-Cookie header.

    In a frame of another site, browsers keep it only if it is Partitioned: a customer for each site.
    """
    cookie: SimpleCookie = SimpleCookie({COOKIE: token})
    cookie[COOKIE].update({"path": "/", "max-age": str(DAYS * 86400), "samesite": "None" if framed else "Lax"})
    cookie[COOKIE]["httponly"], cookie[COOKIE]["secure"] = True, secure or framed
    return cookie[COOKIE].OutputString() + ("; Partitioned" if framed else "")  # SimpleCookie knows that from Python 3.14 on
