"""A release under load, timed: two trained versions of a run, and customers meanwhile.

    python -m bench.releases configs/demo.yaml [--customers 20] [--think 10] [--seconds 60] [--versions SERVED CANDIDATE]

Serves the older of the run's two newest versions, or SERVED, as `make serve` does, from a copy of the run (hard links) and with a database
of its own, so that the run's own release stays as it is. Customers chat as in bench/soak.py, while the candidate is in shadow, answers 30 %
of the conversations, then all (promote), and none again (rollback); each for `--seconds`. For each step the table says how long the command
took; when the last message was sent that the wrong version answered, by the database's clock; and what became of the messages. Needs
`make train` twice, with other data or another config.
"""

import argparse
import asyncio
import contextlib
import math
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import aiohttp
from sqlalchemy import NullPool, RowMapping, make_url, text

from bench.customers import Customer, Tally
from bench.fleet import environment_of
from bench.load import questions
from bench.soak import served as desk_served
from bench.soak import until_back, write_config
from frontdesk import releases, trial, versions
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import UserError, run_command
from frontdesk.files import read_json
from frontdesk.models.hardware import describe_hardware
from frontdesk.store.connect import connect
from frontdesk.web.address import url

ROOT = Path(__file__).parents[1]
SHARE = 0.3  # of the canary
WAIT = 300  # seconds for a second engine to start
BY = "bench"


class Step(NamedTuple):
    """A step of the release: when its command began and ended, when it was in force (a second engine ready), when the next one came."""

    name: str
    begun: float
    done: float
    ready: float
    until: float


def main() -> None:
    """Serve, release, go back, count."""
    parser = argparse.ArgumentParser("python -m bench.releases", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="the run's YAML file, such as configs/demo.yaml")
    parser.add_argument("--customers", type=int, default=20)
    parser.add_argument("--think", type=float, default=10, help="mean seconds between an answer and the next question")
    parser.add_argument("--seconds", type=float, default=60, help="of each step")
    parser.add_argument("--versions", nargs=2, metavar=("SERVED", "CANDIDATE"))
    args = parser.parse_args()
    config = load_config(args.config)
    known = [one.id for one in versions.versions(Run(config.name))]  # the newest first
    if len(known) < 2:
        found = f"{Run(config.name).versions}: found {len(known)} version(s)"
        raise UserError(f"{found}; expected two; change the data or the config, and train")
    served, candidate = args.versions or (known[1], known[0])
    with copied(config) as folder:
        config, path = write_config(config, folder, f"sqlite:///{folder / 'store.db'}")
        releases.promote(config, Run(config.name), served, BY)
        steps, shadowed = release(config, path, args, candidate)
        print(f"{time.strftime('%Y-%m-%d')}, {describe_hardware()}: {args.customers} customers; {served} served, {candidate} tried")
        print(table(steps, answers(str(config.desk.database)), served, candidate))
        print(f"in shadow: {shadowed}")


@contextlib.contextmanager
def copied(config: Config) -> Iterator[Path]:
    """A folder like this one in which the run's files are hard links, as the working directory."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT / "runs") as name:
        folder = Path(name)
        for file in ROOT.iterdir():
            if file.name not in ("runs", ".git"):
                (folder / file.name).symlink_to(file)
        left = shutil.ignore_patterns("desk", "release", "serve", "served")
        shutil.copytree(Run(config.name).root, folder / Run(config.name).root, copy_function=os.link, ignore=left)
        os.chdir(folder)
        try:
            yield folder
        finally:
            os.chdir(before)


def release(config: Config, path: Path, args: argparse.Namespace, candidate: str) -> tuple[list[Step], dict[str, int]]:
    """The steps on a running desk, and what the shadow compared."""
    with desk_served("release", path, environment_of([])):
        return asyncio.run(under_load(config, args, candidate))


async def under_load(config: Config, args: argparse.Namespace, candidate: str) -> tuple[list[Step], dict[str, int]]:
    run, tally = Run(config.name), Tally(math.inf)
    asked = [turns[0]["content"] for turns in questions(run)]
    begun, steps = time.monotonic(), list[Step]()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        pages = [url("127.0.0.1", config.serve.ui_port)]
        customers = [Customer(pages, session, tally, asked, args.think, random.Random(n)) for n in range(args.customers)]
        work = [asyncio.create_task(customer.live()) for customer in customers]
        await until_back(tally, begun)
        for name in ("shadow", "canary", "promote", "rollback"):
            at = time.time()
            await asyncio.to_thread(command, config, run, name, candidate)
            done = time.time()
            while name == "shadow" and not trial.shadowed(run, candidate)["answers"] and time.time() < at + WAIT:
                await asyncio.sleep(0.2)
            ready = time.time()
            await asyncio.sleep(args.seconds)
            steps.append(Step(name, at, done, ready, time.time()))
            print(f"  {name}: done; the engines run {read_json(run.release / 'engines.json')}", flush=True)
        tally.until = time.monotonic()
        await asyncio.wait(work, timeout=60)
        for task in work:
            task.cancel()
    if tally.wrong:
        print(*tally.wrong, sep="\n")
    return steps, trial.shadowed(run, candidate)


def command(config: Config, run: Run, name: str, candidate: str) -> None:
    """What `frontdesk release` does."""
    if name == "shadow":
        releases.begin(config, run, "shadow", candidate, BY)
    elif name == "canary":
        releases.begin(config, run, "canary", candidate, BY, SHARE)
    elif name == "promote":
        releases.promote(config, run, candidate, BY)
    else:
        releases.roll_back(config, run, BY)


def answers(database: str) -> list[tuple[RowMapping, RowMapping | None, str]]:
    """Each customer's message, the bot's answer behind it, and what became of it where there is none."""
    wanted = "SELECT conversation_id, speaker, at, cut, model_version FROM messages ORDER BY conversation_id, id"
    with connect(make_url(database), pool=NullPool).connect() as store:
        rows = [*store.execute(text(wanted)).mappings().all(), None]
        called = set(store.execute(text("SELECT conversation_id FROM handoffs")).scalars())
    found = []
    for one, other in pairwise(rows):
        if one and one["speaker"] == "customer":
            bot = other and other["speaker"] == "bot" and other["conversation_id"] == one["conversation_id"]
            found.append((one, other if bot else None, "to a person" if one["conversation_id"] in called else "unanswered"))
    return found


def table(steps: Sequence[Step], said: Sequence[tuple[RowMapping, RowMapping | None, str]], served: str, candidate: str) -> str:
    """For people."""
    outcomes = (served, candidate, "by no model", "cut", "to a person", "unanswered")
    columns = ("step", "command, s", "in force after, s", "wrong version until, s", "served", "candidate", *outcomes[2:])
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for step in steps:
        wrong = {"promote": served, "canary": "none", "rollback": candidate, "shadow": candidate}[step.name]
        late, counts = 0.0, Counter[str]()
        for asked, answer, without in said:
            if step.begun <= asked["at"] < step.until:
                version = str(answer["model_version"] or "")[: len(served)] if answer else ""
                late = max(late, asked["at"] - step.begun) if version == wrong and answer and answer["at"] < step.until else late
                counts[version or ("by no model" if answer else without)] += 1
                counts["cut"] += bool(answer and answer["cut"])
        times = (f"{step.done - step.begun:.2f}", f"{step.ready - step.begun:.1f}", f"{late:.1f}")
        numbers = (str(counts[name]) for name in outcomes)
        lines.append(f"| {step.name} | {' | '.join((*times, *numbers))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    run_command(main)
