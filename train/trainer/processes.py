"""The processes of a training: one, or as many as `accelerate launch` starts (docs/distributed.md).

All run the same code on the same rows. What depends on the machine (a timed probe, free memory) the main
process decides for all; only the main process prints, writes records, merges and proves.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from frontdesk.errors import UserError
from frontdesk.terminal import hide_bars

if TYPE_CHECKING:
    from accelerate import PartialState

T = TypeVar("T")

LAUNCHERS = ("ACCELERATE_", "FSDP_", "TORCHELASTIC_", "MASTER_", "LOCAL_", "GROUP_", "ROLE_", "RANK", "WORLD_SIZE", "OMP_NUM_THREADS")
"""How the variables begin that tell a process of its place among others, and of its share of the machine."""


def state() -> "PartialState":
    """This process among all; the first call joins them."""
    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available())


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
    """End all processes but the main one, which becomes `command`, without the launcher's variables. The
    command sees no GPU where the model had to be sharded: merged, it fits into the machine's memory only."""
    state().destroy_process_group()
    sys.stdout.flush()
    if not is_main():
        sys.exit(0)
    alone = {name: value for name, value in os.environ.items() if not name.startswith(LAUNCHERS)}
    os.execve(sys.executable, [sys.executable, *command], alone | ({"CUDA_VISIBLE_DEVICES": ""} if sharded() else {}))
