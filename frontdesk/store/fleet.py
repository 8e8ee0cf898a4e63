"""What the pages and gateways of a desk share, on PostgreSQL: who lives, and what keys and customers have used.

The tables are unlogged: a change waits for no disk, and a crash of the database fills all buckets again.
"""

from typing import NamedTuple

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from frontdesk.store import rows
from frontdesk.store.store import Store
from frontdesk.store.tables import Bucket, Process, Running

LIVE = 8.0  # seconds after its last beat that a process counts as dead
MINUTE = 60.0  # seconds until an empty bucket is full again
KEPT = 3600.0  # seconds that a bucket is kept; all are full again by then
NOW = "extract(epoch FROM clock_timestamp())"
FILLED = f"least(:most, b.tokens + greatest(0, {NOW} - b.at) * :most / :minute)"
TAKE = text(
    f"INSERT INTO buckets AS b (name, tokens, at) VALUES (:name, CAST(:most AS float) - 1, {NOW}) "
    f"ON CONFLICT (name) DO UPDATE SET tokens = {FILLED} - 1, at = {NOW} WHERE {FILLED} >= 1 RETURNING tokens"
)
"""As text: SQLAlchemy would compile it anew each time, which takes longer than all else."""
LEFT = text(f"SELECT {FILLED} FROM buckets b WHERE name = :name")
HAS = text(
    "INSERT INTO running (process_id, key, count) VALUES (:gateway, :key, :count) "
    "ON CONFLICT (process_id, key) DO UPDATE SET count = :count"
)


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


def take(store: Store, name: str, most: int) -> Use:
    """Take a token from a bucket that holds `most` and is full again after a minute, as frontdesk.web.rate_limit does."""
    with store.transaction() as session:
        return _take(session, name, most)


def admit(store: Store, gateway: str, key: str, mine: int, rate: int | None, concurrency: int | None) -> Use:
    """A key's request at a gateway that has `mine` of the key in work: `rate` a minute and `concurrency` at once, over all gateways."""
    with store.transaction() as session:
        if concurrency:
            session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))  # one gateway after the other
            others = select(func.coalesce(func.sum(Running.count), 0)).join(Process, Process.id == Running.process_id)
            others = others.where(Running.key == key, Process.id != gateway, Process.until > rows.CLOCK)
            if mine + (session.scalar(others) or 0) >= concurrency:
                return Use(False, True, 0.0)
        used = _take(session, f"key {key}", rate) if rate else Use(True, False, 0.0)
        if used.admitted and concurrency:
            _has(session, gateway, key, mine + 1)
        return used


def release(store: Store, gateway: str, key: str, mine: int) -> None:
    """The gateway has `mine` of the key's requests in work."""
    with store.transaction() as session:
        _has(session, gateway, key, mine)


def _has(session: Session, gateway: str, key: str, count: int) -> None:
    session.execute(HAS, {"gateway": gateway, "key": key, "count": count})


def _take(session: Session, name: str, most: int) -> Use:
    bucket = {"name": name, "most": float(most), "minute": MINUTE}
    if (tokens := session.scalar(TAKE, bucket)) is not None:
        return Use(True, False, tokens)
    return Use(False, False, session.scalar(LEFT, bucket) or 0.0)
