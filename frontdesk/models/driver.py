"""Whether the packages for a GPU can use one here: the driver against torch's CUDA, and what the GPU computes."""

import importlib.util
import os
import re
import shutil
from pathlib import Path

from frontdesk.errors import UserError
from frontdesk.models.gpu import INSTALL, Gpu, Gpus, read_gpus

DRIVERS = {11: 450, 12: 525, 13: 580}
"""The oldest driver on Linux for a major version of CUDA (NVIDIA's guide "CUDA Compatibility")."""
CAPABILITY = 7.5  # Turing: CUDA 13 knows nothing older
BF16_CAPABILITY = 8.0  # Ampere
CPU_BUILD = "extra gpu, and a torch that is built for a CPU"
AGAIN = "rm -r .venv && make setup"


def torch_cuda() -> str | None:
    """The CUDA that torch was built for, by its file: an import would take seconds. None: for CPUs only."""
    found = importlib.util.find_spec("torch")
    file = Path(found.origin).with_name("version.py") if found and found.origin else None
    said = re.search(r"^cuda\b.*=\s*'([\d.]+)'", file.read_text(encoding="utf-8"), re.MULTILINE) if file and file.is_file() else None
    return said[1] if said else None


def too_old(version: str, newest: str | None, cuda: str) -> str | None:
    """The driver that torch's CUDA needs, in words, if this one and the newest CUDA that it knows will not do.
    One of the same major version does."""
    needed = DRIVERS.get(_major(cuda), 0)
    if (_major(newest) >= _major(cuda)) if newest else (_major(version) >= needed):
        return None
    return f"driver {needed} or newer" if needed else "a newer driver"


def has_kernels(gpu: Gpu) -> bool:
    """Whether torch and vLLM have any for this GPU."""
    return gpu.capability is None or gpu.capability >= CAPABILITY


def multiplies_bf16(gpu: Gpu) -> bool:
    """Whether the GPU does, as all do that are sold today."""
    return gpu.capability is None or gpu.capability >= BF16_CAPABILITY


def require_gpu() -> Gpus:
    """The GPUs that the packages for one can use here; no devices where a container lacks `nvidia-smi` but torch
    sees a GPU. Raises UserError where there is none, with what mends it."""
    gpus, cuda = read_gpus(os.environ.get("CUDA_VISIBLE_DEVICES")), torch_cuda()
    if not shutil.which("nvidia-smi") and _torch_sees_one():
        return Gpus()
    if cuda is None:
        raise UserError(f"{CPU_BUILD}; vLLM for a GPU does not run with it; {AGAIN} EXTRA=gpu")
    if gpus.driver and (needed := too_old(gpus.driver, gpus.cuda, cuda)):
        fact = f"the driver {gpus.driver}, CUDA {gpus.cuda or 'unknown'}, is too old; torch is built for CUDA {cuda}, which needs {needed}"
        raise UserError(f"{fact}; {INSTALL}")
    if gpus.problem:
        raise UserError(f"no GPU can be used: {gpus.problem}; the installed packages are those for a GPU; {gpus.mend}")
    if not gpus.devices:
        raise UserError(f"no GPU; the installed packages are those for one; install those for a CPU: {AGAIN} EXTRA=cpu")
    if not has_kernels(first := gpus.devices[0]):
        fact = f"{first.name} has compute capability {first.capability}; torch and vLLM need {CAPABILITY}"
        raise UserError(f"{fact}; install the packages for a CPU: {AGAIN} EXTRA=cpu")
    return gpus


def _torch_sees_one() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def _major(version: str) -> int:
    return int(version.partition(".")[0])
