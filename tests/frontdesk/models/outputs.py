"""What `nvidia-smi` prints on some machines, shortened to what is read of it."""

from typing import NamedTuple

import pytest

from frontdesk.models import gpu


class Output(NamedTuple):
    """Exit code and text of `nvidia-smi`, of its query for FIELDS, and of `nvidia-smi -L`."""

    plain: tuple[int, str]
    query: tuple[int, str] = (0, "")
    listed: tuple[int, str] = (0, "")

    def stand_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let this be what `nvidia-smi` says."""

        def nvidia_smi(*arguments: str) -> tuple[int, str]:
            return {(): self.plain, ("-L",): self.listed}.get(arguments, self.query)

        monkeypatch.setattr(gpu, "nvidia_smi", nvidia_smi)


def header(driver: str, cuda: str) -> tuple[int, str]:
    """The beginning of the table that the plain command prints."""
    line = f"| NVIDIA-SMI {driver:<22} Driver Version: {driver:<14} CUDA Version: {cuda:<8} |"
    return 0, f"Mon Nov 30 05:00:00 2026\n+{'-' * (len(line) - 2)}+\n{line}\n|{'-' * (len(line) - 2)}|\n"


ONE = Output(header("580.95.05", "13.0"), (0, "GPU-0a, NVIDIA GeForce RTX 4090, 8.9, 24564, 24080, [N/A]\n"))
NEWER = Output((0, "| NVIDIA-SMI 610.57.04              KMD Version: 610.57.04     CUDA UMD Version: 13.3     |\n"), (0, ONE.query[1]))
SEVERAL = Output(
    header("580.95.05", "13.0"),
    (
        0,
        "GPU-0a, NVIDIA H100 80GB HBM3, 9.0, 81559, 81079, Disabled\n"
        "GPU-1b, NVIDIA H100 80GB HBM3, 9.0, 81559, 12004, Disabled\n"
        "GPU-2c, Tesla T4, 7.5, 15360, 14914, [N/A]\n",
    ),
)
DIVIDED = Output(
    header("580.95.05", "13.0"),
    (
        0,
        "GPU-0a, NVIDIA A100-SXM4-40GB, 8.0, 40960, [Insufficient Permissions], Enabled\n"
        "GPU-1b, NVIDIA A100-SXM4-40GB, 8.0, 40960, 40441, Disabled\n",
    ),
    (
        0,
        "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-0a)\n"
        "  MIG 3g.20gb     Device  0: (UUID: MIG-3d)\n"
        "  MIG 1c.3g.20gb  Device  1: (UUID: MIG-4e)\n"
        "GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-1b)\n",
    ),
)
UNDIVIDED = Output(DIVIDED.plain, (0, DIVIDED.query[1].splitlines()[0] + "\n"), (0, "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-0a)\n"))
SHARED = Output(header("580.126.09", "13.0"), (0, "GPU-0a, NVIDIA GB10, 12.1, [N/A], [N/A], [N/A]\n"))
OLD = Output(header("550.163.01", "12.4"), (0, "GPU-0a, NVIDIA L4, 8.9, 23034, 22563, [N/A]\n"))
VERY_OLD = Output(header("470.57.02", "11.4"), (2, 'Field "compute_cap" is not a valid field to query.\n'))
NO_CUDA = Output(header("580.95.05", "N/A"), ONE.query)  # a container without libcuda
PASCAL = Output(header("580.95.05", "13.0"), (0, "GPU-0a, NVIDIA GeForce GTX 1080, 6.1, 8192, 8000, [N/A]\n"))
MISMATCH = Output((18, "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.95\n"))
NOT_LOADED = Output(
    (
        9,
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is "
        "installed and running.\n\n",
    )
)
NO_DEVICE = Output((6, "No devices were found\n"))
UNKNOWN = Output((255, "Failed to initialize NVML: Unknown Error\n"))
LOST = Output(header("580.95.05", "13.0"), (15, "Unable to determine the device handle for GPU0000:01:00.0: Unknown Error\n"))
ABSENT = Output((gpu.NO_COMMAND, ""))
