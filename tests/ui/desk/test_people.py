"""People behind the bot: when a customer gets to one, and what both see."""

import asyncio
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest

from frontdesk.config.hours import read_hours
from frontdesk.config.schema import DeskConfig
from frontdesk.store import credentials, keys
from frontdesk.store.store import NotYours
from tests.ui.desks import SOURCE, Shop, refusing, run, told
from tests.waits import until
from ui.desk.desk import MAX_CHARACTERS, Suggestion, TooLong

ASK = "How much is shipping?"
PERSON = "I want to talk to a human"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AWAY = {"hours": [f"{DAYS[(datetime.now(UTC).weekday() + 3) % 7]} 09:00-10:00"]}
"""Opening hours that are not now."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a desk that does not look at the store by itself: what a page hears of, it was told."""
    monkeypatch.setattr("ui.desk.desk.LOOK_SECONDS", math.inf)
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def call(shop: Shop, customer: str) -> tuple[str, str, bool]:
    """Reason, wish and whether people were away, of the customer's open call."""
    conversation = shop.store.current(customer)
    handoff = shop.store.handoff(conversation.id) if conversation else None
    assert conversation is not None and handoff is not None and conversation.state == "waiting"
    assert (await shop.desk.view(customer)).state == "waiting"
    return handoff.reason, handoff.wish, handoff.out_of_hours


