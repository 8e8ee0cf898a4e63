"""A machine that cannot run the packages for a GPU: one line each, with what mends it."""

import sys
from pathlib import Path

import pytest
import torch

from frontdesk.errors import UserError
from frontdesk.models import driver, gpu
from frontdesk.models.gpu import INSTALL
from tests.frontdesk.models import outputs
from tests.frontdesk.models.outputs import Output


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """One whose torch is built for CUDA 13, without PCI devices; what is in the folder is found as a command."""
    monkeypatch.setattr(gpu, "PCI", tmp_path / "pci")
    monkeypatch.setattr(driver, "torch_cuda", lambda: "13.0")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def refused() -> str:
    with pytest.raises(UserError) as caught:
        driver.require_gpu()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_gpu_that_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    Output(outputs.NEW, (0, outputs.H100S + outputs.T4)).stand_in(monkeypatch)
    assert len(driver.require_gpu().devices) == 3
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2")
    assert [one.name for one in driver.require_gpu().devices] == ["Tesla T4"]
    outputs.NO_CUDA.stand_in(monkeypatch)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert driver.require_gpu().cuda is None


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (outputs.ABSENT, "no GPU; the installed packages are those for one; install those for a CPU: rm -r .venv && make setup EXTRA=cpu"),
        (
            outputs.OLD,
            "the driver 550.163.01, CUDA 12.4, is too old; torch is built for CUDA 13.0, which needs driver 580 or newer; " + INSTALL,
        ),
        (outputs.VERY_OLD, "the driver 470.57.02, CUDA 11.4, is too old; torch is built for CUDA 13.0, which needs driver 580 or newer"),
        (
            outputs.NO_DEVICE,
            "no GPU can be used: No devices were found; the installed packages are those for a GPU; in a container, start it with",
        ),
        (outputs.MISMATCH, "no GPU can be used: Failed to initialize NVML: Driver/library version mismatch; the installed packages are"),
        (outputs.NOT_LOADED, "no GPU can be used: NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver"),
        (
            Output(outputs.NEW, (0, outputs.GTX_1080)),
            "NVIDIA GeForce GTX 1080 has compute capability 6.1; torch and vLLM need 7.5; install the packages for a CPU: rm",
        ),
    ],
)
def test_what_is_in_the_way_is_one_line(monkeypatch: pytest.MonkeyPatch, output: Output, line: str) -> None:
    output.stand_in(monkeypatch)
    assert refused().startswith(line)


def test_a_torch_for_cpus_beside_an_engine_for_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs.ONE.stand_in(monkeypatch)
    monkeypatch.setattr(driver, "torch_cuda", lambda: None)
    assert refused().startswith("extra gpu, and a torch that is built for a CPU; ")


def test_a_card_without_a_driver(monkeypatch: pytest.MonkeyPatch, machine: Path) -> None:
    outputs.ABSENT.stand_in(monkeypatch)
    (machine / "pci/0").mkdir(parents=True)
    (machine / "pci/0/vendor").write_text("0x10de\n")
    (machine / "pci/0/class").write_text("0x030200\n")
    assert refused() == (
        f"no GPU can be used: the machine has one of NVIDIA's, but no driver; the installed packages are those for a GPU; {INSTALL}"
    )


def test_a_container_may_have_a_gpu_without_the_command_that_lists_it(monkeypatch: pytest.MonkeyPatch, machine: Path) -> None:
    outputs.ABSENT.stand_in(monkeypatch)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert driver.require_gpu() == gpu.Gpus()
    command = machine / "nvidia-smi"
    command.touch(0o755)
    assert refused().startswith("no GPU; ")  # the command knows better


@pytest.mark.parametrize(
    ("version", "newest", "cuda", "needed"),
    [
        ("550.163.01", "12.4", "12.8", None),
        ("580.95.05", None, "13.0", None),
        ("575.57.08", None, "13.0", "driver 580 or newer"),
        ("580.95.05", "13.0", "14.1", "a newer driver"),
    ],
)
def test_a_driver_does_for_its_major_version_of_cuda(version: str, newest: str | None, cuda: str, needed: str | None) -> None:
    assert driver.too_old(version, newest, cuda) == needed


def test_torchs_cuda_is_read_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    read = driver.torch_cuda
    package = tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.setattr(driver.importlib.util, "find_spec", lambda _: None)
    assert read() is None
    monkeypatch.undo()
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    assert read() is None  # it has no such file
    (package / "version.py").write_text(
        "__version__ = '2.13.0+cu130'\ndebug = False\ncuda: Optional[str] = '13.0'\nhip: Optional[str] = None\n"
    )
    assert read() == "13.0"
