"""The store of a run's desk, for those who learn from it. What this imports is light: an update of the FAQ waits for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError

if TYPE_CHECKING:
    from frontdesk.store.store import Store


@contextmanager
def desk_store(config: Config) -> "Iterator[Store | None]":
    """The store of the run's desk; None where there is none: it is not made by this. Raises UserError where the database does not serve."""
    if config.desk.database is None and not Run(config.name).store.is_file():
        yield None
        return
    from frontdesk.store.store import StoreUnavailable, open_store

    try:
        store = open_store(config)
        try:
            yield store
        finally:
            store.close()
    except StoreUnavailable as error:
        place = "desk.database" if config.desk.database else Run(config.name).store
        raise UserError(f"{place}: {error}; expected the store of the desk; start its database, or try again when it is free") from None
