"""Which engine answers a conversation, while two versions of the model run.

The release's state says which version is served and what is tried (frontdesk/releases.py), `engines.json` which version each of the two
engines runs. Both files are looked at every second. Where the wanted version does not run, or does not answer, what stands answers.
"""

import asyncio
import hashlib
from collections.abc import Coroutine
from typing import Any

from frontdesk import releases
from frontdesk.config.run import Run
from frontdesk.errors import UserError
from frontdesk.files import read_json
from frontdesk.releases import State
from frontdesk.web import access_log
from serve.gateway.engine_client import EngineClient

POLL = 1.0  # seconds between two looks at the files


class Engines:
    """`main`, and a `second` one that may be there. Use them between `open` and `close`."""

    def __init__(self, run: Run, main: EngineClient, second: EngineClient | None = None) -> None:
        self.run, self.main, self.second = run, main, second
        self.all = [main] if second is None else [main, second]
        self.state = State()
        self.running: dict[str, str | None] = {}  # what `engines.json` says

    async def open(self) -> None:
        for engine in self.all:
            await engine.open()

    async def close(self) -> None:
        for engine in self.all:
            await engine.close()

    def watchers(self) -> list[Coroutine[Any, Any, None]]:
        """What keeps all of this up to date, until it is cancelled."""
        return [*(engine.watch() for engine in self.all), *([self.watch()] if self.second else [])]

    async def watch(self) -> None:
        """Keep state and versions up to date. A file that cannot be read changes nothing, and is logged once."""
        logged = ""
        while True:
            problem = ""
            try:
                await asyncio.to_thread(self.read)
            except (OSError, ValueError, UserError) as error:
                problem = str(error)
            if problem and problem != logged:
                access_log.write("the release's state was not read, the last one stays", problem=problem)
            logged = problem
            await asyncio.sleep(POLL)

    def read(self) -> None:
        """Look at the files now."""
        path = self.run.release / "engines.json"
        running = read_json(path) if path.is_file() else {}
        self.state, self.running = releases.read(self.run), running

    @property
    def ready(self) -> bool:
        return any(engine.ready for engine in self.all)

    async def look(self) -> bool:
        """Ask all of them now whether they are up."""
        return any([await engine.look() for engine in self.all])

    def version_of(self, engine: EngineClient) -> str | None:
        """The version that an engine runs; None where that is not known."""
        return self.running.get("main" if engine is self.main else "second")

    def running_version(self, version: str | None) -> EngineClient | None:
        """The engine of a version, if it is up."""
        return next((engine for engine in self.all if engine.ready and version and self.version_of(engine) == version), None)

    def of(self, conversation: str) -> EngineClient:
        """The engine that answers a conversation, the same one as long as the release and the engines stay."""
        state = self.state
        tried = state.kind in ("canary", "ab") and in_share(conversation, state.candidate or "", state.share)
        wanted = self.running_version(state.candidate if tried else None) or self.running_version(state.served)
        return wanted or next((engine for engine in self.all if engine.ready), self.main)

    def shadow(self) -> EngineClient | None:
        """The engine of a candidate whose answers nobody sees, if it is up."""
        return self.running_version(self.state.candidate) if self.state.kind == "shadow" else None


def in_share(conversation: str, candidate: str, share: float) -> bool:
    """Whether a conversation belongs to a candidate's share: always the same ones, and others for another candidate."""
    digest = hashlib.sha256(f"{candidate}:{conversation}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * 2**64
