"""Two pages on one PostgreSQL: each hears what happens at the other, and one does what the other left undone, once."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from frontdesk.store import fleet, leases
from frontdesk.store.store import Store
from frontdesk.web.rate_limit import TooMany
from tests.frontdesk.store.postgres import Cluster
from tests.serve.stand_in import Engine, served
from tests.ui.desks import Shop, settings, told
from tests.waits import CEILING, until
from ui.desk import others
from ui.desk.answers import AT_ONCE
from ui.desk.desk import BY_CUSTOMER, Desk, Wait
from ui.desk.views import View

ASK, ANSWER = "How much is shipping?", "Shipping is 4 dollars."
PERSON = "I want to talk to a human"
Scene = Callable[[Shop, Desk], Coroutine[Any, Any, None]]
Play = Callable[[Scene], None]


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> str:
    return cluster.new("pages")


@pytest.fixture
def play(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Plays a scene of a shop's page and another one that listen, and look at nothing by themselves."""
    monkeypatch.setattr("ui.desk.desk.LOOK_SECONDS", math.inf)
    monkeypatch.setattr("ui.desk.desk.LISTENING_SECONDS", math.inf)
    monkeypatch.chdir(tmp_path)

    def played(scene: Scene) -> None:
        engine = Engine()
        engine.parts = told("Shipping is ", "4 dollars.")
        with served(engine) as url:
            shop = Shop(settings(desk={"database": database}), url, engine, 20)

            async def both() -> None:
                other = shop.new_desk()
                async with listening(shop.desk, other):
                    await scene(shop, other)

            asyncio.run(asyncio.wait_for(both(), CEILING))
        shop.store.close()

    return played


@asynccontextmanager
async def listening(*desks: Desk) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(others.listen(desk)) for desk in desks]
    await until(lambda: all(desk.listening for desk in desks))
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@asynccontextmanager
async def seen_at(desk: Desk, customer: str) -> AsyncIterator[list[View]]:
    """What an open page of the customer's gets at this desk."""
    views: list[View] = []

    async def look() -> None:
        async for view in desk.watch(customer):
            views.append(view)

    task = asyncio.create_task(look())
    await until(lambda: bool(views))
    yield views
    task.cancel()
    await asyncio.wait({task})


def end_leases(store: Store) -> None:
    with store.transaction() as session:
        session.execute(text("UPDATE conversations SET lease_until = 0 WHERE asked IS NOT NULL"))


async def one_round(desk: Desk) -> None:
    tasks: set[asyncio.Task[None]] = set()
    await others.round_of(desk, tasks)
    await asyncio.gather(*tasks)


def test_a_page_sees_the_answer_that_another_writes_and_lets_nobody_speak_meanwhile(play: Play) -> None:
    async def scene(shop: Shop, other: Desk) -> None:
        shop.engine.allowed, customer = 0, await shop.enter()
        async with seen_at(other, customer) as views:
            await shop.desk.say(customer, ASK, "en")
            await until(lambda: views[-1].busy)
            assert (views[-1].pending, views[-1].notices, [turn.text for turn in views[-1].turns]) == ("", (), [ASK])
            with pytest.raises(Wait):
                await other.say(customer, "And express?", "en")
            shop.engine.allowed = math.inf
            await until(lambda: len(views[-1].turns) == 2)
            assert (views[-1].turns[1].text, views[-1].busy, views[-1].notices) == (ANSWER, False, ())
        await other.answer(customer, again=True)
        await until(lambda: not other.sessions.of(customer).busy)
        assert shop.said(customer) == [("customer", ASK), ("bot", ANSWER)], "another in its place, from the other page"

    play(scene)


