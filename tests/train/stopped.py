"""`python -m train`, which sends itself a signal where a test wants it: `python -m tests.train.stopped POINT SIGNAL CONFIG`.

Points: "saved" is after the first whole checkpoint, "saved-twice" after the second, "saving" in the write of the second, "merging" in
the write of the merged model. Only the process of rank `STOPPED_RANK` (0) does so.
"""

import itertools
import os
import signal
import sys
from typing import Any

from frontdesk.errors import run_command
from train.__main__ import main
from train.export import merge
from train.trainer.checkpoints import Safekeeping

POINT, SIGNAL = sys.argv.pop(1), signal.Signals[sys.argv.pop(1)]
on_save, chat_template = Safekeeping.on_save, merge.chat_template
saves = itertools.count(1)


def reached(point: str) -> None:
    if point == POINT and os.environ.get("RANK", "0") == os.environ.get("STOPPED_RANK", "0"):
        os.kill(os.getpid(), SIGNAL)


def save(self: Safekeeping, *args: Any, **kwargs: Any) -> None:
    place = next(saves)
    reached({2: "saving"}.get(place, ""))
    on_save(self, *args, **kwargs)
    reached({1: "saved", 2: "saved-twice"}.get(place, ""))


def template_of(*args: Any) -> str:
    reached("merging")
    return chat_template(*args)


Safekeeping.on_save = save  # type: ignore[method-assign]
merge.chat_template = template_of
run_command(main)
