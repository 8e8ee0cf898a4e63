"""The desk: what is said is stored, answers outlive pages, and both are the store's alone."""

import asyncio
import json
import math
import sqlite3
from contextlib import aclosing
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from frontdesk.answers.languages import sentence
from frontdesk.store.store import StoreUnavailable
from frontdesk.store.tables import Message
from frontdesk.web.rate_limit import TooMany
from tests.serve.stand_in import event
from tests.ui.desks import SOON, SOURCE, Shop, refusing, run, told, write_provenance
from tests.waits import until
from ui.desk import desk
from ui.desk.desk import BY_CUSTOMER, MAX_CHARACTERS, Empty, Full, Wait
from ui.desk.views import View

ASK = "How much is shipping?"
ANSWER = "Shipping is 4 dollars."


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_say_returned_is_stored_before_the_answer_is(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        shop.engine.allowed = 0
        customer = await shop.enter()
        said = await shop.desk.say(customer, f"  {ASK}\n", "en")
        assert shop.said(customer) == [("customer", ASK)]
        view = await shop.desk.view(customer)
        assert (view.turns[0].id, view.busy, view.pending, view.state) == (said.id, True, "", "bot")

    run(folder, scene)


def test_an_answer_is_stored_with_all_that_is_known_of_it(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        write_provenance(shop.config)
        shop.desk = shop.new_desk()
        customer = await shop.enter()
        view = await shop.ask(customer, ASK)
        assert [(turn.speaker, turn.text) for turn in view.turns] == [("customer", ASK), ("bot", ANSWER)]
        assert (view.turns[1].source, view.turns[1].cut, view.busy, view.pending, view.notices) == (SOURCE, False, False, None, ())
        answer = shop.store.messages(view.conversation_id or "")[1]
        assert (answer.model_version, answer.data_version) == ("model-1", "data-1")
        assert (answer.prompt_tokens, answer.completion_tokens) == (50, 2)
        assert answer.seconds is not None and 0 < answer.seconds < 20
        write_provenance(shop.config, key="model-2", data="data-2")  # `make train`, beside a running page
        await shop.ask(customer, "And express?")
        answer = shop.store.messages(view.conversation_id or "")[-1]
        assert (answer.model_version, answer.data_version) == ("model-1", "data-1"), "the engine has the old one"

    run(folder, scene)


def test_a_defect_of_ours_is_logged_without_its_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def scene(shop: Shop) -> None:
        async def read(*_: object, **__: object) -> None:
            raise ValueError(ASK)

        shop.desk = shop.new_desk()
        shop.desk.answers.assistant.read = read  # type: ignore[method-assign]
        view = await shop.ask(await shop.enter(), ASK)
        assert len(view.turns) == 1 and view.notices

    run(folder, scene)
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [(line["event"], line["error"]) for line in lines] == [("defect", "ValueError")]
    assert ASK not in out + err


def test_the_bot_is_told_the_transcript_of_the_store_and_nothing_else(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer, other = await shop.enter(), await shop.enter()
        await shop.ask(other, "My secret is 4711")
        await shop.ask(customer, ASK)
        await shop.ask(customer, "And express?")
        assert shop.asked() == [
            {"role": "user", "content": ASK},
            {"role": "assistant", "content": ANSWER},
            {"role": "user", "content": "And express?"},
        ]

    run(folder, scene)


def test_two_tabs_see_one_answer_grow_and_either_may_leave(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        shop.engine.parts, shop.engine.allowed = told("One ", "two ", "three."), 0
        customer = await shop.enter()

        async def tab(seen: list[str | None], leave: bool) -> None:
            async for view in (watching := shop.desk.watch(customer)):
                seen.append(view.pending)
                assert view.notices == ()
                if (leave and view.pending) or (len(view.turns) == 2 and not view.busy):
                    await watching.aclose()

        shown: list[list[str | None]] = [[], [], []]
        tabs = [asyncio.create_task(tab(seen, leave=seen is shown[2])) for seen in shown]
        await until(lambda: shown == [[None]] * 3)
        await shop.desk.say(customer, ASK, "en")
        for allowed, text in enumerate(("", "One ", "One two ", "One two three."), 1):
            shop.engine.allowed = allowed
            await until(lambda text=text: all(seen[-1] == text for seen in shown[:2]))  # type: ignore[misc]
        shop.engine.allowed = math.inf
        await asyncio.gather(*tabs)
        grown = [[text for text, _ in groupby(seen)] for seen in shown]
        assert grown[:2] == [[None, "", "One ", "One two ", "One two three.", None]] * 2
        assert grown[2] == [None, "", "One "] and len(shop.engine.bodies) == 1

    run(folder, scene)


def test_no_tab_is_told_that_an_answer_was_interrupted_which_is_about_to_begin(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        respond = shop.desk._respond

        async def slowly(*arguments: Any) -> None:
            shop.desk.sessions.of(customer).stale = True  # another tab happens to look now
            await until(lambda: any(view.turns and not view.busy for view in seen))
            await respond(*arguments)

        shop.desk._respond = slowly  # type: ignore[method-assign]
        seen: list[View] = []
        saying = asyncio.create_task(shop.desk.say(customer, ASK, "en"))
        while not saying.done():
            seen.append(await shop.desk.view(customer))
            await asyncio.sleep(0)  # a view that has not changed is no step of the loop
        assert all(view.notices == () for view in seen)
        assert (await shop.desk.view(customer)).notices == ()

    run(folder, scene)


def test_the_answer_is_finished_when_nobody_reads_it(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        shop.engine.allowed = 1
        customer = await shop.enter()
        await shop.desk.say(customer, ASK, "en")
        async with aclosing(shop.desk.watch(customer)) as watching:
            assert (await anext(watching)).busy
        shop.engine.allowed = math.inf
        await until(lambda: shop.said(customer) == [("customer", ASK), ("bot", ANSWER)])

    run(folder, scene)


def test_a_stopped_answer_is_kept_as_far_as_it_came(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        shop.engine.parts, shop.engine.allowed = told(*["word "] * 9), 3
        customer = await shop.enter()
        await shop.desk.say(customer, ASK, "en")
        async for view in (watching := shop.desk.watch(customer)):
            if view.pending:
                await watching.aclose()
        await shop.desk.stop(customer)
        view = await shop.desk.view(customer)
        assert view.turns[1].text.startswith("word") and view.turns[1].cut and not view.busy and view.notices == ("stopped",)
        assert await shop.desk.view(customer) == view
        await until(lambda: shop.engine.left == 1)  # the engine works no more on it

    run(folder, scene)


def test_an_answer_that_the_end_of_the_process_cuts_is_kept(folder: Path) -> None:
    customers = []

    async def scene(shop: Shop) -> None:
        shop.engine.parts, shop.engine.allowed = told(*["word "] * 9), 3
        customers.append(await shop.enter())
        await shop.desk.say(customers[0], ASK, "en")
        async for view in (watching := shop.desk.watch(customers[0])):
            if view.pending:
                await watching.aclose()

    store = run(folder, scene)
    answer = store.messages(store.current(customers[0]).id)[-1]  # type: ignore[union-attr]
    assert answer.speaker == "bot" and answer.text.startswith("word") and answer.cut


def test_a_question_that_a_killed_process_left_is_told_and_answered_again(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        conversation = shop.store.open(customer, "shop", "en")
        shop.store.say(conversation.id, "customer", ASK)
        shop.desk = shop.new_desk()
        view = await shop.desk.view(customer)
        assert (view.notices, view.busy) == (("interrupted",), False)
        view = await shop.again(customer)
        assert (shop.said(customer), view.notices) == ([("customer", ASK), ("bot", ANSWER)], ())

    run(folder, scene)


def test_an_engine_that_dies_in_the_middle_leaves_a_cut_answer_and_an_offer(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        shop.engine.dies_after = 2
        customer = await shop.enter()
        view = await shop.ask(customer, ASK)
        assert (view.turns[1].text, view.turns[1].cut, view.notices) == ("Shipping is ", True, ("unreachable", "offer_person"))
        await shop.desk.say(customer, "yes please", "en")
        handoff = shop.store.handoff(view.conversation_id or "")
        assert handoff is not None and (handoff.reason, handoff.wish) == ("error", ASK)

    run(folder, scene)


def test_an_engine_that_refuses_loses_nothing(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        shop.engine.status = 400
        customer = await shop.enter()
        view = await shop.ask(customer, ASK)
        assert (shop.said(customer), view.notices) == ([("customer", ASK)], ("unreachable", "offer_person"))
        shop.engine.status = 200
        await shop.desk.answer(customer)  # a page that only looks begins nothing
        assert not (await shop.desk.view(customer)).busy
        assert shop.said(customer) == [("customer", ASK)]
        await shop.again(customer)
        assert shop.said(customer) == [("customer", ASK), ("bot", ANSWER)]
        assert (await shop.desk.view(customer)).notices == ()

    run(folder, scene)


def test_another_answer_takes_the_place_of_the_last_one(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        view = await shop.ask(customer, ASK)
        first = shop.store.messages(view.conversation_id or "")[1]
        await shop.desk.rate(customer, view.turns[1].id, -1, "wrong")
        assert (await shop.desk.view(customer)).turns[1].rating == -1
        shop.engine.parts, shop.engine.allowed = told("It is 9 dollars.", source=None), 1
        await shop.desk.answer(customer, again=True)
        seen = [await shop.desk.view(customer)]
        shop.engine.allowed = math.inf
        seen += await shop.views(customer)
        assert all(len(view.turns) == 1 for view in seen if view.busy) and any(view.busy for view in seen)
        turn = (await shop.desk.view(customer)).turns[1]
        assert (turn.id, turn.text, turn.rating, turn.source) == (view.turns[1].id, "It is 9 dollars.", 0, None)
        answer = shop.store.messages(view.conversation_id or "")[1]
        assert (answer.prompt_tokens, answer.completion_tokens, answer.seconds) == (100, 3, first.seconds)
        assert shop.asked() == [{"role": "user", "content": ASK}]
        assert shop.engine.bodies[-1]["temperature"] > shop.engine.bodies[0]["temperature"]
        shop.engine.dies_after = 2  # a part of another answer is worse than a whole one
        view = await shop.again(customer)
        assert (view.turns[1].text, view.turns[1].cut, view.notices) == ("It is 9 dollars.", False, ("unreachable", "offer_person"))

    run(folder, scene)


def test_nobody_speaks_while_an_answer_is_on_its_way(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        shop.engine.allowed = 1
        customer = await shop.enter()
        tabs = await asyncio.gather(*(shop.desk.say(customer, f"{ASK} {tab}", "en") for tab in range(5)), return_exceptions=True)
        assert [type(one).__name__ for one in tabs].count("Wait") == 4
        with pytest.raises(Wait):
            await shop.desk.say(customer, "more", "en")
        shop.engine.allowed = math.inf
        await until(lambda: len(shop.said(customer)) == 2)

    run(folder, scene)


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_nothing_is_not_a_message(folder: Path, text: str) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        with pytest.raises(Empty):
            await shop.desk.say(customer, text, "en")
        assert shop.store.current(customer) is None

    run(folder, scene)


@pytest.mark.parametrize(("length", "notices"), [(MAX_CHARACTERS, ()), (MAX_CHARACTERS + 1, ("cut",))])
def test_a_long_message_is_cut_with_a_notice(folder: Path, length: int, notices: tuple[str, ...]) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        view = await shop.ask(customer, "가" * length)
        assert (len(view.turns[0].text), view.notices, view.turns[1].text) == (MAX_CHARACTERS, notices, ANSWER)

    run(folder, scene)


def test_what_no_database_takes_is_said_all_the_same(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        view = await shop.ask(await shop.enter(), "half \ud800 and nul \0 <b>&")
        assert view.turns[0].text.endswith("<b>&") and view.turns[1].text == ANSWER

    run(folder, scene)


def test_a_flood_is_told_to_wait(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontdesk.web.rate_limit.monotonic", lambda: 0.0)

    async def scene(shop: Shop) -> None:
        customer, other = await shop.enter(), await shop.enter()
        await shop.desk.person(customer)  # nobody answers, so nothing is waited for
        for number in range(BY_CUSTOMER):
            await shop.desk.say(customer, str(number), "en")
        with pytest.raises(TooMany) as error:
            await shop.desk.say(customer, "one more", "en")
        assert 0 < error.value.wait <= 60 and len(shop.said(customer)) == BY_CUSTOMER
        monkeypatch.setattr(shop.desk.by_address, "most", 2)
        await shop.desk.person(other)
        for _ in range(2):
            await shop.desk.say(other, "Hi", "en", "203.0.113.9")
        with pytest.raises(TooMany):
            await shop.desk.say(other, "Hi", "en", "203.0.113.9")
        await shop.desk.say(other, "Hi", "en", "203.0.113.10")

    run(folder, scene)


def test_a_conversation_has_an_end_for_those_too_who_never_look_at_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "MAX_MESSAGES", 3)

    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        await shop.desk.person(customer)
        for number in range(3):
            await shop.desk.say(customer, str(number), "en")
        with pytest.raises(Full):
            await shop.desk.say(customer, "one more", "en")
        assert len(shop.said(customer)) == 3
        await shop.desk.restart(customer)
        await shop.desk.say(customer, "anew", "en")

    run(folder, scene)


def test_answers_that_are_asked_for_again_count_as_messages(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontdesk.web.rate_limit.monotonic", lambda: 0.0)

    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        shop.desk.by_customer.most = 3
        await shop.ask(customer, ASK)
        for _ in range(2):
            await shop.again(customer)
        with pytest.raises(TooMany):
            await shop.desk.answer(customer, again=True)
        assert len(shop.engine.bodies) == 3

    run(folder, scene)


def test_a_database_that_cannot_be_written_takes_nothing_and_says_so(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        before = await shop.ask(customer, ASK)
        with sqlite3.connect(folder / "store.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable):
                await shop.desk.say(customer, "And express?", "en")
            assert await shop.desk.view(customer) == before
            other.execute("ROLLBACK")
        assert len((await shop.ask(customer, "And express?")).turns) == 4

    run(folder, scene, SOON)


def test_an_answer_waits_for_a_locked_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[str] = []

    async def scene(shop: Shop) -> None:
        say = shop.store.say

        def noted(conversation: str, speaker: str, text: str, **columns: Any) -> Message:
            try:
                return say(conversation, speaker, text, **columns)
            except StoreUnavailable:
                refused.append(speaker)
                raise

        monkeypatch.setattr(shop.store, "say", noted)
        customer = await shop.enter()
        shop.engine.allowed = 0
        await shop.desk.say(customer, ASK, "en")
        with sqlite3.connect(folder / "store.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            shop.engine.allowed = math.inf
            await until(lambda: refused == ["bot"] * 2)
            view = await shop.desk.view(customer)
            assert (view.busy, view.pending) == (True, ANSWER)
            other.execute("ROLLBACK")
        await until(lambda: shop.said(customer) == [("customer", ASK), ("bot", ANSWER)])

    run(folder, scene, SOON)


def test_many_customers_are_answered_a_bounded_number_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(shop: Shop) -> None:
        shop.engine.allowed = 0
        shop.desk.answers.places = asyncio.Semaphore(4)
        customers = [await shop.enter() for _ in range(20)]
        await asyncio.gather(*(shop.desk.say(customer, ASK, "en") for customer in customers))
        await until(lambda: len(shop.engine.bodies) == 4 and shop.desk.answers.running == 20)
        shop.engine.allowed = math.inf
        await until(lambda: not any(session.busy for session in shop.desk.sessions.by_customer.values()))
        assert all(shop.said(customer) == [("customer", ASK), ("bot", ANSWER)] for customer in customers)

    run(folder, scene)


def test_a_token_is_known_or_makes_a_new_customer(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        token, customer = await shop.desk.enter()
        assert await shop.desk.known(token) == customer
        for forged in (None, "", token[:-1], token + "x", token.swapcase(), customer, "x" * 10_000, "\ud800"):
            assert await shop.desk.known(forged) is None
            new, other = await shop.desk.enter()
            assert new not in (forged, token) and other != customer

    run(folder, scene)


def test_a_new_conversation_forgets_the_old_one(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        first = await shop.ask(customer, ASK)
        await shop.desk.restart(customer)
        view = await shop.desk.view(customer)
        assert (view.conversation_id, view.turns, view.notices) == (None, (), ())
        second = await shop.ask(customer, "And express?")
        assert second.conversation_id != first.conversation_id
        assert shop.asked() == [{"role": "user", "content": "And express?"}]

    run(folder, scene)


def test_a_new_conversation_ends_the_answer_on_its_way(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        shop.engine.parts, shop.engine.allowed = [event("word ")] * 9, 3
        customer = await shop.enter()
        await shop.desk.say(customer, ASK, "en")
        await shop.desk.restart(customer)
        view = await shop.desk.view(customer)
        assert (view.turns, view.busy) == ((), False)

    run(folder, scene)


def test_an_answer_keeps_all_entries_that_it_rests_on(folder: Path) -> None:
    cited = {"title": "Handbook", "heading": "Returns", "url": "https://pine.example/handbook"}
    part = {"id": "handbook#1", "question": "Handbook: Returns", "source": "handbook.html:3", "origin": cited}

    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        shop.engine.parts = told("It is $4.", source=SOURCE, sources=[SOURCE, part, part | {"id": "handbook#2"}])
        assert (await shop.ask(customer, "the fee? and the tent?")).turns[-1].sources == (cited,), "SOURCE has no name for customers"
        assert (await shop.new_desk().view(customer)).turns[-1].sources == (cited,), "by another process"
        shop.engine.parts = told("It is $5.", source=part)
        assert (await shop.again(customer)).turns[-1].sources == (cited,)
        shop.engine.parts = told("It is $4.", source=SOURCE)
        assert (await shop.ask(customer, ASK)).turns[-1].sources == ()
        shop.engine.parts = refusing()
        assert (await shop.ask(customer, "the moon?")).turns[-1].sources == ()

    store = run(folder, scene)
    with store.reading() as session:
        kept = [one.sources for one in session.scalars(select(Message).where(Message.speaker == "bot").order_by(Message.id))]
    assert kept == [[{"id": "handbook#1", **cited}], [{"id": "ship"}], None]


def test_a_refusal_is_marked(folder: Path) -> None:
    async def scene(shop: Shop) -> None:
        customer = await shop.enter()
        assert not (await shop.ask(customer, ASK)).turns[-1].refusal
        shop.engine.parts = refusing("ko")
        assert (await shop.ask(customer, "주문 4711은 어디에 있나요?")).turns[-1].refusal
        shop.engine.parts = refusing(near=["Can I return a tent?"])
        assert (await shop.ask(customer, "tent gone wrong")).turns[-1].near == ("Can I return a tent?",)
        assert (await shop.new_desk().view(customer)).turns[-1].near == ("Can I return a tent?",), "by another process"
        shop.engine.parts = told("It is $4.", outcome="said", near=["Can I return a tent?"])
        answered = (await shop.ask(customer, "the fee? and the tent?")).turns[-1]
        assert (answered.refusal, answered.near) == (False, ("Can I return a tent?",)), "one question is answered, the other asked back"
        shop.engine.parts = told("Do you mean “Can I return a tent?”?", source=None, outcome="asked back", near=["Can I return a tent?"])
        asked = (await shop.ask(customer, "the tent")).turns[-1]
        assert (asked.refusal, asked.near) == (False, ("Can I return a tent?",))
        shop.engine.parts = told("Ask a colleague of mine.", source=None, outcome="escalated")
        assert (await shop.ask(customer, "the moon")).turns[-1].refusal, "the gateway knows, whatever the words"
        shop.engine.parts = told(sentence("fr", ["en"]), source=None)
        assert (await shop.ask(customer, "quels sont les frais de livraison")).turns[-1].refusal

    run(folder, scene)
