"""An FAQ that is edited while the desk is open.

When a file of `data.faq` or `data.documents` changes, or what people have added at the desk (`faq_additions.csv`),
`python -m data_tools.update CONFIG` reads it again and writes `faq.jsonl`. When that file changes, whoever wrote
it, its index is built again in a thread. Until that is done, questions are answered from the old one.
"""

import asyncio
import sys
from collections.abc import Collection
from itertools import chain
from pathlib import Path

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine.startup_log import reasons
from frontdesk.web import access_log
from serve.gateway.metrics import Metrics
from serve.gateway.prompts import PromptBuilder

POLL = 1.0  # seconds between two looks at the files

COMMAND = "data_tools.update"
Stamps = dict[str, tuple[int, int]]


def stamps(sources: tuple[str, ...]) -> Stamps:
    """Time of change (ns) and size of each file of the FAQ and of the documents, including those in folders."""
    found = {}
    listed = (sorted(file for file in root.rglob("*") if file.is_file()) if root.is_dir() else [root] for root in map(Path, sources))
    for path in chain.from_iterable(listed):
        try:
            status = path.stat()
        except OSError:  # gone since the folder was listed
            continue
        found[str(path)] = status.st_mtime_ns, status.st_size
    return found


async def watch(config: Config, path: str | None, builders: Collection[PromptBuilder], metrics: Metrics) -> None:
    """Keep the FAQs of all builders true to their files. Runs until it is cancelled. After a failure the old
    FAQ stays. `path` is the config's, for COMMAND; None if the sources of its FAQ are not watched."""
    sources = (*config.data.faq, *config.data.documents, str(Run(config.name).additions)) if path else ()
    before = await asyncio.to_thread(stamps, sources)
    while True:
        await asyncio.sleep(POLL)
        failure, changed = "", False
        try:
            if path and (now := await asyncio.to_thread(stamps, sources)) != before:
                before, changed = now, True
                metrics.faq_pending.set(1)
                failure = await update(path)
        except OSError as error:  # a folder that is being moved, no memory for another process
            failure = str(error)
        if failure:
            access_log.write("faq was not read, the old one stays", files=sources, problem=failure)
        rebuilt = [await rebuild(builder) for builder in builders]
        if failure or None in rebuilt:
            metrics.faq_failures.inc()
            metrics.faq_pending.set(1)
        elif changed or True in rebuilt:
            metrics.faq_pending.set(0)


async def rebuild(builder: PromptBuilder) -> bool | None:
    """Build an index again if its `faq.jsonl` has changed; whether it had. None for a broken file, which leaves the old index in place."""
    try:
        if rebuilt := await builder.refresh():
            access_log.write("faq was read again")
    except Exception as error:
        access_log.defect(error)
        return None
    return rebuilt


async def update(path: str) -> str:
    """Run COMMAND. Returns why it failed, in one line; "" if it did not."""
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
        told = next((line for line in output.decode(errors="replace").splitlines() if line.endswith(" in all")), "")
        access_log.write("faq was updated", told=told)
        return ""
    return " ".join(reasons(output.decode(errors="replace"), 1)) or f"exit code {process.returncode}"