def test_customers_hear_agents_of_another_page_and_the_queue_moves(play: Play) -> None:
    async def scene(shop: Shop, other: Desk) -> None:
        first, second = await shop.enter(), await shop.enter()
        for customer in (first, second):
            await shop.desk.say(customer, PERSON, "en")
        async with seen_at(shop.desk, first) as views, seen_at(shop.desk, second) as behind:
            assert (views[-1].place, behind[-1].place) == (1, 2)
            conversation = views[-1].conversation_id or ""
            assert await other.take(conversation, "anna")
            await other.reply(conversation, "anna", "Hello!")
            await until(lambda: len(views[-1].turns) == 2 and behind[-1].place == 1)
            assert (views[-1].agent, views[-1].turns[1].text) == ("anna", "Hello!")
            await other.finish(conversation, "anna", "solved")
            await other.take(behind[-1].conversation_id or "", "anna")
            await until(lambda: views[-1].state == "closed" and behind[-1].state == "agent")
            await other.finish(behind[-1].conversation_id or "", "anna", "solved")

    play(scene)


def test_an_answer_is_stopped_from_another_page(play: Play) -> None:
    async def scene(shop: Shop, other: Desk) -> None:
        shop.engine.parts, shop.engine.allowed = told(*["word "] * 9), 3
        customer = await shop.enter()
        async with seen_at(shop.desk, customer) as views, seen_at(other, customer) as elsewhere:
            await shop.desk.say(customer, ASK, "en")
            await until(lambda: bool(views[-1].pending))
            await other.stop(customer)
            await until(lambda: all(len(seen[-1].turns) == 2 and not seen[-1].busy for seen in (views, elsewhere)))
            for seen in (views, elsewhere):
                assert seen[-1].turns[1].cut and seen[-1].turns[1].text.startswith("word") and seen[-1].notices == ("stopped",)

    play(scene)


def test_what_went_wrong_at_one_page_is_told_at_all_and_over_at_all(play: Play) -> None:
    async def scene(shop: Shop, other: Desk) -> None:
        shop.engine.status, customer = 400, await shop.enter()
        view = await shop.ask(customer, "x" * 2001)
        told_there = await other.view(customer)
        assert view.notices == told_there.notices == ("cut", "unreachable", "offer_person")
        shop.engine.status = 200
        await other.answer(customer, again=True)
        async with seen_at(shop.desk, customer) as views:
            await until(lambda: len(views[-1].turns) == 2)
            assert views[-1].notices == ("cut",)
        shop.engine.status = 400
        await shop.ask(customer, ASK)
        await other.say(customer, "yes please", "en")
        waiting = await shop.desk.view(customer)
        assert (waiting.state, waiting.notices) == ("waiting", ())

    play(scene)


def test_what_a_dead_page_left_is_answered_by_another_or_queued(play: Play) -> None:
    async def scene(shop: Shop, other: Desk) -> None:
        asked, wished, replaced = await shop.enter(), await shop.enter(), await shop.enter()
        await shop.ask(replaced, ASK)
        for customer, words in ((asked, ASK), (wished, PERSON)):
            leases.ask(shop.store, shop.store.open(customer, "shop", "en").id, words, "dead")
        conversation = shop.store.current(replaced)
        assert conversation is not None
        leases.claim(shop.store, conversation.id, shop.store.messages(conversation.id)[-1].id, "dead")
        await one_round(other)
        assert len(shop.engine.bodies) == 1, "it may yet live"
        view = await shop.desk.view(asked)
        assert (view.busy, view.notices) == (True, ())
        end_leases(shop.store)
        await asyncio.gather(one_round(other), one_round(shop.desk))
        await until(lambda: shop.said(asked) == [("customer", ASK), ("bot", ANSWER)])
        assert len(shop.engine.bodies) == 2, "by one of the two"
        assert (await shop.desk.view(wished)).state == "waiting"
        view = await shop.desk.view(replaced)
        assert (view.busy, view.notices, [turn.text for turn in view.turns]) == (False, (), [ASK, ANSWER])
        assert leases.abandoned(shop.store, "shop") == []

    play(scene)


