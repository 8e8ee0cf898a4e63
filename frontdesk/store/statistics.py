"""The desk's numbers for the console's plots. Each is one indexed query (of the few handoffs, all are read),
on SQLite and PostgreSQL alike.

Time is cut at `edges`: bucket i holds what happened from edges[i] until before edges[i + 1]. Each list in a
result has one item for each bucket.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql import ColumnElement, Select

from frontdesk.facts.groups import groups
from frontdesk.store.store import Store
from frontdesk.store.tables import Conversation, Handoff, Message, Rating

Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = get_args(Period)
DAYS: dict[Period, int] = {"week": 7, "month": 30}
NEWEST = 1000  # unanswered questions that are grouped; more would keep the page waiting


@dataclass(frozen=True)
class Volume:
    """Conversations, by the time they were opened."""

    conversations: list[int]
    person: list[int]  # a person was called
    resolved: list[int]
    """No person was called, and the bot's last answer was complete, no refusal and not rated down."""


@dataclass(frozen=True)
class Waits:
    """Seconds that customers waited. None if nobody did."""

    median: list[float | None]
    slow: list[float | None]  # the 90th percentile


@dataclass(frozen=True)
class Cluster:
    """Questions that are alike."""

    question: str  # the newest of them
    size: int
    conversation_id: str  # where the newest was asked


def edges(period: Period, zone: str, now: float) -> tuple[float, ...]:
    """The last 24 hours, or 7 or 30 days, up to the current one, as clocks in `zone` show them."""
    here = datetime.fromtimestamp(now, ZoneInfo(zone)).replace(minute=0, second=0, microsecond=0)
    if period == "day":
        end = here.astimezone(UTC) + timedelta(hours=1)
        return tuple((end - timedelta(hours=24 - hour)).timestamp() for hour in range(25))
    end = here.replace(hour=0) + timedelta(days=1)  # by the wall clock: a day of 23 or 25 hours is one day
    return tuple((end - timedelta(days=DAYS[period] - day)).timestamp() for day in range(DAYS[period] + 1))


def volume(store: Store, at: Sequence[float]) -> Volume:
    """How many conversations there were, and how they went."""
    last = select(func.max(Message.id)).where(Message.conversation_id == Conversation.id, Message.speaker == "bot")
    called = exists().where(Handoff.conversation_id == Conversation.id)
    fine = and_(~called, Message.id.is_not(None), ~Message.refusal, ~Message.cut, func.coalesce(Rating.value, 0) >= 0)
    query = (
        select(_bucket(Conversation.opened_at, at), func.count(), _count(called), _count(fine))
        .select_from(Conversation)
        .outerjoin(Message, Message.id == last.correlate(Conversation).scalar_subquery())
        .outerjoin(Rating, Rating.message_id == Message.id)
        .where(*_within(Conversation.opened_at, at))
    )
    return Volume(*_sums(store, query, at, 3))


def ratings(store: Store, at: Sequence[float]) -> tuple[list[int], list[int]]:
    """Thumbs up and thumbs down, by the time of the answer."""
    query = (
        select(_bucket(Message.at, at), _count(Rating.value > 0), _count(Rating.value < 0))
        .join(Rating, Rating.message_id == Message.id)
        .where(*_within(Message.at, at))
    )
    up, down = _sums(store, query, at, 2)
    return up, down


def tokens(store: Store, at: Sequence[float]) -> tuple[list[int], list[int]]:
    """Tokens of prompts and of what the bot wrote, including replaced answers and suggestions to agents."""
    query = select(_bucket(Message.at, at), func.sum(Message.prompt_tokens), func.sum(Message.completion_tokens))
    prompt, completion = _sums(store, query.where(*_within(Message.at, at)), at, 2)
    return prompt, completion


def first_answers(store: Store, at: Sequence[float]) -> Waits:
    """Waits for the first word of the bot's first answer in a conversation."""
    other = aliased(Message)
    earlier = exists().where(other.conversation_id == Message.conversation_id, other.speaker == "bot", other.id < Message.id)
    query = select(_bucket(Message.at, at), Message.seconds).where(
        *_within(Message.at, at), Message.speaker == "bot", Message.seconds.is_not(None), ~earlier
    )
    with store.reading() as session:
        return _waits(((int(bucket), seconds) for bucket, seconds in session.execute(query)), len(at) - 1)


