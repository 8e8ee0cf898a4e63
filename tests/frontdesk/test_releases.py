"""One release at a time, noted whole or not at all, and what stood stands."""

import errno
import threading
from pathlib import Path

import pytest

from frontdesk import releases, versions
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import read_json, write_json, write_text
from frontdesk.releases import State
from tests.trained import settings, trained

RUN = Run("shop")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.chdir(tmp_path)
    return settings()


@pytest.fixture
def three(config: Config) -> list[str]:
    """Three versions, of which the first is served."""
    ids = [trained(config, letter * 16).id for letter in "abc"]
    releases.promote(config, RUN, ids[0], "root")
    return ids


def weights() -> str:
    return (RUN.served / "model.safetensors").read_text()


def test_shadow_canary_promotion_and_the_way_back(config: Config, three: list[str]) -> None:
    one, two, _ = three
    releases.begin(config, RUN, "shadow", two, "root")
    state = releases.begin(config, RUN, "canary", two, "bo", 0.2)
    assert (state.served, state.candidate, state.kind, state.share, state.by) == (one, two, "canary", 0.2, "bo")
    assert weights() == f"weights of {one}aaaa", "a trial changes nothing that stands"
    state = releases.promote(config, RUN, two, "bo")
    assert (state.served, state.previous, state.candidate) == (two, one, None) == tuple(releases.read(RUN).__dict__.values())[:3]
    assert weights() == f"weights of {two}bbbb" and (RUN.served / "model.safetensors").samefile(
        RUN.versions / two / "model/model.safetensors"
    )
    state = releases.roll_back(config, RUN, "bo", "customers said no")
    assert (state.served, state.previous, state.why) == (one, None, "customers said no") and weights() == f"weights of {one}aaaa"
    with pytest.raises(UserError, match="nothing is tried, and no version was served before"):
        releases.roll_back(config, RUN, "bo")


def test_rolling_back_a_trial_leaves_what_is_served(config: Config, three: list[str]) -> None:
    begun = releases.begin(config, RUN, "ab", three[1], "root")
    assert begun.share == 0.5
    ended = releases.roll_back(config, RUN, "desk", "handoffs", only=begun)
    assert (ended.served, ended.candidate, ended.kind) == (three[0], None, None)
    again = releases.begin(config, RUN, "ab", three[2], "root")
    assert releases.roll_back(config, RUN, "desk", "late", only=begun) == again, "of another trial by now"


def test_one_at_a_time(config: Config, three: list[str]) -> None:
    releases.begin(config, RUN, "canary", three[1], "root")
    with pytest.raises(UserError, match=f"version {three[1]} is in canary already; expected one release at a time"):
        releases.begin(config, RUN, "shadow", three[2], "bo")
    told: list[str] = []

    def at_once() -> None:
        try:
            releases.promote(config, RUN, three[2], "bo")
        except UserError as error:
            told.append(str(error))

    with releases.changing(RUN):
        other = threading.Thread(target=at_once)
        other.start()
        other.join()
    assert len(told) == 1 and "another release is being made now" in told[0] and releases.read(RUN).candidate == three[1]


def test_what_cannot_be_tried(config: Config, tmp_path: Path) -> None:
    id = trained(config, "a" * 16).id
    with pytest.raises(UserError, match="is the one that is served"):  # what `make serve` would serve
        releases.begin(config, RUN, "canary", id, "root")
    with pytest.raises(UserError, match="'nope' of shop is not there"):
        releases.begin(config, RUN, "canary", "nope", "root")
    write_json(RUN.provenance, {"key": "lent by another run"})
    with pytest.raises(UserError, match="serves no version yet"):
        releases.begin(config, RUN, "canary", id, "root")
    write_text(RUN.release / "state.json", "{broken")
    with pytest.raises(UserError, match=r"state\.json: not a release's state"):
        releases.read(RUN)


def test_a_full_disk_changes_nothing(config: Config, three: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    before, full = releases.read(RUN), OSError(errno.ENOSPC, "No space left on device")

    def nothing_more(*_: object) -> None:
        raise full

    for module, name in (("frontdesk.releases", "link"), ("frontdesk.releases", "write_json")):
        with monkeypatch.context() as disk:
            disk.setattr(f"{module}.{name}", nothing_more)
            with pytest.raises(UserError, match=r"No space left on device.*free some space"):
                releases.promote(config, RUN, three[1], "root")
        assert releases.read(RUN) == before and weights() == f"weights of {three[0]}aaaa"
        assert not list(RUN.served.parent.glob(".*")), "nothing is left of the attempt"
    assert releases.promote(config, RUN, three[1], "root").served == three[1]


def test_a_withdrawn_or_broken_version_is_neither_promoted_nor_rolled_back_to(config: Config) -> None:
    old, new = trained(config, "a" * 16, "talk").id, trained(config, "b" * 16).id
    releases.promote(config, RUN, old, "root")
    releases.promote(config, RUN, new, "root")
    versions.withdraw(RUN, {"talk"}, "2020-01-31")
    for attempt in (lambda: releases.roll_back(config, RUN, "root"), lambda: releases.promote(config, RUN, old, "root")):
        with pytest.raises(UserError, match="withdrawn on 2020-01-31"):
            attempt()
    with pytest.raises(UserError, match="withdrawn"):
        releases.begin(config, RUN, "shadow", old, "root")
    assert releases.read(RUN).served == new and weights() == f"weights of {new}bbbb"


def test_the_next_trainings_remove_none_that_may_be_served(config: Config, three: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    one = config.model_copy(update={"train": config.train.model_copy(update={"keep_versions": 1})})
    releases.promote(config, RUN, three[1], "root")
    releases.begin(config, RUN, "canary", three[2], "root")
    for letter in "def":
        trained(config, letter * 16)
        releases.keep(one, RUN)
    assert [version.id for version in versions.versions(RUN)] == ["f" * 12, "e" * 12, *reversed(three)]
    assert "this is version ffffffffffff" in capsys.readouterr().out
    assert releases.kept(RUN) == {*three}
    assert read_json(RUN.release / "state.json")["kind"] == "canary"
    assert releases.read(Run("elsewhere")) == State()
