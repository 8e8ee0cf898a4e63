"""Start the children, wait until they answer, and keep them running until Ctrl-C or SIGTERM."""

import asyncio
import signal
from collections.abc import Callable, Sequence

from serve.logs import phase, reasons, say
from serve.processes import Child, stop

POLL = 0.25
REPORT_EVERY = 10.0
STEADY = 120.0
"""Seconds after which a child counts as healthy: its next end is a first one again."""


class StartFailed(Exception):
    """A child ended before it was ready. The message holds the lines of its log that tell why."""


def backoff(failures: int) -> int:
    """Seconds to wait before the start after the given number of failures in a row: 1, 2, 4, 8, 16, 30, 30 …"""
    return int(min(30, 2 ** min(failures - 1, 10)))


async def until_stopped(children: Sequence[Child], announce: Callable[[], None]) -> None:
    """Supervise the children until Ctrl-C or SIGTERM, then stop them; further signals cannot cut the stopping short.

    Raises StartFailed where a child ends before it was ready for the first time.
    """
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    waiter = asyncio.create_task(asked.wait())
    task = asyncio.create_task(supervise(children, announce))
    await asyncio.wait((task, waiter), return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        say("stopping …")
    waiter.cancel()
    task.cancel()
    await asyncio.wait((task,))
    await stop(children)
    if not task.cancelled():
        task.result()


async def supervise(children: Sequence[Child], announce: Callable[[], None]) -> None:
    """Start all children, call `announce` when all are ready, then restart whichever ends. Runs until it is cancelled."""
    for child in children:
        child.start()
    for child in children:
        await _first_start(child, children)
    announce()
    async with asyncio.TaskGroup() as group:
        for child in children:
            group.create_task(keep(child))


async def keep(child: Child) -> None:
    """Restart a child whenever it ends, each time in a row after a longer pause. Runs until it is cancelled."""
    failures = 0
    while True:
        while not child.ended():
            await asyncio.sleep(POLL)
        failures = 1 if child.seconds > STEADY else failures + 1
        say(f"the {child.name} ended ({child.how_it_ended()}); starting it again in {backoff(failures)} s; its log: {child.log}")
        await stop([child])  # what is left of its group holds memory and perhaps the port
        await asyncio.sleep(backoff(failures))
        child.start()
        if await is_ready(child):
            say(f"the {child.name} answers again after {child.seconds:.0f} s")


async def is_ready(child: Child) -> bool:
    """Wait until the child answers; False if it ends first."""
    while not child.ended():
        if await child.ready():
            return True
        await asyncio.sleep(POLL)
    return False


async def _first_start(child: Child, children: Sequence[Child]) -> None:
    reporter = asyncio.create_task(_report(child))
    try:
        waiting = asyncio.create_task(is_ready(child))
        while not waiting.done() and not any(other.ended() for other in children):
            await asyncio.wait((waiting,), timeout=POLL)
        for failed in (other for other in children if other.ended()):
            raise StartFailed(_why(failed))
        await waiting
    finally:
        waiting.cancel()
        reporter.cancel()
    say(f"{child.seconds:4.0f} s  the {child.name} is ready")


async def _report(child: Child) -> None:
    last, silent = "", 0.0
    while True:
        now = phase(child.output()) if child.name == "engine" else "starting"
        if now != last or silent >= REPORT_EVERY:
            say(f"{child.seconds:4.0f} s  {child.name}: {now}")
            last, silent = now, 0.0
        await asyncio.sleep(1)
        silent += 1


def _why(child: Child) -> str:
    lines = "\n".join(f"  {line}" for line in reasons(child.output()))
    return f"the {child.name} did not start ({child.how_it_ended()}):\n{lines}\nits whole log: {child.log}"
