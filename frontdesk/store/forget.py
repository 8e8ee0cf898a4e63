"""Removing people and their words from the store: when they ask for it, and after `desk.retention_days`.

A candidate for training is removed with its conversation. Expiry makes one exception: a candidate that is in
a run's data stays, masked, in an otherwise empty conversation. So the next training still has it, and
`forget` still finds it and names the runs.
"""

import asyncio
import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Select, delete, exists, func, or_, select, text, update
from sqlalchemy.orm import Session

from frontdesk.store.connect import StoreUnavailable, available
from frontdesk.store.credentials import shell_user
from frontdesk.store.rows import clock, note
from frontdesk.store.store import Store
from frontdesk.store.tables import Audit, Bucket, Candidate, Conversation, Customer, Handoff, Message
from frontdesk.web.access_log import write

DAY = 86400.0
GONE = "forgotten"  # what an entry of the audit log is about, once that was removed for good
BATCH = 500  # conversations that expire in one transaction, so that others need not wait long
LOCK = 7_365_012  # PostgreSQL's advisory lock while a process expires; any number will do but that of frontdesk/store/migrate.py
LARGE = 128 * 1024**2
"""Bytes from which rewriting an SQLite file takes over a second of the five that customers wait."""
TRIES = 25
"""To empty SQLite's log. Each waits for readers as long as the store waits for a lock."""


@dataclass(frozen=True)
class Forgotten:
    """What was, or would be, removed."""

    conversations: int
    messages: int
    candidates: int
    runs: tuple[str, ...]  # runs that have it in their data: they must be trained again
    erased: bool = True
    """Whether its bytes are gone from SQLite's file too. False: the file was in use all the time."""


Owner = type[Customer] | type[Conversation]
"""What a person asks to have removed: themselves with all that is theirs, or one conversation."""


def remembered(store: Store, owner: Owner, id: str) -> Forgotten:
    """What `forget` would remove. Raises LookupError."""
    with store.reading() as session:
        return _what(session, owner, id)


def conversations_by_run(store: Store, id: str) -> dict[str, set[str]]:
    """By run, the ids of a customer's conversations, or of the one with this id."""
    found: dict[str, set[str]] = {}
    with store.reading() as session:
        query = select(Conversation.run, Conversation.id).where(or_(Conversation.customer_id == id, Conversation.id == id))
        for run, conversation in session.execute(query):
            found.setdefault(run, set()).add(conversation)
    return found


def forget(store: Store, owner: Owner, id: str) -> Forgotten:
    """Remove a customer, or one conversation, with all that hangs on it. Raises LookupError."""
    with store.transaction() as session:
        session.get(owner, id, with_for_update=True)  # nobody opens or continues a conversation meanwhile
        found = _what(session, owner, id)
        known = [id, *session.scalars(_conversations(owner, id))]
        session.execute(update(Audit).where(Audit.about.in_(known)).values(about=GONE))
        note(session, shell_user(), "forgotten", f"{owner.__tablename__} {hashlib.sha256(id.encode()).hexdigest()[:12]}")
        session.execute(delete(Candidate).where(Candidate.conversation_id.in_(_conversations(owner, id))))
        session.execute(delete(Bucket).where(Bucket.name == f"customer {id}"))
        session.execute(delete(owner).where(owner.id == id))
    return replace(found, erased=erase(store))


def expire(store: Store, days: int) -> int:
    """Remove conversations last changed more than `days` ago, and customers not seen since. Returns how many
    conversations. `erase` removes their bytes."""
    with store.reading() as session:
        before, count = clock(session) - days * DAY, 0
    while batch := _expire_some(store, before):
        count += batch
    with store.transaction() as session:
        has_any = exists().where(Conversation.customer_id == Customer.id)
        session.execute(delete(Customer).where(Customer.seen_at < before, ~has_any))
    return count


async def keep_expiring(store: Store, days: int | None) -> None:
    """Expire now and once a day, until cancelled. If the store is away, try again after an hour. Of several processes one does it."""
    while days is not None:
        try:
            await asyncio.to_thread(_expire_alone, store, days)
            pause = DAY
        except StoreUnavailable as error:
            pause = 3600.0
            write("expired conversations were not removed", days=days, problem=str(error), again_in=pause)
        await asyncio.sleep(pause)


