"""A store on each of the two databases: a test that takes `store` or `settings` runs on SQLite and on PostgreSQL."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from frontdesk.config.schema import Config
from frontdesk.store.store import Store, open_store
from tests.frontdesk.store.postgres import Cluster

WAIT = 1.0
"""Seconds until a locked database counts as unavailable."""


def shop(database: str | None = None) -> Config:
    """The config of a desk."""
    return Config(
        name="shop", company="Shop", system_prompt="Answer.", model={"base": "none", "template": "chatml"},
        data={"faq": ["faq.csv"]}, desk={"database": database},
    )  # fmt: skip


@pytest.fixture
def sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.chdir(tmp_path)
    return shop()


@pytest.fixture
def postgres(cluster: Cluster) -> Config:
    return shop(cluster.new(f"desk_{secrets.token_hex(6)}"))


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest) -> Config:
    config: Config = request.getfixturevalue(request.param)
    return config


@pytest.fixture
def store(settings: Config) -> Iterator[Store]:
    store = open_store(settings, WAIT)
    yield store
    store.close()


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[Store]:
    store = open_store(shop(cluster.new(f"fleet_{secrets.token_hex(6)}")), WAIT)
    yield store
    store.close()


def set_all(store: Store, statement: str) -> None:
    """Change rows as time or another process would."""
    with store.transaction() as session:
        session.execute(text(statement))
