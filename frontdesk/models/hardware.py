"""The hardware: what it is, and which number format its processor multiplies."""

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


def describe_hardware() -> str:
    """Processor, cores, memory, and the GPU if there is one, in words."""
    import psutil
    import torch

    named = re.search(r"model name\s*: (.+)", CPUINFO.read_text()) if CPUINFO.is_file() else None
    words = [named[1] if named else platform.machine(), f"{len(psutil.Process().cpu_affinity() or [])} cores"]
    words.append(f"{psutil.virtual_memory().total / 2**30:.0f} GiB of memory")
    return ", ".join(words + ([torch.cuda.get_device_name(0)] if torch.cuda.is_available() else []))
