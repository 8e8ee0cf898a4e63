"""Engines elsewhere behind a real router: who is let in, who gets which conversation, who leaves, and what customers see of it."""

import asyncio
import json
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from frontdesk.engine import router
from frontdesk.engine.processes import Child, stop
from frontdesk.engine.vllm import ENGINE_KEY, free_ports
from frontdesk.errors import UserError
from serve import elsewhere
from serve.elsewhere import Elsewhere, mark, problem
from serve.gateway.app import create_app, server_settings
from tests.serve.gateways import HI, at, data, empty_store, settings, spoken
from tests.serve.stand_in import Engine, events, respond, served
from tests.waits import CEILING, until, wait_for

KEY, MARK = "the-engines-own", "shop@0123456789ab"
UNHURRIED = {"cb_timeout_duration_secs": 600, "health_failure_threshold": 1000}
"""An engine that failed is not tried again while the test lasts, and a busy machine makes none that is away."""


class Copy(Engine):
    """An engine that also says what it serves and what it has to do, as `frontdesk engine` makes vLLM say it."""

    def __init__(self, *names: str, length: int = 2048, key: str | None = KEY) -> None:
        super().__init__()
        self.names, self.length, self.key = names or ("shop", "shop-bare", MARK), length, key
        self.working = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") == "/metrics":
            await respond(send, 200, f'vllm:num_requests_running{{engine="0"}} {self.working}\n'.encode())
        elif scope.get("path") == "/v1/models":
            given = dict(scope["headers"]).get(b"authorization", b"").decode()
            cards = [{"id": name, "max_model_len": self.length} for name in self.names]
            await respond(send, 200 if self.key in (None, given.removeprefix("Bearer ")) else 401, json.dumps({"data": cards}).encode())
        else:
            self.working += 1
            try:
                await super().__call__(scope, receive, send)
            finally:
                self.working -= 1


@pytest.mark.parametrize(
    ("engine", "why"),
    [
        (Copy(), None),
        (Copy(key=None), f"it answers without a key; expected the one in {ENGINE_KEY}"),
        (Copy(key="another"), f"it does not take the key in {ENGINE_KEY} (HTTP 401)"),
        (Copy("shop", "shop@ba9876543210"), f"it serves shop, shop@ba9876543210; expected {MARK}; copy this desk's run to it"),
        (Copy("llama"), f"it serves llama; expected {MARK}"),
        (Copy(length=1024), "it takes 1024 tokens; expected serve.context_length, 2048"),
    ],
)
def test_only_copies_of_the_desks_own_engine_are_asked(engine: Copy, why: str | None) -> None:
    async def found(address: str) -> str | None:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await problem(client, address, MARK, 2048, KEY)

    with served(engine) as address:
        said = asyncio.run(found(address))
    assert said is None if why is None else said and said.startswith(why)
    assert mark(settings(), "0123456789abcdef-w8a8") == MARK


def test_at_the_start_another_model_is_refused_and_one_that_is_away_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    async def begun(*engines: str) -> Elsewhere:
        async with httpx.AsyncClient(trust_env=False) as client:
            one = Elsewhere(client, settings(engines=engines), MARK, router.settings(["http://here"], (1, 2), KEY))
            await one.begin()
            return one

    away = f"http://127.0.0.1:{free_ports(1)[0]}"
    with served(Copy()) as good, served(Copy("llama")) as other:
        one = asyncio.run(begun(good, away))
        with pytest.raises(UserError, match=f"key 'serve.engines': {other}: it serves llama; expected {MARK}; "):
            asyncio.run(begun(good, other))
    assert one.told["worker_urls"] == ["http://here", good] and f"the engine {away} does not answer yet" in capsys.readouterr().out


def test_a_desk_without_an_engine_of_its_own_begins_when_the_first_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            one = Elsewhere(client, settings(engines=(f"http://127.0.0.1:{port}",)), MARK, router.settings([], (1, 2), KEY))
            assert one.told["api_key_validation_urls"], "else the router would take every key"
            task = asyncio.create_task(one.begin())
            await until(lambda: bool(one.refused))
            with served(Copy(), port):
                await until(task.done)
            assert one.used == {*one.wanted}

    monkeypatch.setattr(elsewhere, "LOOK", 1.0)
    (port,) = free_ports(1)
    asyncio.run(scenario())
    assert capsys.readouterr().out.count("does not answer yet") == 1


@dataclass
class Desk:
    """A gateway before a real router, and its two engines by their addresses."""

    client: httpx.Client
    engines: dict[str, Copy]
    told: dict[str, Any]

    def ask(self, conversation: str, **fields: Any) -> httpx.Response:
        body = {"model": "shop-bare", "messages": HI, **fields}
        return self.client.post("/v1/chat/completions", json=body, headers={"x-session-id": conversation})

    def home(self, conversation: str) -> str:
        """The engine that answers it."""
        before = {address: len(engine.bodies) for address, engine in self.engines.items()}
        assert self.ask(conversation).status_code == 200
        (found,) = (address for address, engine in self.engines.items() if len(engine.bodies) > before[address])
        return found

    def keeper(self, *wanted: str) -> Elsewhere:
        """Who looks after the router's list, when both are in it and the config names these."""
        one = Elsewhere(httpx.AsyncClient(), settings(engines=wanted), MARK, self.told | {"worker_urls": []})
        one.used |= {*self.engines}
        return one


