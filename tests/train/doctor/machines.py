"""Machines that are not here: as facts, and as what `nvidia-smi` prints on them, shortened to what is read of it."""

from dataclasses import replace

import pytest

from train.doctor import gpu
from train.doctor.gpu import Gpus, read_gpus
from train.doctor.machine import Machine, Place

GIB = 2**30
LAPTOP = Machine(
    system="Linux x86_64",
    python="3.11.9",
    cpu="AMD EPYC 9R14",
    cores=2,
    bf16=True,
    memory=24 * GIB,
    free=20 * GIB,
    gpus=Gpus(),
    engine="cpu",
    cuda=None,
    versions={"torch": "2.13.0+cpu"},
    differing=(),
    compiler=True,
    token=False,
    places=(Place("runs/", 1, 100 * GIB), Place("the hub's cache", 1, 100 * GIB)),
)

Said = tuple[int, str]
"""Exit code and text of `nvidia-smi`."""


def header(driver: str, cuda: str) -> Said:
    """The beginning of the table that the plain command prints."""
    return 0, f"Mon Nov 30 05:00:00 2026\n| NVIDIA-SMI {driver:<22} Driver Version: {driver:<14} CUDA Version: {cuda:<8} |\n"


NEW = header("580.95.05", "13.0")
RTX_4090 = "GPU-0a, NVIDIA GeForce RTX 4090, 8.9, 24564, 24080, [N/A]\n"
H100S = "GPU-0a, NVIDIA H100 80GB HBM3, 9.0, 81559, 81079, Disabled\nGPU-1b, NVIDIA H100 80GB HBM3, 9.0, 81559, 12004, Disabled\n"
T4 = "GPU-2c, Tesla T4, 7.5, 15360, 14914, [N/A]\n"
GB10 = "GPU-0a, NVIDIA GB10, 12.1, [N/A], [N/A], [N/A]\n"
GTX_1080 = "GPU-3d, NVIDIA GeForce GTX 1080, 6.1, 8192, 8000, [N/A]\n"


def nvidia_smi(monkeypatch: pytest.MonkeyPatch, plain: Said, query: Said = (0, "")) -> None:
    """Let `nvidia-smi` say this, without arguments and asked for FIELDS."""
    monkeypatch.setattr(gpu, "nvidia_smi", lambda *arguments: query if arguments else plain)


def server(monkeypatch: pytest.MonkeyPatch, rows: str, plain: Said = NEW, cuda: str = "13.0") -> Machine:
    """A machine with the packages for a GPU and with these GPUs."""
    nvidia_smi(monkeypatch, plain, (0, rows))
    return replace(LAPTOP, gpus=read_gpus(), engine="gpu", cuda=cuda, versions={"torch": "2.13.0"})
