"""Keys to the API and the console of a run.

    python -m serve.keys create --role agent --name anna --config configs/demo.yaml [--rate 60] [--concurrency 4]
    python -m serve.keys list --config configs/demo.yaml
    python -m serve.keys revoke anna --config configs/demo.yaml

A `customer` may ask the API, an `agent` also works in the console, an `admin` also sees statistics and
/metrics. A new key is printed once, alone on standard output. A running desk accepts it, or refuses a revoked
one, within two seconds. As soon as there is one key, everybody needs one.
"""

import argparse
import sys
import time

from frontdesk.commands import arguments
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import UserError, run_command
from frontdesk.store import keys
from frontdesk.store.store import Store, StoreUnavailable, open_store
from frontdesk.store.tables import Key

COLUMNS = ("name", "role", "rate", "concurrency", "created", "revoked")


def main() -> None:
    options = arguments("keys")
    config = load_config(options.config)
    try:
        store = open_store(config)
        {"create": create, "list": show, "revoke": revoke}[options.action](store, config, options)
    except StoreUnavailable as error:
        raise UserError(f"the store of {config.name} cannot be used now ({error}); see to its database and try again") from None


def create(store: Store, config: Config, options: argparse.Namespace) -> None:
    """Print the key on standard output, and what it is on standard error."""
    key = keys.create(store, options.name, options.role, options.rate, options.concurrency)
    print(f"key {options.name} of role {options.role} for {config.name}; it is shown only once:", file=sys.stderr)
    print(key)


def show(store: Store, config: Config, options: argparse.Namespace) -> None:
    """Print a table of all keys."""
    rows = [COLUMNS, *(row(key) for key in keys.list_keys(store))]
    widths = [max(len(line[column]) for line in rows) for column in range(len(COLUMNS))]
    for line in rows:
        print("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())


def row(key: Key) -> tuple[str, ...]:
    return key.name, key.role, str(key.rate or "-"), str(key.concurrency or "-"), day(key.created_at), day(key.revoked_at)


def day(at: float | None) -> str:
    return "-" if at is None else time.strftime("%Y-%m-%d %H:%M", time.gmtime(at))


def revoke(store: Store, config: Config, options: argparse.Namespace) -> None:
    """Revoke a key. Raises UserError if there is none of this name."""
    if not keys.revoke(store, options.name):
        raise UserError(f"revoke: {config.name} has no valid key named {options.name}; expected one of `python -m serve.keys list`")
    print(f"key {options.name} is refused from now on")


if __name__ == "__main__":
    run_command(main)
