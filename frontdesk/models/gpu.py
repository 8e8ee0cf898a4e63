"""The GPUs of this machine and their driver, as `nvidia-smi` tells them: no CUDA library is loaded for it."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GIB = 2**30
MIB = 2**20
FIELDS = "uuid,name,compute_cap,memory.total,memory.free,mig.mode.current"
PCI = Path("/sys/bus/pci/devices")
NVIDIA, DISPLAY = "0x10de", "0x03"
"""A PCI device's vendor, and how the class of those begins that compute or draw."""
SLICE = 0.95
"""Of the memory in a MIG profile's name that a program gets at least: 4,864 MiB of `1g.5gb`."""

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
    """What CUDA calls a device: a GPU, or an instance of one that MIG divides. Memory in bytes; None: it shares the
    machine's."""

    uuid: str
    name: str
    capability: float | None
    memory: int | None
    free: int | None


@dataclass(frozen=True)
class Gpus:
    """All devices, the driver's version and the newest CUDA that it runs. `problem` and `mend` where they
    cannot be used."""

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
    if code:
        return _trouble(text, driver, cuda)
    code, table = nvidia_smi(f"--query-gpu={FIELDS}", "--format=csv,noheader,nounits")
    if code and "not a valid field" not in table:  # a driver that is older than the field is too old, which it says above
        return _trouble(table, driver, cuda)
    rows = [[cell.strip() for cell in line.split(",")] for line in table.splitlines() if not code and line.strip()]
    devices = tuple(_devices(rows))
    if rows and not devices:
        advice = "make one: sudo nvidia-smi mig -cgi 0 -C; or undivide the GPU: sudo nvidia-smi -mig 0"
        return Gpus((), driver, cuda, "MIG is on and the GPU has no instance", advice)
    seen = tuple(_visible(devices, visible))
    if devices and not seen:
        return Gpus((), driver, cuda, "CUDA_VISIBLE_DEVICES hides all", "unset CUDA_VISIBLE_DEVICES")
    return Gpus(seen, driver, cuda)


def on_pci() -> bool:
    """Whether the machine has a GPU of NVIDIA's, driver or not."""
    found = (device for device in PCI.glob("*") if (device / "vendor").is_file() and (device / "class").is_file())
    return any((one / "vendor").read_text().strip() == NVIDIA and (one / "class").read_text().startswith(DISPLAY) for one in found)


def _trouble(text: str, driver: str | None, cuda: str | None) -> Gpus:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "nvidia-smi fails and says nothing")
    mend = next((mend for words, mend in TROUBLES.items() if words in text), OTHERWISE)
    return Gpus((), driver, cuda, line.rstrip("."), mend)


def _devices(rows: list[list[str]]) -> Iterator[Gpu]:
    """A GPU that MIG divides is none itself; its instances are."""
    divided = nvidia_smi("-L")[1] if any(row[-1] == "Enabled" for row in rows) else ""
    for uuid, name, capability, total, free, mig in rows:
        power = float(capability) if re.fullmatch(r"\d+\.\d+", capability) else None
        if mig != "Enabled":
            memory = _bytes(total)
            yield Gpu(uuid, name, power, memory, memory if _bytes(free) is None else _bytes(free))
            continue
        part = divided.partition(uuid)[2].partition("\nGPU ")[0]
        for profile, gigabytes, instance in re.findall(r"MIG (\S*?(\d+)gb\S*).*?UUID: (MIG-[^)]+)", part):
            memory = int(SLICE * int(gigabytes) * GIB)
            yield Gpu(instance, f"{name} MIG {profile}", power, memory, memory)


def _visible(devices: tuple[Gpu, ...], variable: str | None) -> Iterator[Gpu]:
    """As CUDA reads it: numbers or the beginnings of UUIDs; the first that fits nothing hides the rest."""
    if variable is None:
        yield from devices
        return
    for word in map(str.strip, variable.split(",")):
        if word.isdigit():
            found = devices[int(word) : int(word) + 1]
        else:
            found = tuple(one for one in devices if word and one.uuid.startswith(word))[:1]
        if not found:
            return
        yield from found


def _bytes(cell: str) -> int | None:
    """Of a number of MiB; None for "[N/A]" and the like."""
    return int(cell) * MIB if cell.isdigit() else None


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found[1] if found else None
