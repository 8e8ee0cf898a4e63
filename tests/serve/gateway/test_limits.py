"""Keys at the gateway: limits, wrong keys, keys that come and go while it runs, and a store that cannot be read."""

import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from sqlalchemy import text

from frontdesk.config.schema import Config
from frontdesk.store import credentials, keys
from frontdesk.store.store import Store, open_store
from frontdesk.web.address import network
from tests.frontdesk.store.postgres import Cluster
from tests.serve.gateways import HI, ask, at, gateway, settings
from tests.serve.stand_in import Engine, events
from tests.waits import CEILING, wait_for


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FRONTDESK_API_KEY", credentials.PAGE_KEY):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the limits stands: no token comes back within a test."""
    monkeypatch.setattr("frontdesk.web.rate_limit.monotonic", lambda: 0.0)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return at(settings(), f"sqlite:///{tmp_path}/store.db")


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    store = open_store(config)
    yield store
    store.close()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def status(client: httpx.Client, key: str | None = None, path: str = "/v1/models") -> int:
    return client.get(path, headers=bearer(key) if key else {}).status_code


def test_a_rate_is_told_and_kept(config: Config, store: Store) -> None:
    slow, free = keys.create(store, "slow", "customer", rate=3), keys.create(store, "free", "customer")
    with gateway(config, Engine()) as client:
        left = [client.get("/v1/models", headers=bearer(slow)).headers["x-ratelimit-remaining-requests"] for _ in range(3)]
        assert left == ["2", "1", "0"]
        refused = client.get("/v1/models", headers=bearer(slow))
        assert refused.status_code == 429 and refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert refused.headers["x-ratelimit-limit-requests"] == "3" and 1 <= int(refused.headers["retry-after"]) <= 20
        assert refused.headers["x-ratelimit-reset-requests"].endswith("s")
        assert status(client, free) == 200 and "x-ratelimit-limit-requests" not in client.get("/v1/models", headers=bearer(free)).headers


def test_so_many_at_once_and_a_place_becomes_free(config: Config, store: Store) -> None:
    key, engine = keys.create(store, "site", "customer", concurrency=2), Engine()
    engine.parts, engine.allowed = events(*"abcdefghij"), 3
    with gateway(config, engine) as client:
        client.headers.update(bearer(key))
        running = [threading.Thread(target=ask, args=(client,), kwargs={"stream": True}) for _ in range(2)]
        for thread in running:
            thread.start()
        wait_for(lambda: len(engine.bodies) == 2)
        refused = ask(client)
        assert refused.status_code == 429 and refused.json()["error"]["code"] == "too_many_at_once" and "retry-after" in refused.headers
        engine.allowed = math.inf
        for thread in running:
            thread.join()
        assert ask(client).status_code == 200


def test_a_key_comes_and_goes_while_the_gateway_runs(config: Config, store: Store) -> None:
    with gateway(config, Engine()) as client:
        assert status(client) == 200, "a laptop, with no key yet"
        key = keys.create(store, "site", "customer")
        wait_for(lambda: status(client) == 401)
        assert status(client, key) == 200
        keys.revoke(store, "site")
        wait_for(lambda: status(client, key) == 401)
        assert status(client) == 401, "it does not stand open again"


