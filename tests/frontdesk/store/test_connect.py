"""Connections to a file that another process is making."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import URL, make_url
from sqlalchemy.exc import OperationalError

from frontdesk.store import connect as module
from frontdesk.store.connect import connect
from tests.waits import CEILING


@pytest.fixture
def url(tmp_path: Path) -> URL:
    return make_url(f"sqlite:///{tmp_path / 'store.db'}")


@pytest.fixture
def maker(url: URL) -> Iterator[sqlite3.Connection]:
    """Another connection, which writes to the new file and has not finished."""
    connection = sqlite3.connect(str(url.database), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def journal(url: URL, wait: float) -> Any:
    with connect(url, wait).connect() as connection:
        return connection.exec_driver_sql("PRAGMA journal_mode").scalar()


def test_it_is_waited_for(url: URL, maker: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, done = threading.Event(), threading.Event()

    def sleep(_: float) -> None:
        waiting.set()
        assert done.wait(CEILING)

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(journal, url, CEILING)
        assert waiting.wait(CEILING)
        maker.execute("ROLLBACK")
        done.set()
        assert found.result() == "wal"


def test_but_not_for_longer_than_asked(url: URL, maker: sqlite3.Connection) -> None:
    with pytest.raises(OperationalError, match="database is locked"):
        journal(url, 0.0)
