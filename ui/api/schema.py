"""Requests to the customers' JSON API, as they are read: who asks, from which site, in which fields, and how an error is told."""

import asyncio
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from frontdesk.web.address import is_loopback, network
from ui.chat.texts import Language
from ui.desk.desk import COOKIE, MAX_CHARACTERS, Desk
from ui.security.middleware import FOREIGN, is_foreign, is_ours

BODY_BYTES = 64 * 1024
BODY_SECONDS = 10.0


class ApiError(Exception):
    """An answer that is an error. `code` is a key of ui/chat/texts.py where the customer reads it."""

    def __init__(self, status: int, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after

    def response(self) -> Response:
        headers = {"Retry-After": str(round(self.retry_after))} if self.retry_after is not None else {}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse({"error": {"message": self.message, "code": self.code}}, self.status, headers)


class Fields(BaseModel):
    """Fields as they are named here and of the very types; any other is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Nothing(Fields):
    """An empty object."""


class NewMessage(Fields):
    """What a customer says. Of a longer text the desk takes the first 2,000 characters, with a notice."""

    text: str = Field(max_length=10 * MAX_CHARACTERS)
    language: Language | None = None


class Again(Fields):
    """Whether the last answer is to be said anew."""

    again: bool = False


class Thumb(Fields):
    """A rating of one of the bot's answers."""

    message_id: int = Field(ge=1, lt=2**63)
    value: Literal[-1, 0, 1]
    reason: str = Field("", max_length=1000)


class Call(Fields):
    """A wish for a person."""

    language: Language | None = None


F = TypeVar("F", bound=Fields)


async def customer(desk: Desk, request: Request) -> str:
    """The id of the customer who asks. Raises ApiError for an unknown one, and where a browser sends its cookie for another site."""
    given = request.headers.get("authorization")
    if given is None:
        token = request.cookies.get(COOKIE)
        if request.method != "GET":
            check_origin(request, required=True)
    else:
        kind, _, token = given.partition(" ")
        token = token.strip() if kind.lower() == "bearer" else None
    if found := await desk.known(token):
        return found
    raise no_session()


def no_session() -> ApiError:
    return ApiError(401, "no_session", "no customer has this token; get one by POST /api/customers, or open the chat page")


def check_origin(request: Request, required: bool = False) -> None:
    """Raises ApiError for a page of another site. A browser names its site with each POST; `required`: who names none is refused too."""
    if is_foreign(request.headers) or (required and not is_ours(request.headers)):
        raise ApiError(403, "foreign_origin", FOREIGN)


async def read(request: Request, kind: type[F]) -> F:
    """The request's body. Raises ApiError for what is not JSON, too large, too slow, or of other fields."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "content_type", "expected the header Content-Type: application/json")
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > BODY_BYTES:
                    raise ApiError(413, "too_large", f"the body is too large; expected at most {BODY_BYTES} bytes")
                parts.append(part)
    except TimeoutError:
        raise ApiError(408, "too_slow", f"the body did not come within {BODY_SECONDS:g} s") from None
    try:
        return kind.model_validate_json(b"".join(parts) or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))[:100] or "the body"
        known = ", ".join(kind.model_fields) or "none"
        raise ApiError(400, "invalid_request", f"{place}: {first['msg'][:200]}; known fields: {known}") from None


def language_of(request: Request) -> Language:
    """As the address says (`?language=ko`), or else the browser."""
    return "ko" if request.query_params.get("language", request.headers.get("accept-language", "")).lower().startswith("ko") else "en"


def remote(request: Request) -> str | None:
    """What counts as the client's address (`network`); None on this machine, where programs and proxies are."""
    host = request.client.host if request.client else ""
    return network(host) if host and not is_loopback(host) else None
