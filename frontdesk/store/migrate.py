"""Schema migrations.

`open_store` brings a database to the newest version; two processes that start together do it once.

For a new version, change tables.py and write `migrations/versions/NNNN_name.py`. Tests check that both agree.
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
LOCK = 7_365_011  # PostgreSQL's advisory lock during a migration; any number will do
PATIENCE = 60.0  # seconds to wait while another process migrates


def migrate(url: URL, revision: str = "head") -> None:
    """Bring the database to `revision` in one transaction. Raises UserError if it is away or too new."""
    try:
        with connect(url, PATIENCE, NullPool).connect() as connection:
            if connection.dialect.name == "postgresql" and connection.scalar(text("SELECT pg_is_in_recovery()")):
                do = "give desk.database the primary's address, or wait until this one is promoted"
                raise UserError(f"{shown(url)}: the database is in recovery, as a standby is: it can be read and not written; {do}")
            if _steps(connection, revision) == 0:
                return
            connection.rollback()
            if url.drivername == "sqlite":  # else a migration that copies a table would delete the rows that refer to it
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
            with connection.execution_options(**{WRITES: True}).begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                if steps := _steps(connection, revision):  # again: another process may have been faster
                    settings = _settings()
                    settings.attributes["connection"] = connection
                    (command.upgrade if steps > 0 else command.downgrade)(settings, revision)
    except DBAPIError as error:
        hint = "correct desk.database, or start the server" if url.drivername != "sqlite" else "see who else uses the file, and its disk"
        raise UserError(f"{shown(url)}: the store cannot be opened ({cause(error)}); {hint}") from None


def shown(url: URL) -> str:
    """The address without its password."""
    return url.render_as_string(hide_password=True)


def _steps(connection: Connection, revision: str) -> int:
    """How many versions `revision` is above (or, below 0, under) the database's."""
    current = MigrationContext.configure(connection).get_current_revision() or "base"
    versions = ["base", *reversed([script.revision for script in ScriptDirectory.from_config(_settings()).walk_revisions()])]
    if current not in versions:
        raise UserError(
            f"{shown(connection.engine.url)}: the store has version {current}, this Frontdesk knows up to {versions[-1]}; "
            "install the newer Frontdesk that made it"
        )
    return versions.index(versions[-1] if revision == "head" else revision) - versions.index(current)


def _settings() -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return settings
