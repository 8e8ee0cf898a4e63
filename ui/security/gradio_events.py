"""What a browser may send to Gradio's events.

Gradio accepts more than its components send. Anything that looks like one of its files (a path on this
machine, an address) is read and copied before any component sees it, and a refused value goes into the log.
"""

import json
from collections.abc import Callable
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREDICT = ("/gradio_api/run/predict", "/gradio_api/run/predict/")
REFUSED = "not a request of this page"
EVENTS = 1000
"""More than any page has."""
DEEP = 20
"""How deep lists and objects may be nested."""


async def pass_on(app: ASGIApp, path: str, check: Callable[[bytes], bytes | None], scope: Scope, receive: Receive, send: Send) -> None:
    """Pass a request on to Gradio, at its `path`. `check` rebuilds the body of an event, or refuses it (None,
    then 400); `receive` bounds the body."""
    if path in PREDICT and scope["method"] == "POST":
        if (body := check(await whole(receive))) is None:
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


def without_files(body: bytes) -> bytes | None:
    """An event's request without files, rebuilt so that Gradio reads what was checked here. None for any other."""
    asked = parsed(body)
    return None if asked is None or has_file(asked) else json.dumps(asked).encode()


def has_file(value: Any, depth: int = 0) -> bool:
    """Whether a value holds anything that Gradio may take for a file. Too deep nesting counts as one."""
    if depth > DEEP:
        return True
    if isinstance(value, dict):
        return "path" in value or any(has_file(one, depth + 1) for one in value.values())
    return isinstance(value, list) and any(has_file(one, depth + 1) for one in value)
