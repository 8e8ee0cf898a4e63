"""An FAQ that is edited while the desk is open: `python -m data_tools.update CONFIG` reads it again, and retrieval sees what it writes."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from frontdesk.config.schema import Config
from frontdesk.engine.startup_log import reasons
from frontdesk.web import access_log as journal

POLL = 1.0
"""Seconds between two looks at the files."""

COMMAND = "data_tools.update"
Stamps = dict[str, tuple[int, int]]


def stamps(sources: tuple[str, ...]) -> Stamps:
    """Time of change (ns) and size of each file of the FAQ, those in folders too."""
    found = {}
    for path in (file for source in sources for file in _files(Path(source))):
        try:
            status = path.stat()
        except OSError:  # gone between the look at the folder and this one
            continue
        found[str(path)] = status.st_mtime_ns, status.st_size
    return found


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
    else:
        yield path


async def watch(config: Config, path: str) -> None:
    """Run COMMAND whenever a file of `data.faq` has changed. Runs until it is cancelled. After a failure the old FAQ stays."""
    known = await asyncio.to_thread(stamps, config.data.faq)
    while True:
        await asyncio.sleep(POLL)
        try:
            if (now := await asyncio.to_thread(stamps, config.data.faq)) == known:
                continue
            known = now
            failure = await update(path)
        except OSError as error:  # a folder that is moved just now, no memory for another process
            failure = str(error)
        journal.write("faq was not read, the old one stays" if failure else "faq was read again", files=config.data.faq, problem=failure)


async def update(path: str) -> str:
    """Why it failed, in one line; "" where it did not."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        COMMAND,
        path,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode == 0:
        return ""
    return " ".join(reasons(output.decode(errors="replace"), 1)) or f"exit code {process.returncode}"
