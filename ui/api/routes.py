"""The customers' JSON API, under `/api`: for the chat page, and for a company's own programs.

    POST /api/customers       {} → 201 {"token"}                  a new customer; the token is their only key
    POST /api/chat/messages   {"text", "language"?} → 201 {"message"}    it is stored; the bot's answer begins by itself
    GET  /api/chat            → the view
    GET  /api/chat/events     → the view as server-sent events: `data: VIEW`, then the changed fields at each change;
                                a comment when it is quiet
    POST /api/chat/answer     {"again"?} → 202 the view           answers what is unanswered; again: replaces the last answer
    POST /api/chat/stop       {} → the view
    POST /api/chat/ratings    {"message_id", "value": 1 | -1 | 0, "reason"?} → the view
    POST /api/chat/person     {"language"?} → the view            calls a person
    POST /api/chat/restart    {} → the view                       the next message begins a new conversation

A view is {"conversation_id", "revision", "state", "turns", "pending", "busy", "notices", "place", "agent",
"open", "language"} (ui/desk/views.py). Its states are bot, waiting (for a person), agent and closed; its
notices are keys of ui/chat/texts.py. The `speaker` of a turn is customer, bot (an AI) or agent (a person).
Posting a message is enough: the answer appears in the view, in `pending` while it grows and then as a turn.
No request can name another customer's conversation.

A program sends `Authorization: Bearer TOKEN`. A browser on the page has the cookie, and its POSTs must come
from this site. Pages of other sites cannot use this API (there is no CORS header); they show the chat in a
frame (`ui.origins`).

Errors are {"error": {"message", "code"}}: 400 (says what is wrong with the request), 401 no_session, 403
foreign_origin, 404 not_found, 408 too_slow, 409 wait (an answer is in progress) or full, 413 too_large, 415
content_type, 429 too_many and 503 not_stored (nothing was). The last two have Retry-After.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import asdict, fields
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response, StreamingResponse

from frontdesk.store.store import StoreUnavailable
from frontdesk.store.tables import Message
from frontdesk.web import sse, tracing
from frontdesk.web.errors import ApiError
from frontdesk.web.rate_limit import RateLimit, TooMany
from ui.api.schema import Again, Call, F, NewMessage, Nothing, Thumb, check_origin, customer, language_of, no_session, read, remote
from ui.chat.texts import Language
from ui.desk.desk import Desk, Empty, Full, Wait
from ui.desk.views import View

QUIET_SECONDS = 15.0  # without an event, after which a comment keeps proxies from closing a stream
STREAMS, STREAMS_FROM = 8, 64  # at once for one customer, and for one address
NEW_CUSTOMERS = 60  # from one address, a minute
ACTS, ACTS_FROM = 60, 300  # from a customer and from an address, a minute: all changes except messages (ui/desk/desk.py)
CALLS, CALLS_FROM = 6, 30  # of these, calls for a person
RETRY_AFTER = 2  # seconds, if the store is away
REFUSALS: dict[type[Exception], tuple[int, str, str]] = {
    Empty: (400, "text: found no text", "empty_text"),
    Wait: (409, "an answer is in progress; wait for it, or POST /api/chat/stop", "wait"),
    Full: (409, "the conversation is too long; POST /api/chat/restart", "full"),
}


class Route(APIRoute):
    """A route whose errors have the API's shape."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response = await handle(request)
            except Exception as error:
                if (refused := as_api_error(error)) is None:
                    raise
                response = refused.response()
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return answer


