"""What the pages and gateways of a desk share, on PostgreSQL: who lives, and what keys and customers have used.

The tables are unlogged: a change waits for no disk, and a crash of the database fills all buckets again.
"""

from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from frontdesk.store import rows
from frontdesk.store.store import Store
from frontdesk.store.tables import Bucket, Process, Running

LIVE = 8.0  # seconds after its last beat that a process counts as dead
MINUTE = 60.0  # seconds until an empty bucket is full again
KEPT = 3600.0  # seconds that a bucket is kept; all are full again by then


class Use(NamedTuple):
    """What came of a request: admitted or not, why not (it is one too many at once), and the tokens left."""

    admitted: bool
    at_once: bool
    tokens: float


def beat(store: Store, id: str, kind: str) -> int:
    """The process lives. Returns how many of its kind do."""
    with store.transaction() as session:
        at = rows.clock(session)
        session.execute(delete(Process).where(Process.until < at - LIVE, Process.id != id))
        session.execute(delete(Running).where(Running.process_id.not_in(select(Process.id)), Running.process_id != id))
        session.execute(delete(Bucket).where(Bucket.at < at - KEPT))
        session.merge(Process(id=id, kind=kind, until=at + LIVE))
        session.flush()
        return session.scalar(select(func.count()).select_from(Process).where(Process.kind == kind, Process.until > at)) or 1


def leave(store: Store, id: str) -> None:
    """The process ends."""
    with store.transaction() as session:
        session.execute(delete(Process).where(Process.id == id))


def take(store: Store, name: str, most: float) -> Use:
    """Take a token from a bucket that holds `most` and is full again after a minute, as frontdesk.web.rate_limit does."""
    with store.transaction() as session:
        return _take(session, _locked(session, name, most), most)


def admit(store: Store, gateway: str, key: str, mine: int, rate: int | None, concurrency: int | None) -> Use:
    """A key's request at a gateway that has `mine` of the key in work: `rate` a minute and `concurrency` at once, over all gateways."""
    with store.transaction() as session:
        bucket = _locked(session, f"key {key}", rate or 1)
        if concurrency:
            others = select(func.coalesce(func.sum(Running.count), 0)).join(Process, Process.id == Running.process_id)
            others = others.where(Running.key == key, Process.id != gateway, Process.until > rows.CLOCK)
            if mine + (session.scalar(others) or 0) >= concurrency:
                return Use(False, True, bucket.tokens)
        used = _take(session, bucket, rate) if rate else Use(True, False, 0.0)
        if used.admitted and concurrency:
            session.merge(Running(process_id=gateway, key=key, count=mine + 1))
        return used


def release(store: Store, gateway: str, key: str, mine: int) -> None:
    """The gateway has `mine` of the key's requests in work."""
    with store.transaction() as session:
        session.merge(Running(process_id=gateway, key=key, count=mine))


def _locked(session: Session, name: str, most: float) -> Bucket:
    """The bucket, a full one if it is new. Others wait until the transaction ends."""
    wanted = select(Bucket).where(Bucket.name == name).with_for_update()
    if (found := session.scalar(wanted)) is None:
        session.execute(insert(Bucket).values(name=name, tokens=most, at=rows.CLOCK).on_conflict_do_nothing())
        found = session.scalars(wanted).one()
    return found


def _take(session: Session, bucket: Bucket, most: float) -> Use:
    at = rows.clock(session)
    tokens = min(most, bucket.tokens + max(0.0, at - bucket.at) * most / MINUTE)
    bucket.tokens, bucket.at = tokens - (tokens >= 1), at
    return Use(tokens >= 1, False, bucket.tokens)
