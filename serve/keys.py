"""Keys to the API and the console of a run.

    python -m serve.keys create --role agent --name anna --config configs/demo.yaml [--rate 60] [--concurrency 4]
    python -m serve.keys list --config configs/demo.yaml
    python -m serve.keys revoke anna --config configs/demo.yaml

A `customer` may ask the API, an `agent` also works in the console, an `admin` also sees statistics and /metrics. A new
key is printed once, alone on standard output. A running desk accepts it, or refuses a revoked one, within two seconds.
As soon as there is one key, everybody needs one.
"""

import argparse
import sys
import time
from typing import TYPE_CHECKING

from frontdesk.config.schema import Config, load_config
from frontdesk.errors import UserError, run_command
from frontdesk.store import keys

if TYPE_CHECKING:
    from frontdesk.store.store import Store
    from frontdesk.store.tables import Key

COLUMNS = ("name", "role", "rate", "concurrency", "created", "revoked")


def main() -> None:
    """Read the command line and carry it out."""
    arguments = parser().parse_args()
    config = load_config(arguments.config)
    from frontdesk.store.store import StoreUnavailable, open_store

    try:
        store = open_store(config)
        {"create": create, "list": show, "revoke": revoke}[arguments.action](store, config, arguments)
    except StoreUnavailable as error:
        raise UserError(f"the store of {config.name} cannot be used now ({error}); see to its database and try again") from None


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m serve.keys", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = found.add_subparsers(dest="action", required=True, metavar="create | list | revoke")
    new = actions.add_parser("create", help="make a key and print it")
    new.add_argument("--name", required=True, help="whose it is; agents' names stand over their replies")
    new.add_argument("--role", required=True, help=" or ".join(keys.ROLES))
    new.add_argument("--rate", type=int, help="requests a minute; no limit without it")
    new.add_argument("--concurrency", type=int, help="requests at once; no limit without it")
    old = actions.add_parser("revoke", help="refuse a key from now on")
    old.add_argument("name")
    for action in (new, old, actions.add_parser("list", help="names, roles and limits; never the keys")):
        action.add_argument("--config", default="configs/demo.yaml", help="the run's YAML file (%(default)s)")
    return found


def create(store: "Store", config: Config, arguments: argparse.Namespace) -> None:
    """Print the key on standard output, and what it is on standard error."""
    key = keys.create(store, arguments.name, arguments.role, arguments.rate, arguments.concurrency)
    print(f"key {arguments.name} of role {arguments.role} for {config.name}; it is shown only once:", file=sys.stderr)
    print(key)


def show(store: "Store", config: Config, arguments: argparse.Namespace) -> None:
    """Print a table of all keys."""
    rows = [COLUMNS, *(row(key) for key in keys.list_keys(store))]
    widths = [max(len(line[column]) for line in rows) for column in range(len(COLUMNS))]
    for line in rows:
        print("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())


def row(key: "Key") -> tuple[str, ...]:
    """A key's line in the table."""
    return key.name, key.role, str(key.rate or "-"), str(key.concurrency or "-"), day(key.created_at), day(key.revoked_at)


def day(at: float | None) -> str:
    return "-" if at is None else time.strftime("%Y-%m-%d %H:%M", time.gmtime(at))


def revoke(store: "Store", config: Config, arguments: argparse.Namespace) -> None:
    """Revoke a key. Raises UserError if there is none of this name."""
    if not keys.revoke(store, arguments.name):
        raise UserError(f"revoke: {config.name} has no valid key named {arguments.name}; expected one of `python -m serve.keys list`")
    print(f"key {arguments.name} is refused from now on")


if __name__ == "__main__":
    run_command(main)
