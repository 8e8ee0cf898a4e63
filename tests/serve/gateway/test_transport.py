"""Waiting, leaving, dying and stopping: over real connections, with a stand-in for the engine."""

import asyncio
import json
import math
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from frontdesk.engine.vllm import free_port
from frontdesk.errors import UserError
from serve.gateway.app import Server, create_app, main, server_settings
from serve.gateway.schema import BODY_BYTES
from tests.serve.gateways import ENGINE_KEY, HI, ask, at, data, empty_store, gateway, project, settings, spoken, write_run
from tests.serve.stand_in import END, Engine, events, served
from tests.stages import started
from tests.waits import CEILING, until, wait_for

ROOT = Path(__file__).resolve().parents[3]
LONG = events(*"abcdefghij")
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRONTDESK_API_KEY", raising=False)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_pieces_of_any_size_come_through(size: int) -> None:
    engine = Engine()
    whole = b"".join(events("Hello", " there", "!"))
    engine.parts = [whole[i : i + size] for i in range(0, len(whole), size)]
    with gateway(settings(), engine) as client:
        assert ask(client, stream=True).content == whole


def test_the_first_words_come_before_the_last_are_made() -> None:
    engine = Engine()
    engine.parts, engine.allowed = LONG, 2
    asked = {"model": "shop-bare", "messages": HI, "stream": True}
    with gateway(settings(), engine) as client, client.stream("POST", "/v1/chat/completions", json=asked) as response:
        parts, first = response.iter_bytes(), b""
        while b'"a"' not in first:
            first += next(parts)
        engine.allowed = math.inf
        rest = b"".join(parts)
    assert b'"b"' not in first and spoken((first + rest).decode()) == "abcdefghij"


def test_a_queue_has_an_end_and_a_place_becomes_free() -> None:
    engine = Engine()
    engine.allowed = 0
    with gateway(settings(max_in_flight=2), engine) as client:
        waiting = [threading.Thread(target=ask, args=(client,), kwargs={"stream": True}) for _ in range(2)]
        for thread in waiting:
            thread.start()
        wait_for(lambda: len(engine.bodies) == 2)
        refused = ask(client)
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
        assert refused.json()["error"]["code"] == "busy"
        engine.allowed = math.inf
        for thread in waiting:
            thread.join()
        assert ask(client).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_frees_the_engine_at_once(stream: bool) -> None:
    engine = Engine()
    """After the first words of a stream, or before a plain answer has come."""
    engine.parts, engine.allowed = LONG, 3 if stream else 0
    body = json.dumps({"model": "shop-bare", "messages": HI, "stream": stream}).encode()
    with gateway(settings(max_in_flight=1), engine) as client:
        for times in (1, 2):
            with socket.create_connection(("127.0.0.1", client.base_url.port)) as raw:
                raw.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
                wait_for(lambda times=times: len(engine.bodies) == times)  # type: ignore[misc]
                if stream:
                    assert raw.recv(100).startswith(b"HTTP/1.1 200")
            wait_for(lambda times=times: engine.left == times)  # type: ignore[misc]
        wait_for(lambda: "frontdesk_requests_in_work 0.0" in client.get("/metrics").text)
        assert 'frontdesk_clients_left_total{model="shop-bare"} 2.0' in client.get("/metrics").text


@pytest.mark.parametrize("after", [1, 3])
def test_a_stream_that_the_engine_does_not_end_ends_with_an_error_event(after: int) -> None:
    engine = Engine()
    engine.parts, engine.dies_after = LONG, after
    with gateway(settings(), engine) as client:
        response = ask(client, stream=True)
        assert response.status_code == 200
        *begun, last = data(response.text)
        assert len(begun) == after and last["error"]["code"] == "cut_off"
        assert 'frontdesk_streams_cut_total{code="cut_off",model="shop-bare"} 1.0' in client.get("/metrics").text


def test_a_stream_that_ends_too_soon_but_cleanly_is_cut_as_well() -> None:
    engine = Engine()
    engine.parts = events("Hello", " there")[:-1]
    with gateway(settings(), engine) as client:
        *_, last = data(ask(client, stream=True).text)
        assert last["error"]["code"] == "cut_off"


