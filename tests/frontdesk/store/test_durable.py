"""What was acknowledged is there, and what failed left nothing, whatever died, was full, locked or away."""

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.store import leases
from frontdesk.store.connect import connect, database
from frontdesk.store.store import Store, StoreUnavailable, open_store
from tests.frontdesk.store.conftest import WAIT
from tests.frontdesk.store.postgres import Cluster
from tests.frontdesk.store.test_store import begin
from tests.waits import CEILING

ROOT = Path(__file__).resolve().parents[3]
TALKER = """
import sys
from frontdesk.config.schema import Config
from frontdesk.store.store import open_store
store = open_store(Config.model_validate_json(sys.argv[1]))
while True:
    print(store.say(sys.argv[2], "customer", "word " * 300).id, flush=True)
"""


def test_every_acknowledged_message_survives_kill_9(store: Store, settings: Config) -> None:
    _, conversation = begin(store)
    command = [sys.executable, "-c", TALKER, settings.model_dump_json(), conversation]
    acknowledged: list[int] = []
    for _ in range(2):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as talker:
            assert talker.stdout is not None
            acknowledged += [int(talker.stdout.readline()) for _ in range(25)]
            os.kill(talker.pid, signal.SIGKILL)
            acknowledged += [int(line) for line in talker.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    kept = [message.id for message in store.messages(conversation)]
    assert set(acknowledged) <= set(kept) and len(kept) <= len(acknowledged) + 2  # of each child one that it could not tell of any more
    found = store.conversation(conversation)
    assert found is not None and found.revision == 1 + len(kept)
    assert store.say(conversation, "bot", "hello").id > max(kept)


def whole(store: Store, conversation: str, messages: list[str]) -> None:
    """Asserts that message and revision agree: of what failed nothing is there."""
    assert [message.text for message in store.messages(conversation)] == messages
    assert store.revision(conversation) == 1 + len(messages)


@contextmanager
def locked(settings: Config, conversation: str) -> Iterator[None]:
    engine = connect(database(settings))
    with engine.connect().execution_options(writes=True) as connection:
        connection.execute(text("UPDATE conversations SET language = 'xx' WHERE id = :id"), {"id": conversation})
        yield
        connection.rollback()
    engine.dispose()


def test_a_lock_held_too_long(store: Store, settings: Config) -> None:
    _, conversation = begin(store)
    store.say(conversation, "customer", "before")
    with locked(settings, conversation):
        with pytest.raises(StoreUnavailable):
            store.say(conversation, "customer", "during")
        whole(store, conversation, ["before"])  # and it can be read
    store.say(conversation, "customer", "after")
    whole(store, conversation, ["before", "after"])


def test_a_lock_held_shortly_costs_only_time(settings: Config) -> None:
    store = open_store(settings, CEILING)
    _, conversation = begin(store)
    with locked(settings, conversation):
        thread = threading.Thread(target=store.say, args=(conversation, "customer", "patient"))
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
    thread.join()
    whole(store, conversation, ["patient"])
    store.close()


def test_many_writers_at_once_all_succeed(settings: Config) -> None:
    store = open_store(settings, CEILING)
    conversations = [begin(store)[1] for _ in range(16)]
    failures: list[Exception] = []

    def talk(conversation: str) -> None:
        try:
            for number in range(10):
                store.say(conversation, "customer", str(number))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=talk, args=(conversation,)) for conversation in conversations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for conversation in conversations:
        whole(store, conversation, [str(number) for number in range(10)])
    store.close()


def _pages(store: Store) -> Callable[[], None]:
    """SQLite's own idea of a full disk: no page more than there are. Returns what makes room again."""

    def limit(connection: object, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]  # no fewer than there are

    event.listen(store.engine, "connect", limit)
    store.engine.dispose()

    def room() -> None:
        event.remove(store.engine, "connect", limit)
        store.engine.dispose()

    return room


