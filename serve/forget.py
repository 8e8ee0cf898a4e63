"""Remove a person, one conversation, or what is older than `desk.retention_days` from the store and from what
may still be trained.

    python -m serve.forget --customer ID --config configs/demo.yaml
    python -m serve.forget --conversation ID --config configs/demo.yaml --yes
    python -m serve.forget --expired --config configs/demo.yaml

Says what will be removed, asks, removes it, also from the data of runs that it had entered, withdraws the versions
that were trained on it, and queues a training (`python -m train.retrain`). FAQ entries that were accepted or
proposed from these conversations are removed too, as is a health report that shows them. Both ids are shown in the
agent console. The desk may stay open; it does --expired by itself once a day.
"""

import argparse
import csv
import io
import shutil
import sys
from collections.abc import Set
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from frontdesk import forgotten
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.engine.startup_log import say
from frontdesk.errors import UserError, run_command, warn
from frontdesk.files import delimiter, read_jsonl, write_jsonl
from frontdesk.store import audit
from frontdesk.store.credentials import shell_user
from frontdesk.store.forget import Forgotten, conversations_by_run, erase, expire, forget, remembered
from frontdesk.store.store import Store, StoreUnavailable, open_store
from frontdesk.store.tables import Conversation, Customer

DAYS = 30
"""Until a version that knows the words is served no more: within a month a request must be met (GDPR, article 12)."""
STILL_THERE = "the rows are gone, but SQLite's file is in use and may still hold their bytes; VACUUM it with sqlite3 when it is not"


def main() -> None:
    options = arguments("forget")
    config = load_config(options.config)
    store = open_store(config)
    try:
        if options.expired:
            expired(store, config)
        else:
            person(store, options)
    except StoreUnavailable as error:
        raise UserError(f"{store.url}: the store is not available ({error}); nothing was removed; try again") from None
    except LookupError as error:
        raise UserError(f"{store.url} has {error.args[0]}; expected an id from the agent console") from None
    finally:
        store.close()


def expired(store: Store, config: Config) -> None:
    """Remove what is too old."""
    days = config.desk.retention_days
    if days is None:
        raise UserError("desk.retention_days is null, so nothing expires; expected a number of days; set it in the config")
    count = expire(store, days)
    say(f"{store.url}: removed {count} conversation{'s' * (count != 1)} older than {days} days")
    if not erase(store):  # also what the desk has removed by itself
        warn(STILL_THERE)


def person(store: Store, options: argparse.Namespace) -> None:
    """Remove a customer or a conversation, after confirmation."""
    owner, id = (Customer, options.customer) if options.customer is not None else (Conversation, options.conversation)
    what = remembered(store, owner, id)
    talks = conversations_by_run(store, id)
    files = [(name, path, ids) for name, ids in talks.items() for path in (Run(name).additions, Run(name).offers) if without(path, ids)]
    say(f"{owner.__name__.lower()} {id}: {summary(what)}{''.join(f', lines in {path}' for _, path, _ in files)}")
    if not (options.yes or agreed()):
        say("nothing was removed")
        return
    accepted = {name: added(Run(name).additions, ids) for name, ids in talks.items()}
    for name, path, ids in files:  # before the store forgets whose lines they are
        take_out(name, path, ids)
    for name, ids in talks.items():
        take_out_health(Run(name), ids)
    ids, day = set[str]().union(*talks.values()), (date.today() + timedelta(days=DAYS)).isoformat()
    for name in sorted({*what.runs, *talks}):
        untrain(store, name, ids, accepted.get(name, []), day, name in what.runs)
    gone = forget(store, owner, id)
    say(f"removed from {store.url}: {summary(gone)}")
    if not gone.erased:
        warn(STILL_THERE)


def untrain(store: Store, name: str, ids: Set[str], accepted: list[dict[str, Any]], day: str, named: bool) -> None:
    """Take the words out of a run's data, withdraw its versions that know them, and queue a training. `named`: the store says that the
    run's data had them."""
    rows, withdrawn = forgotten.forget(Run(name), ids, accepted, day, named)
    if rows:
        say(f"removed {rows} row{'s' * (rows != 1)} from {Run(name).data}")
    for id in withdrawn:
        audit.record(store, shell_user(), "withdrawn", id)
        say(f"version {id} of {name} was trained on them: withdrawn, and not served after {day}")
    if rows or withdrawn or named or accepted:
        say(f"{name} is to be trained again by {day}; now: frontdesk retrain configs/{name}.yaml --because forgotten")


def added(path: Path, ids: Set[str]) -> list[dict[str, Any]]:
    """What these conversations added to the file of accepted entries, as turns (frontdesk/forgotten.py)."""
    text = path.read_bytes().decode("utf-8-sig", "replace") if path.is_file() else ""
    lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter(text))
    found = [line for line in lines if line.get("conversation") in ids]
    return [{"messages": [{"role": "user", "content": line["question"] or ""}], "answer": line["answer"] or ""} for line in found]


def take_out(run: str, path: Path, ids: Set[str]) -> None:
    """Remove what these conversations added to a file of accepted or proposed FAQ entries."""
    text, count = without(path, ids) or ("", 0)
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_bytes(text.encode("latin-1"))
    temporary.replace(path)
    say(f"removed {count} line{'s' * (count != 1)} from {path}; to train without them: make data train CONFIG=configs/{run}.yaml")


def take_out_health(run: Run, ids: Set[str]) -> None:
    """Remove a health report that shows these conversations, and decisions on drafts that were made of them."""
    report = run.health / "health.json"
    if report.is_file() and any(id in report.read_text(encoding="utf-8") for id in ids):
        shutil.rmtree(run.health)
        say(f"removed {run.health}, which showed them; now: make health CONFIG=configs/{run.name}.yaml")
    lines = read_jsonl(run.decisions) if run.decisions.is_file() else []
    if len(kept := [line for line in lines if ids.isdisjoint(one["conversation"] for one in line["asked"])]) < len(lines):
        write_jsonl(run.decisions, kept)


def without(path: Path, ids: Set[str]) -> tuple[str, int] | None:
    """The file without the records that have one of the ids, and their number; None if there are none, or no
    file. All other bytes stay as they are: each byte is read as one character."""
    if not path.is_file():
        return None
    lines = io.StringIO(path.read_bytes().decode("latin-1"), newline="").readlines()
    records = csv.reader(lines, delimiter=delimiter("".join(lines[:1])))
    kept, start, count = list[str](), 0, 0
    for record in records:
        if ids.isdisjoint(record):
            kept += lines[start : records.line_num]
        else:
            count += 1
        start = records.line_num
    return ("".join(kept), count) if count else None


def summary(what: Forgotten) -> str:
    counts = {"conversation": what.conversations, "message": what.messages, "candidate": what.candidates}
    parts = [f"{count} {name}{'s' * (count != 1)}" for name, count in counts.items()]
    return f"{', '.join(parts)} for training, {'in the data of ' + ', '.join(what.runs) if what.runs else 'in no run'}"


def agreed() -> bool:
    """Whether the user says yes. Raises UserError without a terminal."""
    if not sys.stdin.isatty():
        raise UserError("nothing was removed: removing cannot be undone, and there is no terminal to ask; add --yes")
    return input("Remove this for good? [y/N] ").strip().lower() in ("y", "yes")


if __name__ == "__main__":
    run_command(main)
