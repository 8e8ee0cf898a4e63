"""Remove a person, one conversation, or what is older than `desk.retention_days` from the store and from what may still be trained.

    python -m serve.forget --customer ID --config configs/demo.yaml
    python -m serve.forget --conversation ID --config configs/demo.yaml --yes
    python -m serve.forget --expired --config configs/demo.yaml

Says what goes, asks, removes it, and names the runs whose data it had entered: their models forget it by being trained again.
Both ids stand in the agent console. The desk may go on meanwhile; --expired it does itself, once a day.
"""

import argparse
import sys
from typing import TYPE_CHECKING

from frontdesk.config import Config, load_config
from frontdesk.errors import UserError, run, warn
from frontdesk.logs import say

if TYPE_CHECKING:
    from frontdesk.store.forget import Forgotten
    from frontdesk.store.store import Store


def main() -> None:
    """Parse, look, ask, remove, tell."""
    from frontdesk.store.store import StoreUnavailable, open_store

    options = arguments()
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


def arguments() -> argparse.Namespace:
    """What the command line says."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m serve.forget", description=__doc__, formatter_class=form)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--customer", metavar="ID", help="remove this customer and all their conversations")
    what.add_argument("--conversation", metavar="ID", help="remove this conversation")
    what.add_argument("--expired", action="store_true", help="remove what is older than desk.retention_days")
    parser.add_argument("--config", required=True, help="the run's YAML file, such as configs/demo.yaml")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser.parse_args()


def expired(store: "Store", config: Config) -> None:
    """Remove what is too old."""
    from frontdesk.store.forget import expire

    days = config.desk.retention_days
    if days is None:
        raise UserError("desk.retention_days is null, so nothing expires; expected a number of days; set it in the config")
    count = expire(store, days)
    say(f"{store.url}: removed {count} conversation{'s' * (count != 1)} older than {days} days")


def person(store: "Store", options: argparse.Namespace) -> None:
    """Remove a customer or a conversation, after a yes."""
    from frontdesk.store.forget import forget, forget_conversation, remembered, remembered_conversation

    one = options.customer is not None
    look, remove, id = (
        (remembered, forget, options.customer) if one else (remembered_conversation, forget_conversation, options.conversation)
    )
    say(f"{'customer' if one else 'conversation'} {id}: {summary(look(store, id))}")
    if not (options.yes or agreed()):
        say("nothing was removed")
        return
    gone = remove(store, id)
    say(f"removed from {store.url}: {summary(gone)}")
    for name in gone.runs:
        say(f"{name} has these words in its data and, if trained since, in its model; now: make data train CONFIG=configs/{name}.yaml")
    if not gone.erased:
        warn("the rows are gone, but others use SQLite's file, which may still hold their bytes; in a quiet moment, VACUUM it with sqlite3")


def summary(what: "Forgotten") -> str:
    """In words."""
    counts = {"conversation": what.conversations, "message": what.messages, "candidate": what.candidates}
    parts = [f"{count} {name}{'s' * (count != 1)}" for name, count in counts.items()]
    return f"{', '.join(parts)} for training, {'in the data of ' + ', '.join(what.runs) if what.runs else 'in no run'}"


def agreed() -> bool:
    """Whether the user says yes. Without a terminal nobody can."""
    if not sys.stdin.isatty():
        raise UserError("nothing was removed: removing cannot be undone, and there is no terminal to ask; add --yes")
    return input("Remove this for good? [y/N] ").strip().lower() in ("y", "yes")


if __name__ == "__main__":
    run(main)
