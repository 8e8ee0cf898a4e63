"""The processes of a training: one, or as many as `accelerate launch` starts (docs/how-to/several-gpus.md, several-hosts.md).

All run the same code on the same rows. What depends on the machine (a timed probe, free memory) the main
process decides for all; only the main process prints, writes records, merges and proves.
"""

import contextlib
import datetime
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from frontdesk.errors import UserError
from frontdesk.terminal import hide_bars

if TYPE_CHECKING:
    from accelerate import PartialState

T = TypeVar("T")

SILENCE = 600
"""Seconds after which a process gives up one that is silent, such as one whose machine has lost its network. NCCL's own default.
Of one that has ended the system tells the others at once."""

LAUNCHERS = ("ACCELERATE_", "FSDP_", "TORCHELASTIC_", "MASTER_", "LOCAL_", "GROUP_", "ROLE_", "RANK", "WORLD_SIZE", "OMP_NUM_THREADS")
"""How the variables begin that tell a process of its place among others, and of its share of the machine."""


def state() -> "PartialState":
    """This process among all; the first call joins them."""
    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available(), timeout=datetime.timedelta(seconds=SILENCE))


@contextlib.contextmanager
def loss_in_one_line() -> Iterator[None]:
    """Turn what the libraries say where another process is gone, cannot be reached or is silent into a UserError."""
    try:
        yield
    except RuntimeError as error:
        import torch

        if count() == 1 or not (isinstance(error, torch.distributed.DistError) or "gloo" in str(error).lower()):
            raise
        said = str(error).split("] ", 1)[-1].splitlines()[0].split(". ")[0][:120]
        raise UserError(
            f"process {os.environ['RANK']} has lost the others ({said}); look at what they say, and at the network between the machines; "
            "the same command on each machine resumes from the last whole checkpoint"
        ) from None


def count() -> int:
    """How many there are."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main() -> bool:
    """Whether this is the first of them, or the only one."""
    return os.environ.get("RANK", "0") == "0"


def sharded() -> bool:
    """Whether each holds a part of the model only (FSDP, Zhao et al. 2023)."""
    return os.environ.get("ACCELERATE_USE_FSDP", "false") == "true"


def share(batch_size: int) -> int:
    """Rows of a batch for each process. Raises UserError where the batch does not divide."""
    rows, rest = divmod(batch_size, count())
    if rest:
        raise UserError(
            f"train.batch_size: found {batch_size}; expected a multiple of {count()}, since so many processes share it; "
            "change it in the config, or start another number of processes"
        )
    return rows


def silence_others() -> None:
    """Let the main process speak for all; an error is reported by whichever meets it."""
    if not is_main():
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the process
        hide_bars()


def agreed(value: T) -> T:
    """The main process's value, in every process."""
    if count() == 1:
        return value
    from accelerate.utils import broadcast_object_list

    state()
    return broadcast_object_list([value])[0]  # type: ignore[no-any-return]


def total(*values: float) -> list[float]:
    """The sum over all processes of each value, in double precision."""
    if count() == 1:
        return list(values)
    import torch

    sums = torch.tensor(values, dtype=torch.float64, device=state().device)
    torch.distributed.all_reduce(sums)
    return sums.tolist()  # type: ignore[no-any-return]


def go_on_alone(command: Sequence[str]) -> NoReturn:
    """End all processes but the main one, which becomes `command`. On several machines all end: a launcher
    waits for the other machines' no longer than five minutes, and train/hosts.py goes on after it."""
    state().destroy_process_group()
    sys.stdout.flush()
    if not is_main() or int(os.environ.get("GROUP_WORLD_SIZE", "1")) > 1:
        sys.exit(0)
    os.execve(sys.executable, [sys.executable, *command], alone(sharded()))


def alone(without_gpu: bool) -> dict[str, str]:
    """This environment without the launcher's variables. Without a GPU where the model had to be sharded: merged, it
    fits into the machine's memory only."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(LAUNCHERS)}
    return kept | ({"CUDA_VISIBLE_DEVICES": ""} if without_gpu else {})
