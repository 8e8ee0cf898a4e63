"""Two engines with two versions: who answers which conversation, what happens while one is away, and what nobody sees."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from frontdesk.config.run import Run
from frontdesk.files import write_json, write_text
from serve.gateway import engines
from serve.gateway.app import create_app, server_settings
from serve.gateway.engines import in_share
from serve.gateway.prompts import PromptBuilder
from tests.serve.gateways import ENGINE_KEY, at, empty_store, settings, write_run
from tests.serve.stand_in import Engine, events, served
from tests.waits import CEILING, wait_for

RUN, OLD, NEW = Run("shop"), "a" * 12, "b" * 12
QUESTION = [{"role": "user", "content": "Is it free to return a tent?"}]


@dataclass
class Two:
    client: httpx.Client
    old: Engine
    new: Engine

    def ask(self, conversation: str) -> str | None:
        """The version that answers."""
        asked = {"model": "shop", "messages": QUESTION}
        answer = self.client.post("/v1/chat/completions", json=asked, headers={"x-session-id": conversation})
        assert answer.status_code == 200 and answer.json()["choices"][0]["message"]["content"] == "Returns are free within 45 days."
        version: str | None = answer.json()["frontdesk"].get("version")
        return version


def tell(
    candidate: str | None, kind: str | None, share: float = 0.0, served: str = OLD, running: tuple[str | None, str | None] = (OLD, NEW)
) -> None:
    write_json(RUN.release / "engines.json", dict(zip(("main", "second"), running, strict=True)))
    write_json(RUN.release / "state.json", {"served": served, "candidate": candidate, "kind": kind, "share": share})


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRONTDESK_API_KEY", raising=False)
    monkeypatch.setattr(engines, "POLL", 0.01)
    config = settings()
    write_run(config)
    old, new = Engine(), Engine()
    old.parts = new.parts = events("Returns are free ", "within 45 days.", usage=True)
    tell(None, None)
    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(served(engine)) for engine in (old, new)]
        app = create_app(at(config, empty_store()), {"shop": PromptBuilder(config, RUN)}, urls[0], ENGINE_KEY, None, urls[1])
        url = stack.enter_context(served(server_settings(app, "127.0.0.1", 0)))
        client = stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=CEILING))
        wait_for(lambda: client.get("/ready").status_code == 200)
        yield Two(client, old, new)


def test_a_share_is_stable_by_conversation_and_another_for_each_candidate() -> None:
    talks = [f"{number:032x}" for number in range(4000)]
    shares = [[in_share(talk, candidate, 0.1) for talk in talks] for candidate in (NEW, "c" * 12)]
    assert all(0.08 < sum(share) / 4000 < 0.12 for share in shares) and shares[0] != shares[1]
    assert not any(in_share(talk, NEW, 0.0) for talk in talks) and all(in_share(talk, NEW, 1.0) for talk in talks)
    assert all(in_share(talk, NEW, 0.3) for talk, before in zip(talks, shares[0], strict=True) if before), (
        "a larger share keeps who was in it"
    )


def test_a_canary_answers_its_own_conversations_until_it_is_away(two: Two) -> None:
    talks = [f"talk {number}" for number in range(12)]
    wait_for(lambda: two.ask("first") == OLD)
    tell(NEW, "canary", 0.5)
    wait_for(lambda: {two.ask(talk) for talk in talks} == {OLD, NEW})
    answered = [two.ask(talk) for talk in talks]
    assert [two.ask(talk) for talk in talks] == answered
    two.new.healthy = False
    wait_for(lambda: {two.ask(talk) for talk in talks} == {OLD})
    two.new.healthy = True
    wait_for(lambda: [two.ask(talk) for talk in talks] == answered)


def test_a_promotion_and_its_way_back_only_change_who_is_asked(two: Two) -> None:
    tell(None, None, served=NEW)
    wait_for(lambda: two.ask("x") == NEW)
    tell(None, None, served="c" * 12)  # promoted, and no engine runs it yet
    wait_for(lambda: two.ask("x") == OLD)
    write_text(RUN.release / "state.json", "{broken")
    assert two.ask("x") == OLD, "what was read last stays"
    tell(None, None, served=NEW)
    wait_for(lambda: two.ask("x") == NEW)
    tell(None, None, served=OLD)
    wait_for(lambda: two.ask("x") == OLD)
    two.old.healthy = False
    wait_for(lambda: two.ask("x") == NEW)
    assert two.client.get("/ready").status_code == 200


def test_shadow_answers_are_compared_and_seen_by_nobody(two: Two) -> None:
    two.new.parts = events("Returns cost ", "9 dollars.", usage=True)
    tell(NEW, "shadow")
    noted = RUN.release / f"shadow-{NEW}.jsonl"
    wait_for(lambda: two.ask("x") == OLD and noted.is_file() and noted.read_text().endswith("\n"))
    first = json.loads(noted.read_text().splitlines()[0])
    assert first == {"outcome": False, "entry": True, "words": True}, "what it wrote is not in the FAQ: the entry's own words stand"
    assert not {"Returns", "tent"} & {*noted.read_text().split()}
    two.new.allowed = 0  # it hangs: only one comparison at a time, and customers do not wait for it
    asked = len(two.new.bodies)
    assert [two.ask(f"talk {number}") for number in range(5)] == [OLD] * 5
    wait_for(lambda: len(two.new.bodies) > asked)
    assert len(two.new.bodies) <= asked + 2
    two.new.allowed, two.new.status = 100, 500
    wait_for(lambda: two.ask("x") == OLD and '{"failed": "engine_error"}' in noted.read_text())
