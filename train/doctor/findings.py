"""What the machine's facts mean: each in one line, and after a problem what mends it."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from frontdesk.errors import UserError
from frontdesk.models.driver import AGAIN, CAPABILITY, CPU_BUILD, has_kernels, multiplies_bf16, too_old
from frontdesk.models.gpu import INSTALL, Gpu, Gpus
from train.doctor.machine import Machine
from train.memory import GIB

Mark = Literal["ok", "note", "fail"]


class Finding(NamedTuple):
    """A `fail` keeps the config from running here; a `note` does not. `mend` is a command or what else helps."""

    mark: Mark
    about: str
    fact: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.mark:<4}  {self.about}: {self.fact}{f' → {self.mend}' if self.mend else ''}"


def gib(size: float) -> str:
    """Bytes in words."""
    return f"{size / GIB:.1f} GiB"


def refused(about: str, error: UserError, mark: Mark = "fail") -> Finding:
    """The finding where a stage would stop: the parts of a UserError are what was found and what to do."""
    found, *_, mend = str(error).split("; ")
    return Finding(mark, about, re.sub(r"^(train|keys? [^:]+): ", "", found), mend)


def machine_findings(machine: Machine) -> Iterator[Finding]:
    """Hardware, driver, packages."""
    yield Finding("ok", "system", f"{machine.system}, Python {machine.python}")
    yield Finding("ok", "CPU", f"{machine.cpu}, {machine.cores} cores, {'' if machine.bf16 else 'no '}bf16")
    yield Finding("ok", "memory", f"{gib(machine.free)} free of {gib(machine.memory)}")
    yield from gpu_findings(machine.gpus, machine.cuda, machine.engine)
    yield packages(machine)


def gpu_findings(gpus: Gpus, cuda: str | None, engine: str | None) -> Iterator[Finding]:
    """The driver and each GPU. What is wrong with them is a `fail` only where the packages need a GPU."""
    mark: Mark = "fail" if engine == "gpu" else "note"
    if gpus.driver:
        yield driver(gpus.driver, gpus.cuda, cuda, mark)
    if gpus.problem:
        yield Finding(mark, "GPU", gpus.problem, gpus.mend)
    elif not gpus.driver:
        yield Finding(mark, "GPU", "none", f"{AGAIN} EXTRA=cpu" if engine == "gpu" else "")
    for number, gpu in enumerate(gpus.devices):
        yield device(number, gpu, "note" if number else mark)  # only the first is used
    if gpus.devices and engine == "cpu":
        yield Finding("note", "GPU", "not used: the packages are those for a CPU", f"{AGAIN} EXTRA=gpu")


def driver(version: str, newest: str | None, cuda: str | None, mark: Mark) -> Finding:
    """The driver, and the newest CUDA that it knows, against the CUDA that torch was built for."""
    fact = f"{version}, CUDA {newest or 'unknown'}"
    if cuda is None:
        return Finding("ok", "driver", f"{fact}; torch is built for a CPU")
    needed = too_old(version, newest, cuda)
    if needed is None:
        return Finding("ok", "driver", f"{fact}; torch is built for CUDA {cuda}")
    return Finding(mark, "driver", f"{fact}: too old; torch is built for CUDA {cuda}, which needs {needed}", INSTALL)


def device(number: int, gpu: Gpu, mark: Mark) -> Finding:
    """A GPU: memory and compute capability."""
    memory = "the machine's memory"
    if gpu.memory is not None and gpu.free is not None:
        memory = f"{gib(gpu.free)} free of {gib(gpu.memory)}"
    fact = f"{gpu.name}, {memory}, compute capability {gpu.capability or 'unknown'}"
    fact += ", divided by MIG: an instance has less" * gpu.divided
    if not has_kernels(gpu):
        return Finding(mark, f"GPU {number}", f"{fact}: too old; torch and vLLM need {CAPABILITY}", f"{AGAIN} EXTRA=cpu")
    return Finding("ok", f"GPU {number}", f"{fact}, {'' if multiplies_bf16(gpu) else 'no '}bf16")


def packages(machine: Machine) -> Finding:
    """The installed extra against its constraints."""
    if machine.engine is None:
        return Finding("fail", "packages", "no vllm: neither extra, cpu or gpu, is installed", "make setup")
    if machine.engine == "gpu" and machine.cuda is None:
        return Finding("fail", "packages", CPU_BUILD, f"{AGAIN} EXTRA=gpu")
    file = f"configs/constraints-{machine.engine}.txt"
    extra = f"extra {machine.engine}, torch {machine.versions.get('torch', 'missing')}"
    if not machine.differing:
        return Finding("ok", "packages", f"{extra}; all versions are those of {file}")
    shown = ", ".join(machine.differing[:3]) + ", …" * (len(machine.differing) > 3)
    fact = f"{extra}; {len(machine.differing)} not of the version in {file}: {shown}"
    return Finding("note", "packages", fact, f"rm .venv/.ready-* && make setup EXTRA={machine.engine}")
