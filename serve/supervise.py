"""Start the children, wait until they answer, and keep them running until Ctrl-C or SIGTERM."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence

from frontdesk.engine.processes import GRACE, POLL, Child, first_answer, is_ready, stop
from frontdesk.engine.startup_log import say
from frontdesk.errors import StartFailed

STEADY = 120.0  # seconds after which a child counts as healthy: its next failure counts as the first again
LONGEST, TIMES = 300.0, 5
"""A restarted child that does not answer hangs after LONGEST seconds, or after TIMES as long as its first
start took. The engine may have to compile again, while the other two serve customers."""
LOOK, SILENT = 10.0, 12
"""Seconds between two probes of a running child, and for one answer. After SILENT probes in a row without one
it hangs: two minutes, because an engine is silent while it compiles, and while it reads many long prompts."""


def backoff(failures: int) -> int:
    """Seconds to wait before a start after so many failures in a row: 1, 2, 4, 8, 16, 30, 30 …"""
    return int(min(30, 2 ** min(failures - 1, 10)))


async def until_stopped(children: Sequence[Child], announce: Callable[[], None], first: Child | None = None, grace: float = GRACE) -> None:
    """Supervise the children until Ctrl-C or SIGTERM, then stop them; further signals cannot cut the stopping
    short. `first` needs the others to the end: it is stopped before them, and has `grace` seconds. Raises
    StartFailed if a child does not start."""
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
    if first:
        await stop([first], grace)
    await stop(children)
    if not task.cancelled():
        task.result()


async def supervise(children: Sequence[Child], announce: Callable[[], None]) -> None:
    """Start all, call `announce` when all are ready, then restart any that ends or hangs, until cancelled."""
    for child in children:
        child.start()
    for child in children:
        await first_answer(child, children)
    announce()
    async with asyncio.TaskGroup() as group:
        group.create_task(bound(children))
        for child in children:
            group.create_task(keep(child))


async def bound(children: Sequence[Child]) -> None:
    """Keep all logs small. Runs until it is cancelled."""
    while True:
        for child in children:
            child.bound()
        await asyncio.sleep(LOOK)


async def keep(child: Child) -> None:
    """Restart a child whenever it ends or hangs, after pauses that grow. Runs until it is cancelled."""
    patience, failures = max(LONGEST, TIMES * child.seconds), 0  # all are ready now, so its start took at most so long
    how = await lost(child)
    while True:
        failures = 1 if child.seconds > STEADY else failures + 1
        say(f"the {child.name} {how}; starting it again in {backoff(failures)} s; its log: {child.log}")
        await stop([child])  # the rest of its group may hold memory and the port
        await asyncio.sleep(backoff(failures))
        child.start()
        how = await started(child, patience) or await lost(child)


async def started(child: Child, patience: float) -> str:
    """Wait until the child answers or ends. Returns why not, if it does neither in time, or refuses."""
    try:
        async with asyncio.timeout(patience):
            if await is_ready(child):
                say(f"the {child.name} answers again after {child.seconds:.0f} s")
            return ""
    except TimeoutError:
        return f"did not answer within {patience:.0f} s of its start"
    except StartFailed as error:
        return f"did not start: {error}"


async def lost(child: Child) -> str:
    """Wait until the child ends or hangs. Returns a message that says which."""
    hanging = asyncio.create_task(hung(child))
    try:
        while not (child.ended() or hanging.done()):
            await asyncio.wait((hanging,), timeout=POLL)
    finally:
        hanging.cancel()
    return f"ended ({child.how_it_ended()})" if child.ended() else hanging.result()


async def hung(child: Child) -> str:
    """Return when the child has not answered SILENT probes in a row."""
    silent = 0
    while silent < SILENT:
        await asyncio.sleep(LOOK)
        answers = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK):
                answers = child.alive is None or await child.alive()
        silent = 0 if answers else silent + 1
    return f"has not answered {SILENT} times in a row"
