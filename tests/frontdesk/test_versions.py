"""Every proven training is a version, whatever is trained, scored or lost after it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from frontdesk import versions
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import UserError
from frontdesk.files import read_json, write_json, write_text
from tests.trained import settings, trained

ONE, TWO = "a" * 16, "b" * 16
RUN = Run("shop")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.chdir(tmp_path)
    return settings()


def test_a_version_has_model_config_data_and_proof_and_takes_no_room(config: Config) -> None:
    version = trained(config, ONE)
    folder = RUN.versions / version.id
    assert version.id == ONE[:12] and version.key == ONE and version.data_hash == f"data of {ONE}"
    assert (folder / "model/model.safetensors").samefile(RUN.model / "model.safetensors")
    assert load_config(folder / "config.yaml") == config.model_copy(update={"name": "shop"})
    assert read_json(folder / "manifest.json") == read_json(RUN.manifest)
    assert read_json(folder / "parity.json")["passed"] and "SECRET" not in (folder / "parity.json").read_text()
    trained(config, TWO)
    assert (folder / "model/model.safetensors").read_text() == f"weights of {ONE}", "the next training leaves it alone"
    assert [one.id for one in versions.versions(RUN)] == [TWO[:12], ONE[:12]]


def test_it_is_made_once_and_keeps_what_was_said_of_it(config: Config) -> None:
    first = trained(config, ONE, "talk")
    assert versions.withdraw(RUN, {"talk"}, "2030-01-31") == [first.id]
    again = trained(config, ONE, "talk")
    assert (again.made, again.withdraw_by) == (first.made, "2030-01-31")


def test_what_was_left_half_done_is_no_version(config: Config) -> None:
    version = trained(config, ONE)
    (RUN.versions / version.id / "version.json").unlink()
    (RUN.versions / ".b.partial").mkdir()
    assert versions.versions(RUN) == []
    assert trained(config, ONE).id == version.id


def test_the_scorecard_comes_later_and_to_its_own_version(config: Config) -> None:
    trained(config, ONE)
    trained(config, TWO)
    write_json(RUN.scores, {"key": TWO, "gate": {"passed": False, "checks": [{"metric": "facts_wrong", "passed": False}]}})
    versions.add_scores(RUN)
    assert not versions.run_of(RUN, ONE[:12]).scores.exists()
    with pytest.raises(UserError, match="version bbbbbbbbbbbb: its scorecard missed facts_wrong"):
        versions.check(config, RUN, TWO[:12])
    lenient = config.model_copy(update={"serve": config.serve.model_copy(update={"ignore_gate": True})})
    assert versions.check(lenient, RUN, TWO[:12])


def missing(folder: Path) -> None:
    shutil.rmtree(folder / "model")


def cut(folder: Path) -> None:
    write_text(folder / "model/model.safetensors", "half")


def withdrawn(folder: Path) -> None:
    write_json(folder / "version.json", read_json(folder / "version.json") | {"withdraw_by": "2020-01-31"})


def unproven(folder: Path) -> None:
    write_json(folder / "parity.json", {"passed": False})


def other_ground(folder: Path) -> None:
    write_json(folder / "version.json", read_json(folder / "version.json") | {"grounding": "none"})


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (missing, "model/.* is gone or not whole, so it cannot be served; take another version; there are bbbbbbbbbbbb, aaaaaaaaaaaa"),
        (cut, "model/model.safetensors is gone or not whole"),
        (withdrawn, "withdrawn on 2020-01-31: it was trained on words that are to be forgotten"),
        (unproven, "its proof failed"),
        (other_ground, "grounding: none, the config says faq"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_line(config: Config, harm: Callable[[Path], None], told: str) -> None:
    version = trained(config, ONE)
    trained(config, TWO)
    harm(RUN.versions / version.id)
    with pytest.raises(UserError, match=told):
        versions.check(config, RUN, version.id)
    assert versions.check(config, RUN, TWO[:12])
    with pytest.raises(UserError, match="'c' of shop is not there; expected one of bbbbbbbbbbbb, aaaaaaaaaaaa"):
        versions.check(config, RUN, "c")


def test_only_versions_with_their_words_are_withdrawn_by_the_earliest_day(config: Config) -> None:
    trained(config, ONE, "talk-1", "talk-2")
    write_text(RUN.additions, "question;answer;conversation\nQ;A;talk-3\n;;\n")
    trained(config, TWO, "talk-2")
    assert versions.withdraw(RUN, {"talk-1", "elsewhere"}, "2030-02-01") == [ONE[:12]]
    assert versions.withdraw(RUN, {"talk-3"}, "2030-03-01") == [TWO[:12]], "an accepted entry is trained too"
    assert set(versions.withdraw(RUN, {"talk-2"}, "2030-02-15")) == {ONE[:12], TWO[:12]}
    assert {one.id: one.withdraw_by for one in versions.versions(RUN)} == {ONE[:12]: "2030-02-01", TWO[:12]: "2030-02-15"}


def test_old_ones_go_but_none_that_is_kept(config: Config) -> None:
    ids = [trained(config, letter * 16, letter).id for letter in "abcdef"]
    versions.withdraw(RUN, {"e", "a"}, "2029-12-31")
    assert versions.prune(RUN, 2, {ids[0]}, "2030-01-01") == [ids[4], ids[3], ids[2], ids[1]]
    assert [one.id for one in versions.versions(RUN)] == [ids[5], ids[0]] and len(list(RUN.versions.iterdir())) == 2