def test_a_page_that_lost_its_lease_stores_no_second_answer(play: Play) -> None:
    async def scene(shop: Shop, other: Desk) -> None:
        shop.engine.parts, shop.engine.allowed = told("First."), 0
        customer = await shop.enter()
        await shop.desk.say(customer, ASK, "en")
        await until(lambda: len(shop.engine.bodies) == 1)
        end_leases(shop.store)
        shop.desk.answers.check = lambda session: asyncio.sleep(0)  # type: ignore[method-assign,assignment]  # it hangs, and hears nothing
        await one_round(other)
        await until(lambda: len(shop.engine.bodies) == 2)
        shop.engine.allowed = math.inf
        await until(lambda: not any(desk.sessions.of(customer).busy for desk in (shop.desk, other)))
        assert shop.said(customer) == [("customer", ASK), ("bot", "First.")]

    play(scene)


def test_what_a_page_writes_that_is_stopped_another_gives_whole_and_at_once(play: Play) -> None:
    async def scene(shop: Shop, other: Desk) -> None:
        shop.engine.allowed, customer = 2, await shop.enter()
        await shop.desk.say(customer, ASK, "en")
        session = shop.desk.sessions.of(customer)
        await until(lambda: bool(session.answer and session.answer.text))
        await others.leave(shop.desk)
        assert session.keeper and session.keeper.cancel()  # as at the end of its loop
        await asyncio.wait({session.keeper})
        shop.engine.allowed = math.inf
        await one_round(other)
        await until(lambda: len(shop.said(customer)) == 2)
        assert shop.said(customer) == [("customer", ASK), ("bot", ANSWER)]

    play(scene)


def test_a_page_that_still_answers_keeps_its_lease(play: Play) -> None:
    async def scene(shop: Shop, other: Desk) -> None:
        shop.engine.allowed, customer = 0, await shop.enter()
        await shop.desk.say(customer, ASK, "en")
        end_leases(shop.store)
        await one_round(shop.desk)
        await one_round(other)
        shop.engine.allowed = math.inf
        await until(lambda: len(shop.said(customer)) == 2)
        assert len(shop.engine.bodies) == 1

    play(scene)


def test_who_called_a_person_elsewhere_gets_no_answer_of_the_bot_any_more(play: Play) -> None:
    async def scene(shop: Shop, other: Desk) -> None:
        shop.engine.allowed, customer = 1, await shop.enter()
        await shop.desk.say(customer, ASK, "en")
        await other.person(customer)
        await until(lambda: not shop.desk.sessions.of(customer).busy and shop.engine.left == 1)
        assert shop.said(customer) == [("customer", ASK)] and (await shop.desk.view(customer)).state == "waiting"

    play(scene)


def test_messages_count_at_all_pages_and_places_are_shared(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(shop: Shop, other: Desk) -> None:
        customer = await shop.enter()
        await shop.desk.person(customer)
        monkeypatch.setattr(fleet, "MINUTE", 1e9)
        for number in range(BY_CUSTOMER):
            await (shop.desk, other)[number % 2].say(customer, str(number), "en")
        for desk in (shop.desk, other):
            with pytest.raises(TooMany):
                await desk.say(customer, "one more", "en")
        with shop.store.transaction() as session:
            session.execute(text("DELETE FROM processes"))  # of the other tests
        for desk in (shop.desk, other, shop.desk):
            await one_round(desk)
        assert [desk.answers.places.total_tokens for desk in (shop.desk, other)] == [AT_ONCE // 2] * 2
        await others.leave(other)
        await one_round(shop.desk)
        assert shop.desk.answers.places.total_tokens == AT_ONCE

    play(scene)


def test_a_page_whose_database_restarts_says_so_once_and_listens_again(
    play: Play, cluster: Cluster, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others, "PAUSE", 0.05)

    async def scene(shop: Shop, other: Desk) -> None:
        customer = await shop.enter()
        async with seen_at(other, customer) as views:
            await asyncio.to_thread(cluster.stop)
            await until(lambda: not other.listening and not shop.desk.listening)
            await asyncio.to_thread(cluster.start)
            await until(lambda: other.listening and shop.desk.listening)
            await shop.ask(customer, ASK)
            await until(lambda: len(views[-1].turns) == 2)

    play(scene)
    lines = [line for line in capsys.readouterr().out.splitlines() if '"event": "database"' in line]
    told = [sum(f'"reachable": {now}' in line for line in lines) for now in ("false", "true")]
    assert told == [2, 2], "one of each page"
