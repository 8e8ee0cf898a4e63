"""A running desk follows the release's state: which version its engines run.

The first engine goes on with the version with which it began. A second one, beside it, runs the candidate, or the version that was
promoted; so a promotion and a rollback only change which of the two is asked. After WARM seconds, or when a further candidate comes, the
first engine starts anew with the served version, while the second one answers; several first engines do so at once, since the second is
one alone. `engines.json` tells the gateway who runs what.

A canary that misses a limit (frontdesk/trial.py), or whose engine does not start, is rolled back.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from frontdesk import releases, trial, versions
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine import vllm
from frontdesk.engine.processes import Child, stop
from frontdesk.engine.startup_log import reasons, say
from frontdesk.errors import StartFailed, UserError
from frontdesk.files import write_json
from frontdesk.releases import State
from frontdesk.store import audit
from frontdesk.store.store import StoreUnavailable, open_store

LOOK = 1.0  # seconds between two looks at the state
JUDGE = 60.0  # seconds between two looks at a trial's outcomes
WARM = 24 * 3600.0
"""Seconds for which the version before stays ready after a promotion; two engines take the memory of two."""
TRIES = 3  # starts of a candidate's engine
DESK = "desk"  # who rolls back a canary, in the audit log


class Follower:
    """Keeps the engines true to the state. `main` are restarted by their own supervision when they end."""

    def __init__(self, config: Config, run: Run, main: Sequence[Child], version: str, second: Child) -> None:
        """`version`: the one that `main` run."""
        self.config, self.run, self.main, self.second = config, run, main, second
        self.standing = version
        self.versions: dict[str, str | None] = {"main": version, "second": None}
        self.starting: str | None = None  # the version with which `main` start anew
        self.tries, self.judged = 0, 0.0

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow for as long as the block lasts. Then the second engine is stopped, too."""
        write_json(self.run.release / "engines.json", self.versions)
        task = asyncio.create_task(self.follow())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait((task,))
            await stop([self.second])
            (self.run.release / "engines.json").unlink(missing_ok=True)

    async def follow(self) -> None:
        """Runs until it is cancelled. What goes wrong is said once, and tried again."""
        said, begun = "", False
        while True:
            problem = ""
            try:
                begun = begun or await self.main[0].ready()
                if begun:
                    await self.step(releases.read(self.run))
                    self.second.bound()
            except (OSError, StartFailed, StoreUnavailable, UserError) as error:
                problem = str(error)
            if problem and problem != said:
                say(f"release: {problem}")
            said = problem
            await asyncio.sleep(LOOK)

    async def step(self, state: State) -> None:
        """Bring the engines one step nearer to the state."""
        served = state.served or self.standing
        if (now := versions.find(self.run, served)) and versions.withdrawn(self.config, now):
            self.leave(served)
            return
        needed = {served, state.candidate or served}
        if self.starting in needed:
            if not await self.main[0].ready():
                return
            self.tell(main=self.starting)
            self.starting = None
        settled = not state.candidate and time.time() - state.since > (WARM if len(self.main) == 1 else 0)
        if self.versions["main"] not in needed and (len(needed) > 1 or settled or self.starting):
            await self.restart(served)
            return
        wanted = next(iter(needed - {self.versions["main"]}), None)
        if wanted is None and self.versions["second"] == state.previous:
            wanted = state.previous  # it stays ready
        if wanted != self.versions["second"]:
            await self.change(wanted)
        elif wanted and self.second.ended():
            self.start_again(state, wanted)
        if state.kind in ("canary", "ab") and time.monotonic() - self.judged > JUDGE:
            self.judged = time.monotonic()
            await asyncio.to_thread(self.judge, state)

    def leave(self, withdrawn: str) -> None:
        """Serve the newest version that may be served in the place of one whose day has come. Raises UserError where there is none."""
        for version in versions.versions(self.run):
            with contextlib.suppress(UserError):
                releases.promote(self.config, self.run, version.id, DESK)
                say(f"release: version {withdrawn} was withdrawn; {version.id} is served in its place")
                self.note("promote", version.id)
                return
        raise UserError(f"version {withdrawn} was withdrawn, and no other may be served; `frontdesk retrain CONFIG --because forgotten`")

    async def restart(self, version: str) -> None:
        """Have the first engine, or all of several, run this version."""
        versions.check(self.config, self.run, version)
        say(f"release: the engine starts anew with version {version}; the second one answers meanwhile")
        self.tell(main=None)
        for child in self.main:
            child.command = self.command(child, version)
        self.starting = version
        await stop(self.main)  # their supervision starts them

    def command(self, child: Child, version: str) -> list[str]:
        """An engine's command with this version's weights and template."""
        old = child.command[child.command.index("--model") + 1]
        new = str(versions.weights(self.config, self.run, version))
        return [new + word.removeprefix(old) if word.startswith(old) else word for word in child.command]

    async def change(self, version: str | None) -> None:
        """Have the second engine run this version; None: have none."""
        if version:
            versions.check(self.config, self.run, version)
        self.tell(second=None)
        await stop([self.second])
        self.tries = 0
        if version:
            say(f"release: a second engine starts with version {version}; its log: {self.second.log}")
            self.second.command = self.command(self.second, version)
            self.second.start()
            self.tell(second=version)

    def start_again(self, state: State, version: str) -> None:
        """Start a second engine that has ended; a candidate's not more than TRIES times."""
        self.tries += 1
        why = f"its engine ended ({self.second.how_it_ended()}): {' '.join(reasons(self.second.output(), 1))}"
        say(f"release: version {version}: {why}")
        if version == state.candidate and self.tries >= TRIES:
            self.roll_back(state, why[:300])
        else:
            self.second.start()

    def judge(self, state: State) -> None:
        """Roll a trial back that misses a limit. Blocks."""
        store = open_store(self.config)
        try:
            found = trial.missed(trial.comparisons(store, self.run, state))
        finally:
            store.close()
        if found:
            self.roll_back(state, found)

    def roll_back(self, state: State, why: str) -> None:
        if releases.roll_back(self.config, self.run, DESK, why, only=state).by == DESK:
            say(f"release: version {state.candidate} was rolled back: {why}")
            self.note("rollback", f"{state.candidate}: {why}")

    def note(self, act: audit.Act, about: str) -> None:
        """In the audit log."""
        store = open_store(self.config)
        audit.record(store, DESK, act, about)
        store.close()

    def tell(self, **changed: str | None) -> None:
        """Tell the gateway which versions run."""
        self.versions |= changed
        write_json(self.run.release / "engines.json", self.versions)


def standing(config: Config, run: Run) -> str | None:
    """The version of the snapshot that is served now; None where there is no whole one, or where engines of other machines serve it
    (`serve.engines`), and so no releases. Raises UserError for one that was withdrawn."""
    id = releases.served(run)
    version = versions.find(run, id) if id else None
    if version and versions.withdrawn(config, version):
        versions.check(config, run, version.id)
    return version.id if version and not config.serve.engines and not versions.lacks(config, run, version) else None


def other_gpus(config: Config) -> dict[str, str]:
    """What a second engine's environment has more: the GPUs behind those of the first."""
    if vllm.device() == "cpu":
        return {}
    return vllm.gpus_of(config, config.serve.replicas)
