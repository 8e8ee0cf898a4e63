"""Connections to the store's database: its address, its settings, and its failures."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Pool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError

WAIT = 5.0  # seconds to wait for another transaction's lock, for a connection, and for a server
STATEMENT_FACTOR = 12
"""PostgreSQL may work on one statement this many times as long; the console's numbers take longest."""
WRITES = "writes"
"""Option of connections that write: SQLite then locks at the beginning, when it can still wait."""


class StoreUnavailable(Exception):
    """The database is locked, full, read-only, damaged or away. Nothing was written; try again later."""

    raised = 0  # in this process

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        StoreUnavailable.raised += 1


def database(config: Config) -> URL:
    """The store's address. Creates the folder of an SQLite file, closed to other users of the machine."""
    try:
        url = make_url(config.desk.database or f"sqlite:///{Run(config.name).store}")
    except ArgumentError:
        raise UserError("desk.database is not an SQLAlchemy URL; expected such as postgresql+psycopg://user@host/name") from None
    if url.drivername == "postgresql":  # the driver that is installed
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg") or not url.database:
        raise UserError(f"desk.database is {url}; expected sqlite:///PATH or postgresql+psycopg://user@host/name; change it in the config")
    if url.drivername == "sqlite":
        path = Path(url.database)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)  # SQLite gives its other files the same mode
        except OSError as error:
            advice = "give this user the right, or set desk.database"
            raise UserError(f"{path}: the store cannot be written ({error.strerror}); {advice}") from None
    return url


def connect(url: URL, wait: float = WAIT, pool: type[Pool] | None = None) -> Engine:
    """An engine with durable commits, foreign keys, and waits of at most `wait` seconds."""
    # At most as many as `asyncio.to_thread` has threads; half of that of PostgreSQL, which allows 100 by default to all our processes.
    most = 8 if url.drivername == "sqlite" else 4
    size: dict[str, Any] = {"poolclass": pool} if pool else {"pool_size": most, "max_overflow": 3 * most, "pool_timeout": wait}
    size["hide_parameters"] = True  # tracebacks must not show customers' words
    if url.drivername == "sqlite":
        engine = create_engine(url, **size, connect_args={"timeout": wait, "check_same_thread": False})
        event.listen(engine, "connect", lambda connection, _record: _set_up_sqlite(connection, wait))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(url, **size, pool_pre_ping=True, connect_args=patience(wait))

    def set_up(connection: object, _record: ConnectionPoolEntry) -> None:
        with connection.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f"SET lock_timeout = {round(wait * 1000)}")
            cursor.execute(f"SET statement_timeout = {round(STATEMENT_FACTOR * wait * 1000)}")
            cursor.execute("SET synchronous_commit = on")
            cursor.execute("SET timezone = 'UTC'")
        connection.commit()  # type: ignore[attr-defined]

    event.listen(engine, "connect", set_up)
    return engine


def patience(wait: float) -> dict[str, int]:
    """What libpq is told of a server that vanishes with its network: the system's own timeout is 15 minutes."""
    seconds = max(2, round(wait))
    probes = {"keepalives_idle": seconds, "keepalives_interval": max(1, seconds // 3), "keepalives_count": 3}
    return {"connect_timeout": seconds, "tcp_user_timeout": 1000 * seconds, **probes}


def _set_up_sqlite(connection: sqlite3.Connection, wait: float) -> None:
    connection.isolation_level = None  # `_begin_sqlite` begins transactions; Python itself would read before it locks
    give_up = time.monotonic() + wait
    while not _keeps_journal(connection):  # two processes make the file at once: SQLite waits for every lock but this one
        if time.monotonic() > give_up:
            raise sqlite3.OperationalError("database is locked")
        time.sleep(0.01)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _keeps_journal(connection: sqlite3.Connection) -> bool:
    """Have the file keep a write-ahead log. False if another connection is about to do so."""
    try:
        connection.execute("PRAGMA journal_mode=WAL").close()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def available() -> Iterator[None]:
    """Raise StoreUnavailable for failures of the database. Bugs of ours pass through."""
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError, NotSupportedError):
        raise
    except (DBAPIError, PoolTimeout) as error:
        raise StoreUnavailable(cause(error)) from error


def cause(error: Exception) -> str:
    """The database's message in one line, without the statement, which holds customers' words."""
    return " ".join(str(getattr(error, "orig", None) or error).split())
