"""Requests to the customers' JSON API: who asks, from which site, and with which fields."""

from typing import Literal, TypeVar

from pydantic import Field, ValidationError
from starlette.requests import Request

from frontdesk.web.address import is_loopback, network
from frontdesk.web.body import Fields, check_json, read_body
from frontdesk.web.errors import ApiError
from ui.chat.texts import Language
from ui.desk.desk import COOKIE, MAX_CHARACTERS, Desk
from ui.security.middleware import FOREIGN, is_foreign, is_ours

BODY_BYTES = 64 * 1024


class Nothing(Fields):
    """An empty object."""


class NewMessage(Fields):
    """What a customer says. Of a long text the desk takes the first 2,000 characters, with a notice."""

    text: str = Field(max_length=10 * MAX_CHARACTERS)
    language: Language | None = None


class Again(Fields):
    """Whether to answer the last message again."""

    again: bool = False


class Thumb(Fields):
    """A rating of one of the bot's answers."""

    message_id: int = Field(ge=1, lt=2**63)
    value: Literal[-1, 0, 1]
    reason: str = Field("", max_length=1000)


class Call(Fields):
    """A call for a person."""

    language: Language | None = None


F = TypeVar("F", bound=Fields)


async def customer(desk: Desk, request: Request) -> str:
    """The id of the customer who asks. Raises ApiError for an unknown one, or from another site."""
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
    message = "no customer has this token; get one by POST /api/customers, or open the chat page"
    return ApiError(401, message, code="no_session")


def check_origin(request: Request, required: bool = False) -> None:
    """Raise ApiError for a page of another site; `required`: also if the browser names none."""
    if is_foreign(request.headers) or (required and not is_ours(request.headers)):
        raise ApiError(403, FOREIGN, code="foreign_origin")


async def read(request: Request, kind: type[F]) -> F:
    """The fields of the body. Raises ApiError if it is not JSON, too large, too slow, or has other fields."""
    check_json(request)
    body = await read_body(request, BODY_BYTES)
    try:
        return kind.model_validate_json(body or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))[:100] or "the body"
        known = ", ".join(kind.model_fields) or "none"
        raise ApiError(400, f"{place}: {first['msg'][:200]}; known fields: {known}", code="invalid_request") from None


def language_of(request: Request) -> Language:
    """The language in the address (`?language=ko`), or else the browser's."""
    return "ko" if request.query_params.get("language", request.headers.get("accept-language", "")).lower().startswith("ko") else "en"


def remote(request: Request) -> str | None:
    """The client's address, or its IPv6 network. None on this machine, where proxies and other programs run."""
    host = request.client.host if request.client else ""
    return network(host) if host and not is_loopback(host) else None
