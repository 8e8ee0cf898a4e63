"""The facts, as files and packages tell them."""

import sys
from pathlib import Path

import pytest

from frontdesk.engine.vllm import device
from frontdesk.models.gpu import MIB
from tests.frontdesk.models.outputs import GB10, H100S, ONE
from tests.train.doctor.machines import LAPTOP, server
from train.doctor import machine


def test_this_machines_facts_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ONE.stand_in(monkeypatch)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    (tmp_path / "configs").mkdir()
    (tmp_path / f"configs/constraints-{device()}.txt").write_text("# made by a command\npsutil==0.1\nnowhere==3\ntorch==2.13.0\n")
    found = machine.read_machine(tmp_path)
    assert found.engine == device() and (found.engine == "gpu") == (found.cuda is not None)
    assert 0 < found.free <= found.memory and found.cores > 0
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.gpus.driver == "580.95.05"
    assert found.token and "hf_secret" not in repr(found)
    assert found.differing == (f"psutil {machine.installed('psutil')} (0.1)",)
    assert found.versions.keys() > {"torch", "frontdesk"}
    assert [place.name for place in found.places] == ["runs/", "the hub's cache"] and all(place.free for place in found.places)


def test_memory_is_that_of_the_device_which_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LAPTOP.gpu is None and LAPTOP.free_where_trained == LAPTOP.free
    several = server(monkeypatch, H100S)
    assert several.gpu == several.gpus.devices[0] and several.free_where_trained == 81079 * MIB
    assert server(monkeypatch, GB10).free_where_trained == LAPTOP.free


def test_a_folder_that_is_not_there_yet_lies_where_it_will(tmp_path: Path) -> None:
    there = machine.place("runs/", tmp_path)
    later = machine.place("runs/", tmp_path / "a/b")
    assert (there.name, there.disk) == (later.name, later.disk) == ("runs/", tmp_path.stat().st_dev)