def as_api_error(error: Exception) -> ApiError | None:
    """How the client learns of an error; None for a bug of ours."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, TooMany):
        return ApiError(429, f"too many in a minute; try again in {error.wait:.0f} s", code="too_many", retry_after=error.wait)
    if isinstance(error, StoreUnavailable):
        message = "the conversation cannot be stored or read now; nothing has changed; try again in a moment"
        return ApiError(503, message, code="not_stored", retry_after=RETRY_AFTER)
    if found := REFUSALS.get(type(error)):
        status, message, code = found
        return ApiError(status, message, code=code)
    return None


def create_api(desk: Desk) -> APIRouter:
    """The routes below `/api`."""
    router = APIRouter(route_class=Route)
    new, streams = RateLimit(NEW_CUSTOMERS), Counter[str]()
    acts, calls = (RateLimit(ACTS), RateLimit(ACTS_FROM)), (RateLimit(CALLS), RateLimit(CALLS_FROM))

    async def shown(customer_id: str, request: Request, status: int = 200) -> Response:
        return JSONResponse(as_json(await desk.view(customer_id, language_of(request))), status)

    def act(path: str, kind: type[F], change: Callable[[str, F, Request], Awaitable[None]], status: int = 200) -> None:
        """Add a route that changes something and answers with the view."""

        async def answer(request: Request) -> Response:
            customer_id = await customer(desk, request)
            count(customer_id, request, *acts)
            await change(customer_id, await read(request, kind), request)
            return await shown(customer_id, request, status)

        router.add_api_route(path, answer, methods=["POST"])

    @router.post("/customers")
    async def customers(request: Request) -> Response:
        check_origin(request)
        await read(request, Nothing)
        if address := remote(request):
            new.count(address)
        token, _ = await desk.enter()
        return JSONResponse({"token": token}, 201)

    @router.get("/chat")
    async def view(request: Request) -> Response:
        return await shown(await customer(desk, request), request)

    @router.get("/chat/events")
    async def events(request: Request) -> Response:
        customer_id, address = await customer(desk, request), remote(request)
        if streams[customer_id] >= STREAMS or (address and streams[address] >= STREAMS_FROM):
            message = f"expected at most {STREAMS} streams at once, {STREAMS_FROM} from one address"
            raise ApiError(429, message, code="too_many", retry_after=RETRY_AFTER)
        events = stream(desk, customer_id, address, language_of(request), streams)
        return StreamingResponse(events, 200, sse.HEADERS, "text/event-stream")

    @router.post("/chat/messages")
    async def messages(request: Request) -> Response:
        customer_id, body = await customer(desk, request), await read(request, NewMessage)
        try:
            with tracing.span("message"):
                said = await desk.say(customer_id, body.text, body.language or language_of(request), remote(request))
        except LookupError:  # the customer was removed just now
            raise no_session() from None
        return JSONResponse({"message": message(said)}, 201)

    async def rate(customer_id: str, body: Thumb, _: Request) -> None:
        try:
            await desk.rate(customer_id, body.message_id, body.value, body.reason)
        except LookupError:
            raise ApiError(404, f"message_id: no answer {body.message_id} to this customer", code="not_found") from None

    async def person(customer_id: str, body: Call, request: Request) -> None:
        count(customer_id, request, *calls)
        await desk.person(customer_id, body.language or language_of(request))

    act("/chat/answer", Again, lambda customer_id, body, _: desk.answer(customer_id, body.again), 202)
    act("/chat/stop", Nothing, lambda customer_id, *_: desk.stop(customer_id))
    act("/chat/ratings", Thumb, rate)
    act("/chat/person", Call, person)
    act("/chat/restart", Nothing, lambda customer_id, *_: desk.restart(customer_id))
    return router


async def stream(desk: Desk, customer_id: str, address: str | None, language: Language, streams: Counter[str]) -> AsyncIterator[bytes]:
    """The view as server-sent events, until the client leaves."""
    keys = [customer_id, *filter(None, [address])]
    streams.update(keys)
    try:
        last = None
        async with aclosing(desk.watch(customer_id, language, QUIET_SECONDS)) as views:
            async for view in views:
                yield sse.comment("still here") if view is last else sse.event(as_json(view, last))
                last = view
    finally:
        streams.subtract(keys)
        for key in keys:
            if not streams[key]:
                del streams[key]


def as_json(view: View, before: View | None = None) -> dict[str, Any]:
    """The fields of the view that have changed: an answer grows a dozen times a second."""
    now = {field.name: getattr(view, field.name) for field in fields(view)}
    changed = {name: value for name, value in now.items() if before is None or value != getattr(before, name)}
    return changed | ({"turns": [asdict(turn) for turn in view.turns]} if "turns" in changed else {})


def message(said: Message) -> dict[str, Any]:
    """A message as it is acknowledged."""
    return {"id": said.id, "conversation_id": said.conversation_id, "speaker": said.speaker, "text": said.text, "at": said.at}


def count(customer_id: str, request: Request, limit: RateLimit, limit_from: RateLimit) -> None:
    """Count an act for the customer and their address. Raises TooMany beyond either limit."""
    if address := remote(request):
        limit_from.count(address)
    limit.count(customer_id)
