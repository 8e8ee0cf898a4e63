"""Requests that get a system prompt, and those that are left alone."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from frontdesk.engine import system_prompts
from frontdesk.engine.system_prompts import Message, SystemPrompts, complete

PROMPTS = {"a": "You are A. \ud55c"}
SYSTEM = {"role": "system", "content": PROMPTS["a"]}
USER = {"role": "user", "content": "Hi \udc00"}
OWN = {"role": "system", "content": "Mine."}
CHAT = "/v1/chat/completions"


def completed(request: object, path: str = CHAT) -> Any:
    return json.loads(complete(json.dumps(request).encode(), path, PROMPTS))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([USER], [SYSTEM, USER]),
        ([OWN, USER], [OWN, USER]),
        ([USER, OWN, USER], [SYSTEM, USER, OWN, USER]),
        ([[USER], [OWN, USER]], [[SYSTEM, USER], [OWN, USER]]),
    ],
)
def test_a_chat_gets_the_prompt_of_its_adapter_unless_it_has_one(messages: list[Any], expected: list[Any]) -> None:
    request = {"model": "a", "messages": messages, "stream": True}
    assert completed(request) == {**request, "messages": expected}


@pytest.mark.parametrize(
    ("path", "field"), [("/v1/responses", "instructions"), ("/v1/messages", "system"), ("/v1/messages/count_tokens", "system")]
)
def test_where_the_prompt_is_a_field_of_its_own(path: str, field: str) -> None:
    request = {"model": "a", "messages": [USER]}
    assert completed(request, path) == {**request, field: PROMPTS["a"]}
    assert completed({**request, field: None}, path)[field] == PROMPTS["a"]
    assert completed({**request, field: "Mine."}, path) == {**request, field: "Mine."}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b'"a"',
        b"null",
        b"\xff",
        b'{"model": "b", "messages": []}',
        b'{"model": ["a"]}',
        b'{"messages": []}',
        b"[" * 100_000,
    ],
)
def test_what_names_no_adapter_is_left_to_the_engine(body: bytes) -> None:
    assert complete(body, CHAT, PROMPTS) == body


@pytest.mark.parametrize("request_", [{"model": "a", "prompt": "Once"}, {"model": "a", "messages": "Hi"}])
def test_what_is_no_chat_stays_what_it_is(request_: dict[str, Any]) -> None:
    assert completed(request_) == request_


class Engine:
    """An application that notes what it was sent; with `reads=False` one that refuses before it reads."""

    def __init__(self, reads: bool = True) -> None:
        self.reads = reads
        self.received: list[Message] = []
        self.headers: list[tuple[bytes, bytes]] = []

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        self.headers = scope.get("headers", [])
        if self.reads:
            self.received = [await receive(), await receive()]


def sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine, messages: list[Message], kind: str = "http") -> list[Message]:
    """Send messages through the middleware; what is left of them."""

    async def receive() -> Message:
        return messages.pop(0)

    (tmp_path / "prompts.json").write_text(json.dumps(PROMPTS))
    monkeypatch.setenv(system_prompts.VARIABLE, str(tmp_path / "prompts.json"))
    headers = [(b"content-length", b"9"), (b"authorization", b"Bearer x")]
    scope = {"type": kind} | ({"method": "POST", "path": CHAT, "headers": headers} if kind == "http" else {})
    asyncio.run(SystemPrompts(engine)(scope, receive, None))  # type: ignore[arg-type]
    return messages


def test_a_body_in_pieces_is_completed_and_its_length_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"model": "a", "messages": [USER]}).encode()
    pieces: list[Message] = [{"type": "http.request", "body": body[:9], "more_body": True}, {"type": "http.request", "body": body[9:]}]
    engine = Engine()
    assert sent(tmp_path, monkeypatch, engine, [*pieces, {"type": "http.disconnect"}]) == []
    first, second = engine.received
    assert json.loads(first["body"])["messages"] == [SYSTEM, USER] and not first["more_body"]
    assert second == {"type": "http.disconnect"}
    assert engine.headers == [(b"authorization", b"Bearer x")]


def test_a_client_that_leaves_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone: Message = {"type": "http.disconnect"}
    engine = Engine()
    sent(tmp_path, monkeypatch, engine, [{"type": "http.request", "body": b"{", "more_body": True}, gone, gone])
    assert engine.received == [gone, gone]


def test_nothing_is_read_for_an_engine_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body: Message = {"type": "http.request", "body": b"x" * 1000}
    assert sent(tmp_path, monkeypatch, Engine(reads=False), [body]) == [body]


def test_other_connections_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    start: Message = {"type": "lifespan.startup"}
    sent(tmp_path, monkeypatch, engine, [start, start], kind="lifespan")
    assert engine.received == [start, start]
