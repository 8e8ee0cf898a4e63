"""Checkpoints that survive a kill, an interrupt and a full disk: which ones are whole, and where a training
goes on.

A checkpoint is whole once `whole.json`, the sizes of its files, lies in it; Trainer writes files in place, so
after a kill or a full disk the last one may be cut off. Unfinished or truncated ones are removed, and the one
before is used.
"""

import shutil
import signal
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from frontdesk.errors import warn
from frontdesk.files import read_json, write_json
from train.trainer import processes

WHOLE = "whole.json"


def newest_whole(folder: Path, key: str) -> Path | None:
    """The newest whole checkpoint of the training with this key; all others of `folder` are removed."""
    note = folder / "key"
    if not note.is_file() or note.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        note.write_text(key)
    whole = []
    for checkpoint in folder.glob("checkpoint-*"):
        if is_whole(checkpoint):
            whole.append(checkpoint)
        else:
            if (checkpoint / WHOLE).is_file():
                warn(f"{checkpoint}: truncated, its files are not those that were saved; continuing without it")
            shutil.rmtree(checkpoint)
    return max(whole, key=lambda path: int(path.name.split("-")[1]), default=None)


def is_whole(checkpoint: Path) -> bool:
    """Whether every file has the size it was saved with."""
    try:
        sizes = read_json(checkpoint / WHOLE)
        return all((checkpoint / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False


class Safekeeping(TrainerCallback):
    """Marks saved checkpoints as whole. After SIGINT or SIGTERM it ends the training after the step at hand,
    with a checkpoint. Several processes stop after the same step, and a checkpoint is whole once all have
    written to it."""

    def __init__(self) -> None:
        self.interrupted = False
        self._before: dict[signal.Signals, Any] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._before = {number: signal.signal(number, self._ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if processes.total(self.interrupted)[0]:
            self.interrupted = True
            control.should_save = control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if processes.count() > 1:
            processes.state().wait_for_everyone()
        if state.is_world_process_zero:
            checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            files = [file for file in checkpoint.rglob("*") if file.is_file()]
            write_json(checkpoint / WHOLE, {str(file.relative_to(checkpoint)): file.stat().st_size for file in files})

    def _ask_to_stop(self, number: int, frame: Any) -> None:
        if self.interrupted:
            raise KeyboardInterrupt  # the second time: at once
        self.interrupted = True
        print("interrupted; saving a checkpoint after this step (once more: stop at once)", flush=True)
