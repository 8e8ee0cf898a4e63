"""Waiting until something is so, in this process or another: for the state itself, never for a number of seconds.

The ceiling ends a test that would hang. No machine that works at all is so busy that it comes near.
"""

import asyncio
import subprocess
import time
from collections.abc import Callable
from typing import Any

CEILING, START_SECONDS = 300.0, 900.0
"""Seconds; the latter until an engine answers its first question."""


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[Any] | None" = None, seconds: float = CEILING) -> None:
    """Return when the condition holds. Fails where the process that should bring it about has ended."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, "the process has ended"
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


async def until(condition: Callable[[], bool]) -> None:
    """The same within an event loop."""
    async with asyncio.timeout(CEILING):
        while not condition():
            await asyncio.sleep(0.01)