def test_a_wish_calls_a_person_and_the_bot_is_not_asked(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        await shop.ask(customer, ASK)
        view = await shop.ask(customer, PERSON)
        assert await call(shop, customer) == ("wish", ASK, False)
        assert (view.busy, view.notices, view.place, len(shop.engine.bodies)) == (False, (), 1, 1)
        await shop.ask(customer, "Hello? What about express?")
        assert len(shop.engine.bodies) == 1 and len(shop.store.queue()) == 1

    run(folder, scene)


def test_a_refusal_and_a_yes_call_a_person(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer, other = await shop.enter(), await shop.enter()
        shop.engine.parts = refusing()
        await shop.ask(customer, "Where is order 4711?")
        await shop.ask(other, "Where is order 4712?")
        await shop.ask(customer, "yes, please")
        assert await call(shop, customer) == ("refusal", "Where is order 4711?", False)
        shop.engine.parts = told("Fine.")
        assert (await shop.ask(other, "no thanks")).turns[-1].text == "Fine."

    run(folder, scene)


def test_a_topic_and_a_question_asked_twice_call_a_person(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer, other = await shop.enter(), await shop.enter()
        await shop.ask(customer, "I have a complaint about my tent")
        assert await call(shop, customer) == ("topic", "I have a complaint about my tent", False)
        await shop.ask(other, ASK)
        await shop.ask(other, "And express?")
        await shop.ask(other, "how much is the shipping??")
        assert await call(shop, other) == ("repeated", "how much is the shipping??", False)

    run(folder, scene, desk={"topics": {"complaint": ["complaint"]}})


def test_two_thumbs_down_call_a_person_and_one_taken_back_does_not(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        await shop.ask(customer, ASK)
        view = await shop.ask(customer, "And express?")
        first, second = view.turns[1].id, view.turns[3].id
        for value in (-1, 0, -1, 0, -1, -1):  # of one answer: one thumb
            await shop.desk.rate(customer, first, value)
        assert (await shop.desk.view(customer)).state == "bot"
        await shop.desk.rate(customer, first, 1)
        await shop.desk.rate(customer, second, -1)
        assert (await shop.desk.view(customer)).state == "bot"
        await shop.desk.rate(customer, first, -1, "wrong")
        assert await call(shop, customer) == ("rating", "And express?", False)
        # After an agent has helped, old thumbs no longer count.
        conversation = view.conversation_id or ""
        assert await shop.desk.take(conversation, "anna")
        await shop.desk.reply(conversation, "anna", "It is 4 dollars.")
        await shop.desk.give_back(conversation, "anna")
        view = await shop.ask(customer, "Do you sell stoves?")
        await shop.desk.rate(customer, view.turns[-1].id, -1)
        assert (await shop.desk.view(customer)).state == "bot"

    run(folder, scene)


def test_the_button_calls_a_person_before_anything_is_said_and_ends_an_answer(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer, other = await shop.enter(), await shop.enter()
        await shop.desk.person(customer, language="ko")
        await shop.desk.person(customer)
        assert await call(shop, customer) == ("wish", "", False)
        assert (await shop.desk.view(customer)).language == "ko"
        shop.engine.allowed = 3
        await shop.desk.say(other, ASK, "en")
        await shop.desk.person(other)
        view = await shop.desk.view(other)
        assert (view.busy, view.state, view.place) == (False, "waiting", 2)

    run(folder, scene)


def test_what_is_said_while_nobody_is_there_yet_becomes_the_wish_until_it_says_something(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer, other = await shop.enter(), await shop.enter()
        await shop.desk.person(customer)
        for words, wish in (("Hello?", "Hello?"), ("My tent arrived torn", "My tent arrived torn"), ("Order 4711", "My tent arrived torn")):
            await shop.desk.say(customer, words, "en")
            assert await call(shop, customer) == ("wish", wish, False)
        await shop.ask(other, PERSON)
        await shop.desk.say(other, "약속한 날에 안 왔어요", "ko")
        assert (await call(shop, other))[1] == "약속한 날에 안 왔어요"

    run(folder, scene)


def test_outside_of_the_hours_a_message_is_taken(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        assert not (await shop.desk.view(customer)).open
        await shop.ask(customer, PERSON)
        view = await shop.ask(customer, "Please ring me about order 4711")
        assert (view.state, view.open, len(view.turns)) == ("waiting", False, 2)
        assert (await call(shop, customer))[2]
        left = (await shop.desk.view(customer)).conversation_id or ""
        await shop.desk.restart(customer)  # what was left waits to be read, whatever the customer goes on with
        view = await shop.desk.view(customer)
        assert (view.state, view.turns) == ("bot", ()) and view.conversation_id != left
        assert [turn.text for turn in (await shop.ask(customer, ASK)).turns] == [ASK, "Shipping is 4 dollars."]
        assert [conversation.id for conversation, _ in shop.store.queue()] == [left]
        await shop.desk.restart(customer)
        view = await shop.desk.view(customer)
        assert (view.state, view.turns) == ("bot", ()), "not what was left"
        assert await shop.desk.take(left, "anna") and not await shop.desk.take(left, "bert")
        assert [one.text for one in shop.store.messages(left)][1] == "Please ring me about order 4711"

    run(folder, scene, desk=AWAY)


async def leave(shop: Shop, customer: str, words: str) -> str:
    """A message outside the hours, and then a new conversation. Returns the id of the one where it was left."""
    await shop.desk.person(customer)
    left = (await shop.ask(customer, words)).conversation_id or ""
    await shop.desk.restart(customer)
    return left


def test_who_left_a_message_and_went_on_with_the_bot_reads_the_persons_answer(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer, seen = await shop.enter(), list[str]()

        async def second_tab() -> None:
            async for view in shop.desk.watch(customer):
                seen.append(f"{view.state} {view.turns[-1].text if view.turns else ''}")

        left = await leave(shop, customer, "My tent arrived torn")
        shop.engine.allowed = 0
        await shop.desk.say(customer, ASK, "en")
        watching = asyncio.create_task(second_tab())
        await until(lambda: seen == [f"bot {ASK}"])
        assert await shop.desk.take(left, "anna")
        view = await shop.desk.view(customer)
        assert (view.conversation_id, view.state, view.busy, view.notices) == (left, "agent", False, ())
        await shop.desk.say(customer, "Hello Anna", "en")
        assert [one.text for one in shop.store.messages(left)] == ["My tent arrived torn", "Hello Anna"]
        await shop.desk.reply(left, "anna", "You get a new one.")
        await shop.desk.finish(left, "anna", "solved")
        await until(lambda: seen[-1] == "closed You get a new one.")
        watching.cancel()
        shop.desk, shop.engine.parts, shop.engine.allowed = shop.new_desk(), told("Fine."), math.inf  # the customer comes back the next day
        view = await shop.desk.view(customer)
        assert (view.conversation_id, view.state, view.turns[-1].text) == (left, "closed", "You get a new one.")
        assert [turn.text for turn in (await shop.ask(customer, "Thanks")).turns] == ["Thanks", "Fine."]

    run(folder, scene, desk=AWAY)


def test_what_is_left_twice_is_read_and_answered_as_one(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        first = await leave(shop, customer, "My tent is torn")
        await shop.ask(customer, ASK)
        assert (await shop.desk.view(customer)).conversation_id != first
        asked = await shop.desk.say(customer, "I'd like to talk to a person about my stove, which leaks", "en")
        view = await shop.desk.view(customer)
        assert asked.conversation_id == first
        said = [turn.text for turn in view.turns]
        assert (view.conversation_id, view.state, view.notices) == (first, "waiting", ())
        assert said == ["My tent is torn", ASK, "Shipping is 4 dollars.", "I'd like to talk to a person about my stove, which leaks"]
        assert [call.wish for _, call in shop.store.queue()] == [f"My tent is torn / {said[-1]}"]
        assert await shop.desk.take(first, "anna")
        await shop.desk.reply(first, "anna", "You get both anew.")
        await shop.desk.finish(first, "anna", "solved")
        view = await shop.desk.view(customer)
        assert (view.conversation_id, view.turns[-1].text, shop.store.queue()) == (first, "You get both anew.", [])

    run(folder, scene, desk=AWAY)


def test_who_calls_within_the_hours_has_what_they_left_before_beside_it(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        first = await leave(shop, customer, "My tent is torn")
        shop.desk.hours = read_hours(DeskConfig())
        view = await shop.ask(customer, PERSON)
        assert (view.conversation_id, view.place, len(view.turns)) == (first, 1, 2)
        await shop.desk.restart(customer)
        assert (await shop.desk.view(customer)).turns == () and [one.id for one, _ in shop.store.queue()] == [first]

    run(folder, scene, desk=AWAY)


def test_who_takes_over_from_an_agent_that_is_gone(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        keys.create(shop.store, "anna", "agent")
        customer = await shop.enter()
        await shop.ask(customer, PERSON)
        conversation = (await shop.desk.view(customer)).conversation_id or ""
        assert await shop.desk.take(conversation, "anna")
        assert (await shop.desk.view(customer)).agent == "anna"
        assert not shop.store.free(conversation, "bert") and not await shop.desk.take(conversation, "bert")
        keys.revoke(shop.store, "anna")
        await shop.ask(customer, "Is anybody there?")
        assert shop.store.free(conversation, "bert") and await shop.desk.take(conversation, "bert")
        assert (await shop.desk.view(customer)).agent == "bert", "before they have said anything"
        await shop.desk.reply(conversation, "bert", "Now I am.")
        assert [turn.agent for turn in (await shop.desk.view(customer)).turns if turn.speaker == "agent"] == ["bert"]
        with pytest.raises(NotYours):
            await shop.desk.reply(conversation, "anna", "So am I.")

    run(folder, scene)


def test_what_a_laptop_held_before_it_had_keys_can_be_taken(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        await shop.ask(customer, PERSON)
        conversation = (await shop.desk.view(customer)).conversation_id or ""
        assert await shop.desk.take(conversation, credentials.LOCAL)
        assert not await shop.desk.take(conversation, "anna")
        keys.create(shop.store, "anna", "agent")
        assert await shop.desk.take(conversation, "anna")

    run(folder, scene)


def test_places_in_the_queue_move_up_at_once(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customers = [await shop.enter() for _ in range(3)]
        for customer in customers:
            await shop.ask(customer, PERSON)
        assert [(await shop.desk.view(customer)).place for customer in customers] == [1, 2, 3]
        places: list[int | None] = []

        async def watch() -> None:
            async for view in shop.desk.watch(customers[2]):
                places.append(view.place)

        watching = asyncio.create_task(watch())
        await until(lambda: places == [3])
        await shop.desk.take((await shop.desk.view(customers[0])).conversation_id or "", "anna")
        await until(lambda: places == [3, 2])
        await shop.desk.restart(customers[1])
        await until(lambda: places == [3, 2, 1])
        watching.cancel()

    run(folder, scene)


def test_an_agent_answers_in_the_same_window_and_gives_back(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        await shop.ask(customer, ASK)
        conversation = (await shop.ask(customer, PERSON)).conversation_id or ""
        seen: list[str] = []

        async def watch() -> None:
            async for view in shop.desk.watch(customer):
                seen.append(f"{view.state} {view.turns[-1].text}")

        watching = asyncio.create_task(watch())
        assert await shop.desk.take(conversation, "anna")
        assert not await shop.desk.take(conversation, "ben")
        with pytest.raises(NotYours):
            await shop.desk.reply(conversation, "ben", "Mine!")
        await until(lambda: f"agent {PERSON}" in seen)
        suggestion = await shop.desk.suggest(conversation)
        assert (suggestion.text, suggestion.source) == ("Shipping is 4 dollars.", SOURCE)
        last = shop.store.messages(conversation)[-1]
        assert (last.text, last.prompt_tokens, last.completion_tokens) == (PERSON, 50, 2), "what it cost is counted"
        assert shop.asked()[-1] == {"role": "user", "content": PERSON} and len(shop.asked()) == 3
        await shop.desk.reply(conversation, "anna", "It is 4 dollars, 3 for members.", suggested=suggestion.text)
        await until(lambda: "agent It is 4 dollars, 3 for members." in seen)
        turn = (await shop.desk.view(customer)).turns[-1]
        assert (turn.speaker, turn.agent) == ("agent", "anna")
        with pytest.raises(TooLong):
            await shop.desk.reply(conversation, "anna", "x" * (MAX_CHARACTERS + 1))
        await shop.desk.give_back(conversation, "anna")
        await shop.ask(customer, "And express?")
        assert [turn["content"] for turn in shop.asked()] == [
            ASK, "Shipping is 4 dollars.", PERSON, "It is 4 dollars, 3 for members.", "And express?",
        ]  # fmt: skip
        watching.cancel()

    run(folder, scene)


def test_what_is_given_back_unanswered_the_bot_answers_at_once(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        asked, answered = await shop.enter(), await shop.enter()
        for customer in (asked, answered):
            shop.engine.allowed = 0
            await shop.desk.say(customer, ASK, "en")
            await shop.desk.person(customer)  # before the bot's first word
            conversation = (await shop.desk.view(customer)).conversation_id or ""
            assert await shop.desk.take(conversation, "anna")
            if customer == answered:
                await shop.desk.reply(conversation, "anna", "It is 4 dollars.")
            await shop.desk.give_back(conversation, "anna")
            view = await shop.desk.view(customer)
            assert (view.state, view.busy, view.notices) == ("bot", customer == asked, ())
        shop.engine.allowed = math.inf
        await until(lambda: shop.said(asked) == [("customer", ASK), ("bot", "Shipping is 4 dollars.")])
        assert shop.said(answered)[-1] == ("agent", "It is 4 dollars.")

    run(folder, scene)


def test_what_an_agent_closed_is_read_until_something_new_is_said(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer, other = await shop.enter(), await shop.enter()
        for one in (customer, other):
            conversation = (await shop.ask(one, PERSON)).conversation_id or ""
            await shop.desk.take(conversation, "anna")
            await shop.desk.reply(conversation, "anna", "Done. Goodbye!")
            await shop.desk.finish(conversation, "anna", "solved")
            view = await shop.desk.view(one)
            assert (view.state, view.turns[-1].text, view.busy) == ("closed", "Done. Goodbye!", False)
        shop.desk = shop.new_desk()
        assert (await shop.desk.view(customer)).state == "closed"
        view = await shop.ask(customer, ASK)
        assert (view.state, [turn.text for turn in view.turns]) == ("bot", [ASK, "Shipping is 4 dollars."])
        await shop.desk.restart(other)
        assert (await shop.desk.view(other)).turns == ()

    run(folder, scene)


@pytest.mark.parametrize("trouble", ["refusal", "dead", "silent"])
def test_a_suggestion_that_is_none_is_empty(folder: Path, trouble: str) -> None:
    async def scene(shop: Shop) -> None:
        conversation = (await shop.ask(await shop.enter(), PERSON)).conversation_id or ""
        shop.engine.parts = refusing()
        shop.engine.status = 400 if trouble == "dead" else 200
        if trouble == "silent":
            shop.engine.parts = told()
        assert await shop.desk.suggest(conversation) == Suggestion("", None)
        assert await shop.desk.suggest("unknown") == Suggestion("", None)

    run(folder, scene)


def test_another_customers_answer_is_never_rated(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer, other = await shop.enter(), await shop.enter()
        view = await shop.ask(customer, ASK)
        for message_id in (view.turns[1].id, view.turns[0].id, 10_000):
            with pytest.raises(LookupError):
                await shop.desk.rate(other, message_id, -1)
        with pytest.raises(LookupError):
            await shop.desk.rate(customer, view.turns[0].id, -1)  # one's own words
        assert (await shop.desk.view(customer)).turns[1].rating == 0

    run(folder, scene)