def _expire_alone(store: Store, days: int) -> None:
    """Expire, unless another process is at it."""
    with _alone(store) as alone:
        if alone:
            _expire_beside_customers(store, days)


@contextmanager
def _alone(store: Store) -> Iterator[bool]:
    """Whether no other process is in such a block. Its end, or that of the process, lets another in."""
    if not store.shared:
        yield True
        return
    with available(), store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield bool(connection.scalar(text(f"SELECT pg_try_advisory_lock({LOCK})")))
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))


def _expire_beside_customers(store: Store, days: int) -> None:
    """Expire, and erase if that keeps nobody waiting."""
    if not expire(store, days):
        return
    file = store.engine.url.database if store.engine.dialect.name == "sqlite" else None
    if (size := Path(file).stat().st_size if file else 0) < LARGE:
        erase(store)
    else:
        do = "the file keeps some bytes of what has expired, and rewriting it keeps customers waiting; at a quiet hour, "
        write("file too large to be erased now", store=store.url, mib=size >> 20, do=do + "python -m serve.forget --expired --config …")


def _expire_some(store: Store, before: float) -> int:
    old = or_(Conversation.closed_at < before, Conversation.updated_at < before)
    said, learned = (exists().where(of.conversation_id == Conversation.id) for of in (Message, Candidate))
    with store.transaction() as session:
        query = select(Conversation.id).where(old, or_(said, ~learned)).limit(BATCH).with_for_update()
        ids = set(session.scalars(query))
        candidates = session.scalars(select(Candidate).where(Candidate.conversation_id.in_(ids))).all()
        trained = [candidate.id for candidate in candidates if candidate.runs]
        kept = {candidate.conversation_id for candidate in candidates if candidate.runs}
        session.execute(delete(Candidate).where(Candidate.conversation_id.in_(ids), Candidate.id.not_in(trained)))
        session.execute(update(Candidate).where(Candidate.id.in_(trained)).values(message_id=None))
        session.execute(delete(Conversation).where(Conversation.id.in_(ids - kept)))
        session.execute(delete(Message).where(Message.conversation_id.in_(kept)))
        session.execute(delete(Handoff).where(Handoff.conversation_id.in_(kept)))
        closed = {"state": "closed", "closed_at": func.coalesce(Conversation.closed_at, Conversation.updated_at)}
        session.execute(update(Conversation).where(Conversation.id.in_(kept)).values(**closed, revision=Conversation.revision + 1))
    return len(ids)


def _conversations(owner: Owner, id: str) -> Select[tuple[str]]:
    return select(Conversation.id).where((Conversation.customer_id if owner is Customer else Conversation.id) == id)


def _what(session: Session, owner: Owner, id: str) -> Forgotten:
    if session.get(owner, id) is None:
        raise LookupError(f"no {owner.__name__.lower()} {id}")
    ids = _conversations(owner, id)
    conversations = session.scalar(select(func.count()).select_from(ids.subquery())) or 0
    messages = session.scalar(select(func.count()).select_from(Message).where(Message.conversation_id.in_(ids))) or 0
    runs = session.scalars(select(Candidate.runs).where(Candidate.conversation_id.in_(ids))).all()
    return Forgotten(conversations, messages, len(runs), tuple(sorted({run for each in runs for run in each})))


def erase(store: Store) -> bool:
    """Rewrite SQLite's file (some 100 MiB/s) and empty its log. False if others use it. Nobody can write
    meanwhile. `secure_delete` is not enough: split pages keep copies of rows that have moved. PostgreSQL
    reclaims the space by itself (autovacuum)."""
    if store.engine.dialect.name != "sqlite":
        return True
    raw = store.engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("VACUUM")
        for _ in range(TRIES):
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if cursor.fetchone() == (0, 0, 0):  # not busy, and nothing left in the log
                return True
            time.sleep(0.2)  # another checkpoint is running; SQLite does not wait for it
        return False
    except sqlite3.Error:
        return False
    finally:
        raw.close()
