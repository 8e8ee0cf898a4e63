"""The schema's versions: they lead to what tables.py says, up and down, once, and in one piece."""

import multiprocessing
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from setuptools import find_packages
from sqlalchemy import Connection, inspect, text

from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.store.connect import connect, database
from frontdesk.store.migrate import MIGRATIONS, migrate
from frontdesk.store.store import open_store
from frontdesk.store.tables import Base
from tests.conftest import ROOT
from tests.waits import CEILING


@contextmanager
def connected(settings: Config) -> Iterator[Connection]:
    engine = connect(database(settings))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def tables(settings: Config) -> set[str]:
    with connected(settings) as connection:
        return set(inspect(connection).get_table_names())


def test_the_migrated_schema_is_that_of_the_tables(settings: Config) -> None:
    open_store(settings).close()
    with connected(settings) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        # What the comparison above does not look at.
        for name, table in Base.metadata.tables.items():
            rules = {key["constrained_columns"][0]: key["options"].get("ondelete") for key in inspect(connection).get_foreign_keys(name)}
            assert rules == {column.name: key.ondelete for column in table.columns for key in column.foreign_keys}, name
            found = {column["name"]: column["nullable"] for column in inspect(connection).get_columns(name)}
            assert found == {column.name: column.nullable for column in table.columns}, name


def test_up_keeps_the_data_and_down_removes_every_table(settings: Config) -> None:
    store = open_store(settings)
    token, customer = store.add_customer()
    conversation = store.open(customer.id, "shop", "en").id
    store.say(conversation, "customer", "hi")
    store.close()
    again = open_store(settings)
    assert again.customer(token) is not None and [message.text for message in again.messages(conversation)] == ["hi"]
    again.close()
    migrate(database(settings), "base")
    assert tables(settings) == {"alembic_version"}
    open_store(settings).close()
    assert tables(settings) == {"alembic_version", *Base.metadata.tables}


def test_candidates_keep_what_they_are_and_their_ids_are_never_given_again(settings: Config) -> None:
    """SQLite copies their table on the way."""
    migrate(database(settings), "0001")
    with connected(settings) as connection:
        row = 'INSERT INTO candidates (kind, conversation_id, messages, answer, "group", size, status, at, runs)'
        row += " VALUES ('edit', 'c', '[]', :answer, 'g', 1, 'new', 1.0, '[]')"
        connection.execute(text("INSERT INTO customers VALUES ('a', 'b', 1.0, 1.0)"))
        columns = "id, customer_id, run, language, state, revision, opened_at, updated_at"
        connection.execute(text(f"INSERT INTO conversations ({columns}) VALUES ('c', 'a', 'shop', 'en', 'bot', 1, 1.0, 1.0)"))
        connection.execute(text(row), [{"answer": answer} for answer in ("first", "second", "third")])
        connection.execute(text("DELETE FROM candidates WHERE answer = 'third'"))
        connection.commit()
        migrate(database(settings))
        connection.execute(text(row), {"answer": "fourth"})
        connection.commit()
        found = connection.execute(text("SELECT id, answer FROM candidates ORDER BY id")).tuples().all()
        assert found == [(1, "first"), (2, "second"), (4, "fourth")]
    migrate(database(settings), "0001")
    migrate(database(settings))


def test_a_migration_that_fails_leaves_nothing(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    with connected(settings) as connection:
        connection.execute(text("CREATE TABLE ratings (somebody_elses INTEGER)"))  # the last of the tables to be made
        connection.commit()
    with pytest.raises(UserError, match="ratings"):
        open_store(settings)
    assert tables(settings) == {"ratings"}


def test_a_newer_store_is_refused_and_left_alone(settings: Config) -> None:
    open_store(settings).close()
    with connected(settings) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    with pytest.raises(UserError, match="has version 9999"):
        open_store(settings)
    assert tables(settings) == {"alembic_version", *Base.metadata.tables}


def _open(settings: Config, start: "multiprocessing.synchronize.Barrier", results: "multiprocessing.Queue[str]") -> None:
    start.wait()
    try:
        store = open_store(settings)
        results.put("" if store.add_customer() else "none")
        store.close()
    except BaseException as error:
        results.put(repr(error))


def test_processes_that_start_together_migrate_once(settings: Config) -> None:
    context = multiprocessing.get_context("forkserver")
    start, results = context.Barrier(4), context.Queue()
    workers = [context.Process(target=_open, args=(settings, start, results)) for _ in range(4)]
    for worker in workers:
        worker.start()
    assert [results.get(timeout=CEILING) for _ in workers] == [""] * 4
    for worker in workers:
        worker.join()


def test_opening_a_store_that_is_up_to_date_waits_for_no_writer(settings: Config) -> None:
    store = open_store(settings)
    with store.transaction() as session:
        session.execute(text("DELETE FROM customers"))
        open_store(settings).close()
    store.close()


def test_migrations_travel_with_the_package() -> None:
    """They are found as files, so their folders must be packages that are installed."""
    found = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]["find"]
    folders = {path.parent.relative_to(ROOT).as_posix().replace("/", ".") for path in MIGRATIONS.rglob("*.py")}
    assert folders == {"frontdesk.store.migrations", "frontdesk.store.migrations.versions"}
    assert folders <= set(find_packages(str(ROOT), include=found["include"]))
