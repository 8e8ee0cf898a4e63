"""`nvidia-smi` as it speaks on machines that are not here."""

import os
import subprocess
from pathlib import Path

import pytest

from frontdesk.models import gpu
from frontdesk.models.gpu import GIB, MIB, Gpu, Gpus, read_gpus
from tests.frontdesk.models import outputs
from tests.frontdesk.models.outputs import Output


@pytest.fixture(autouse=True)
def pci(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any PCI device."""
    monkeypatch.setattr(gpu, "PCI", tmp_path)
    return tmp_path


def test_one_gpu_in_both_spellings_of_the_header(monkeypatch: pytest.MonkeyPatch) -> None:
    card = Gpu("GPU-0a", "NVIDIA GeForce RTX 4090", 8.9, 24564 * MIB, 24080 * MIB)
    outputs.ONE.stand_in(monkeypatch)
    assert read_gpus() == Gpus((card,), "580.95.05", "13.0")
    outputs.NEWER.stand_in(monkeypatch)
    assert read_gpus() == Gpus((card,), "610.57.04", "13.3")


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        (None, ["GPU-0a", "GPU-1b", "GPU-2c"]),
        ("1", ["GPU-1b"]),
        ("2, 0", ["GPU-2c", "GPU-0a"]),
        ("0,9,1", ["GPU-0a"]),
        ("GPU-1", ["GPU-1b"]),
    ],
)
def test_several_gpus_as_cuda_shows_them(monkeypatch: pytest.MonkeyPatch, variable: str | None, expected: list[str]) -> None:
    outputs.SEVERAL.stand_in(monkeypatch)
    assert [one.uuid for one in read_gpus(variable).devices] == expected


@pytest.mark.parametrize("variable", ["", "-1", "NoDevFiles"])
def test_gpus_can_be_hidden(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    outputs.SEVERAL.stand_in(monkeypatch)
    found = read_gpus(variable)
    assert (found.devices, found.driver) == ((), "580.95.05")
    assert (found.problem, found.mend) == ("CUDA_VISIBLE_DEVICES hides all", "unset CUDA_VISIBLE_DEVICES")


def test_a_divided_gpu_is_its_instances(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs.DIVIDED.stand_in(monkeypatch)
    first, second, whole = read_gpus().devices
    assert (first.uuid, first.name, first.capability) == ("MIG-3d", "NVIDIA A100-SXM4-40GB MIG 3g.20gb", 8.0)
    assert first.memory == first.free == 19 * GIB
    assert (second.uuid, second.memory) == ("MIG-4e", 19 * GIB)
    assert whole == Gpu("GPU-1b", "NVIDIA A100-SXM4-40GB", 8.0, 40960 * MIB, 40441 * MIB)
    assert [one.uuid for one in read_gpus("MIG-4e").devices] == ["MIG-4e"]


def test_a_divided_gpu_without_an_instance_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs.UNDIVIDED.stand_in(monkeypatch)
    found = read_gpus()
    assert found.problem == "MIG is on and the GPU has no instance" and "sudo nvidia-smi -mig 0" in found.mend


def test_a_gpu_may_not_say_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs.SHARED.stand_in(monkeypatch)
    assert read_gpus().devices == (Gpu("GPU-0a", "NVIDIA GB10", 12.1, None, None),)


def test_who_may_not_ask_what_is_free_is_told_all(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs.ONE._replace(query=(0, outputs.ONE.query[1].replace("24080", "[Insufficient Permissions]"))).stand_in(monkeypatch)
    assert [one.free for one in read_gpus().devices] == [24564 * MIB]


def test_a_driver_older_than_a_field_still_says_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs.VERY_OLD.stand_in(monkeypatch)
    assert read_gpus() == Gpus((), "470.57.02", "11.4")


def test_a_container_may_lack_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs.NO_CUDA.stand_in(monkeypatch)
    assert (read_gpus().driver, read_gpus().cuda) == ("580.95.05", None)


@pytest.mark.parametrize(
    ("output", "problem", "command"),
    [
        (outputs.MISMATCH, "Failed to initialize NVML: Driver/library version mismatch", "sudo reboot"),
        (outputs.NOT_LOADED, "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver", "sudo modprobe nvidia"),
        (outputs.NO_DEVICE, "No devices were found", "--gpus all"),
        (outputs.UNKNOWN, "Failed to initialize NVML: Unknown Error", "start that again with --gpus all"),
        (outputs.LOST, "Unable to determine the device handle for GPU0000:01:00.0: Unknown Error", "run nvidia-smi"),
        (Output((1, "\n")), "nvidia-smi fails and says nothing", "run nvidia-smi"),
    ],
)
def test_what_is_wrong_is_one_line_with_what_helps(monkeypatch: pytest.MonkeyPatch, output: Output, problem: str, command: str) -> None:
    output.stand_in(monkeypatch)
    found = read_gpus()
    assert found.devices == () and found.problem is not None and "\n" not in found.problem
    assert found.problem.startswith(problem) and command in found.mend


def test_without_the_command_only_the_bus_knows_of_a_gpu(monkeypatch: pytest.MonkeyPatch, pci: Path) -> None:
    outputs.ABSENT.stand_in(monkeypatch)
    add_device(pci / "0", "0x8086", "0x030000")
    add_device(pci / "1", "0x10de", "0x040300")  # the sound of a card of NVIDIA's
    assert read_gpus() == Gpus()
    add_device(pci / "2", "0x10de", "0x030200")
    assert read_gpus() == Gpus(problem="the machine has one of NVIDIA's, but no driver", mend=gpu.INSTALL)


def add_device(folder: Path, vendor: str, kind: str) -> None:
    folder.mkdir()
    (folder / "vendor").write_text(vendor + "\n")
    (folder / "class").write_text(kind + "\n")


def test_the_command_is_run_with_its_exit_code_and_both_outputs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    command = tmp_path / "nvidia-smi"
    command.write_text('#!/bin/sh\necho "asked: $*"\necho trouble >&2\nexit 9\n')
    command.chmod(0o755)
    assert gpu.nvidia_smi("-L") == (9, "asked: -L\ntrouble\n")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert gpu.nvidia_smi() == (gpu.NO_COMMAND, "")


def test_a_command_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, timeout: float, **__: object) -> None:
        raise subprocess.TimeoutExpired("nvidia-smi", timeout)

    monkeypatch.setattr(gpu.subprocess, "run", hang)
    assert read_gpus().problem == "nvidia-smi did not answer in 20 s"
