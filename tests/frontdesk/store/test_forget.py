"""Who is forgotten is gone, from the file's bytes too; what is learned of others and of the time that counts stays."""

import asyncio
import json
import random
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event, select, update

from frontdesk.config.schema import Config
from frontdesk.store import forget as module
from frontdesk.store.connect import StoreUnavailable
from frontdesk.store.forget import Forgotten, expire, forget, keep_expiring, remembered
from frontdesk.store.store import Store, now, open_store
from frontdesk.store.tables import Base, Candidate, Conversation, Customer
from tests.frontdesk.store.test_store import begin
from tests.waits import CEILING

DAY = 86400


def add_candidate(store: Store, conversation: str, message: int | None, *runs: str) -> int:
    with store.transaction() as session:
        made = Candidate(
            kind="edit", conversation_id=conversation, message_id=message, messages=[{"role": "user", "content": "CANDIDATE"}],
            answer="4 dollars", group="g", status="accepted", at=now(), runs=list(runs),
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.id


def fill(store: Store) -> tuple[str, str]:
    """A conversation with one of each; two messages, two candidates, one of which was trained."""
    customer, conversation = begin(store)
    answer = store.say(conversation, "bot", "5 dollars")
    store.rate(customer, answer.id, -1, "wrong")
    store.call_person(conversation, "wish", "a person")
    store.take(conversation, "anna")
    reply = store.reply(conversation, "anna", "4 dollars", suggested="5 dollars")
    add_candidate(store, conversation, answer.id)
    add_candidate(store, conversation, reply.id, "shop", "shop-2")
    store.finish(conversation, "anna", "solved")
    return customer, conversation


def rows(store: Store) -> dict[str, int]:
    with store.reading() as session:
        return {name: len(session.execute(select(Base.metadata.tables[name])).all()) for name in EMPTY}


def age(store: Store, conversation: str, days: float) -> None:
    """Makes a conversation older, and its customer."""
    past = now() - days * DAY
    with store.transaction() as session:
        found = session.get_one(Conversation, conversation)
        found.opened_at = found.updated_at = past
        found.closed_at = past if found.closed_at else None
        session.execute(update(Customer).where(Customer.id == found.customer_id).values(seen_at=past))


EMPTY = dict.fromkeys(Base.metadata.tables.keys() - {"audit"}, 0)  # the log of what people did stays
FILLED = {
    "customers": 1, "conversations": 1, "messages": 2, "ratings": 1, "handoffs": 1, "edits": 1, "candidates": 2, "keys": 0, "logins": 0,
    "buckets": 0, "processes": 0, "running": 0,
}  # fmt: skip


def test_a_customer_is_forgotten_with_everything(store: Store) -> None:
    customer, _ = fill(store)
    store.say(store.open(customer, "shop", "en").id, "customer", "again")
    expected = Forgotten(conversations=2, messages=3, candidates=2, runs=("shop", "shop-2"))
    assert remembered(store, Customer, customer) == expected and rows(store)["customers"] == 1
    fill(store)  # somebody else
    assert forget(store, Customer, customer) == expected
    assert rows(store) == FILLED
    for unknown in (forget, remembered):
        with pytest.raises(LookupError):
            unknown(store, Customer, customer)


def test_one_conversation_is_forgotten_and_its_customer_is_not(store: Store) -> None:
    customer, conversation = fill(store)
    other = store.open(customer, "shop", "en").id
    expected = Forgotten(conversations=1, messages=2, candidates=2, runs=("shop", "shop-2"))
    assert remembered(store, Conversation, conversation) == expected == forget(store, Conversation, conversation)
    assert rows(store) == EMPTY | {"customers": 1, "conversations": 1}
    assert store.conversation(other) is not None
    for unknown in (forget, remembered):
        with pytest.raises(LookupError):
            unknown(store, Conversation, conversation)


def test_an_answer_on_its_way_to_somebody_forgotten_ends(store: Store) -> None:
    customer, conversation = begin(store)
    forget(store, Customer, customer)
    with pytest.raises(LookupError):
        store.say(conversation, "bot", "too late")
    assert rows(store) == EMPTY


def test_what_is_older_than_the_days_expires_and_nothing_else(store: Store) -> None:
    (_, young), (_, old), (_, open_old) = begin(store), begin(store), begin(store)
    for conversation, days in ((young, 29.9), (old, 30.1), (open_old, 31)):
        store.say(conversation, "customer", "hi")
        if conversation == old:
            store.finish(conversation, None, "left")
        age(store, conversation, days)
    assert expire(store, 30) == 2
    assert store.conversation(young) is not None and store.conversation(old) is None and store.conversation(open_old) is None
    assert rows(store) == EMPTY | {"customers": 1, "conversations": 1, "messages": 1}
    assert expire(store, 30) == 0


def test_a_customer_who_came_back_stays_known_without_the_old_conversation(store: Store) -> None:
    customer, conversation = fill(store)
    age(store, conversation, 100)
    with store.transaction() as session:
        session.execute(update(Customer).values(seen_at=now()))
    store.open(customer, "shop", "en")
    expire(store, 30)
    with store.reading() as session:
        assert session.get(Customer, customer) is not None


def test_a_trained_candidate_outlives_its_conversations_words_and_is_still_found(store: Store) -> None:
    customer, conversation = fill(store)
    age(store, conversation, 100)
    assert expire(store, 30) == 1
    assert rows(store) == EMPTY | {"customers": 1, "conversations": 1, "candidates": 1}
    with store.reading() as session:
        kept = session.scalars(select(Candidate)).one()
    assert kept.runs == ["shop", "shop-2"] and kept.message_id is None and kept.messages[0]["content"] == "CANDIDATE"
    assert expire(store, 30) == 0  # once
    assert forget(store, Customer, customer) == Forgotten(conversations=1, messages=0, candidates=1, runs=("shop", "shop-2"))
    assert rows(store) == EMPTY


def test_many_expire_in_batches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    conversations = [fill(store)[1] if number % 2 else begin(store)[1] for number in range(8)]
    for conversation in conversations:
        age(store, conversation, 100)
    assert expire(store, 30) == 8
    assert rows(store) == EMPTY | {"customers": 4, "conversations": 4, "candidates": 4}


def test_the_bytes_are_gone_from_the_file(sqlite: Config) -> None:
    """Rows of all sizes, some rewritten, so that pages split and rows move; both the database and its log are read."""
    store, chance = open_store(sqlite), random.Random(5)
    people = [begin(store) for _ in range(3)]
    with store.transaction() as session:  # the words of the one who stays, and of those who go, between each other
        for _ in range(600):
            who = chance.randrange(3)
            text = f"SECRET{who} " * chance.choice((1, 5, 40, 700))
            session.add(
                module.Message(conversation_id=people[who][1], speaker="customer", text=text, at=now(), source={"id": f"SECRET{who}"})
            )
    for message in store.messages(people[0][1])[::3]:
        store.amend(message.id, text="SECRET0 " * chance.choice((2, 90)))
    assert words(b"SECRET0") > 0 and words(b"SECRET1") > 0
    assert forget(store, Customer, people[0][0]).erased
    assert words(b"SECRET0") == 0 and words(people[0][1].encode()) == 0 and words(people[0][0].encode()) == 0
    assert words(b"SECRET1") > 0
    age(store, people[1][1], 100)
    expire_as_the_desk(store)
    assert words(b"SECRET1") == 0 and words(b"SECRET2") > 0
    assert len(store.messages(people[2][1])) > 100
    store.close()


def expire_as_the_desk(store: Store, days: int = 30) -> None:
    """Once, at the start of the page."""

    async def scenario() -> None:
        task = asyncio.create_task(keep_expiring(store, days))
        async with asyncio.timeout(CEILING):
            while not waiting.is_set():
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait((task,))

    async def sleep(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    waiting = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "asyncio", SimpleNamespace(to_thread=asyncio.to_thread, sleep=sleep))
        asyncio.run(scenario())


def test_a_large_file_is_not_written_anew_beside_customers(
    sqlite: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That would hold SQLite's one lock for longer than others wait."""
    store = open_store(sqlite)
    conversations = [begin(store)[1] for _ in range(2)]
    for conversation in conversations:
        store.say(conversation, "customer", "SECRET")
        age(store, conversation, 100)
    vacuumed: list[str] = []
    event.listen(store.engine, "checkout", lambda connection, *_: connection.set_trace_callback(vacuumed.append))
    monkeypatch.setattr(module, "LARGE", 1000)
    expire_as_the_desk(store)
    assert rows(store) == EMPTY and "VACUUM" not in vacuumed
    assert "at a quiet hour, python -m serve.forget --expired" in capsys.readouterr().out
    monkeypatch.setattr(module, "LARGE", 10**9)
    age(store, begin(store)[1], 100)
    expire_as_the_desk(store)
    assert "VACUUM" in vacuumed and capsys.readouterr().out == ""
    store.close()


def words(word: bytes) -> int:
    """How often it stands in SQLite's files."""
    return sum(path.read_bytes().count(word) for path in Path("runs/shop/desk").iterdir())


def test_a_file_in_use_is_said_to_be_not_erased(sqlite: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRIES", 2)
    store, reader = open_store(sqlite, 0.2), open_store(sqlite)
    customer, conversation = begin(store)
    store.say(conversation, "customer", "SECRET")
    with reader.reading() as session:
        session.execute(select(Customer)).all()  # reads the file as it was
        assert not forget(store, Customer, customer).erased
    assert rows(store) == EMPTY
    store.close()
    reader.close()


def test_the_bytes_go_while_the_desk_goes_on(sqlite: Config) -> None:
    store, desk = open_store(sqlite, CEILING), open_store(sqlite, CEILING)
    (customer, conversation), (_, other) = begin(store), begin(store)
    for _ in range(30):
        store.say(conversation, "customer", "SECRET " * 2000)
    over = threading.Event()

    def talk() -> None:
        while not over.is_set():
            desk.say(other, "customer", "word " * 3000)  # many pages, so that its checkpoints come between ours

    thread = threading.Thread(target=talk)
    thread.start()
    erased = forget(store, Customer, customer).erased
    over.set()
    thread.join()
    assert erased and words(b"SECRET") == 0 and words(b"word") > 0
    desk.close()
    store.close()


def test_expiry_goes_on_every_day_and_after_a_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(module, "erase", lambda store: pytest.fail("there was nothing"))
    calls: list[Any] = []
    pauses: list[float] = []
    store = SimpleNamespace(shared=False)

    def once(store: object, days: int) -> int:
        calls.append((store, days))
        if len(calls) == 2:
            raise StoreUnavailable("database is locked")
        return 0

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr(module, "expire", once)
    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(keep_expiring(store, 30))  # type: ignore[arg-type]
    assert calls == [(store, 30)] * 3 and pauses == [DAY, 3600, DAY]
    assert "database is locked" in json.loads(capsys.readouterr().out)["problem"]
    asyncio.run(keep_expiring(store, None))  # type: ignore[arg-type]  # nothing expires: it ends at once
