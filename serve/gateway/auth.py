"""ASGI middleware around the whole gateway: who may ask what and how often, and the log line afterwards.

The key is checked before the body is read. `/v1` is for every role, `/metrics` for admins; `/health` and
`/ready` are for everybody and say nothing. Where no key is needed (a laptop), the request must be addressed
to this machine: a web page whose own name points here (DNS rebinding), or that sends a form here, is refused.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.engine.vllm import KEY_VARIABLE
from frontdesk.store.keys import allows
from frontdesk.web import access_log, tracing
from frontdesk.web.address import FORWARDED, is_loopback, network
from frontdesk.web.errors import ApiError
from serve.gateway.access_log import AccessRecord, RefusalCounter
from serve.gateway.key_cache import LOCAL, KeyCache, Principal
from serve.gateway.metrics import Metrics
from serve.gateway.rate_limit import Limits

HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
"""On every response, the server's own too. None for CORS: pages of other sites may not read answers."""
HOW = f"send a key of `python -m serve.keys`, or the one in {KEY_VARIABLE}, as `Authorization: Bearer KEY`"


class AccessMiddleware:
    """See the module."""

    def __init__(self, app: ASGIApp, key_cache: KeyCache, metrics: Metrics) -> None:
        self.app, self.key_cache, self.metrics = app, key_cache, metrics
        self.limits, self.refused = Limits(key_cache), RefusalCounter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        record = scope["frontdesk"] = AccessRecord()
        traced = scope["path"] == "/v1/chat/completions"
        with tracing.span("gateway", tracing.traceparent(scope)) if traced else tracing.OFF as here:
            await self.answer(scope, receive, send, record)
            here.set(request=record.id, status=record.status, error=record.error)
            here.set(prompt_tokens=record.prompt_tokens, completion_tokens=record.completion_tokens)

    async def answer(self, scope: Scope, receive: Receive, send: Send, record: AccessRecord) -> None:
        """Pass an allowed request on, and log it."""
        more: dict[str, str] = {"x-request-id": record.id}

        async def recorded(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                added = [(name.encode(), value.encode()) for name, value in more.items()]
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        try:
            async with self.admitted(scope, record) as headers:
                more |= headers
                await self.app(scope, receive, recorded)
        except ApiError as error:
            record.error = error.code
            await error.openai_response()(scope, receive, recorded)
        except ClientDisconnect:
            record.error = "left"
        except Exception as error:
            access_log.defect(error, record.id)
            record.error = "defect"
            if record.status is not None:
                raise ConnectionAbortedError("a defect in the middle of a response") from None
            defect = ApiError(500, "a defect of the desk; its log tells more", kind="server_error")
            await defect.openai_response()(scope, receive, recorded)
        finally:
            self.end(scope, record)

    @asynccontextmanager
    async def admitted(self, scope: Scope, record: AccessRecord) -> AsyncIterator[dict[str, str]]:
        """As long as the request. Yields headers for the response; raises ApiError if not allowed."""
        needed = role_for(scope["path"])
        if needed is None:
            yield {}
            return
        principal = self.who(scope)
        record.key = principal.name
        if not allows(principal.role, needed):
            raise ApiError(403, f"this key has the role {principal.role}; expected the role {needed}", code="wrong_role")
        async with self.limits.place(principal) as headers:
            yield headers

    def who(self, scope: Scope) -> Principal:
        """Whose key the request carries. Raises ApiError."""
        given, address = bearer(scope), network((scope.get("client") or ("",))[0])
        principal = self.key_cache.principal(given) if given else None
        wait = self.limits.guesses.wait(address) if given and (principal is None or principal.guessable) else 0
        if principal and not wait:
            return principal
        if not self.key_cache.needed:
            check_meant_for_here(scope)
            return LOCAL
        if wait:
            raise ApiError(429, "too many wrong keys from this address", None, "too_many_wrong_keys", "rate_limit_error", wait)
        if self.key_cache.stale:
            raise ApiError(503, "keys cannot be looked up now; ask again in a moment", None, "keys_unavailable", "server_error", 2)
        if given:
            self.limits.guesses.take(address)
        raise ApiError(401, f"a wrong key, or none; {HOW}", code="invalid_api_key")

    def end(self, scope: Scope, record: AccessRecord) -> None:
        record.route = getattr(scope.get("route"), "path", "other")
        if scope["path"].startswith("/v1") and record.status:
            self.metrics.responses.labels(record.status).inc()
        if record.key is None and record.status is not None and record.status >= 400:
            self.refused.add(record)
        else:
            record.end()


def role_for(path: str) -> str | None:
    """The role that a path needs; None: everybody may."""
    if path.startswith("/v1"):
        return "customer"
    return "admin" if path.startswith("/metrics") else None


def bearer(scope: Scope) -> bytes | None:
    """The request's key, if it has exactly one."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(given) != 1 or given[0][:7].lower() != b"bearer ":
        return None
    return bytes(given[0][7:]).strip() or None


def check_meant_for_here(scope: Scope) -> None:
    """Raise ApiError unless the request is addressed to this machine. Called where nobody needs a key. A
    browser sends the name that it looked up, so a foreign name that points here shows. A proxy that replaces
    it with our name mostly adds a header of its own."""
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "localhost")
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if not is_loopback(name) or any(header.decode("latin-1") in FORWARDED for header, _ in scope["headers"]):
        message = "asked as another host than this machine or through a proxy, which takes a key"
        raise ApiError(403, f"{message}; make one with `python -m serve.keys create`, then {HOW}", code="foreign_host")
