"""Which version a desk serves, and which one it tries beside it. One release at a time.

`runs/NAME/release/state.json` is the truth: {"served", "previous", "candidate" (ids of versions, or null), "kind" of the trial, "share"
of the conversations that the candidate answers, "since" (seconds since 1970), "by", "why"}. Commands and the console change it here; a
running desk follows it within a second (serve/release/engines.py, serve/gateway/engines.py). Without that file `make serve` serves what
was trained last.

`engines.json` beside it is the desk's: {"main", "second"}, the versions that its two engines run.
"""

import contextlib
import fcntl
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Literal

from frontdesk import versions
from frontdesk.config.hours import today
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import link, read_json, whole_folder, write_json

Kind = Literal["shadow", "canary", "ab"]
SHARES: dict[Kind, float] = {"shadow": 0.0, "canary": 0.05, "ab": 0.5}
"""Of the conversations, where the command names none."""


@dataclass(frozen=True)
class State:
    """See the module."""

    served: str | None = None
    previous: str | None = None
    candidate: str | None = None
    kind: Kind | None = None
    share: float = 0.0
    since: float = 0.0
    by: str = ""
    why: str = ""


def read(run: Run) -> State:
    """As it stands. Raises UserError for a file that is none of ours."""
    path = run.release / "state.json"
    try:
        return State(**read_json(path)) if path.is_file() else State()
    except (ValueError, TypeError) as error:
        raise UserError(f"{path}: not a release's state ({error}); remove it, and promote the version that is to be served") from None


def served(run: Run) -> str | None:
    """The version that is served: of the state, or else of the snapshot that `make serve` has made, or would make."""
    state = read(run).served
    paths = [folder / run.provenance.name for folder in (run.served, run.model)]
    ids = [str(read_json(path).get("key"))[: versions.LENGTH] for path in paths if path.is_file()]
    return state or next((id for id in ids if versions.find(run, id)), None)


@contextlib.contextmanager
def changing(run: Run) -> Iterator[State]:
    """The state, for as long as nobody else changes it. Raises UserError where somebody does."""
    run.release.mkdir(parents=True, exist_ok=True)
    with (run.release / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{run.release}: another release is being made now; wait until it is done, then look at its status") from None
        yield read(run)


def begin(config: Config, run: Run, kind: Kind, id: str, by: str, share: float | None = None) -> State:
    """Try a version beside the served one. Raises UserError for one that cannot be, and while another is tried."""
    with changing(run) as state:
        if state.candidate not in (None, id):
            raise UserError(
                f"version {state.candidate} is in {state.kind} already; expected one release at a time; promote it or roll it back"
            )
        standing = served(run)
        if standing is None:
            raise UserError(f"{run.root} serves no version yet, with which {id} would be compared; promote it, or `make serve` first")
        if standing == id:
            raise UserError(f"version {id} is the one that is served; expected another; `make train` makes one")
        versions.check(config, run, id)
        return _write(run, replace(state, served=standing, candidate=id, kind=kind, share=SHARES[kind] if share is None else share), by)


def promote(config: Config, run: Run, id: str, by: str) -> State:
    """Serve a version to all. Raises UserError where it cannot be, or the disk is full; then what stood stands."""
    with changing(run) as state:
        standing = served(run)
        previous = standing if standing != id else state.previous
        return _serve(config, run, State(served=id, previous=previous), by)


def roll_back(config: Config, run: Run, by: str, why: str = "", only: State | None = None) -> State:
    """End the trial, or else serve the version before. `only`: do nothing unless the state is still this one."""
    with changing(run) as state:
        if only not in (None, state):
            return state
        if state.candidate:
            return _write(run, replace(state, candidate=None, kind=None, share=0.0), by, why)
        if state.previous is None:
            raise UserError(f"{run.release}: nothing is tried, and no version was served before; promote the one that is to be served")
        return _serve(config, run, State(served=state.previous), by, why)


def _serve(config: Config, run: Run, state: State, by: str, why: str = "") -> State:
    """Put the version's weights where gateway, page and the next `make serve` look, and then write the state."""
    assert state.served
    versions.check(config, run, state.served)
    try:
        with whole_folder(run.served) as folder:
            for file in versions.weights(config, run, state.served).iterdir():
                link(file, folder / file.name)
            return _write(run, state, by, why)
    except OSError as error:
        raise UserError(f"{run.served}: version {state.served} could not be put there ({error.strerror}); what was served stays; free some "
                        "space and try again") from None  # fmt: skip


def _write(run: Run, state: State, by: str, why: str = "") -> State:
    state = replace(state, since=time.time(), by=by, why=why)
    try:
        write_json(run.release / "state.json", asdict(state))
    except OSError as error:
        raise UserError(f"{run.release}: the release could not be noted ({error.strerror}); nothing has changed; free some space") from None
    return state


def kept(run: Run) -> set[str]:
    """The versions that nothing may remove."""
    state = read(run)
    return {id for id in (served(run), state.candidate, state.previous) if id}


def keep(config: Config, run: Run) -> None:
    """Make a version of the run's model, and remove old ones."""
    version = versions.make(config, run)
    print(f"train: this is version {version.id}, {run.versions / version.id}", flush=True)
    gone = versions.prune(run, config.train.keep_versions, kept(run) | {version.id}, today(config.desk))
    if gone:
        print(f"train: removed version{'s' * (len(gone) > 1)} {', '.join(gone)}; train.keep_versions is {config.train.keep_versions}")
