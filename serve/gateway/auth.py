"""ASGI middleware around all of the gateway: who may ask what, how often, and what is told of it afterwards.

It asks for a key before anything is read. `/v1` is for every role, `/metrics` for admins; `/health` and `/ready` are for everybody and say
nothing. Where no key is needed (a laptop), the request must be meant for this machine: a web page that has its own name point here, or that
sends a form here, gets nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.engine.vllm import KEY_VARIABLE
from frontdesk.store.keys import allows
from frontdesk.web import access_log as journal
from frontdesk.web.address import FORWARDED, is_loopback
from serve.gateway.access_log import Record, Refused
from serve.gateway.key_cache import LOCAL, Holder, Keyring
from serve.gateway.metrics import Metrics
from serve.gateway.rate_limit import Limits
from serve.gateway.schema import ApiError

HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
"""On every response, those of the server itself too. None for CORS: no other site's page may read an answer."""
HOW = f"send a key of `python -m serve.keys`, or the one in {KEY_VARIABLE}, as `Authorization: Bearer KEY`"


class Guard:
    """See the module."""

    def __init__(self, app: ASGIApp, keyring: Keyring, metrics: Metrics) -> None:
        self.app, self.keyring, self.metrics = app, keyring, metrics
        self.limits, self.refused = Limits(), Refused()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        record = scope["frontdesk"] = Record()
        more: dict[str, str] = {"x-request-id": record.id}

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                added = [(name.encode(), value.encode()) for name, value in more.items()]
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        try:
            with self.admitted(scope, record) as headers:
                more |= headers
                await self.app(scope, receive, told)
        except ApiError as error:
            record.error = error.code
            await error.response()(scope, receive, told)
        except ClientDisconnect:
            record.error = "left"
        except Exception as error:
            journal.defect(error, record.id)
            record.error = "defect"
            if record.status is not None:
                raise ConnectionAbortedError("a defect in the middle of a response") from None
            await ApiError(500, "a defect of the desk; its log tells more", kind="server_error").response()(scope, receive, told)
        finally:
            self.end(scope, record)

    @contextmanager
    def admitted(self, scope: Scope, record: Record) -> Iterator[dict[str, str]]:
        """For as long as the request lasts. Yields headers for its response; raises ApiError where it may not be asked."""
        needed = role_for(scope["path"])
        if needed is None:
            yield {}
            return
        holder = self.who(scope)
        record.key = holder.name
        if not allows(holder.role, needed):
            raise ApiError(403, f"this key is a {holder.role}'s; this takes the role {needed}", code="wrong_role")
        with self.limits.place(holder) as headers:
            yield headers

    def who(self, scope: Scope) -> Holder:
        """Whose key the request shows. Raises ApiError."""
        given, address = bearer(scope), (scope.get("client") or ("",))[0]
        holder = self.keyring.holder(given) if given else None
        wait = self.limits.wait(address) if given and (holder is None or holder.guessable) else 0
        if holder and not wait:
            return holder
        if not self.keyring.needed:
            check_meant_for_here(scope)
            return LOCAL
        if wait:
            raise ApiError(429, "too many wrong keys from this address", None, "too_many_wrong_keys", "rate_limit_error", wait)
        if self.keyring.stale:
            raise ApiError(503, "keys cannot be looked up now; ask again in a moment", None, "keys_unavailable", "server_error", 2)
        if given:
            self.limits.guess(address)
        raise ApiError(401, f"a wrong key, or none; {HOW}", code="invalid_api_key")

    def end(self, scope: Scope, record: Record) -> None:
        """Count it and write its line."""
        record.route = getattr(scope.get("route"), "path", "other")
        if scope["path"].startswith("/v1") and record.status:
            self.metrics.responses.labels(record.status).inc()
        if record.key is None and record.status is not None and record.status >= 400:
            self.refused.add(record)
        else:
            record.end()


def role_for(path: str) -> str | None:
    """The role that a path takes; None: everybody may."""
    if path.startswith("/v1"):
        return "customer"
    return "admin" if path.startswith("/metrics") else None


def bearer(scope: Scope) -> bytes | None:
    """The key that is shown, if it is one."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(given) != 1 or given[0][:7].lower() != b"bearer ":
        return None
    return bytes(given[0][7:]).strip() or None


def check_meant_for_here(scope: Scope) -> None:
    """Where nobody is asked for a key. A browser tells the name that it looked up, so a foreign name that points here is seen; a proxy that
    puts our own name in its place mostly tells of itself."""
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "localhost")
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if not is_loopback(name) or any(header.decode("latin-1") in FORWARDED for header, _ in scope["headers"]):
        message = "asked as another host than this machine or through a proxy, which takes a key"
        raise ApiError(403, f"{message}; make one with `python -m serve.keys create`, then {HOW}", code="foreign_host")
