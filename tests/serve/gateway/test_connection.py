"""Clients that are slow, greedy, or many: over raw sockets, with the settings of the real server."""

import itertools
import socket
from collections.abc import Callable, Iterator

import httpx
import pytest

from frontdesk.web.connection import Connection
from tests.serve.gateways import ask, gateway, settings
from tests.serve.stand_in import Engine, event
from tests.waits import CEILING, wait_for

ASK = b'{"model": "shop-bare", "stream": true, "messages": [{"role": "user", "content": "Hi"}]}'
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(ASK) + ASK
Connect = Callable[..., socket.socket]


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def client(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A gateway that is as impatient as a test."""
    monkeypatch.delenv("FRONTDESK_API_KEY", raising=False)
    for name, value in (("HEAD_SECONDS", 0.5), ("REST_SECONDS", 1.0), ("STUCK_SECONDS", 0.5)):
        monkeypatch.setattr(f"frontdesk.web.connection.{name}", value)
    with gateway(settings(), engine) as client:
        yield client


@pytest.fixture
def connect(client: httpx.Client) -> Iterator[Connect]:
    opened = []

    def connect(sent: bytes = b"", buffer: int | None = None) -> socket.socket:
        raw = socket.socket()
        opened.append(raw)
        if buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        raw.settimeout(CEILING)
        raw.connect(("127.0.0.1", client.base_url.port))
        raw.sendall(sent)
        return raw

    yield connect
    for raw in opened:
        raw.close()


def rest(raw: socket.socket) -> bytes:
    """All that comes until the other side ends it; waits for that."""
    parts = []
    try:
        while part := raw.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"GET /v1/mod", b"HTTP/1.1 408 "),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"HTTP/1.1 408 "),
        (b"\r\n", b""),
    ],
)
def test_a_head_that_does_not_come_is_not_waited_for(connect: Connect, sent: bytes, answer: bytes) -> None:
    got = rest(connect(sent))
    assert got.startswith(answer) and bool(got) == bool(answer)
    assert not got or b"x-content-type-options: nosniff" in got


def test_a_head_that_comes_drop_by_drop_is_not_waited_for(connect: Connect) -> None:
    raw = connect(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
    raw.settimeout(0.1)
    for number in itertools.count():
        try:
            raw.sendall(b"X-%d: 1\r\n" % number)
            if raw.recv(100).startswith(b"HTTP/1.1 408"):
                return
        except TimeoutError:
            continue


def test_line_ends_between_two_requests_do_not_hold_a_connection(connect: Connect) -> None:
    raw = connect(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert raw.recv(65536).startswith(b"HTTP/1.1 200")
    raw.sendall(b"\r\n")
    assert rest(raw) == b""


def test_a_head_without_end_is_refused(connect: Connect) -> None:
    raw = connect(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: ")
    with pytest.raises((ConnectionError, TimeoutError)):
        for _ in range(1000):
            raw.sendall(b"x" * 65536)


@pytest.mark.parametrize("head", [b"GET /health HTTP/1.1\r\nHost: localhost\r\n", HEAD])
def test_a_body_that_nobody_reads_does_not_hold_a_connection(connect: Connect, head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontdesk.web.body.BODY_SECONDS", 0.1)
    got = rest(connect(head + b"Content-Length: 1000\r\n\r\n{"))
    assert got.startswith((b"HTTP/1.1 200", b"HTTP/1.1 408"))


def test_chunks_and_trailers_without_end_are_cut_off(connect: Connect) -> None:
    for piece in (b"10000\r\n" + b"x" * 0x10000 + b"\r\n", b"X-Trailer: " + b"y" * 60_000 + b"\r\n"):
        raw = connect(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + (b"" if piece[:1] == b"1" else b"1\r\n{\r\n0\r\n"))
        with pytest.raises((ConnectionError, TimeoutError)):
            for _ in range(2000):
                raw.sendall(piece)


def test_a_client_that_stops_reading_frees_the_engine(client: httpx.Client, connect: Connect, engine: Engine) -> None:
    engine.parts = [event("x" * 100_000)] * 1000
    raw = connect(WHOLE, buffer=4096)
    wait_for(lambda: engine.left == 1)
    wait_for(lambda: "frontdesk_requests_in_work 0.0" in client.get("/metrics").text)
    assert b"[DONE]" not in rest(raw)


def test_a_client_that_reads_slowly_gets_everything(connect: Connect, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time begins when there is no room for more, and begins anew each time that there is room again."""
    pause, resume = Connection.pause_writing, Connection.resume_writing
    begun: list[bool] = []
    ended: list[bool] = []

    def paused(connection: Connection) -> None:
        pause(connection)
        begun.append(connection.stuck is not None)

    def resumed(connection: Connection) -> None:
        resume(connection)
        ended.append(connection.stuck is None)

    monkeypatch.setattr("frontdesk.web.connection.STUCK_SECONDS", CEILING)
    monkeypatch.setattr(Connection, "pause_writing", paused)
    monkeypatch.setattr(Connection, "resume_writing", resumed)
    engine.parts = [event("x" * 50_000)] * 160 + [b"data: [DONE]\n\n"]
    raw, got = connect(WHOLE, buffer=65536), b""
    wait_for(lambda: bool(begun))
    while b"[DONE]" not in got[-100:]:
        part = raw.recv(65536)
        assert part, "cut off"
        got += part
    assert got.count(b"x") > 160 * 50_000
    assert set(begun) == set(ended) == {True}


def test_a_new_client_has_room_however_many_do_nothing(connect: Connect, client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontdesk.web.connection.CONNECTIONS", 10)
    monkeypatch.setattr("frontdesk.web.connection.HEAD_SECONDS", 600.0)
    idle = [connect(b"GET /") for _ in range(40)]
    for _ in range(5):
        with httpx.Client(base_url=client.base_url, trust_env=False) as other:
            assert ask(other).status_code == 200
    wait_for(lambda: sum(rest_is_there(raw) for raw in idle) <= 12)


def rest_is_there(raw: socket.socket) -> bool:
    """Whether the connection still stands."""
    raw.settimeout(0.05)
    try:
        return raw.recv(1) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False
