"""What `nvidia-smi` prints on some machines, shortened to what is read of it."""

from typing import NamedTuple

import pytest

from frontdesk.models import gpu

Said = tuple[int, str]
"""Exit code and text."""


class Output(NamedTuple):
    """What the plain command says, and its query for FIELDS."""

    plain: Said
    query: Said = (0, "")

    def stand_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let this be what `nvidia-smi` says."""
        monkeypatch.setattr(gpu, "nvidia_smi", lambda *arguments: self.query if arguments else self.plain)


def header(driver: str, cuda: str) -> Said:
    """The beginning of the table that the plain command prints."""
    return 0, f"Mon Nov 30 05:00:00 2026\n| NVIDIA-SMI {driver:<22} Driver Version: {driver:<14} CUDA Version: {cuda:<8} |\n"


RTX_4090 = "GPU-0a, NVIDIA GeForce RTX 4090, 8.9, 24564, 24080, [N/A]\n"
H100S = "GPU-0a, NVIDIA H100 80GB HBM3, 9.0, 81559, 81079, Disabled\nGPU-1b, NVIDIA H100 80GB HBM3, 9.0, 81559, 12004, Disabled\n"
T4 = "GPU-2c, Tesla T4, 7.5, 15360, 14914, [N/A]\n"
GB10 = "GPU-0a, NVIDIA GB10, 12.1, [N/A], [N/A], [N/A]\n"
GTX_1080 = "GPU-3d, NVIDIA GeForce GTX 1080, 6.1, 8192, 8000, [N/A]\n"

NEW = header("580.95.05", "13.0")
ONE = Output(NEW, (0, RTX_4090))
OLD = Output(header("550.163.01", "12.4"), (0, RTX_4090))
VERY_OLD = Output(header("470.57.02", "11.4"), (2, 'Field "compute_cap" is not a valid field to query.\n'))
NO_CUDA = Output(header("580.95.05", "N/A"), (0, RTX_4090))  # a container without libcuda
MISMATCH = Output((18, "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.95\n"))
NOT_LOADED = Output((9, "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n\n"))
NO_DEVICE = Output((6, "No devices were found\n"))
ABSENT = Output((gpu.NO_COMMAND, ""))
