"""What a person sees of long work: a bar that moves on a terminal, a plain line now and then elsewhere; and
of libraries only errors."""

import logging
import os
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

T = TypeVar("T")

REFRESH, LOG = 0.2, 15.0
"""Seconds between two updates on a terminal, and two lines in a log. What is done sooner shows neither."""


class Bar:
    """How far work is: `done` of `total` in units; without a unit a share, without a total the seconds."""

    def __init__(self, label: str, total: float | None, unit: str, timed: bool) -> None:
        self.label, self.total, self.unit, self.timed = label, total, unit, timed
        self.done, self.detail = 0.0, ""
        self.started = self.shown = time.monotonic()
        self.task: TaskID | None = None  # its line on the terminal, once there is one

    def advance(self, amount: float = 1) -> None:
        """Count what is done."""
        self.update(self.done + amount)

    def update(self, done: float, detail: str | None = None) -> None:
        """Say how much is done, and more that is worth telling."""
        self.done = done
        self.detail = self.detail if detail is None else detail
        if self.due():
            self.show()

    def due(self) -> bool:
        """Whether the next update will be seen: figures that take time are needed only then."""
        return not _hidden and time.monotonic() - self.shown >= (REFRESH if moves() else LOG)

    def show(self) -> None:
        """Show it now: on a terminal in its place, in a log as a line."""
        self.shown = time.monotonic()
        if not moves():
            print(f"  {self.label}: {self.text()}", file=sys.stderr, flush=True)
            return
        screen = _screen()
        screen.start()
        if self.task is None:
            self.task = screen.add_task(self.label, total=self.total, text="")
        screen.update(self.task, completed=self.done, text=self.text(), refresh=True)

    def close(self) -> None:
        """Take it off the terminal."""
        if self.task is not None:
            _screen().remove_task(self.task)
            if not _screen().tasks:
                _screen().stop()

    def text(self) -> str:
        """The figures: how much is done, and the time left."""
        if self.total is None:
            parts = [f"{self.shown - self.started:.0f} s", self.detail]
        else:
            share = self.done / max(self.total, 1e-9)
            done = f"{self.done:,.0f} of {self.total:,.0f} {self.unit}" if self.unit else f"{share:.0%}"
            parts = [done, self.detail, self.left(share) if self.timed else ""]
        return ", ".join(part for part in parts if part)

    def left(self, share: float) -> str:
        """The time left at the pace so far; none is shown of the first hundredth."""
        if share < 0.01:
            return ""
        seconds = (self.shown - self.started) * (1 - share) / share
        return f"{seconds / 60:.1f} min left" if seconds >= 60 else f"{seconds:.0f} s left"


@contextmanager
def bar(label: str, total: float | None = None, unit: str = "", timed: bool = True) -> Iterator[Bar]:
    """A bar for a block of work. One inside another is a second line. `timed`: it shows the time left."""
    shown = Bar(label, total, unit, timed)
    try:
        yield shown
    finally:
        shown.close()


def track(items: Iterable[T], label: str, total: float | None, unit: str) -> Iterator[T]:
    """The items, with a bar that counts them, or without a `total` the seconds."""
    with bar(label, total, unit) as shown:
        for item in items:
            yield item
            shown.advance()


def clear_bars() -> None:
    """Take whatever is left of a block that failed off the terminal, and give the cursor back."""
    if _screen.cache_info().currsize:
        _screen().stop()


def hide_bars() -> None:
    """Show none in this process from now on, because another one speaks for it."""
    global _hidden  # noqa: PLW0603
    _hidden = True


_hidden = False


def moves() -> bool:
    """Whether there is a terminal to move something on."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


@cache
def _screen() -> "Progress":
    """What draws all bars. It draws when asked, not from a thread of its own: stages fork."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress

    columns = ("{task.description}", BarColumn(bar_width=24), "{task.fields[text]}")
    console = Console(stderr=True)
    return Progress(*columns, console=console, auto_refresh=False, transient=True, redirect_stdout=sys.stdout.isatty())


def silence_imports() -> None:
    """Have libraries say no more than their errors when they are imported. Imports none itself."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it asks for a package of kernels from a hub, at every import
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)  # it tells of an encoder's own prompt, at every load


def silence_libraries() -> None:
    """Silence bars, warnings and hints of transformers, sentence-transformers, datasets and bitsandbytes."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    warnings.filterwarnings("ignore")
    silence_imports()
    import datasets
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.disable_progress_bars()
