"""The facts, as files and packages tell them."""

import sys
from pathlib import Path

import pytest

from frontdesk.engine.vllm import device
from frontdesk.models.gpu import MIB
from tests.frontdesk.models import outputs
from tests.train.doctor.machines import LAPTOP, server
from train.doctor import machine


def test_this_machines_facts_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    outputs.ONE.stand_in(monkeypatch)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    (tmp_path / "configs").mkdir()
    for extra in ("cpu", "gpu"):
        file = tmp_path / f"configs/constraints-{extra}.txt"
        file.write_text("# made by a command\npsutil==0.1  # old\npyyaml>=1\nnowhere==3\n")
    found = machine.read_machine(tmp_path)
    assert (found.engine == "gpu") == (found.cuda is not None)
    assert found.engine == device()
    assert 0 < found.free <= found.memory and found.cores > 0
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.gpus.driver == "580.95.05"
    assert found.token and "hf_secret" not in repr(found)
    assert (found.pinned, [one.split()[0] for one in found.differing]) == (2, ["psutil"])
    assert found.versions.keys() > {"torch", "frontdesk"}
    assert [place.name for place in found.places] == ["runs/", "the hub's cache"] and all(place.free for place in found.places)


def test_memory_is_that_of_the_device_which_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LAPTOP.gpu is None and LAPTOP.free_where_trained == LAPTOP.free
    several = server(monkeypatch, outputs.SEVERAL)
    assert several.gpu == several.gpus.devices[0] and several.free_where_trained == 81079 * MIB
    assert server(monkeypatch, outputs.SHARED).free_where_trained == LAPTOP.free


def test_constraints_are_those_for_this_python(tmp_path: Path) -> None:
    file = tmp_path / "constraints.txt"
    file.write_text("\n# a line\nA_b.c==1.0 ; python_version >= '3.11'\nold==2 ; python_version < '3'\n    # via a\ntorch==2.13.0\n")
    pins = machine.constraints(file)
    assert [machine.name(pin) for pin in pins] == ["a-b-c", "torch"]
    assert list(machine.differing(pins, {"a-b-c": "1.1", "torch": "2.13.0+cpu", "other": "1"})) == ["a-b-c 1.1 (1.0)"]
    assert machine.constraints(tmp_path / "none.txt") == []


def test_a_token_is_one_of_the_environment_or_of_a_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    assert not machine.has_token()
    (tmp_path / "token").write_text("hf_secret")
    assert machine.has_token()
    (tmp_path / "token").unlink()
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert machine.has_token()


def test_what_tests_need_is_looked_for_where_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine, "POSTGRESQL", tmp_path / "postgresql")
    assert list(machine.missing_for_tests()) == ["chromium", "postgresql", "npm"]
    for command in (tmp_path / "chromium", tmp_path / "postgresql/16/bin/initdb"):
        command.parent.mkdir(parents=True, exist_ok=True)
        command.touch()
        command.chmod(0o755)
    assert list(machine.missing_for_tests()) == ["npm"]


def test_a_folder_that_is_not_there_yet_lies_where_it_will(tmp_path: Path) -> None:
    there = machine.place("runs/", tmp_path)
    later = machine.place("runs/", tmp_path / "a/b")
    assert (there.name, there.disk) == (later.name, later.disk) == ("runs/", tmp_path.stat().st_dev)
