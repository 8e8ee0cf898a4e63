"""The GPUs of this machine and their driver, as `nvidia-smi` tells them: no CUDA library is loaded for it."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MIB = 2**20
FIELDS = "uuid,name,compute_cap,memory.total,memory.free,mig.mode.current"
PCI = Path("/sys/bus/pci/devices")
NVIDIA, DISPLAY = "0x10de", "0x03"
"""A PCI device's vendor, and how the class of those begins that compute or draw."""

NO_COMMAND = 127  # as a shell has it
TROUBLES = {
    "Driver/library version mismatch": "the driver was updated while the machine ran: sudo reboot",
    "communicate with the NVIDIA driver": "load the driver: sudo modprobe nvidia; if that fails, install it again",
    "No devices were found": "in a container, start it with --gpus all; else look for NVRM in: sudo dmesg",
}
"""Words of `nvidia-smi` when it fails, and what helps."""
INSTALL = "install NVIDIA's newest driver (on Ubuntu: sudo ubuntu-drivers install), then: sudo reboot"
OTHERWISE = "run nvidia-smi; in a container, start that again with --gpus all"


@dataclass(frozen=True)
class Gpu:
    """A GPU, also where MIG divides it. Memory in bytes; None: it shares the machine's."""

    name: str
    capability: float | None
    memory: int | None
    free: int | None
    divided: bool


@dataclass(frozen=True)
class Gpus:
    """All that a program sees, the driver's version and the newest CUDA that it runs. `problem` and `mend`
    where they cannot be used."""

    devices: tuple[Gpu, ...] = ()
    driver: str | None = None
    cuda: str | None = None
    problem: str | None = None
    mend: str = ""


def nvidia_smi(*arguments: str) -> tuple[int, str]:
    """Exit code and output of `nvidia-smi`. Without such a command NO_COMMAND and nothing."""
    try:
        done = subprocess.run(["nvidia-smi", *arguments], capture_output=True, text=True, timeout=20, check=False)
    except FileNotFoundError:
        return NO_COMMAND, ""
    except subprocess.TimeoutExpired:
        return 124, "nvidia-smi did not answer in 20 s"
    return done.returncode, done.stdout + done.stderr


def read_gpus(visible: str | None = None) -> Gpus:
    """The GPUs that a program sees whose CUDA_VISIBLE_DEVICES is `visible`; None: all."""
    code, text = nvidia_smi()
    if code == NO_COMMAND:
        return Gpus(problem="the machine has one of NVIDIA's, but no driver", mend=INSTALL) if on_pci() else Gpus()
    driver, cuda = (_first(pattern, text) for pattern in (r"(?:Driver|KMD) Version\s*: ([\d.]+)", r"CUDA (?:UMD )?Version\s*: ([\d.]+)"))
    if not code:
        code, text = nvidia_smi(f"--query-gpu={FIELDS}", "--format=csv,noheader,nounits")
    if "not a valid field" in text:  # a driver older than a field is too old, which its version says
        return Gpus((), driver, cuda)
    if code:
        return Gpus((), driver, cuda, *_trouble(text))
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines() if line.strip()]
    seen = rows if visible is None else list(_visible(rows, visible))
    if rows and not seen:
        return Gpus((), driver, cuda, "CUDA_VISIBLE_DEVICES hides all", "unset CUDA_VISIBLE_DEVICES")
    return Gpus(tuple(_gpu(*row) for row in seen), driver, cuda)


def on_pci() -> bool:
    """Whether the machine has a GPU of NVIDIA's, driver or not."""
    found = (device for device in PCI.glob("*") if (device / "vendor").is_file() and (device / "class").is_file())
    return any((one / "vendor").read_text().strip() == NVIDIA and (one / "class").read_text().startswith(DISPLAY) for one in found)


def _trouble(text: str) -> tuple[str, str]:
    """The first line of what `nvidia-smi` says, and what helps."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "nvidia-smi fails and says nothing")
    return line.rstrip("."), next((mend for words, mend in TROUBLES.items() if words in text), OTHERWISE)


def _visible(rows: list[list[str]], variable: str) -> Iterator[list[str]]:
    """As CUDA reads the variable: numbers or UUIDs; the first that is none hides the rest."""
    for word in map(str.strip, variable.split(",")):
        found = [row for number, row in enumerate(rows) if word in (str(number), row[0])]
        if not found:
            return
        yield from found


def _gpu(_: str, name: str, capability: str, total: str, free: str, mig: str) -> Gpu:
    memory = _bytes(total)
    power = float(capability) if re.fullmatch(r"\d+\.\d+", capability) else None
    return Gpu(name, power, memory, memory if _bytes(free) is None else _bytes(free), mig == "Enabled")


def _bytes(cell: str) -> int | None:
    """Of a number of MiB; None for "[N/A]" and the like."""
    return int(cell) * MIB if cell.isdigit() else None


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found[1] if found else None