def _file_size(store: Store) -> Callable[[], None]:
    """The system refuses to let a file grow, in the midst of a write. Returns what allows it again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = max(path.stat().st_size for path in Path("runs/shop/desk").iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("fill", [_pages, _file_size])
def test_a_full_disk(sqlite: Config, fill: Callable[[Store], Callable[[], None]]) -> None:
    store = open_store(sqlite, WAIT)
    _, conversation = begin(store)
    make_room, said = fill(store), []
    try:
        with pytest.raises(StoreUnavailable):
            for number in range(2000):
                store.say(conversation, "customer", f"{number} " + "word " * 1000)
                said.append(f"{number} " + "word " * 1000)
        whole(store, conversation, said)
        with pytest.raises(StoreUnavailable):
            store.say(conversation, "customer", "word " * 100_000)
    finally:
        make_room()
    store.say(conversation, "customer", "after")
    whole(store, conversation, [*said, "after"])
    with store.reading() as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    store.close()


def test_a_database_that_may_only_be_read(store: Store) -> None:
    customer, conversation = begin(store)
    statement = "PRAGMA query_only = ON" if store.engine.dialect.name == "sqlite" else "SET default_transaction_read_only = on"

    def forbid(connection: object, _record: object) -> None:
        connection.cursor().execute(statement)  # type: ignore[attr-defined]
        connection.commit()  # type: ignore[attr-defined]

    event.listen(store.engine, "connect", forbid)
    store.engine.dispose()
    with pytest.raises(StoreUnavailable):
        store.say(conversation, "customer", "hi")
    assert store.current(customer) is not None
    event.remove(store.engine, "connect", forbid)
    store.engine.dispose()
    store.say(conversation, "customer", "hi")
    whole(store, conversation, ["hi"])


def test_a_damaged_file_is_unavailable_and_its_words_are_not_told(sqlite: Config) -> None:
    store = open_store(sqlite, WAIT)
    _, conversation = begin(store)
    store.close()
    path = Path("runs/shop/desk/store.db")
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(StoreUnavailable) as raised:
        store.say(conversation, "customer", "my secret")
    assert "secret" not in str(raised.value) and "\n" not in str(raised.value)
    store.close()


def test_a_server_that_dies_and_comes_back(postgres: Config, cluster: Cluster) -> None:
    store = open_store(postgres, WAIT)
    _, conversation = begin(store)
    for number in range(20):
        store.say(conversation, "customer", str(number))
    cluster.stop("immediate")  # as in a crash
    try:
        with pytest.raises(StoreUnavailable):
            store.say(conversation, "customer", "lost")
        with pytest.raises(StoreUnavailable):
            store.messages(conversation)
    finally:
        cluster.start()
    store.say(conversation, "customer", "20")
    cluster.stop()
    cluster.start()
    store.say(conversation, "customer", "21")  # connections that died while nobody used them cost nobody an error
    whole(store, conversation, [str(number) for number in range(22)])
    store.close()


def test_a_server_that_vanishes_or_does_not_end_is_given_up(postgres: Config) -> None:
    """A network that swallows packets takes root to make; that PostgreSQL's own client was told to give up is seen."""
    store = open_store(postgres, 3)
    with store.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        told = driver.info.get_parameters()
        assert {name: told[name] for name in told if "keepalives" in name or "timeout" in name} == {
            "connect_timeout": "3", "tcp_user_timeout": "3000",
            "keepalives_idle": "3", "keepalives_interval": "1", "keepalives_count": "3",
        }  # fmt: skip
        shown = [connection.scalar(text(f"SHOW {name}_timeout")) for name in ("lock", "statement")]
        assert shown == ["3s", "36s"]
    store.close()
    store = open_store(postgres, 0.05)
    with pytest.raises(StoreUnavailable, match="statement timeout"), store.reading() as session:
        session.execute(text("SELECT pg_sleep(60)"))
    store.close()


def test_an_error_tells_no_words(settings: Config) -> None:
    open_store(settings).close()
    engine = connect(database(settings))
    with engine.connect() as connection, pytest.raises(ProgrammingError if engine.name == "postgresql" else OperationalError) as caught:
        connection.execute(text("INSERT INTO nowhere VALUES (:words)"), {"words": "SECRET"})
    assert "nowhere" in str(caught.value) and "SECRET" not in str(caught.value)
    engine.dispose()


@pytest.mark.slow
def test_a_database_in_recovery_is_one_line_and_loses_nothing(postgres: Config, cluster: Cluster) -> None:
    store = open_store(postgres, WAIT)
    _, conversation = begin(store)
    cluster.stop()
    (cluster.data / "standby.signal").touch()
    cluster.start()
    try:
        with pytest.raises(UserError, match="the database is in recovery") as told:
            open_store(postgres, WAIT)
        assert "\n" not in str(told.value) and "primary" in str(told.value)
        with pytest.raises(StoreUnavailable, match="read-only"):
            store.say(conversation, "customer", "hi")
        with pytest.raises(StoreUnavailable):
            leases.ask(store, conversation, "hi", "page")
        assert store.messages(conversation) == []
    finally:
        cluster.promote()
    store.say(conversation, "customer", "hi")
    store.close()
