"""The desk in numbers, against stores whose numbers were counted by hand, on both databases."""

import itertools
import sqlite3
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from frontdesk.config.schema import Config
from frontdesk.store import search, statistics
from frontdesk.store.store import Store, open_store
from frontdesk.store.tables import Conversation, Handoff, Message, Rating

HOUR = 3600.0
START = datetime(2026, 11, 2, tzinfo=UTC).timestamp()
AT = (START, START + 24 * HOUR, START + 48 * HOUR)
"""Two days."""
COUNTER = itertools.count()


def talk(store: Store, at: float, *said: tuple[str, str, dict[str, object]], calls: tuple[dict[str, object], ...] = ()) -> str:
    """A conversation that began at a time; each message (speaker, text, columns and `rated`) a minute after the one before."""
    _, customer = store.add_customer()
    id = f"{next(COUNTER):032x}"
    with store.transaction() as session:
        times = {"revision": 1, "opened_at": at, "updated_at": at + HOUR}
        session.add(Conversation(id=id, customer_id=customer.id, run="shop", language="en", state="bot", **times))
        session.flush()
        for number, (speaker, text, columns) in enumerate(said):
            rated = columns.pop("rated", 0)
            message = Message(conversation_id=id, speaker=speaker, text=text, **{"at": at + 60 * number, **columns})
            session.add(message)
            session.flush()
            if rated:
                session.add(Rating(message_id=message.id, value=rated, at=message.at))
        for call in calls:
            session.add(Handoff(conversation_id=id, **{"reason": "wish", "wish": "help", **call}))
    return id


@pytest.fixture
def counted(store: Store) -> Store:
    """Day 1: one solved, one refused at the end, one with a person. Day 2: one thumbed down, one without any answer. Two outside."""
    bot = {"prompt_tokens": 100, "completion_tokens": 10}
    talk(
        store, START,
        ("customer", "Where is it?", {}), ("bot", "No idea.", {**bot, "refusal": True, "seconds": 0.5}),
        ("customer", "My parcel", {}), ("bot", "On its way.", {**bot, "seconds": 9.0, "rated": 1}),
    )  # fmt: skip
    talk(
        store,
        START + HOUR,
        ("customer", "Can I pay by invoice?", {}),
        ("bot", "Shall I connect you?", {**bot, "refusal": True, "seconds": 1.5}),
    )
    talk(
        store, START + 2 * HOUR,
        ("customer", "A person!", {"prompt_tokens": 50, "completion_tokens": 5}),
        ("agent", "Hello", {"at": START + 2 * HOUR + 300, "agent": "anna"}),
        calls=({"at": START + 2 * HOUR, "taken_at": START + 2 * HOUR + 120, "agent": "anna", "closed_at": START + 3 * HOUR},),
    )  # fmt: skip
    talk(store, AT[1], ("customer", "can I pay by invoice", {}), ("bot", "Yes.", {"completion_tokens": 7, "seconds": 0.25, "rated": -1}))
    talk(store, AT[1] + HOUR, ("customer", "Hello?", {}))
    for outside in (AT[0] - 1, AT[2]):
        talk(
            store, outside, ("bot", "Outside", {**bot, "seconds": 77.0, "rated": -1, "refusal": True}),
            calls=({"at": outside, "taken_at": outside + 1},),
        )  # fmt: skip
    return store


def test_volume(counted: Store) -> None:
    found = statistics.volume(counted, AT)
    assert (found.conversations, found.person, found.resolved) == ([3, 2], [1, 0], [1, 0])


def test_ratings_and_tokens(counted: Store) -> None:
    assert statistics.ratings(counted, AT) == ([1, 0], [0, 1])
    assert statistics.tokens(counted, AT) == ([350, 0], [35, 7])  # 50 and 5 for a suggestion to an agent


def test_first_answers_count_the_first_of_a_conversation_only(counted: Store) -> None:
    waits = statistics.first_answers(counted, AT)
    assert waits.median == [1.0, 0.25]  # of 0.5 and 1.5; the 9 s were a second answer
    assert waits.slow == [pytest.approx(1.4), 0.25]


def test_a_person_is_waited_for(counted: Store) -> None:
    taken, replied = statistics.person_waits(counted, AT)
    assert (taken.median, replied.median) == ([120.0, None], [300.0, None])


def test_a_reply_to_a_later_call_is_not_one_to_an_earlier(store: Store) -> None:
    late = START + 5000
    talk(
        store, START, ("customer", "A person!", {}), ("agent", "Hello", {"at": late + 10}),
        calls=({"at": START, "taken_at": START + 60, "closed_at": START + 90}, {"at": late, "taken_at": late + 5, "out_of_hours": True}),
    )  # fmt: skip
    taken, replied = statistics.person_waits(store, AT)
    assert (taken.median[0], replied.median[0]) == (60.0, None)  # nobody replied to the first; the second was made at night