def look(one: Elsewhere) -> None:
    """A round."""

    async def round() -> None:
        async with httpx.AsyncClient(trust_env=False) as one.client:
            await one.round()

    asyncio.run(round())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    async def ready() -> bool:
        return True

    first, second, (port, metrics) = Copy(), Copy(), free_ports(2)
    with served(first) as one, served(second) as two:
        told = router.settings([one, two], (port, metrics), KEY) | UNHURRIED
        child = Child("router", router.COMMAND, router.environment(told), tmp_path / "router.log", ready)
        child.start()
        app = create_app(at(settings(), empty_store()), {}, f"http://127.0.0.1:{port}", KEY, health=router.READY)
        try:
            with (
                served(server_settings(app, "127.0.0.1", 0)) as url,
                httpx.Client(base_url=url, trust_env=False, timeout=CEILING) as client,
            ):
                wait_for(lambda: client.get("/ready").status_code == 200 == client.get("/v1/models").status_code, child.process)
                yield Desk(client, {one: first, two: second}, told)
        finally:
            asyncio.run(stop([child]))


def test_a_conversation_stays_at_one_engine_and_no_stranger_adds_another(desk: Desk) -> None:
    homes = {f"conversation {number}": desk.home(f"conversation {number}") for number in range(40)}
    assert {*homes.values()} == {*desk.engines}
    assert all(desk.home(name) == homes[name] for name in list(homes)[:5])
    asked = desk.engines[homes["conversation 0"]]
    assert asked.keys[0] == f"Bearer {KEY}" and asked.bodies[0]["messages"] == HI
    admin = f"http://127.0.0.1:{desk.told['port']}/add_worker?url=http://127.0.0.1:1"
    for headers in ({}, {"Authorization": "Bearer guessed"}):
        assert httpx.post(admin, headers=headers, trust_env=False).status_code == 401


def test_an_engine_that_fails_costs_nobody_an_answer_that_has_not_begun(desk: Desk) -> None:
    home = desk.home("one")
    broken = desk.engines[home]
    broken.status, broken.error = 500, b"{}"
    assert desk.ask("one").status_code == 200, "asked again, of the other"
    broken.status, (whole,) = 200, (engine for address, engine in desk.engines.items() if address != home)
    whole.parts, whole.dies_after = events(*"abcdef"), 3  # while its circuit is open, the first's conversations are here
    whole.allowed = 3  # it dies once these have arrived
    asked = {"model": "shop-bare", "messages": HI, "stream": True}
    with desk.client.stream("POST", "/v1/chat/completions", json=asked, headers={"x-session-id": "one"}) as response:
        parts, text = response.iter_text(), ""
        while '"b"' not in text:
            text += next(parts)
        whole.allowed = math.inf
        *begun, last = data(text + "".join(parts))
    assert spoken("\n\n".join(f"data: {json.dumps(one)}" for one in begun)) == "ab" and last["error"]["code"] == "cut_off"


def test_where_no_engine_is_left_the_desk_says_what_it_says_of_one(desk: Desk) -> None:
    for engine in desk.engines.values():
        engine.status, engine.error = 500, b"{}"
    assert desk.ask("one").status_code == 502
    refused = desk.ask("one")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "not_ready") and int(refused.headers["retry-after"]) > 0


def test_an_engine_is_drained_and_comes_back_while_customers_ask(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    home = desk.home("one")
    leaver, (other,) = desk.engines[home], (address for address in desk.engines if address != home)
    leaver.allowed, streamed = 2, []
    reading = threading.Thread(target=lambda: streamed.append(desk.ask("one", stream=True).text))
    reading.start()
    wait_for(lambda: leaver.working == 1)
    keeper = desk.keeper(other)
    look(keeper)
    assert keeper.used == {other} and desk.home("one") == other
    said = capsys.readouterr().out
    assert f"the engine {home} gets no more questions: it is not in serve.engines any more" in said and "may be stopped" not in said
    leaver.allowed = math.inf
    reading.join()
    assert spoken(streamed[0]) == "Hello there"
    wait_for(lambda: leaver.working == 0)
    look(keeper)
    assert f"the engine {home} has answered all that it had; it may be stopped" in capsys.readouterr().out
    keeper.wanted = (home, other)
    look(keeper)
    assert desk.home("one") == home and keeper.told["worker_urls"] == sorted(desk.engines)
    leaver.names = ("shop", "shop@ba9876543210")  # started again with another training
    look(keeper)
    assert f"the engine {home} gets no more questions: it serves shop, shop@ba9876543210; expected {MARK}" in capsys.readouterr().out
    assert desk.home("one") == other


def test_the_config_is_read_again_on_a_signal_and_a_mistake_in_it_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            one = Elsewhere(client, settings(), MARK, router.settings([], (1, 2), KEY))
            child = Child("router", [], {}, tmp_path / "log", lambda: asyncio.sleep(0, True))
            task = asyncio.create_task(one.keep(child))
            await until(lambda: router.SETTINGS in child.environment)
            path.write_text(yaml.safe_dump(values | {"serve": {"engines": ["10.0.0.7"]}}))
            one.read_again(str(path))
            assert one.wanted == ()
            path.write_text(yaml.safe_dump(values | {"serve": {"engines": [away]}}))
            one.read_again(str(path))
            assert one.wanted == (away,)
            await until(lambda: not one.changed.is_set())
            task.cancel()
            await asyncio.wait((task,))

    away, path = f"http://127.0.0.1:{free_ports(1)[0]}", tmp_path / "shop.yaml"
    values = {"company": "Shop", "system_prompt": "You help.", "model": {"base": "none"}, "data": {"faq": ["faq.csv"]}}
    asyncio.run(scenario())
    assert "key 'serve.engines.0': found '10.0.0.7'" in capsys.readouterr().out