def test_who_guesses_waits_and_nobody_else_does(config: Config, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """All from one address, as behind a proxy: a random key of ours is let in meanwhile, the one that a person made up is not."""
    monkeypatch.setenv("FRONTDESK_API_KEY", "summer")
    monkeypatch.setattr("serve.gateway.rate_limit.GUESSES", 5)
    key = keys.create(store, "site", "customer")
    with gateway(config, Engine()) as client:
        assert (status(client, "summer"), status(client)) == (200, 401)
        assert [status(client, f"guess {number}") for number in range(6)] == [401] * 5 + [429]
        refused = client.get("/v1/models", headers=bearer("summer"))
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
        assert (status(client, key), status(client)) == (200, 401)


def test_behind_a_proxy_wrong_keys_count_for_who_sent_them(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_API_KEY", "summer")
    monkeypatch.setattr("serve.gateway.rate_limit.GUESSES", 5)

    def status_of(address: str, key: str) -> int:
        return client.get("/v1/models", headers={**bearer(key), "X-Forwarded-For": address}).status_code

    with gateway(config, Engine()) as client:
        assert [status_of("203.0.113.9", f"guess {number}") for number in range(6)] == [401] * 5 + [429]
        assert (status_of("203.0.113.9", "summer"), status_of("203.0.113.10", "summer")) == (429, 200)


def test_one_house_is_one_address() -> None:
    assert network("2001:db8:1:2::5") == network("2001:db8:1:2:ffff::9") != network("2001:db8:1:3::5")
    assert network("192.0.2.1") != network("192.0.2.2") and network("") == ""


def test_the_pages_key_is_an_admins_and_makes_nobody_else_need_one(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(credentials.PAGE_KEY, "of-this-start")
    with gateway(config, Engine()) as client:
        assert (status(client), status(client, "of-this-start", "/metrics")) == (200, 200)
    monkeypatch.setenv(credentials.PAGE_KEY, "of-this-start")
    monkeypatch.setenv("FRONTDESK_API_KEY", "own")
    with gateway(config, Engine()) as client:
        assert (status(client), status(client, "of-this-start"), status(client, "of-this-start", "/metrics")) == (401, 200, 200)
        assert (status(client, "own"), status(client, "own", "/metrics")) == (200, 403)


def test_an_open_host_asks_whatever_the_store_says(config: Config) -> None:
    host = config.serve.model_copy(update={"host": "0.0.0.0"})
    with gateway(config.model_copy(update={"serve": host}), Engine()) as client:
        assert status(client) == 401


def run(store: Store, statement: str) -> None:
    with store.transaction() as session:
        session.execute(text(statement))


def test_a_store_that_cannot_be_read_lets_known_keys_in_and_no_others(
    config: Config, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = keys.create(store, "site", "customer")
    with gateway(config, Engine()) as client:
        run(store, "ALTER TABLE keys RENAME TO away")
        wait_for(lambda: '"readable": false' in capsys.readouterr().out)
        monkeypatch.setattr("serve.gateway.key_cache.STALE", 0.0)
        assert status(client, "unknown") == 503
        refused = client.get("/v1/models", headers=bearer("unknown"))
        assert refused.json()["error"]["code"] == "keys_unavailable" and "retry-after" in refused.headers
        assert status(client, key) == 200
        monkeypatch.setattr("serve.gateway.key_cache.LONGEST", 0.0)
        assert status(client, key) == 503, "not for ever"
        run(store, "ALTER TABLE away RENAME TO keys")
        wait_for(lambda: '"readable": true' in capsys.readouterr().out)
        for name in ("STALE", "LONGEST"):
            monkeypatch.setattr(f"serve.gateway.key_cache.{name}", CEILING)
        assert (status(client, key), status(client, "unknown")) == (200, 401)


def test_a_gateway_that_has_never_read_the_store_is_not_open(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"not a database, " * 1000)
    with gateway(at(settings(), f"sqlite:///{tmp_path}/store.db"), Engine()) as client:
        assert (status(client), status(client, "fd-x"), client.get("/health").status_code) == (503, 503, 200)


def test_the_openai_client_understands_each_refusal(config: Config, store: Store) -> None:
    engine, asked = Engine(), {"model": "shop-bare", "messages": HI}
    key, agent = keys.create(store, "site", "customer", rate=1), keys.create(store, "anna", "agent")
    with gateway(config, engine) as client:

        def api(key: str, retries: int = 0) -> Any:
            return openai.OpenAI(base_url=f"{client.base_url}/v1", api_key=key, max_retries=retries).chat.completions

        with pytest.raises(openai.AuthenticationError, match="a wrong key"):
            api("fd-wrong").create(**asked)
        assert api(key).create(**asked).choices[0].message.content == engine.text
        with pytest.raises(openai.RateLimitError, match="1 times a minute") as caught:
            api(key).create(**asked)
        assert caught.value.code == "rate_limit_exceeded" and caught.value.request_id
        engine.refusals, asked_before = 1, len(engine.bodies)
        assert api(agent, retries=3).create(**asked).choices[0].message.content == engine.text, "it waits as Retry-After says"
        assert len(engine.bodies) == asked_before + 2


def test_two_gateways_on_one_postgresql_keep_a_keys_limits_and_share_the_places(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontdesk.store.fleet.MINUTE", 1e9)
    config, engine = at(settings(max_in_flight=2), cluster.new("gateways")), Engine()
    store = open_store(config)
    slow, one = keys.create(store, "slow", "customer", rate=3), keys.create(store, "one", "customer", concurrency=1)
    with gateway(config, engine) as first, gateway(config, engine) as second:
        both = (first, second)
        assert [status(client, slow) for client in (first, second, first, second)] == [200, 200, 200, 429]
        engine.parts, engine.allowed = events(*"abcd"), 1
        for client in both:
            client.headers.update(bearer(one))
        running = threading.Thread(target=ask, args=(first,), kwargs={"stream": True})
        running.start()
        wait_for(lambda: len(engine.bodies) == 1)
        assert [ask(client).json()["error"]["code"] for client in both] == ["too_many_at_once"] * 2
        first.headers.update(bearer(keys.create(store, "free", "customer")))
        wait_for(lambda: ask(first).status_code == 429)  # its part of the two places is taken
        engine.allowed = math.inf
        running.join()
        wait_for(lambda: status(second) == 200)
    store.close()