def test_an_engine_that_dies_before_the_first_word_is_a_503() -> None:
    engine = Engine()
    engine.dies_after = 0
    with gateway(settings(), engine) as client:
        response = ask(client, stream=True)
        assert response.status_code == 503 and response.json()["error"]["code"] == "cut_off"


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_has_a_time(stream: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is over once the engine has the question or, in a stream, once the client has the first words."""

    def timeout(seconds: float) -> asyncio.Timeout:
        async def end() -> None:
            await until(lambda: begun.is_set() if stream else bool(engine.bodies))
            limit.reschedule(asyncio.get_running_loop().time())

        limit = asyncio.timeout(seconds)
        waiting.append(asyncio.create_task(end()))
        return limit

    begun, waiting, engine = threading.Event(), list[asyncio.Task[None]](), Engine()
    engine.parts, engine.allowed = LONG, 3 if stream else 0
    monkeypatch.setattr("serve.gateway.relay.asyncio", SimpleNamespace(**{**vars(asyncio), "timeout": timeout}))
    asked = {"model": "shop-bare", "messages": HI, "stream": stream}
    with gateway(settings(), engine) as client, client.stream("POST", "/v1/chat/completions", json=asked) as response:
        parts = response.iter_bytes()
        text = next(parts)
        begun.set()
        text += b"".join(parts)
        error = data(text.decode())[-1]["error"] if stream else json.loads(text)["error"]
        assert (response.status_code, error["code"]) == (200 if stream else 504, "time_limit")
        wait_for(lambda: engine.left == 1)


def test_not_ready_until_the_engine_is_and_again_when_it_is_away() -> None:
    engine = Engine()
    engine.healthy = False
    with gateway(settings(), engine) as client:
        assert client.get("/health").status_code == 200
        refused = ask(client)
        assert refused.status_code == 503 and int(refused.headers["retry-after"]) > 0
        assert refused.json()["error"]["code"] == "not_ready"
        engine.healthy = True
        assert ask(client).status_code == 200, "it looks again when it is asked"
        assert client.get("/ready").status_code == 200
        engine.healthy = False
        wait_for(lambda: client.get("/ready").status_code == 503)


def test_a_client_that_sends_nothing_more_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontdesk.web.body.BODY_SECONDS", 0.1)
    with gateway(settings(), Engine()) as client, socket.create_connection(("127.0.0.1", client.base_url.port)) as slow:
        slow.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
        slow.settimeout(CEILING)
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("length", [b"-1", b"1e3", str(BODY_BYTES + 1).encode()])
def test_a_length_that_cannot_be(length: bytes) -> None:
    with gateway(settings(), Engine()) as client, socket.create_connection(("127.0.0.1", client.base_url.port)) as raw:
        raw.sendall(HEAD + b"Content-Length: " + length + b"\r\n\r\n{")
        raw.settimeout(CEILING)
        assert raw.recv(100).split(b" ")[1] in (b"400", b"413")


@pytest.mark.xdist_group("training")  # one process imports what the stages need
def test_sigterm_lets_running_streams_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of `python -m serve.gateway`, as its own process."""
    monkeypatch.chdir(tmp_path)
    config = settings(port=free_port(), drain_seconds=600)
    write_run(config)
    project(tmp_path, config)
    engine = Engine()
    engine.parts, engine.allowed = LONG, 3
    with served(engine) as engine_url:
        told = {"FRONTDESK_ENGINE_URL": engine_url, "FRONTDESK_ENGINE_KEY": ENGINE_KEY}
        with (
            started(tmp_path, "serve.gateway", "shop.yaml", **told) as process,
            httpx.Client(base_url=f"http://127.0.0.1:{config.serve.port}", trust_env=False, timeout=CEILING) as client,
        ):
            process.wait_for(lambda: answers(client))
            found: list[httpx.Response] = []
            running = threading.Thread(target=lambda: found.append(ask(client, stream=True)))
            running.start()
            wait_for(lambda: bool(engine.bodies))
            for _ in range(3):
                process.send_signal(signal.SIGTERM)
            wait_for(lambda: client.get("/ready").status_code == 503)
            late = ask(client)
            assert late.status_code == 503 and late.json()["error"]["code"] == "stopping" and "retry-after" in late.headers
            engine.allowed = math.inf
            running.join()
            result = process.wait()
    assert result.returncode == 0 and "Traceback" not in result.stdout + result.stderr
    assert data(found[0].text)[-1] == "[DONE]" and spoken(found[0].text) == "abcdefghij"


def test_a_stream_that_does_not_end_is_cut_after_the_time_for_that() -> None:
    """The server of `python -m serve.gateway`, told as by a signal."""
    engine = Engine()
    engine.parts, engine.allowed = LONG, 3
    with served(engine) as url:
        app = create_app(at(settings(), empty_store()), {}, url, ENGINE_KEY)
        server = Server(server_settings(app, "127.0.0.1", port := free_port()), app.state.relay, drain_seconds=0.2)
        thread = threading.Thread(target=server.run)
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=CEILING) as client:
            wait_for(lambda: answers(client))
            with client.stream("POST", "/v1/chat/completions", json={"model": "shop-bare", "messages": HI, "stream": True}) as response:
                parts = response.iter_bytes()
                text = next(parts)
                server.handle_exit(signal.SIGTERM, None)
                text += b"".join(parts)
        thread.join()
    assert data(text.decode())[-1]["error"]["code"] == "stopping"


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/ready").status_code == 200
    except httpx.TransportError:
        return False


def test_an_open_host_without_a_key_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project(tmp_path, settings(host="0.0.0.0"))
    monkeypatch.setattr("sys.argv", ["serve.gateway", "shop.yaml"])
    with pytest.raises(UserError, match="there is no key"):
        main()


def test_a_mistake_is_one_line(tmp_path: Path) -> None:
    project(tmp_path, settings())
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "serve.gateway", "shop.yaml"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "python -m serve shop.yaml" in done.stderr, done.stderr


def test_stand_in_says_what_vllm_says() -> None:
    """The end of a stream, by which the gateway tells a whole one."""
    assert events("x")[-1] == b"data: [DONE]" + END
