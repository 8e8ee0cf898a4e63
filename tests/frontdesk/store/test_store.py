"""What the store promises its callers, on SQLite and PostgreSQL."""

import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update

from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.store.calls import SILENT_SECONDS
from frontdesk.store.store import Closed, NotYours, Store, open_store
from frontdesk.store.tables import Conversation, Customer, Edit, Handoff
from tests.frontdesk.store.conftest import shop


def begin(store: Store) -> tuple[str, str]:
    """(customer, conversation)."""
    _, customer = store.add_customer()
    return customer.id, store.open(customer.id, "shop", "en").id


def called(store: Store, wish: str = "a refund") -> str:
    _, conversation = begin(store)
    assert store.call_person(conversation, "wish", wish)
    return conversation


def test_a_customer_is_known_by_the_secret_alone_and_it_is_not_kept(store: Store) -> None:
    token, customer = store.add_customer()
    other_token, _ = store.add_customer()
    assert len(token) >= 43 and token != other_token  # 256 bits
    known = store.customer(token)
    assert known is not None and known.id == customer.id
    assert store.customer(customer.id) is None and store.customer(customer.token_hash) is None and store.customer("") is None
    assert token not in "".join(str(value) for value in vars(known).values())


def test_seen_at_is_touched_once_a_minute(store: Store) -> None:
    token, customer = store.add_customer()
    store.customer(token)
    with store.reading() as session:
        assert session.get_one(Customer, customer.id).seen_at == customer.seen_at
    with store.transaction() as session:
        session.execute(update(Customer).values(seen_at=customer.seen_at - 61))
    store.customer(token)
    with store.reading() as session:
        assert session.get_one(Customer, customer.id).seen_at >= customer.seen_at


def test_what_is_said_is_read_back_whole_and_in_order(store: Store) -> None:
    customer, conversation = begin(store)
    said = store.say(conversation, "customer", "배송비 얼마예요? 🙂\n<b>&'\"%s{}")
    source = {"id": "ship", "question": "How much?", "source": "faq.csv:2"}
    answered = store.say(conversation, "bot", "4 dollars", source=source, seconds=0.25, model_version="m", prompt_tokens=9, agent=None)
    assert said.id < answered.id and said.at <= answered.at
    first, second = store.messages(conversation)
    assert (first.text, first.speaker, first.source, first.cut, first.agent) == (said.text, "customer", None, False, None)
    assert (second.source, second.seconds, second.model_version, second.prompt_tokens) == (source, 0.25, "m", 9)
    assert [message.id for message in store.messages(conversation, after=said.id)] == [answered.id]
    assert store.messages(conversation, after=answered.id) == []
    found = store.current(customer)
    assert found is not None and found.id == conversation and found.updated_at == answered.at


def test_text_that_no_database_takes_is_made_fit(store: Store) -> None:
    _, conversation = begin(store)
    store.say(conversation, "customer", "a\0b\ud800c")
    assert store.messages(conversation)[0].text == "ab?c"


def test_an_unknown_column_is_a_mistake_and_nothing_is_written(store: Store) -> None:
    _, conversation = begin(store)
    with pytest.raises(TypeError):
        store.say(conversation, "bot", "hi", colour="red")
    said = store.say(conversation, "bot", "hi")
    with pytest.raises(AttributeError):
        store.amend(said.id, colour="red")
    assert [message.text for message in store.messages(conversation)] == ["hi"] and store.revision(conversation) == 2


def test_amending_replaces_and_a_new_text_loses_the_old_rating(store: Store) -> None:
    customer, conversation = begin(store)
    said = store.say(conversation, "bot", "5 dollars", source={"id": "ship"})
    store.rate(customer, said.id, -1, "wrong")
    store.amend(said.id, cut=True)
    assert store.ratings(conversation)[said.id].reason == "wrong"
    store.amend(said.id, text="4 dollars", source=None, cut=False)
    (message,) = store.messages(conversation)
    assert (message.text, message.source, message.cut, message.id) == ("4 dollars", None, False, said.id)
    assert store.ratings(conversation) == {}
    with pytest.raises(LookupError):
        store.amend(said.id + 1, text="x")


