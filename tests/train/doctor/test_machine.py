"""The facts, as files and packages tell them."""

import sys
from pathlib import Path

import pytest

from frontdesk.engine.vllm import device
from tests.train.doctor.machines import GB10, H100S, LAPTOP, NEW, RTX_4090, nvidia_smi, server
from train.doctor import machine
from train.doctor.gpu import MIB


def test_this_machines_facts_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nvidia_smi(monkeypatch, NEW, (0, RTX_4090))
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


def test_torchs_cuda_is_read_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    (package / "version.py").write_text("__version__ = '2.13.0+cu130'\ncuda: Optional[str] = '13.0'\nhip: Optional[str] = None\n")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    assert machine.torch_cuda() == "13.0"
    (package / "version.py").unlink()
    assert machine.torch_cuda() is None
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda _: None)
    assert machine.torch_cuda() is None


def test_a_folder_that_is_not_there_yet_lies_where_it_will(tmp_path: Path) -> None:
    there = machine.place("runs/", tmp_path)
    later = machine.place("runs/", tmp_path / "a/b")
    assert (there.name, there.disk) == (later.name, later.disk) == ("runs/", tmp_path.stat().st_dev)
