"""What other processes change in the store, as PostgreSQL tells it (LISTEN; migration 0006 has what notifies)."""

from collections.abc import AsyncGenerator
from typing import Any

import psycopg

from frontdesk.store.connect import WAIT, StoreUnavailable, cause, patience
from frontdesk.store.store import Store

CHANNEL = "frontdesk"


async def changes(store: Store) -> AsyncGenerator[tuple[str, bool]]:
    """(customer's id, whether the queue may have changed) of each change to a conversation; ("", True) first, when it listens.
    Raises StoreUnavailable when the connection ends."""
    address = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    options: dict[str, Any] = patience(WAIT)
    try:
        async with await psycopg.AsyncConnection.connect(address, autocommit=True, **options) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            yield "", True
            async for note in connection.notifies():
                customer, _, queue = note.payload.partition(" ")
                yield customer, bool(queue)
    except psycopg.Error as error:
        raise StoreUnavailable(cause(error)) from error
