"""What the gateway tells of its FAQ, its places and its engine."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from frontdesk.config.run import Run
from serve.gateway import faq_watcher
from serve.gateway.prompts import PromptBuilder
from tests.serve.gateways import ask, gateway, project, settings, write_faq, write_run
from tests.serve.stand_in import Engine
from tests.waits import wait_for


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Iterator[httpx.Client]:
    """A gateway that looks at its FAQ all the time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRONTDESK_API_KEY", raising=False)
    monkeypatch.setattr(faq_watcher, "POLL", 0.01)
    config = settings(max_in_flight=7)
    Path("faq.csv").write_text("question,answer\n")
    write_run(config)
    with gateway(config, engine, PromptBuilder(config, Run("shop")), str(project(tmp_path, config))) as client:
        yield client


def number(client: httpx.Client, name: str) -> float | None:
    lines = [line for line in client.get("/metrics").text.splitlines() if line.startswith(name + " ")]
    return float(lines[0].split()[1]) if lines else None


def test_places_and_faq(client: httpx.Client) -> None:
    assert number(client, "frontdesk_requests_limit") == 7
    assert number(client, 'frontdesk_faq_entries{model="shop"}') == 3
    written = Run("shop").faq.stat().st_mtime
    assert number(client, 'frontdesk_faq_timestamp_seconds{model="shop"}') == pytest.approx(written, abs=0.01)
    ask(client, "shop", messages=[{"role": "user", "content": "Hello"}])
    assert number(client, 'frontdesk_retrieval_seconds_count{model="shop"}') == 1


def test_a_change_is_pending_until_answers_rest_on_it(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = ["faq.csv: no column for questions"]

    async def update(path: str) -> str:
        if not told[0]:
            write_faq(settings(), ("bike", "Do you sell bikes?", "We sell 3 bikes."))
        return told[0]

    monkeypatch.setattr(faq_watcher, "update", update)
    assert (number(client, "frontdesk_faq_update_pending"), number(client, "frontdesk_faq_update_failures_total")) == (0, 0)
    Path("faq.csv").write_text("broken")
    wait_for(lambda: number(client, "frontdesk_faq_update_failures_total") == 1)
    assert number(client, "frontdesk_faq_update_pending") == 1
    assert number(client, 'frontdesk_faq_entries{model="shop"}') == 3
    told[0] = ""
    Path("faq.csv").write_text("question,answer\nmended,\n")
    wait_for(lambda: number(client, "frontdesk_faq_update_pending") == 0)
    assert number(client, 'frontdesk_faq_entries{model="shop"}') == 4
    assert number(client, "frontdesk_faq_update_failures_total") == 1


def test_an_index_that_cannot_be_read_is_a_failure(client: httpx.Client) -> None:
    before = number(client, 'frontdesk_faq_timestamp_seconds{model="shop"}')
    Run("shop").faq.write_text("{broken")
    wait_for(lambda: number(client, "frontdesk_faq_update_failures_total") == 1)
    assert number(client, "frontdesk_faq_update_pending") == 1
    assert number(client, 'frontdesk_faq_timestamp_seconds{model="shop"}') == before, "that of the entries in use"
    write_faq(settings())
    wait_for(lambda: number(client, "frontdesk_faq_update_pending") == 0)


def test_the_engines_own_numbers_are_passed_on(client: httpx.Client, engine: Engine) -> None:
    engine.numbers = lambda: b"vllm:num_requests_running 1.0\n"
    answer = client.get("/metrics/engine")
    assert answer.text == "vllm:num_requests_running 1.0\n" and answer.headers["content-type"].startswith("text/plain")
    engine.healthy = False
    answer = client.get("/metrics/engine")
    assert answer.status_code == 503 and answer.json()["error"]["code"] == "not_ready"
