"""A machine of its own on this one, in a network namespace: `python -m tests.train.host NAMESPACE GROUP WHAT …`.

WHAT is "hosts", which is `python -m train.hosts` with the arguments that follow, up to the merge; or "silent": join the other process,
and add up numbers with it once the file `cut` is there. What it writes belongs to GROUP. Without rights for either they are "-".
"""

import ctypes
import os
import sys
import time
from pathlib import Path

from frontdesk.errors import run_command
from train import hosts
from train.trainer import processes

CLONE_NEWNET = 0x40000000


def silent() -> None:
    processes.SILENCE = 20  # in which both must come, too
    with processes.loss_in_one_line():
        processes.total(1)
        print("met", flush=True)
        while not Path("cut").exists():
            time.sleep(0.02)
        processes.total(1)


namespace, group, what = (sys.argv.pop(1) for _ in range(3))
if namespace != "-":
    with Path("/run/netns", namespace).open() as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    os.setegid(int(group))
os.execve = lambda path, command, environment: print("alone:", *command[1:])  # type: ignore[assignment]
run_command(silent if what == "silent" else hosts.main)
