"""The desk under load while parts of it die: what is acknowledged must be stored, and it must come back by
itself.

    python -m bench.soak configs/demo.yaml [--customers 200] [--minutes 6] [--faults "page killed" …] [--stand-in] [--json FILE]
    python -m bench.soak configs/demo.yaml --stand-in --pages 3 --gateways 2 [--customers 500] …

Starts `python -m serve` on the run, on free ports and with a database of its own, or (`--pages`) several pages and gateways on a
PostgreSQL of their own (bench/fleet.py), and lets customers chat
through the page's JSON API, each with an open stream of its conversation, and four programs ask the gateway.
One fault after the other strikes at equal distances, when the desk is back from the one before
(bench/faults.py), and none before the first answer. It is back with the first whole answer to a message that
was sent afterwards. At the end the desk is stopped and every message that it acknowledged is looked up in the
database, as is what was answered to it, and no message may have two answers. Needs `make train`; `--stand-in` puts an
engine without a model in vLLM's place. A full disk is tried where a small one can be mounted, which takes root.

Prints a table and exits with 1 where a message was lost or answered twice, a server gave an answer that it should not (a
500, another 5xx without Retry-After or JSON, a stream that ended in silence), or the desk did not come back from a fault.
`--json` writes what the table says:
    {"date", "machine", "customers", "seconds", "acknowledged", "lost", "twice", "answers": {"whole", "cut", "refusal", "person", "none"},
     "unacknowledged", "faults": [{"name", "seconds", "back_after", "refused", "dropped", …}], "wrong": […]}
"""

import argparse
import asyncio
import datetime
import itertools
import json
import math
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import yaml
from sqlalchemy import NullPool, RowMapping, make_url, text

from bench.customers import Customer, Tally, program
from bench.faults import FAULTS, Desk, Fault, of_fleet, small_disk
from bench.fleet import environment_of, serving
from bench.load import questions
from bench.servers import Server, started
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.engine.vllm import free_port
from frontdesk.errors import UserError, run_command
from frontdesk.models.hardware import describe_hardware
from frontdesk.store.connect import connect
from frontdesk.web.address import url
from tests.frontdesk.store.postgres import Cluster

BACK_SECONDS = 180  # for the desk to come back from a fault
LAST_SECONDS = 60  # for answers that are still on their way at the end
PROGRAMS = 4
STAND_IN = Path(__file__).parent / "stand_in"


