"""Request bodies: read whole, with a limit on size and time, and then into typed fields."""

import asyncio

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from frontdesk.web.errors import ApiError

BODY_SECONDS = 10.0  # within which a body must arrive


class Fields(BaseModel):
    """The fields of a JSON body. Names and types must match exactly, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def check_json(request: Request) -> None:
    """Raise ApiError (415) unless the body is plain JSON, which a form of another site cannot send."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, "content-type: expected application/json", code="content_type")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError(415, "content-encoding: found a compressed body; send it uncompressed", code="content_type")


async def read_body(request: Request, most: int) -> bytes:
    """The whole body. Raises ApiError beyond `most` bytes (413) or BODY_SECONDS (408)."""
    too_large = ApiError(413, f"the body is too large; expected at most {most} bytes", code="too_large")
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > most:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > most:
                    raise too_large
    except TimeoutError:
        raise ApiError(408, f"the body did not arrive within {BODY_SECONDS:g} s", code="too_slow") from None
    return bytes(body)
