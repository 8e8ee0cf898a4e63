"""What a browser may send to Gradio's events.

Gradio accepts more than its components send. Anything that looks like one of its files (a path on this
machine, an address) is read and copied before any component sees it, and a refused value goes into the log.
"""

import json
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREDICT = ("/gradio_api/run/predict", "/gradio_api/run/predict/")
REFUSED = "not a request of this page"
EVENTS = 1000
"""More than any page has."""


async def pass_on(app: ASGIApp, languages: tuple[str, ...], scope: Scope, receive: Receive, send: Send) -> None:
    """Pass a request on to Gradio; an event is rebuilt, or refused (400). `receive` bounds the body."""
    if scope["path"] in PREDICT and scope["method"] == "POST":
        if (body := of_language(await whole(receive), languages)) is None:
            app = PlainTextResponse(REFUSED, 400)
        else:
            kept = [pair for pair in scope["headers"] if pair[0] not in (b"content-length", b"transfer-encoding")]
            scope = {**scope, "headers": [*kept, (b"content-length", str(len(body)).encode())]}
            receive = again(body, receive)
    await app(scope, receive, send)


async def whole(receive: Receive) -> bytes:
    """A request's body."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def again(body: bytes, receive: Receive) -> Receive:
    """A receiver that returns the body as one message, and then what follows."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return first.pop() if first else await receive()

    return give


def parsed(body: bytes) -> dict[str, Any] | None:
    """An event's request; None if it is not one, or is nested too deep."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("data"), list):
        return None
    event = found.get("fn_index")
    return found if type(event) is int and 0 <= event < EVENTS else None


def of_language(body: bytes, languages: tuple[str, ...]) -> bytes | None:
    """The only event of the customer's page, rebuilt: one with a language, or with none yet. None for any other."""
    asked = parsed(body)
    if asked is None or len(asked["data"]) != 1 or not (asked["data"][0] is None or asked["data"][0] in languages):
        return None
    return json.dumps({"fn_index": asked["fn_index"], "data": asked["data"]}).encode()