def main() -> None:
    """Start, load, break, stop, count."""
    parser = argparse.ArgumentParser("python -m bench.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="the run's YAML file, such as configs/demo.yaml")
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--think", type=float, default=30, help="mean seconds between an answer and the next question")
    named = f"of: {', '.join(FAULTS)}; with --pages of: {', '.join(of_fleet(1, 1))}"
    parser.add_argument("--faults", nargs="*", metavar="NAME", help=named)
    parser.add_argument("--pages", type=int, default=0, help="so many pages on PostgreSQL, in the place of `python -m serve`")
    parser.add_argument("--gateways", type=int, default=1, help="so many gateways beside them")
    parser.add_argument("--stand-in", action="store_true", help="an engine without a model")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    faults = of_fleet(args.pages, args.gateways) if args.pages else FAULTS
    args.faults = list(faults) if args.faults is None else args.faults
    if unknown := [name for name in args.faults if name not in faults]:
        raise UserError(f"--faults: found {', '.join(unknown)}; expected some of {', '.join(faults)}")
    if args.pages and not args.stand_in:
        raise UserError("--pages: found no --stand-in; expected both: the engine behind several pages is one without a model")
    config = load_config(args.config)
    args.faults = [name for name in args.faults if config.serve.routed or name != "router killed"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the desk is stopped and the small disk taken away
    with tempfile.TemporaryDirectory(prefix="frontdesk-soak-") as folder, small_disk(Path(folder) / "disk") as small:
        if args.pages:
            found = soak_fleet(config, Path(folder), args, faults)
        elif "disk full" in args.faults and not small:
            print("disk full: not tried, no small disk can be mounted here (it takes root)", flush=True)
            args.faults.remove("disk full")
        if not args.pages:
            found = soak(config, Path(folder), args)
    if args.json:
        args.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(table(found))
    if found["lost"] or found["twice"] or found["wrong"] or any(fault["back_after"] is None for fault in found["faults"]):
        sys.exit("error: lost messages, wrong answers, or no way back: see the table")


def soak(config: Config, folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Serve, load and break the desk; what was found."""
    database = folder / "disk/store.db"
    config, path = write_config(config, folder, f"sqlite:///{database}")
    environment = environment_of([*([str(STAND_IN)] if args.stand_in else []), str(STAND_IN.parent.parent)])
    with served("desk", path, environment) as server:
        begun, process = time.monotonic(), server.child.process
        assert process is not None
        tally = Tally(math.inf)
        desk = Desk(lambda: tally.seen["disk full", "refused"], process.pid, database)
        addresses = [url("127.0.0.1", config.serve.ui_port)], [url("127.0.0.1", config.serve.port)]
        faults = asyncio.run(load(config, tally, desk, addresses, args, FAULTS))
    return summary(args, begun, tally, faults, look_up(str(config.desk.database), tally))


def served(name: str, path: Path, environment: dict[str, str]) -> AbstractContextManager[Server]:
    """`python -m serve` on the config at `path`, ready; its log is `runs/bench/NAME.log`."""

    async def ready(_: httpx.AsyncClient) -> bool:
        return b"Ctrl-C stops both." in (Path("runs/bench") / f"{name}.log").read_bytes()

    return started(name, [sys.executable, "-m", "serve", str(path)], environment, "", ready, grace=120)


def soak_fleet(config: Config, folder: Path, args: argparse.Namespace, faults: dict[str, Fault]) -> dict[str, Any]:
    """The same of several pages and gateways on a PostgreSQL of their own."""
    with closing(Cluster(fsync=True)) as cluster:
        config, path = write_config(config, folder, cluster.new("desk"))
        tally, environment = Tally(math.inf), environment_of([str(STAND_IN), str(STAND_IN.parent.parent)])

        async def scene() -> tuple[float, list[dict[str, Any]]]:
            async with serving(path, args.pages, args.gateways, environment) as fleet:
                desk = Desk(lambda: 0, fleet=fleet, cluster=cluster)
                return time.monotonic(), await load(config, tally, desk, (fleet.pages, fleet.gateways), args, faults)

        begun, struck = asyncio.run(scene())
        return summary(args, begun, tally, struck, look_up(str(config.desk.database), tally))


def write_config(config: Config, folder: Path, database: str) -> tuple[Config, Path]:
    """The config of a desk under test, and its file."""
    serve = config.serve.model_copy(update={"host": "127.0.0.1", "port": free_port(), "ui_port": free_port(), "ignore_gate": True})
    config = config.model_copy(update={"serve": serve, "desk": config.desk.model_copy(update={"database": database})})
    path = folder / "soak.yaml"
    path.write_text(yaml.safe_dump(config.model_dump(mode="json")), encoding="utf-8")
    return config, path


def summary(args: argparse.Namespace, begun: float, tally: Tally, faults: list[dict[str, Any]], stored: dict[str, Any]) -> dict[str, Any]:
    """What was found."""
    size = {"customers": args.customers, "pages": args.pages or 1, "gateways": args.gateways, "seconds": round(tally.until - begun)}
    return {"date": str(datetime.date.today()), "machine": describe_hardware(), **size, **stored, "faults": faults, "wrong": tally.wrong}


async def load(
    config: Config,
    tally: Tally,
    desk: Desk,
    addresses: tuple[Sequence[str], Sequence[str]],
    args: argparse.Namespace,
    faults: dict[str, Fault],
) -> list[dict[str, Any]]:
    """Customers and programs for as long as it takes, and the faults meanwhile. `addresses`: of pages, and of gateways."""
    begun, distance = time.monotonic(), 60 * args.minutes / (len(args.faults) + 1)
    asked = [turns[0]["content"] for turns in questions(Run(config.name))]
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        customers = [Customer(addresses[0], session, tally, asked, args.think, random.Random(n)) for n in range(args.customers)]
        work = [asyncio.create_task(customer.live()) for customer in customers]
        work += [asyncio.create_task(program(addresses[1], config.name, session, tally, asked)) for _ in range(PROGRAMS)]
        struck = []
        await until_back(tally, begun)
        for number, name in enumerate(args.faults, 1):
            await asyncio.sleep(max(0.0, begun + number * distance - time.monotonic()))
            print(f"  {name}", flush=True)
            tally.window, at = name, time.monotonic()
            await faults[name](desk)
            struck.append((name, at, time.monotonic()))
            await until_back(tally, struck[-1][2])
            if desk.fleet:
                with suppress(TimeoutError):
                    await asyncio.wait_for(desk.fleet.whole(), BACK_SECONDS)
        tally.until = max(time.monotonic(), begun + 60 * args.minutes)
        await asyncio.wait(work, timeout=tally.until - time.monotonic() + LAST_SECONDS)
        for task in work:
            if task.done():
                task.result()
            task.cancel()
        await asyncio.wait(work)
    return [fault_record(*one, tally) for one in struck]


def back(tally: Tally, over: float) -> float | None:
    """When the first whole answer came to a message that was sent after a fault was over."""
    return min((said.answered for said in tally.said if said.answered and said.sent >= over), default=None)


async def until_back(tally: Tally, over: float) -> None:
    """Wait for it, but not for ever: the next fault strikes a desk that answers, or one that will not."""
    while back(tally, over) is None and time.monotonic() < over + BACK_SECONDS:
        await asyncio.sleep(0.2)


def fault_record(name: str, at: float, over: float, tally: Tally) -> dict[str, Any]:
    """What came of a fault that lasted from `at` until `over`."""
    again = back(tally, over)
    counts = {what: count for (window, what), count in sorted(tally.seen.items()) if window == name}
    return {"name": name, "seconds": round(over - at, 1), "back_after": None if again is None else round(again - over, 1), **counts}


def look_up(database: str, tally: Tally) -> dict[str, Any]:
    """What the database has of the acknowledged messages: those that are not there as they were are lost."""
    wanted = "SELECT id, conversation_id, speaker, text, cut, refusal FROM messages ORDER BY conversation_id, id"
    with connect(make_url(database), pool=NullPool).connect() as store:
        rows = store.execute(text(wanted)).mappings().all()
        called = set(store.execute(text("SELECT conversation_id FROM handoffs")).scalars())
    by_id = {row["id"]: row for row in rows}
    following = {row["id"]: after for row, after in itertools.pairwise(rows) if row["conversation_id"] == after["conversation_id"]}
    kept = [said for said in tally.said if said.id in by_id and by_id[said.id]["text"] == said.text]
    answers = Counter(outcome(following.get(said.id), by_id[said.id]["conversation_id"] in called) for said in kept)
    return {
        "acknowledged": len(tally.said),
        "lost": len(tally.said) - len(kept),
        "twice": sum(by_id[id]["speaker"] == after["speaker"] == "bot" for id, after in following.items()),
        "unacknowledged": sum(row["speaker"] == "customer" for row in rows) - len(kept),
        "answers": {what: answers[what] for what in ("whole", "cut", "refusal", "person", "none")},
    }


def outcome(after: RowMapping | None, called: bool) -> str:
    """What became of a message, by what follows it in its conversation."""
    if after is None or after["speaker"] == "customer":
        return "person" if called else "none"
    return "cut" if after["cut"] else "refusal" if after["refusal"] else "whole"


def table(found: dict[str, Any]) -> str:
    """For people."""
    answers = ", ".join(f"{count} {what}" for what, count in found["answers"].items())
    size = f"{found['customers']} customers, {found['pages']} page(s), {found['gateways']} gateway(s)"
    lines = [
        f"{found['date']}, {found['machine']}: {size}, {found['seconds']} s",
        f"{found['acknowledged']} messages acknowledged, {found['lost']} lost; {found['unacknowledged']} stored without being acknowledged",
        f"answers: {answers}; {found['twice']} messages answered twice",
        f"answers that no server should give: {len(found['wrong'])}",
        *(f"  {wrong}" for wrong in dict.fromkeys(found["wrong"][:20])),
        "",
        "| fault | it lasted, s | back after, s | requests done | refused | wait | connections lost | streams ended by an error event |",
        "|---" * 8 + "|",
    ]
    for fault in found["faults"]:
        counts = [fault.get(what, 0) for what in ("ok", "refused", "wait", "dropped", "stream ended by an error event")]
        back = "never" if fault["back_after"] is None else fault["back_after"]
        lines.append(f"| {fault['name']} | {fault['seconds']} | {back} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    run_command(main)