def test_what_an_answer_cost_adds_up_and_its_first_word_stays(store: Store) -> None:
    _, conversation = begin(store)
    said = store.say(conversation, "bot", "5 dollars", prompt_tokens=50, completion_tokens=2, seconds=0.5)
    store.amend(said.id, text="4 dollars", prompt_tokens=60, completion_tokens=3, seconds=9.0)
    store.amend(said.id, text="4", prompt_tokens=None, completion_tokens=None, seconds=None)  # stopped before it was counted
    asked = store.say(conversation, "customer", "And express?")
    before = store.revision(conversation)
    for _ in range(2):
        store.spend(asked.id, 70, 4)
    store.spend(asked.id + 1, 1, 1)  # gone meanwhile
    assert store.revision(conversation) == before
    answer, question = store.messages(conversation)
    assert (answer.text, answer.prompt_tokens, answer.completion_tokens, answer.seconds) == ("4", 110, 5, 0.5)
    assert (question.prompt_tokens, question.completion_tokens) == (140, 8)
    empty = store.say(conversation, "bot", "…")
    store.amend(empty.id, text="4 dollars", seconds=9.0)
    assert store.messages(conversation)[-1].seconds == 9.0


def test_ratings_are_replaced_removed_and_only_ones_own(store: Store) -> None:
    customer, conversation = begin(store)
    stranger, _ = begin(store)
    question, answer = store.say(conversation, "customer", "hi"), store.say(conversation, "bot", "hello")
    store.rate(customer, answer.id, 1)
    store.rate(customer, answer.id, -1, "no")
    assert {id: (rating.value, rating.reason) for id, rating in store.ratings(conversation).items()} == {answer.id: (-1, "no")}
    before = store.revision(conversation)
    for who, what in ((stranger, answer.id), (customer, question.id), (customer, answer.id + 99)):
        with pytest.raises(LookupError):
            store.rate(who, what, 1)
    with pytest.raises(ValueError):
        store.rate(customer, answer.id, 2)
    assert store.revision(conversation) == before and store.ratings(conversation)[answer.id].value == -1
    store.rate(customer, answer.id, 0)
    assert store.ratings(conversation) == {}


def test_a_conversation_goes_through_its_states(store: Store) -> None:
    customer, conversation = begin(store)
    assert store.handoff(conversation) is None and store.queue() == []
    assert store.call_person(conversation, "rating", "wrong price", out_of_hours=True)
    assert not store.call_person(conversation, "wish", "again")
    call = store.handoff(conversation)
    assert call is not None and (call.reason, call.wish, call.out_of_hours) == ("rating", "wrong price", True)
    with pytest.raises(NotYours):
        store.reply(conversation, "anna", "too soon")
    assert store.take(conversation, "anna") and not store.take(conversation, "ben")
    with pytest.raises(NotYours):
        store.reply(conversation, "ben", "mine?")
    with pytest.raises(NotYours):
        store.finish(conversation, "ben", "solved")
    sent = store.reply(conversation, "anna", "It is 4.", suggested="It is 5.")
    assert (sent.speaker, sent.agent) == ("agent", "anna")
    with store.reading() as session:
        assert session.get_one(Edit, sent.id).suggested == "It is 5."
    with pytest.raises(NotYours):
        store.give_back(conversation, "ben")
    store.give_back(conversation, "anna")
    assert store.handoff(conversation) is None and store.queue() == []
    assert store.call_person(conversation, "wish", "again") and store.take(conversation, "ben")
    store.finish(conversation, "ben", "solved")
    store.finish(conversation, None, "left")  # too late: already closed
    with store.reading() as session:
        results = [row.result for row in session.query(Handoff).order_by(Handoff.id)]
    assert results == ["given back", "solved"]
    with pytest.raises(Closed):
        store.say(conversation, "customer", "one more thing")
    with pytest.raises(Closed):
        store.call_person(conversation, "wish", "x")
    with pytest.raises(NotYours):
        store.reply(conversation, "ben", "x")
    assert not store.take(conversation, "anna")
    assert store.current(customer) is None and store.open(customer, "shop", "ko").id != conversation


def test_what_is_left_for_a_person_twice_waits_as_one(store: Store) -> None:
    customer, left = begin(store)
    first = store.say(left, "customer", "My tent is torn")
    store.call_person(left, "wish", "My tent is torn", out_of_hours=True)
    call = store.handoff(left)
    later = store.open(customer, "shop", "ko", anew=True).id
    said = [store.say(later, "customer", "And how long does shipping take?"), store.say(later, "bot", "3 days.")]
    store.rate(customer, said[1].id, -1)
    assert store.call_person(later, "rating", "Shipping") and store.conversation(later) is None
    waiting = store.handoff(left)
    assert call is not None and waiting is not None and (waiting.id, waiting.at, waiting.out_of_hours) == (call.id, call.at, True)
    assert waiting.wish == "My tent is torn / Shipping"
    assert [message.id for message in store.messages(left)] == [first.id, *(message.id for message in said)]
    assert store.ratings(left)[said[1].id].value == -1
    assert [(one.id, one.language) for one, _ in store.queue()] == [(left, "ko")]
    found = store.current(customer)
    assert found is not None and found.id == left


