"""A desk follows the release's state: which version each engine runs, and when a candidate goes."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from frontdesk import releases, versions
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import read_json
from frontdesk.releases import State
from frontdesk.sequential import Count
from frontdesk.store import audit
from frontdesk.store.store import open_store
from frontdesk.store.trials import Outcomes
from serve.release import engines
from serve.release.engines import DESK, WARM, Follower
from tests.trained import settings, trained

RUN = Run("shop")


@dataclass
class Process:
    """In the place of a Child: what was started, in order."""

    command: list[str]
    log: Path = Path("engine.log")
    starts: list[str] = field(default_factory=list)
    running: bool = False

    def start(self) -> None:
        self.running = True
        self.starts.append(Path(self.command[2]).parent.name)

    def ended(self) -> bool:
        return not self.running

    def how_it_ended(self) -> str:
        return "exit code 1"

    def output(self) -> str:
        return "RuntimeError: no room\n"

    async def ready(self) -> bool:
        return self.running


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.chdir(tmp_path)
    return settings()


@pytest.fixture
def ids(config: Config) -> list[str]:
    found = [trained(config, letter * 16).id for letter in "abc"]
    releases.promote(config, RUN, found[0], "root")
    return found


@pytest.fixture
def follower(config: Config, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> Follower:
    """One that runs the first version; its supervision starts the main engine again."""
    command = [
        "vllm",
        "--model",
        str(RUN.versions / ids[0] / "model"),
        "--chat-template",
        str(RUN.versions / ids[0] / "model/chat_template.jinja"),
    ]
    main, second = Process([*command]), Process([*command])
    main.start()

    async def stop(children: Any) -> None:
        for child in children:
            child.running = False
            if child is main:
                main.start()

    monkeypatch.setattr(engines, "stop", stop)
    return Follower(config, RUN, [main], ids[0], second)  # type: ignore[list-item, arg-type]


def step(follower: Follower) -> dict[str, str | None]:
    """The versions of both engines, once the state is followed."""
    for _ in range(3):
        asyncio.run(follower.step(releases.read(RUN)))
    return follower.versions


def test_from_a_trial_to_its_promotion_and_back_only_the_second_engine_starts(config: Config, ids: list[str], follower: Follower) -> None:
    one, two, three = ids
    assert step(follower) == {"main": one, "second": None}
    releases.begin(config, RUN, "canary", two, "root")
    assert step(follower) == {"main": one, "second": two} == read_json(RUN.release / "engines.json")
    assert follower.second.command[2] == f"runs/shop/versions/{two}/model" and follower.second.command[4].startswith(
        follower.second.command[2]
    )
    releases.promote(config, RUN, two, "root")
    assert step(follower) == {"main": one, "second": two}, "the one before stays ready"
    releases.roll_back(config, RUN, "root")
    assert step(follower) == {"main": one, "second": None} and follower.second.ended()
    releases.promote(config, RUN, three, "root")
    assert step(follower) == {"main": one, "second": three}
    assert (follower.main[0].starts, follower.second.starts) == ([one], [two, three])  # type: ignore[attr-defined]


def test_the_main_engine_starts_anew_when_its_place_is_needed_or_a_day_has_passed(
    config: Config, ids: list[str], follower: Follower
) -> None:
    one, two, three = ids
    releases.promote(config, RUN, two, "root")
    step(follower)
    releases.begin(config, RUN, "ab", three, "root")
    assert step(follower) == {"main": two, "second": three}
    assert follower.main[0].starts == [one, two]  # type: ignore[attr-defined]
    releases.promote(config, RUN, three, "root")
    assert step(follower) == {"main": two, "second": three}
    state = releases.read(RUN)
    for _ in range(3):
        asyncio.run(follower.step(State(served=three, previous=two, since=state.since - WARM)))
    assert follower.versions == {"main": three, "second": None}
    releases.begin(config, RUN, "canary", two, "root")
    releases.promote(config, RUN, two, "root")
    step(follower)
    releases.begin(config, RUN, "canary", three, "root")  # the version that the main engine runs is tried again
    assert step(follower) == {"main": three, "second": two}


def test_a_candidate_whose_engine_does_not_start_is_rolled_back_and_a_promoted_one_is_tried_on(
    config: Config, ids: list[str], follower: Follower
) -> None:
    releases.begin(config, RUN, "canary", ids[1], "root")
    step(follower)
    for _ in range(engines.TRIES):
        assert releases.read(RUN).candidate
        follower.second.running = False  # type: ignore[attr-defined]
        asyncio.run(follower.step(releases.read(RUN)))
    state = releases.read(RUN)
    assert (state.candidate, state.served, state.by) == (None, ids[0], DESK) and "exit code 1): RuntimeError: no room" in state.why
    assert step(follower) == {"main": ids[0], "second": None}
    releases.promote(config, RUN, ids[2], "root")
    for _ in range(engines.TRIES + 2):
        step(follower)
        follower.second.running = False  # type: ignore[attr-defined]
    assert releases.read(RUN).served == ids[2], "while what stands answers"


def test_a_canary_that_misses_a_limit_goes_by_itself(
    config: Config, ids: list[str], follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {ids[0]: Outcomes(Count(100, 1000), Count(800, 1000)), ids[1]: Outcomes(Count(11, 100), Count(80, 100))}
    monkeypatch.setattr("frontdesk.trial.outcomes", lambda *_: counts)
    releases.begin(config, RUN, "canary", ids[1], "root")
    step(follower)
    follower.judged = 0.0
    assert step(follower)["second"] == ids[1], "no more handoffs than chance explains"
    counts[ids[1]] = Outcomes(Count(40, 100), Count(50, 100))
    assert step(follower)["second"] == ids[1], "it looks once a minute"
    follower.judged = time.monotonic() - engines.JUDGE - 1
    step(follower)
    state = releases.read(RUN)
    assert state.candidate is None and state.why.startswith("handed over: 40 of 100, of the served version 100 of 1000")
    store = open_store(config)
    assert [(one.who, one.act) for one in audit.entries(store)[0]] == [(DESK, "rollback")]
    store.close()


def test_on_its_day_a_withdrawn_version_leaves_for_the_newest_that_may_be_served(
    config: Config, ids: list[str], follower: Follower
) -> None:
    forgets = trained(config, "d" * 16, "talk").id
    releases.promote(config, RUN, forgets, "root")
    versions.withdraw(RUN, {"talk"}, "2999-01-31")
    step(follower)
    assert releases.read(RUN).served == forgets
    versions.withdraw(RUN, {"talk"}, "2020-01-31")
    step(follower)
    assert releases.read(RUN).served == ids[2]
    for id in ids:
        (RUN.versions / id / "model/model.safetensors").unlink()
    only = trained(config, "e" * 16, "talk").id
    releases.promote(config, RUN, only, "root")
    versions.withdraw(RUN, {"talk"}, "2020-01-31")
    with pytest.raises(UserError, match=f"version {only} was withdrawn, and no other may be served; `frontdesk retrain"):
        step(follower)
    assert releases.read(RUN).served == only, "customers are answered"


def test_a_candidate_that_is_broken_by_now_changes_no_engine(config: Config, ids: list[str], follower: Follower) -> None:
    releases.begin(config, RUN, "canary", ids[1], "root")
    (RUN.versions / ids[1] / "model/model.safetensors").unlink()
    with pytest.raises(UserError, match="is gone or not whole"):
        step(follower)
    assert follower.versions == {"main": ids[0], "second": None} and not follower.second.starts  # type: ignore[attr-defined]


def test_a_rollback_does_not_wait_for_an_engine_that_does_not_come_back(config: Config, ids: list[str], follower: Follower) -> None:
    one, two, three = ids
    releases.promote(config, RUN, two, "root")
    step(follower)
    main = follower.main[0]
    main.start = lambda: None  # type: ignore[method-assign]
    releases.begin(config, RUN, "canary", three, "root")
    assert step(follower) == {"main": None, "second": two}, "which answers all"
    del main.start  # type: ignore[method-assign]
    releases.promote(config, RUN, one, "root")
    step(follower)
    main.start()
    assert step(follower)["main"] == one
