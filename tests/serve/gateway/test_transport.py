"""Waiting, leaving, dying and stopping: over real connections, with a stand-in for the engine."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from frontdesk.engine.vllm import free_port
from serve.gateway.schema import BODY_BYTES
from tests.serve.gateways import ENGINE_KEY, HI, ask, data, gateway, project, settings, spoken, write_run
from tests.serve.stand_in import END, Engine, events, served, wait_for

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
    engine.parts, engine.pause = LONG, 0.1
    with gateway(settings(), engine) as client:
        begun = time.monotonic()
        with client.stream("POST", "/v1/chat/completions", json={"model": "shop-bare", "messages": HI, "stream": True}) as response:
            times = [time.monotonic() - begun for _ in response.iter_bytes()]
    assert times[0] < times[-1] - 0.3 and len(times) > 5


def test_a_queue_has_an_end_and_a_place_becomes_free() -> None:
    engine = Engine()
    engine.pause = 0.4
    with gateway(settings(max_in_flight=2), engine) as client:
        waiting = [threading.Thread(target=ask, args=(client,), kwargs={"stream": True}) for _ in range(2)]
        for thread in waiting:
            thread.start()
        wait_for(lambda: len(engine.bodies) == 2)
        refused = ask(client)
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
        assert refused.json()["error"]["code"] == "busy"
        for thread in waiting:
            thread.join()
        engine.pause = 0
        assert ask(client).status_code == 200


def leave(client: httpx.Client, stream: bool) -> None:
    """Ask and go away: after the first words of a stream, or when a plain answer takes longer than the client's patience."""
    with client.stream("POST", "/v1/chat/completions", json={"model": "shop-bare", "messages": HI, "stream": stream}) as response:
        next(response.iter_bytes())
        raise httpx.ReadTimeout("leaves")


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_frees_the_engine_at_once(stream: bool) -> None:
    engine = Engine()
    engine.parts, engine.pause = LONG * 10, 0.2 if stream else 20
    with gateway(settings(max_in_flight=1), engine) as client:
        for times in (1, 2):
            with pytest.raises(httpx.ReadTimeout), httpx.Client(base_url=client.base_url, trust_env=False, timeout=0.5) as impatient:
                leave(impatient, stream)
            wait_for(lambda times=times: engine.left == times, 3)  # type: ignore[misc]
        assert "frontdesk_requests_in_work 0.0" in client.get("/metrics").text
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
def test_a_request_has_a_time(stream: bool) -> None:
    engine = Engine()
    engine.parts, engine.pause = LONG * 5, 0.3 if stream else 20
    with gateway(settings(request_timeout=1), engine) as client:
        response = ask(client, stream=stream)
        error = data(response.text)[-1]["error"] if stream else response.json()["error"]
        assert response.status_code == (200 if stream else 504)
        assert error["code"] == "time_limit"
        wait_for(lambda: engine.left == 1, 3)


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
    monkeypatch.setattr("frontdesk.web.body.BODY_SECONDS", 0.5)
    with gateway(settings(), Engine()) as client, socket.create_connection(("127.0.0.1", client.base_url.port)) as slow:
        slow.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
        slow.settimeout(10)
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("length", [b"-1", b"1e3", str(BODY_BYTES + 1).encode()])
def test_a_length_that_cannot_be(length: bytes) -> None:
    with gateway(settings(), Engine()) as client, socket.create_connection(("127.0.0.1", client.base_url.port)) as raw:
        raw.sendall(HEAD + b"Content-Length: " + length + b"\r\n\r\n{")
        raw.settimeout(10)
        assert raw.recv(100).split(b" ")[1] in (b"400", b"413")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Starts `python -m serve.gateway` in a project of its own, before an engine; ends it afterwards."""
    monkeypatch.chdir(tmp_path)
    started = []

    def start(engine_url: str | None, **serve: Any) -> tuple["subprocess.Popen[str]", str]:
        config = settings(port=free_port(), **serve)
        write_run(config)
        project(tmp_path, config)
        told = {"FRONTDESK_ENGINE_URL": engine_url, "FRONTDESK_ENGINE_KEY": ENGINE_KEY} if engine_url else {}
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **told}
        words = [sys.executable, "-m", "serve.gateway", "shop.yaml"]
        process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started.append(process)
        return process, f"http://127.0.0.1:{config.serve.port}"

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("seconds", [30, 0.5])
def test_sigterm_lets_running_streams_end_for_a_while(command: Any, seconds: float) -> None:
    engine = Engine()
    engine.parts, engine.pause = LONG, 0.3
    with served(engine) as engine_url:
        process, url = command(engine_url, drain_seconds=seconds)
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
            wait_for(lambda: answers(client), 120)
            found: list[httpx.Response] = []
            running = threading.Thread(target=lambda: found.append(ask(client, "shop", stream=True)))
            running.start()
            wait_for(lambda: bool(engine.bodies))
            for _ in range(3):
                process.send_signal(signal.SIGTERM)
            wait_for(lambda: client.get("/ready").status_code == 503)
            late = ask(client)
            assert late.status_code == 503 and late.json()["error"]["code"] == "stopping" and "retry-after" in late.headers
            running.join(30)
        assert process.wait(30) == 0
    *_, last = data(found[0].text)
    if seconds == 30:
        assert last == "[DONE]" and spoken(found[0].text) == "abcdefghij"
    else:
        assert last["error"]["code"] == "stopping"
    assert process.stdout is not None and "Traceback" not in process.stdout.read()


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/ready").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(("changes", "words"), [({"host": "0.0.0.0"}, "there is no key"), ({}, "python -m serve shop.yaml")])
def test_a_mistake_is_one_line(command: Any, changes: dict[str, str], words: str) -> None:
    process, _ = command(None, **changes)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 2 and output.count("\n") == 1 and words in output, output


def test_stand_in_says_what_vllm_says() -> None:
    """The end of a stream, by which the gateway tells a whole one."""
    assert events("x")[-1] == b"data: [DONE]" + END