def test_what_one_customer_left_is_nothing_to_another(store: Store) -> None:
    (_, left), (_, other) = begin(store), begin(store)
    store.call_person(left, "wish", "a refund", out_of_hours=True)
    store.call_person(other, "wish", "an exchange", out_of_hours=True)
    assert [conversation.id for conversation, _ in store.queue()] == [left, other]


def test_the_one_that_a_person_has_is_the_current_one_and_what_the_bot_had_meanwhile_ends(store: Store) -> None:
    customer, left = begin(store)
    store.call_person(left, "wish", "a refund", out_of_hours=True)
    chat = store.open(customer, "shop", "en", anew=True).id
    _, another = begin(store)

    def current() -> str | None:
        found = store.current(customer)
        return found.id if found else None

    assert current() == chat
    assert store.take(left, "anna") and current() == left == store.open(customer, "shop", "en").id
    states = {id: store.conversation(id).state for id in (left, chat, another)}  # type: ignore[union-attr]
    assert states == {left: "agent", chat: "closed", another: "bot"}
    store.give_back(left, "anna")
    assert current() == left
    store.finish(left, None, "left")
    assert current() is None


def test_a_new_conversation_is_the_newest_whatever_the_clock_does(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, first = begin(store)
    store.finish(first, None, "left")
    monkeypatch.setattr("frontdesk.store.rows.clock", lambda session: 1e9)
    assert store.open(customer, "shop", "en").opened_at > store.conversation(first).closed_at  # type: ignore[operator, union-attr]


def test_the_queue_has_who_waits_longest_first_then_who_is_served(store: Store) -> None:
    served, first, second = called(store), called(store), called(store)
    begin(store)  # nobody's business
    store.take(served, "anna")
    assert [conversation.id for conversation, _ in store.queue()] == [first, second, served]
    assert all(call.conversation_id == conversation.id for conversation, call in store.queue())


def test_an_admin_takes_over_at_once_and_anybody_once_the_customer_has_waited(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation, time_now = called(store), [1e9 * 2]
    monkeypatch.setattr("frontdesk.store.rows.clock", lambda session: time_now[0])

    def freed_after() -> float:
        """Seconds until ben may take it; the clock is put back."""
        began = time_now[0]
        while not store.free(conversation, "ben"):
            time_now[0] += 60
            assert time_now[0] < began + 2 * SILENT_SECONDS
        waited, time_now[0] = time_now[0] - began, began
        return waited

    store.say(conversation, "customer", "Hello?")
    time_now[0] += 3600  # in the queue
    assert store.take(conversation, "anna") and not store.take(conversation, "ben")
    assert freed_after() == SILENT_SECONDS, "since anna took it"
    time_now[0] += 600
    store.reply(conversation, "anna", "Hello!")
    time_now[0] += 10 * SILENT_SECONDS
    assert not store.free(conversation, "ben"), "the customer does not answer"
    store.say(conversation, "customer", "And my refund?")
    time_now[0] += 600
    store.say(conversation, "customer", "Are you there?")
    assert freed_after() == SILENT_SECONDS - 600, "since the first words without a reply"
    assert not store.free(conversation, "anna", admin=True) and store.free(conversation, "root", admin=True)
    time_now[0] += SILENT_SECONDS
    assert store.take(conversation, "ben") and not store.take(conversation, "anna")
    assert not store.free(conversation, "anna"), "ben has just come"
    assert store.take(conversation, "root", admin=True)
    store.finish(conversation, "root", "solved")
    assert not store.free(conversation, "ben", admin=True) and not store.free("none", "ben", admin=True)


def test_revision_and_pulse_tell_every_change_and_nothing_else(store: Store) -> None:
    customer, quiet = begin(store)
    conversation = called(store)
    answer = store.say(quiet, "bot", "hi")
    pulse, revision = store.queue_revision(), store.revision(conversation)
    assert (store.queue_revision(), store.revision(conversation)) == (pulse, revision)
    store.rate(customer, answer.id, 1)
    assert (store.queue_revision(), store.revision(conversation)) == (pulse, revision)  # of a conversation that no agent sees
    steps = (
        lambda: store.say(conversation, "customer", "hello?"),
        lambda: store.set_language(conversation, "ko"),
        lambda: store.set_wish(conversation, "an exchange"),
        lambda: store.take(conversation, "anna"),
        lambda: store.reply(conversation, "anna", "hi"),
        lambda: store.give_back(conversation, "anna"),
        lambda: store.call_person(conversation, "wish", "again"),
        lambda: store.finish(conversation, "anna", "solved"),
    )
    for number, step in enumerate(steps):
        step()
        assert store.revision(conversation) == revision + 1, number
        assert store.queue_revision() > pulse, number
        pulse, revision = store.queue_revision(), store.revision(conversation)
    store.set_language(conversation, "ko")  # as it was
    store.set_wish(conversation, "nothing")  # of no call
    assert (store.queue_revision(), store.revision(conversation)) == (pulse, revision)
    assert store.revision("gone") == 0


def test_time_never_runs_backwards_in_a_conversation(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _, conversation = begin(store)
    for clock in (2e9, 1e9, 2e9 + 1, 5.0):
        monkeypatch.setattr("frontdesk.store.rows.clock", lambda session, clock=clock: clock)
        store.say(conversation, "customer", str(clock))
    assert [message.at for message in store.messages(conversation)] == [2e9, 2e9, 2e9 + 1, 2e9 + 1]


def test_nothing_is_said_by_or_to_nobody(store: Store) -> None:
    with pytest.raises(LookupError):
        store.open("nobody", "shop", "en")
    for call in (
        lambda: store.say("none", "bot", "x"),
        lambda: store.call_person("none", "wish", "x"),
        lambda: store.finish("none", None, "x"),
    ):
        with pytest.raises(LookupError):
            call()
    assert store.conversation("none") is None and store.messages("none") == [] and not store.take("none", "anna")


def test_what_raises_in_a_transaction_undoes_it(store: Store) -> None:
    customer, conversation = begin(store)
    with pytest.raises(ZeroDivisionError), store.transaction() as session:
        session.execute(update(Conversation).values(language="xx"))
        _ = 1 / 0
    found = store.current(customer)
    assert found is not None and found.id == conversation and found.language == "en"


def test_reading_waits_for_no_writer(store: Store) -> None:
    customer, conversation = begin(store)
    with store.transaction() as session:
        session.execute(update(Conversation).values(language="xx"))
        found = store.current(customer)  # who waits gives up and raises, since the writer does not end
    assert found is not None and found.language == "en" and store.conversation(conversation).language == "xx"  # type: ignore[union-attr]


def test_what_each_page_asks_every_moment_reads_no_whole_table(sqlite: Config) -> None:
    store = open_store(sqlite)
    customer, conversation = begin(store)
    asked: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda _c, _cursor, statement, values, *_: asked.append((statement, values)))
    store.customer("secret")
    store.current(customer)
    store.messages(conversation, 5)
    store.ratings(conversation)
    store.handoff(conversation)
    store.revision(conversation)
    store.queue_revision()
    store.queue()
    queries = [query for query in asked if query[0].startswith("SELECT")]
    assert len(queries) == 8  # one each
    with store.reading() as session:
        plans = [session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + query, values).all() for query, values in queries]
    steps = [step[-1] for plan in plans for step in plan]
    assert [step for step in steps if step.startswith("SCAN") or "opened_at" in step] == [] and sum("INDEX" in step for step in steps) >= 8
    store.close()


def test_the_file_is_its_owners_alone(sqlite: Config) -> None:
    open_store(sqlite).close()
    path = Path("runs/shop/desk/store.db")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ("nonsense", "not an SQLAlchemy URL"),
        ("mysql://u:secret@h/d", "expected sqlite:///PATH or postgresql"),
        ("sqlite://", "expected sqlite:///PATH"),
        ("sqlite:////proc/none/store.db", "cannot be written"),
        ("postgresql://u:secret@127.0.0.1:9/d", "cannot be opened"),
    ],
)
def test_a_wrong_address_costs_one_line_without_the_password(database: str, expected: str) -> None:
    with pytest.raises(UserError, match=expected) as raised:
        open_store(shop(database), 1)
    assert "secret" not in str(raised.value) and "\n" not in str(raised.value)