def person_waits(store: Store, at: Sequence[float]) -> tuple[Waits, Waits]:
    """Waits in opening hours from the call for a person until it is taken, and until their first words."""
    until = func.coalesce(Handoff.closed_at, at[-1])
    first = select(func.min(Message.at)).where(
        Message.conversation_id == Handoff.conversation_id, Message.speaker == "agent", Message.at >= Handoff.at, Message.at <= until
    )
    query = select(_bucket(Handoff.at, at), Handoff.taken_at - Handoff.at, first.correlate(Handoff).scalar_subquery() - Handoff.at).where(
        *_within(Handoff.at, at), ~Handoff.out_of_hours
    )
    with store.reading() as session:
        rows = [(int(bucket), taken, said) for bucket, taken, said in session.execute(query)]
    number = len(at) - 1
    taken = ((bucket, seconds) for bucket, seconds, _ in rows if seconds is not None)
    said = ((bucket, seconds) for bucket, _, seconds in rows if seconds is not None)
    return _waits(taken, number), _waits(said, number)


def unanswered(store: Store, at: Sequence[float], top: int = 10) -> list[Cluster]:
    """The most frequent questions that the bot refused, did not answer to the end, or was rated down for."""
    question = aliased(Message)
    query = _unanswered(at, question, question.text, question.conversation_id).order_by(Message.id.desc()).limit(NEWEST)
    with store.reading() as session:
        found = [(str(text), str(conversation)) for text, conversation in session.execute(query)]
    return sorted(clusters(found), key=lambda cluster: -cluster.size)[:top]


def unanswered_counts(store: Store, at: Sequence[float]) -> list[int]:
    """The number of such questions, by the time of the bot's answer."""
    query = _unanswered(at, aliased(Message), _bucket(Message.at, at), func.count())
    return _sums(store, query, at, 1)[0]


def _unanswered(at: Sequence[float], question: type[Message], *columns: Any) -> Select[Any]:
    """A row for each question without a good answer, with these columns of it and of the answer (Message)."""
    asked = select(func.max(question.id)).where(
        question.conversation_id == Message.conversation_id, question.speaker == "customer", question.id < Message.id
    )
    return (
        select(*columns)
        .select_from(Message)
        .outerjoin(Rating, Rating.message_id == Message.id)
        .join(question, question.id == asked.correlate(Message).scalar_subquery())
        .where(*_within(Message.at, at), Message.speaker == "bot", Message.refusal | Message.cut | (func.coalesce(Rating.value, 0) < 0))
    )


def clusters(questions: Sequence[tuple[str, str]]) -> list[Cluster]:
    """Group (question, conversation) pairs, newest first, by what they ask."""
    return [Cluster(questions[group[0]][0], len(group), questions[group[0]][1]) for group in groups([text for text, _ in questions])]


def _bucket(column: InstrumentedAttribute[float], at: Sequence[float]) -> ColumnElement[Any]:
    return case(*((column < end, number) for number, end in enumerate(at[1:]))).label("bucket")


def _within(column: InstrumentedAttribute[float], at: Sequence[float]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return column >= at[0], column < at[-1]


def _count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))


def _sums(store: Store, query: Select[Any], at: Sequence[float], columns: int) -> list[list[int]]:
    """The query's columns after the first, which is the bucket, each as a list by bucket."""
    sums = [[0] * (len(at) - 1) for _ in range(columns)]
    with store.reading() as session:
        for bucket, *values in session.execute(query.group_by("bucket")):
            for column, value in zip(sums, values, strict=True):
                column[int(bucket)] = int(value or 0)
    return sums


def _waits(found: Iterable[tuple[int, float]], number: int) -> Waits:
    waits: list[list[float]] = [[] for _ in range(number)]
    for bucket, seconds in found:
        waits[bucket].append(float(seconds))
    slow = [quantiles(one, n=10, method="inclusive")[-1] if len(one) > 1 else (one[0] if one else None) for one in waits]
    return Waits([median(one) if one else None for one in waits], slow)
