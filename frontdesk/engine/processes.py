"""Child processes that leave nothing behind.

Each child leads its own session and process group. Ctrl-C in the terminal reaches only the supervisor, which
then stops whole groups, so a child's own children end with it. On Linux the kernel also signals a child when
the supervisor dies.
"""

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from frontdesk.engine.startup_log import reasons, say
from frontdesk.errors import StartFailed
from frontdesk.terminal import bar, moves

GRACE = 10.0  # seconds between SIGTERM and SIGKILL

POLL = 0.25
REPORT_EVERY = 10.0
LOG_BYTES = 32 * 1024**2
"""The largest log; the one before is kept too. The store may be on the same disk."""

PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A process that is started, watched, restarted and stopped; its output goes to `log`. `ready` says
    whether it answers yet, `phase` what it is doing, from its output so far. `alive` says later whether it
    still answers; without it, a running process counts as alive. Start a child from the main thread: for
    Linux, the end of the thread that started it is the end of its parent."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    ready: Callable[[], Awaitable[bool]]
    phase: Callable[[str], str] = lambda output: "starting"
    alive: Callable[[], Awaitable[bool]] | None = None
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    offset: int = field(default=0, repr=False)

    def start(self) -> None:
        """Start the process. Its output is appended to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.bound()
        with self.log.open("ab") as file:
            self.offset = file.tell()
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with(os.getpid()),  # noqa: PLW1509 (we start no threads before it)
            )
        self.started = time.monotonic()

    def bound(self) -> None:
        """Keep the log small: move the content of a large one to `NAME.log.1`. It is copied, because the
        process keeps writing to the end of its open file. A line written meanwhile may be lost."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size < LOG_BYTES:
                return
            try:
                shutil.copyfile(self.log, self.log.with_name(f"{self.log.name}.1"))
            finally:  # a full disk most of all
                os.truncate(self.log, 0)
                self.offset = 0

    @property
    def seconds(self) -> float:
        """Since the last start."""
        return time.monotonic() - self.started

    def ended(self) -> bool:
        """True when the process is not running."""
        return self.process is None or self.process.poll() is not None

    def output(self) -> str:
        """What the process has written since its last start."""
        with self.log.open("rb") as file:
            file.seek(self.offset)
            return file.read().decode(errors="replace")

    def how_it_ended(self) -> str:
        """In words: `exit code 1` or `signal SIGKILL`."""
        assert self.process is not None and self.process.returncode is not None, self.name
        code = self.process.returncode
        return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"

    def members(self) -> list[int]:
        """Ids of the running processes of the child's group."""
        if self.process is None:
            return []
        self.process.poll()
        alive = (one.pid for one in psutil.process_iter(["status"]) if one.info["status"] != psutil.STATUS_ZOMBIE)
        return [pid for pid in alive if _group(pid) == self.process.pid]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the whole group."""
        if self.process is not None and self.members():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


async def is_ready(child: Child) -> bool:
    """Wait until the child answers; False if it ends first."""
    while not child.ended():
        if await child.ready():
            return True
        await asyncio.sleep(POLL)
    return False


async def first_answer(child: Child, children: Sequence[Child]) -> None:
    """Report progress until the child answers. Raises StartFailed if one of the children ends before that."""
    reporter = asyncio.create_task(_report(child))
    waiting = asyncio.create_task(is_ready(child))
    try:
        while not waiting.done() and not any(one.ended() for one in children):
            await asyncio.wait((waiting,), timeout=POLL)
        for failed in (one for one in children if one.ended()):
            lines = "\n".join(f"  {line}" for line in reasons(failed.output()))
            raise StartFailed(f"the {failed.name} did not start ({failed.how_it_ended()}):\n{lines}\nits whole log: {failed.log}")
        await waiting
    finally:
        waiting.cancel()
        reporter.cancel()
    say(f"{child.seconds:4.0f} s  the {child.name} is ready")


async def _report(child: Child) -> None:
    last, silent = "", 0.0
    with bar(f"starting the {child.name}") as shown:
        while True:
            now = child.phase(child.output())
            if moves():
                shown.update(0, now)
            elif now != last or silent >= REPORT_EVERY:
                say(f"{child.seconds:4.0f} s  {child.name}: {now}")
                last, silent = now, 0.0
            await asyncio.sleep(1)
            silent += 1


async def stop(children: Sequence[Child], grace: float = GRACE) -> None:
    """End the groups of all children: SIGTERM, after `grace` seconds SIGKILL. Returns when none runs."""
    for child in children:
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(child.members() for child in children) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    while any(child.members() for child in children):
        for child in children:
            child.send(signal.SIGKILL)
        await asyncio.sleep(0.1)


def end_with(parent: int) -> Callable[[], None] | None:
    """A function for the new process that asks Linux for SIGTERM when `parent` dies; None on other systems.
    SIGTERM, not SIGKILL, so that the engine can end its own processes."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # looked up before the fork, where locks may not be taken

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except (ProcessLookupError, PermissionError):
        return None