def test_unanswered_questions_are_grouped_the_largest_group_first(counted: Store) -> None:
    found = statistics.unanswered(counted, AT)
    assert [(one.question, one.size) for one in found] == [("can I pay by invoice", 2), ("Where is it?", 1)]
    assert counted.conversation(found[0].conversation_id).opened_at == AT[1]


def test_unanswered_questions_are_counted_over_time(counted: Store) -> None:
    assert statistics.unanswered_counts(counted, AT) == [2, 1]
    assert sum(one.size for one in statistics.unanswered(counted, AT)) == 3


def test_an_empty_store_has_zeros(store: Store) -> None:
    assert statistics.volume(store, AT).conversations == [0, 0]
    assert statistics.first_answers(store, AT).median == [None, None]
    assert (statistics.unanswered(store, AT), statistics.unanswered_counts(store, AT)) == ([], [0, 0])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("do you ship to japan?", "Can you ship to Japan", True),
        ("do you ship to japan?", "do you ship to korea?", False),
        ("배송 조회는 어떻게 하나요?", "배송조회 어떻게 하나요", True),
        ("배송 조회는 어떻게 하나요?", "교환 신청은 어떻게 하나요?", False),
        ("???", "???", True),
        ("???", "!!!", False),
    ],
)
def test_nearly_equal_questions(one: str, other: str, same: bool) -> None:
    assert len(statistics.clusters([(one, "a"), (other, "b")])) == 2 - same


@pytest.mark.parametrize("period", statistics.PERIODS)
def test_edges_rise_and_end_after_now(period: statistics.Period) -> None:
    now = datetime(2026, 11, 27, 15, 30, tzinfo=UTC).timestamp()
    at = statistics.edges(period, "Asia/Seoul", now)
    assert list(at) == sorted(set(at))
    assert at[-2] <= now < at[-1]
    assert len(at) - 1 == {"day": 24, "week": 7, "month": 30}[period]
    if period != "day":
        assert {datetime.fromtimestamp(one, ZoneInfo("Asia/Seoul")).strftime("%H:%M:%S") for one in at} == {"00:00:00"}


def test_a_day_on_which_clocks_change_is_one_day() -> None:
    at = statistics.edges("week", "Europe/Berlin", datetime(2026, 10, 27, 12, tzinfo=UTC).timestamp())
    lengths = [round((end - start) / HOUR) for start, end in itertools.pairwise(at)]
    assert sorted(lengths) == [24] * 6 + [25]


def test_search(counted: Store) -> None:
    def first(words: str, which: search.Which = "all", zone: str = "UTC") -> list[str]:
        found, count = search.find(counted, words, which, zone)
        assert count == len(found)
        return [one.first for one in found]

    assert first("INVOICE") == ["can I pay by invoice", "Can I pay by invoice?"]
    assert first("100%") == first("_") == []  # no wildcards
    assert first("2026-11-03") == ["Hello?", "can I pay by invoice"]
    assert first("2026-11-02", zone="America/Los_Angeles") == ["Hello?", "can I pay by invoice"]  # eight hours later
    assert first("2026-11-31") == []
    assert len(first("", "running")) == 7
    assert first("", "past") == []
    one = search.find(counted, "A person!", "all", "UTC")[0][0]
    assert (one.messages, one.agent) == (2, "anna")
    assert [found.conversation.id for found in search.find(counted, one.conversation.id, "all", "UTC")[0]] == [one.conversation.id]


def test_pages_hold_every_conversation_once(store: Store) -> None:
    ids = {talk(store, START + number, ("customer", "Hi", {})) for number in range(search.PAGE + 3)}
    pages = [search.find(store, "hi", "all", "UTC", page) for page in range(3)]
    assert [len(found) for found, _ in pages] == [search.PAGE, 3, 0]
    assert {one.conversation.id for found, _ in pages for one in found} == ids
    assert {count for _, count in pages} == {len(ids)}


def test_no_query_reads_a_whole_table(sqlite: Config) -> None:
    store, plans = open_store(sqlite), []

    def explain(_connection: object, cursor: sqlite3.Cursor, statement: str, parameters: tuple[object, ...], *_: object) -> None:
        if statement.startswith("SELECT"):
            plans.extend(step[3] for step in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall())

    event.listen(store.engine, "before_cursor_execute", explain)
    for number in (
        statistics.volume,
        statistics.ratings,
        statistics.tokens,
        statistics.first_answers,
        statistics.person_waits,
        statistics.unanswered_counts,
    ):
        number(store, AT)
    statistics.unanswered(store, AT)
    store.close()
    assert any(plan.startswith("SEARCH") for plan in plans)
    assert {plan for plan in plans if plan.startswith("SCAN")} <= {"SCAN handoffs"}  # few, and without an index on their time
