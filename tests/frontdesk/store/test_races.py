"""Changes at the same time: one wins, the others are told. Two stores, as in two processes, and eight threads on each database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from frontdesk.config.schema import Config
from frontdesk.store.store import Closed, NotYours, Store, open_store
from frontdesk.store.tables import Conversation, Handoff, Message
from tests.frontdesk.store.test_store import begin, called
from tests.waits import CEILING

T = TypeVar("T")
ROUNDS = 5


@pytest.fixture
def stores(settings: Config) -> Iterator[list[Store]]:
    made = [open_store(settings, CEILING) for _ in range(2)]
    yield made
    for store in made:
        store.close()


def at_once(stores: list[Store], act: Callable[[Store, int], T], count: int = 8) -> list[T | Exception]:
    """What `count` threads got, which began together."""
    start, results = threading.Barrier(count), dict[int, T | Exception]()

    def work(number: int) -> None:
        start.wait(CEILING)
        try:
            results[number] = act(stores[number % len(stores)], number)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[number] for number in range(count)]


def test_one_agent_takes_a_conversation(stores: list[Store]) -> None:
    for _ in range(ROUNDS):
        conversation = called(stores[0])
        results = at_once(stores, lambda store, number, id=conversation: store.take(id, f"agent {number}"))
        assert sorted(map(str, results)) == ["False"] * 7 + ["True"]
        call = stores[1].handoff(conversation)
        assert call is not None and call.agent == f"agent {results.index(True)}"


def test_two_tabs_open_one_conversation(stores: list[Store]) -> None:
    for _ in range(ROUNDS):
        _, customer = stores[0].add_customer()
        results = at_once(stores, lambda store, _, id=customer.id: store.open(id, "shop", "en").id)
        with stores[0].reading() as session:
            ids = session.scalars(select(Conversation.id).where(Conversation.customer_id == customer.id)).all()
        assert len(ids) == 1 and results == [*ids] * 8


def test_a_person_is_called_once(stores: list[Store]) -> None:
    for _ in range(ROUNDS):
        _, conversation = begin(stores[0])
        results = at_once(stores, lambda store, _, id=conversation: store.call_person(id, "wish", "help"))
        assert sorted(str(result or "") for result in results) == [""] * 7 + [conversation]
        with stores[0].reading() as session:
            assert session.scalar(select(func.count()).select_from(Handoff).where(Handoff.conversation_id == conversation)) == 1


def test_what_is_left_twice_is_not_lost_while_an_agent_takes_the_first(stores: list[Store]) -> None:
    def go_on(store: Store, number: int, left: str, later: str) -> None:
        with suppress(Closed, LookupError):  # the agent came first, and the second has ended; or it has joined the first
            if number % 2:
                store.take(left, f"agent {number}")
            else:
                store.call_person(later, "wish", "and the stove", out_of_hours=True)

    for round in range(1, ROUNDS + 1):
        customer, left = begin(stores[0])
        stores[0].say(left, "customer", "the tent")
        stores[0].call_person(left, "wish", "the tent", out_of_hours=True)
        later = stores[0].open(customer, "shop", "en", anew=True).id
        stores[0].say(later, "customer", "and the stove")
        results = at_once(stores, lambda store, number, left=left, later=later: go_on(store, number, left, later))
        assert results == [None] * 8
        found = stores[0].conversation(left)
        assert found is not None and found.state == "agent"
        with stores[0].reading() as session:
            said = select(Message.text).join(Conversation).where(Conversation.customer_id == customer).order_by(Message.id)
            assert list(session.scalars(said)) == ["the tent", "and the stove"]
            assert session.scalar(select(func.count()).select_from(Handoff)) == round


def test_messages_at_once_are_all_there_and_time_follows_their_ids(stores: list[Store]) -> None:
    _, conversation = begin(stores[0])
    results = at_once(stores, lambda store, number: [store.say(conversation, "customer", f"{number}").id for _ in range(5)])
    messages = stores[0].messages(conversation)
    assert sorted(id for ids in results for id in ids) == [message.id for message in messages]  # type: ignore[union-attr]
    assert [message.at for message in messages] == sorted(message.at for message in messages)
    assert stores[0].revision(conversation) == 1 + 40


def test_ratings_at_once_leave_one(stores: list[Store]) -> None:
    customer, conversation = begin(stores[0])
    answer = stores[0].say(conversation, "bot", "hi").id
    assert at_once(stores, lambda store, number: store.rate(customer, answer, 1 if number % 2 else -1)) == [None] * 8
    assert stores[0].ratings(conversation)[answer].value in (1, -1) and stores[0].revision(conversation) == 2 + 8


def test_nothing_is_said_after_the_close(stores: list[Store]) -> None:
    """Of a close and messages at once, those that were too late were told so, and no other."""
    for _ in range(ROUNDS):
        conversation = called(stores[0])
        stores[0].take(conversation, "anna")

        def act(store: Store, number: int, id: str = conversation) -> None:
            if number == 4:
                store.finish(id, "anna", "solved")
            else:
                store.reply(id, "anna", str(number))

        results = at_once(stores, act)
        assert results[4] is None and all(result is None or isinstance(result, (Closed, NotYours)) for result in results)
        said = {message.text for message in stores[0].messages(conversation)}
        assert said == {str(number) for number, result in enumerate(results) if result is None and number != 4}
