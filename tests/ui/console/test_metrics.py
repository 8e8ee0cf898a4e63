"""The page's numbers for Prometheus, and who may read them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from frontdesk.engine.vllm import KEY_VARIABLE
from frontdesk.store import keys
from tests.serve.stand_in import served
from tests.ui.desks import SOON, Shop, migrated, settings
from tests.waits import CEILING
from ui.app import create_app
from ui.console.app import mount_console


class Numbers(Shop):
    """A shop's page without Gradio's part."""

    client: httpx.Client

    def read(self, key: str | None = None, **headers: str) -> httpx.Response:
        return self.client.get("/metrics", headers=headers | ({"Authorization": f"Bearer {key}"} if key else {}))

    def value(self, name: str, key: str | None = None, **labels: str) -> float:
        """One number."""
        families = text_string_to_metric_families(self.read(key).raise_for_status().text)
        return next(one.value for family in families for one in family.samples if one.name == name and one.labels == labels)


@pytest.fixture
def numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Numbers]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    (tmp_path / "store.db").write_bytes(migrated())
    config = settings(desk={"database": f"sqlite:///{tmp_path}/store.db"})
    shop = Numbers(config, "http://127.0.0.1:1", None, SOON)  # type: ignore[arg-type] # nothing is asked of the engine
    app = create_app(config, shop.desk, shop.store)
    mount_console(app, shop.desk, shop.store, config)
    with served(app) as url, httpx.Client(base_url=url, trust_env=False, timeout=CEILING) as client:
        shop.client = client
        yield shop
    shop.store.close()


def test_they_count_conversations_and_the_longest_wait(numbers: Numbers) -> None:
    states = ("bot", "waiting", "agent", "closed")
    assert [numbers.value("frontdesk_conversations", state=one) for one in states] == [0, 0, 0, 0]
    assert numbers.value("frontdesk_longest_wait_seconds") == 0
    store = numbers.store
    made = [store.open(store.add_customer()[1].id, "shop", "en").id for _ in range(6)]
    for one in made[:4]:
        store.say(one, "customer", "Hello")
        store.call_person(one, "wish", "a person")
    with store.transaction() as session:
        session.connection().exec_driver_sql(f"UPDATE handoffs SET at = at - 500 WHERE conversation_id = '{made[0]}'")
        session.connection().exec_driver_sql(f"UPDATE handoffs SET at = at - 300 WHERE conversation_id = '{made[1]}'")
    assert 500 <= numbers.value("frontdesk_longest_wait_seconds") < 500 + CEILING
    store.take(made[0], "anna")
    store.finish(made[3], None, "left")
    assert [numbers.value("frontdesk_conversations", state=one) for one in states] == [2, 2, 1, 1]
    assert 300 <= numbers.value("frontdesk_longest_wait_seconds") < 300 + CEILING, "the oldest of those whom nobody took"
    assert numbers.value("frontdesk_people_available") == 1
    assert numbers.value("process_resident_memory_bytes") > 2**20


def test_only_an_admin_reads_them_once_there_is_a_key(numbers: Numbers) -> None:
    assert numbers.read().status_code == 200
    assert numbers.read(host="evil.example").status_code == numbers.read(**{"x-forwarded-for": "1.2.3.4"}).status_code == 401
    made = {role: keys.create(numbers.store, role, role) for role in keys.ROLES}
    gone = keys.create(numbers.store, "gone", "admin")
    keys.revoke(numbers.store, "gone")
    given = (None, *made.values(), gone)
    assert [numbers.read(key).status_code for key in given] == [401, 403, 403, 200, 401]
    assert numbers.client.get("/metrics", headers={"Authorization": f"Basic {made['admin']}"}).status_code == 401
    assert numbers.client.post("/metrics", headers={"Authorization": f"Bearer {made['admin']}"}).status_code == 405
    assert not any(key and key in numbers.read(key).text for key in given)


def test_who_tries_keys_is_slowed_down(numbers: Numbers) -> None:
    admin = keys.create(numbers.store, "anna", "admin")
    tried = [numbers.read(f"guess-{number}").status_code for number in range(30)]
    assert tried[:20] == [401] * 20 and tried[-1] == 429
    assert numbers.read(admin).status_code == 429, "from that address"


def test_while_the_store_is_away_an_admin_sees_that(numbers: Numbers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    admin, other = (keys.create(numbers.store, name, "admin") for name in ("anna", "bo"))
    before = numbers.value("frontdesk_store_errors_total", admin)
    monkeypatch.setattr(numbers.store, "_read", numbers.store._write)  # as PostgreSQL: readers fail, too
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        text = numbers.read(admin).raise_for_status().text
        assert "frontdesk_conversations" not in text and "frontdesk_longest_wait_seconds" not in text, "what is not known is not told"
        assert numbers.read(other).status_code == 503, "it was never looked up"
        assert numbers.read().status_code == 503
        lock.execute("ROLLBACK")
    assert numbers.value("frontdesk_store_errors_total", admin) >= before + 4
    assert numbers.read(other).status_code == 200


def test_without_a_console_there_is_no_such_page(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(migrated())
    shop = Shop(settings(desk={"database": f"sqlite:///{tmp_path}/store.db"}), "http://127.0.0.1:1", None, SOON)  # type: ignore[arg-type]
    with served(create_app(shop.config, shop.desk, shop.store)) as url:
        assert httpx.get(f"{url}/metrics", trust_env=False).status_code == 404
    shop.store.close()
