"""Connections to the store's database: where it lies, how it is set up, and what its failures are called."""

import sqlite3
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

WAIT = 5.0
"""Seconds that a transaction waits for another one's lock, for a connection, and for a server."""
WORKS = 12
"""How many times as long PostgreSQL may work on one statement, others' locks aside: the longest are the console's numbers."""
WRITES = "writes"
"""Option of a connection whose transactions write: SQLite then takes the lock at their beginning, when waiting for it still helps."""


class StoreUnavailable(Exception):
    """The database is locked too long, full, read-only, damaged or away. Nothing was written; the same call may work later."""


def database(config: Config) -> URL:
    """Where the store lies. Makes the folder of an SQLite file, closed to other users of the machine."""
    try:
        url = make_url(config.desk.database or f"sqlite:///{Run(config.name).store}")
    except ArgumentError:
        raise UserError("desk.database is not an SQLAlchemy URL; expected such as postgresql+psycopg://user@host/name") from None
    if url.drivername == "postgresql":  # the driver that is installed
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg") or not url.database:
        raise UserError(f"desk.database is {url}; expected sqlite:///PATH or postgresql+psycopg://user@host/name; change it in the config")
    if url.drivername == "sqlite":
        _make_file(Path(url.database))
    return url


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)  # SQLite gives its other files the same mode
    except OSError as error:
        raise UserError(f"{path}: the store cannot be written ({error.strerror}); give this user the right, or set desk.database") from None


def connect(url: URL, wait: float = WAIT, pool: type[Pool] | None = None) -> Engine:
    """An engine whose connections are durable (a commit is on the disk when it returns), keep foreign keys, and wait `wait` seconds."""
    # As many as `asyncio.to_thread` has threads at most; PostgreSQL allows 100 by default, and two processes of ours ask.
    size: dict[str, Any] = {"poolclass": pool} if pool else {"pool_size": 8, "max_overflow": 24, "pool_timeout": wait}
    size["hide_parameters"] = True  # a traceback tells no customer's words
    if url.drivername == "sqlite":
        engine = create_engine(url, **size, connect_args={"timeout": wait, "check_same_thread": False})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(url, **size, pool_pre_ping=True, connect_args=_patience(wait))

    def set_up(connection: object, _record: ConnectionPoolEntry) -> None:
        with connection.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f"SET lock_timeout = {round(wait * 1000)}")
            cursor.execute(f"SET statement_timeout = {round(WORKS * wait * 1000)}")
            cursor.execute("SET synchronous_commit = on")
            cursor.execute("SET timezone = 'UTC'")
        connection.commit()  # type: ignore[attr-defined]

    event.listen(engine, "connect", set_up)
    return engine


def _patience(wait: float) -> dict[str, int]:
    """libpq's settings for a server that vanishes, network and all: else the system waits for a quarter of an hour or more."""
    seconds = max(2, round(wait))
    probes = {"keepalives_idle": seconds, "keepalives_interval": max(1, seconds // 3), "keepalives_count": 3}
    return {"connect_timeout": seconds, "tcp_user_timeout": 1000 * seconds, **probes}


def _set_up_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # `_begin_sqlite` begins; Python's own idea of when to begin would read before it locks
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def available() -> Iterator[None]:
    """Raise StoreUnavailable for a failure of the database, and let a defect of ours through."""
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError, NotSupportedError):
        raise
    except (DBAPIError, PoolTimeout) as error:
        raise StoreUnavailable(cause(error)) from error


def cause(error: Exception) -> str:
    """The database's own words, in one line, without the statement and its parameters: those are customers' words."""
    return " ".join(str(getattr(error, "orig", None) or error).split())
