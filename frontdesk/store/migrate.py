"""The schema's versions. `open_store` brings a database to the newest; two processes that start together do it once.

A new version: change tables.py, then write `migrations/versions/NNNN_name.py` beside the others. Tests say whether both agree.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, NullPool, text
from sqlalchemy.exc import DBAPIError

from frontdesk.errors import UserError
from frontdesk.store.connect import WRITES, cause, connect

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_365_011
"""Of PostgreSQL's advisory locks, the one that a migration holds; any number will do."""
PATIENCE = 60.0
"""Seconds to wait while another process migrates."""


def migrate(url: URL, revision: str = "head") -> None:
    """Bring the database up or down to `revision` in one transaction. Raises UserError where it cannot be reached, or is newer than us."""
    try:
        engine = connect(url, PATIENCE, NullPool)
        with engine.connect() as connection:
            if _is_at(connection, revision):
                return
            connection.rollback()
            if url.drivername == "sqlite":  # a table that a migration copies would take its rows' children with it
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
            with connection.execution_options(**{WRITES: True}).begin():
                _migrate(connection, revision)
    except DBAPIError as error:
        hint = "correct desk.database, or start the server" if url.drivername != "sqlite" else "see who else uses the file, and its disk"
        raise UserError(f"{shown(url)}: the store cannot be opened ({cause(error)}); {hint}") from None


def shown(url: URL) -> str:
    """The address without its password."""
    return url.render_as_string(hide_password=True)


def _migrate(connection: Connection, revision: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    if _is_at(connection, revision):  # another process was faster
        return
    settings = _settings()
    settings.attributes["connection"] = connection
    up = revision == "head" or revision > (_current(connection) or "")
    (command.upgrade if up else command.downgrade)(settings, revision)


def _is_at(connection: Connection, revision: str) -> bool:
    scripts, current = ScriptDirectory.from_config(_settings()), _current(connection)
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise UserError(
            f"{shown(connection.engine.url)}: the store has version {current}, this Frontdesk knows up to "
            f"{scripts.get_current_head()}; install the newer Frontdesk that made it"
        )
    return current == (scripts.get_current_head() if revision == "head" else revision)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _settings() -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return settings
