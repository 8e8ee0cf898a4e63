"""`nvidia-smi` as it speaks on machines that are not here."""

import os
import subprocess
from pathlib import Path

import pytest

from frontdesk.models import gpu
from frontdesk.models.gpu import MIB, Gpu, Gpus, read_gpus
from tests.frontdesk.models.outputs import (
    ABSENT,
    GB10,
    H100S,
    MISMATCH,
    NEW,
    NO_CUDA,
    NO_DEVICE,
    NOT_LOADED,
    ONE,
    RTX_4090,
    T4,
    VERY_OLD,
    Output,
)

CARD = Gpu("NVIDIA GeForce RTX 4090", 8.9, 24564 * MIB, 24080 * MIB, False)


@pytest.fixture(autouse=True)
def pci(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any PCI device."""
    monkeypatch.setattr(gpu, "PCI", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (ONE, Gpus((CARD,), "580.95.05", "13.0")),
        (Output((0, "| KMD Version: 610.57.04     CUDA UMD Version: 13.3     |\n"), (0, RTX_4090)), Gpus((CARD,), "610.57.04", "13.3")),
        (NO_CUDA, Gpus((CARD,), "580.95.05")),
        (Output(NEW, (0, GB10)), Gpus((Gpu("NVIDIA GB10", 12.1, None, None, False),), "580.95.05", "13.0")),
        (VERY_OLD, Gpus((), "470.57.02", "11.4")),
    ],
)
def test_driver_and_gpus_are_read(monkeypatch: pytest.MonkeyPatch, output: Output, expected: Gpus) -> None:
    output.stand_in(monkeypatch)
    assert read_gpus() == expected


def test_a_divided_gpu_may_not_say_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    Output(NEW, (0, "GPU-0a, NVIDIA A100-SXM4-40GB, 8.0, 40960, [Insufficient Permissions], Enabled\n")).stand_in(monkeypatch)
    assert read_gpus().devices == (Gpu("NVIDIA A100-SXM4-40GB", 8.0, 40960 * MIB, 40960 * MIB, True),)


@pytest.mark.parametrize(
    ("variable", "expected"),
    [(None, [0, 1, 2]), ("1", [1]), ("2, 0", [2, 0]), ("0,9,1", [0]), ("GPU-1b", [1])],
)
def test_several_gpus_as_cuda_shows_them(monkeypatch: pytest.MonkeyPatch, variable: str | None, expected: list[int]) -> None:
    Output(NEW, (0, H100S + T4)).stand_in(monkeypatch)
    every = read_gpus().devices
    assert len(every) == 3 and read_gpus(variable).devices == tuple(every[number] for number in expected)


@pytest.mark.parametrize("variable", ["", "-1", "NoDevFiles"])
def test_gpus_can_be_hidden(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    Output(NEW, (0, H100S)).stand_in(monkeypatch)
    assert read_gpus(variable) == Gpus((), "580.95.05", "13.0", "CUDA_VISIBLE_DEVICES hides all", "unset CUDA_VISIBLE_DEVICES")


@pytest.mark.parametrize(
    ("output", "problem", "command"),
    [
        (MISMATCH, "Failed to initialize NVML: Driver/library version mismatch", "sudo reboot"),
        (NOT_LOADED, "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver", "sudo modprobe nvidia"),
        (NO_DEVICE, "No devices were found", "--gpus all"),
        (Output(NEW, (15, "Unable to determine the device handle\n")), "Unable to determine the device handle", "run nvidia-smi"),
        (Output((1, "\n")), "nvidia-smi fails and says nothing", "start that again with --gpus all"),
    ],
)
def test_what_is_wrong_is_one_line_with_what_helps(monkeypatch: pytest.MonkeyPatch, output: Output, problem: str, command: str) -> None:
    output.stand_in(monkeypatch)
    found = read_gpus()
    assert (found.devices, found.problem) == ((), problem) and command in found.mend


def test_without_the_command_only_the_bus_knows_of_a_gpu(monkeypatch: pytest.MonkeyPatch, pci: Path) -> None:
    ABSENT.stand_in(monkeypatch)
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
