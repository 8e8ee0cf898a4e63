"""Start a stage as its own process (`python -m train shop.yaml`) without the seconds that importing torch and TRL takes.

A fork server imports them once; each stage is a fork of it, with its own folder, environment, arguments and output. It is a process like
any other: it has an exit code, takes signals, and can be killed. Tests of the start itself (how long it takes, what is imported) use
`subprocess`.
"""

import contextlib
import multiprocessing
import os
import resource
import runpy
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PRELOADED = [
    "bitsandbytes",
    "matplotlib.figure",
    "sentence_transformers",
    "transformers.models.llama.modeling_llama",
    "trl.trainer.dpo_trainer",
    "trl.trainer.sft_trainer",
    "train.export.parity",
    "train.trainer.sft",
]
FOREVER = 3000
"""Seconds until a stage counts as stuck. No test is meant to come near."""


@dataclass(frozen=True)
class Result:
    """How a stage ended."""

    returncode: int
    """As of `subprocess`: the exit code, or the negative number of the signal that ended it."""
    stdout: str
    stderr: str


class Stage:
    """A process that was started as `python -m WORDS` in a folder."""

    def __init__(self, folder: Path, *words: str, file_size: int | None = None, **environment: str) -> None:
        """`file_size`: the largest file in bytes that it may write. `environment`: added to that of the tests."""
        self._outputs = [Path(tempfile.mkstemp(prefix=f"{words[0]}-")[1]) for _ in range(2)]
        given = (words, str(folder), {**os.environ, **environment}, [str(path) for path in self._outputs], file_size)
        with _importable():
            self._process: ForkServerProcess = multiprocessing.get_context("forkserver").Process(target=_become, args=given)
            self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return self._outputs[0].read_text(encoding="utf-8")

    @property
    def stderr(self) -> str:
        """Its messages so far."""
        return self._outputs[1].read_text(encoding="utf-8")

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to it alone."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = FOREVER) -> Result:
        """Wait for its end."""
        self._process.join(seconds)
        code = self._process.exitcode
        assert code is not None, f"still running after {seconds} s\n{self.stdout}{self.stderr}"
        return Result(code, self.stdout, self.stderr)

    def wait_for(self, ready: Callable[[], Any]) -> None:
        """Return as soon as `ready()` is true, which it must become while the stage runs."""
        deadline = time.monotonic() + FOREVER
        while not ready():
            running = self.poll() is None and time.monotonic() < deadline
            assert running or ready(), f"it did not happen\n{self.stdout}{self.stderr}"
            time.sleep(0.002)

    def close(self) -> None:
        """End it if it runs, and remove its output."""
        self._process.kill()
        self._process.join()
        for path in self._outputs:
            path.unlink()


@contextlib.contextmanager
def started(folder: Path, *words: str, **options: Any) -> Iterator[Stage]:
    """A stage that runs no longer than the block."""
    stage = Stage(folder, *words, **options)
    try:
        yield stage
    finally:
        stage.close()


def run(folder: Path, *words: str, **options: Any) -> Result:
    """`python -m WORDS` in the folder, to its end."""
    with started(folder, *words, **options) as stage:
        return stage.wait()


def done(folder: Path, *words: str, code: int = 0, **options: Any) -> Result:
    """The same of a stage that ends with `code`."""
    result = run(folder, *words, **options)
    assert result.returncode == code, result.stdout + result.stderr
    return result


@contextlib.contextmanager
def _importable() -> Iterator[None]:
    """Have the fork server, which the first stage starts, find the project and use one thread, as a fork cannot have several."""
    if forkserver._forkserver._forkserver_pid is not None:  # type: ignore[attr-defined]
        yield
        return
    forkserver.set_forkserver_preload(PRELOADED)
    changes = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.update({name: value for name, value in before.items() if value is not None})
        for name in (name for name, value in before.items() if value is None):
            del os.environ[name]


def _become(words: tuple[str, ...], folder: str, environment: Mapping[str, str], outputs: list[str], file_size: int | None) -> None:
    """In the fork: be `python -m WORDS`."""
    for number, path in enumerate(outputs, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    if file_size is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    sys.path.insert(0, folder)
    sys.argv[1:] = words[1:]
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
