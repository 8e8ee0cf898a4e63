"""The hardware: what it is, and which number format its processor multiplies."""

import os
import platform
import re
from pathlib import Path

BF16 = {"avx512_bf16", "amx_bf16", "bf16"}
"""Flags of processors (x86, ARM) that multiply bf16. Others take four to eight times as long as for fp32."""
CPUINFO = Path("/proc/cpuinfo")


def multiplies_bf16() -> bool:
    """Whether the processor has instructions for it; False where it does not say."""
    found = re.search(r"^(?:flags|Features)\s*:(.+)", CPUINFO.read_text(), re.MULTILINE) if CPUINFO.is_file() else None
    return bool(found and BF16 & set(found[1].split()))


def processor() -> str:
    """Its name, or that of its architecture where it does not say."""
    named = re.search(r"model name\s*: (.+)", CPUINFO.read_text()) if CPUINFO.is_file() else None
    return named[1] if named else platform.machine()


def cores() -> int:
    """Those that this process may use."""
    import psutil

    return len(psutil.Process().cpu_affinity() or [])


def set_up_torch() -> None:
    """Settings of torch's libraries on a CPU, which are read once: to be called before torch is imported. The
    environment overrules them.

    * How threads wait for each other. Spinning without end, libgomp's default, is fastest on an idle machine and 30 to 60 times slower
      as soon as another program takes a core. Spinning briefly costs 2 % there and is three times faster here; sleeping at once is best
      on a machine that is busy already.
    * How many products' kernels oneDNN keeps: by default 1,024, half a GiB where each step has another number of tokens.
    """
    import psutil

    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")  # a step needs about 25 for each of its parts
    busy = psutil.cpu_percent(interval=0.3) > 20
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & os.environ.keys():
        os.environ.update({"OMP_WAIT_POLICY": "PASSIVE"} if busy else {"GOMP_SPINCOUNT": "20000"})


def free_memory(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Free bytes: the machine's, or less if a container has a limit (cgroup version 2)."""
    import psutil

    free = int(psutil.virtual_memory().available)
    try:
        limit = int((cgroup / "memory.max").read_text())  # "max" where there is no limit
        used = int((cgroup / "memory.current").read_text())
        statistics = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return free
    return min(free, limit - used + int(statistics.get("inactive_file", 0)))  # the kernel frees file cache


def describe_hardware() -> str:
    """Processor, cores, memory, and the GPU if there is one, in words."""
    import psutil
    import torch

    words = [processor(), f"{cores()} cores"]
    words.append(f"{psutil.virtual_memory().total / 2**30:.0f} GiB of memory")
    return ", ".join(words + ([torch.cuda.get_device_name(0)] if torch.cuda.is_available() else []))
