"""The faults of bench/soak.py: parts of the desk are killed, its database is locked, its disk is full."""

import asyncio
import os
import sqlite3
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.fleet import Fleet
from tests.frontdesk.store.postgres import Cluster

LOCKED = 10.0  # seconds
FULL = 10.0  # seconds after the first message that could not be stored; a log that is there already takes some more
FULL_MOST = 60.0
AWAY = 3.0  # seconds between PostgreSQL's end and its next start
DISK = "48m"
"""Of the small disk that can be filled: what some minutes of conversations need, and little more."""


@dataclass
class Desk:
    """The desk under test."""

    refused: Callable[[], int]  # messages so far that the desk did not take
    pid: int = 0  # of `python -m serve`
    database: Path = Path()
    fleet: Fleet | None = None
    cluster: Cluster | None = None


Fault = Callable[[Desk], Awaitable[None]]


def kill(words: str) -> Fault:
    """SIGKILL to the child of `python -m serve` whose command line has these words."""

    async def strike(desk: Desk) -> None:
        for child in psutil.Process(desk.pid).children():
            with suppress(psutil.Error):
                if words in " ".join(child.cmdline()):
                    child.kill()
                    return
        raise RuntimeError(f"no process of the desk has {words!r} in its command line")

    return strike


async def lock_database(desk: Desk) -> None:
    """Another program writes for a while."""

    def hold() -> None:
        with sqlite3.connect(desk.database, timeout=60, isolation_level=None) as other:
            other.execute("BEGIN EXCLUSIVE")
            time.sleep(LOCKED)
            other.execute("ROLLBACK")
        other.close()

    await asyncio.to_thread(hold)


async def fill_disk(desk: Desk) -> None:
    """The disk of the database has no byte left, until it has been felt for a while."""
    filler, before, begun = desk.database.with_name("filler"), desk.refused(), time.monotonic()
    try:
        felt: float | None = None
        while time.monotonic() - begun < FULL_MOST and (felt is None or time.monotonic() - felt < FULL):
            with suppress(OSError), filler.open("ab", buffering=0) as file:
                while True:
                    file.write(bytes(4096))  # again and again: a checkpoint may have freed some
            felt = felt or (time.monotonic() if desk.refused() > before else None)
            await asyncio.sleep(0.2)
    finally:
        filler.unlink(missing_ok=True)


FAULTS: dict[str, Fault] = {
    "engine killed": kill("vllm.entrypoints.openai.api_server"),
    "router killed": kill("-m frontdesk.engine.router"),  # only where there are several engines
    "gateway killed": kill("-m serve.gateway"),
    "page killed": kill("-m ui "),
    "database locked": lock_database,
    "disk full": fill_disk,
}


def kill_one(name: str) -> Fault:
    """SIGKILL to a process of the fleet."""

    async def strike(desk: Desk) -> None:
        assert desk.fleet and desk.fleet.children[name].process
        desk.fleet.children[name].process.kill()  # type: ignore[union-attr]

    return strike


def restart(mode: str) -> Fault:
    """PostgreSQL stops (`fast`: as an administrator does; `immediate`: as in a crash) and starts again."""

    async def strike(desk: Desk) -> None:
        assert desk.cluster
        await asyncio.to_thread(desk.cluster.stop, mode)
        await asyncio.sleep(AWAY)
        await asyncio.to_thread(desk.cluster.start)

    return strike


def of_fleet(pages: int, gateways: int) -> dict[str, Fault]:
    """The faults of a desk of several processes on PostgreSQL."""
    killed = [*(f"page {n + 1}" for n in range(pages)), *(f"gateway {n + 1}" for n in range(gateways))]
    faults = {f"{name} killed": kill_one(name) for name in killed}
    return {**faults, "database restarted": restart("fast"), "database killed": restart("immediate")}


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A small disk at a new folder; a plain folder, and False, where root is needed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "frontdesk-bench", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)
