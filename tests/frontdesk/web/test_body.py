"""Bodies of requests: whole, or refused with the reason."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from frontdesk.web import body
from frontdesk.web.body import check_json, read_body
from frontdesk.web.errors import ApiError

JSON = {"content-type": "application/json; charset=utf-8"}


def request(*parts: bytes, headers: dict[str, str] | None = None, ends: bool = True) -> Request:
    """A request whose body comes in these parts, and then ends or stays open."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        if not ends:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    sent = [(name.encode(), value.encode()) for name, value in (headers or JSON).items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": sent}, receive)


def refusal(asked: Request, most: int = 10) -> tuple[int, str | None]:
    with pytest.raises(ApiError) as error:
        asyncio.run(read_body(asked, most))
    return error.value.status, error.value.code


def test_a_body_is_read_whole() -> None:
    assert asyncio.run(read_body(request(b"01234", b"56789"), 10)) == b"0123456789"


@pytest.mark.parametrize("length", ["11", "-1", "many"])
def test_an_announced_length_is_checked_first(length: str) -> None:
    assert refusal(request(ends=False, headers={**JSON, "content-length": length})) == (413, "too_large")


def test_a_body_that_grows_too_large_is_refused_before_its_end() -> None:
    assert refusal(request(b"012345", b"67890", ends=False)) == (413, "too_large")


def test_a_body_that_does_not_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "BODY_SECONDS", 0.01)
    assert refusal(request(b"01", ends=False)) == (408, "too_slow")


@pytest.mark.parametrize("headers", [{"content-type": "text/plain"}, {"x": "y"}, {**JSON, "content-encoding": "gzip"}])
def test_only_plain_json_passes(headers: dict[str, str]) -> None:
    check_json(request())
    with pytest.raises(ApiError) as error:
        check_json(request(headers=headers))
    assert (error.value.status, error.value.code) == (415, "content_type")
