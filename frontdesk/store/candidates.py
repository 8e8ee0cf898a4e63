"""Candidates for training rows: `make feedback` finds them in conversations, people review them, `make data`
uses them.

A candidate stands for one message. Until it is reviewed it follows the store: if a rating is taken back, it
goes too.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from frontdesk.store.rows import clock, note, storable
from frontdesk.store.store import Store
from frontdesk.store.tables import Candidate, Conversation, Message

KINDS = ("unanswered", "edit", "agent", "thumbs")  # most valuable to a reviewer first
COLUMNS = ("kind", "conversation_id", "messages", "answer", "worse", "group", "size")
"""Columns that are updated when an unreviewed candidate is found again."""
BATCH = 500  # messages looked up in one statement


class Found(NamedTuple):
    """A candidate as it was found, masked; see tables.Candidate for the fields."""

    kind: str
    conversation_id: str
    message_id: int
    messages: list[dict[str, str]]
    answer: str
    worse: str | None = None
    group: str = ""
    size: int = 1


class Changes(NamedTuple):
    """How many candidates `take_in` added, changed and withdrew. `decided` ones stay as they are."""

    added: int
    changed: int
    withdrawn: int
    decided: int


def take_in(store: Store, run: str, found: Sequence[Found]) -> Changes:
    """Make the unreviewed candidates of a run those that were found: add, change, and withdraw what was not
    found again. A candidate whose conversation was removed meanwhile is ignored."""
    added = changed = decided = 0
    with store.transaction() as session:
        rows = session.scalars(_of(run).with_for_update(of=Candidate))
        before = {row.message_id: row for row in rows}
        there = _there(session, [one.message_id for one in found])
        for one in (one for one in found if one.message_id in there):
            row = before.pop(one.message_id, None)
            if row is None:
                session.add(Candidate(**one._asdict(), at=clock(session)))
                added += 1
            elif row.status != "new":
                decided += 1
            elif new := {name: getattr(one, name) for name in COLUMNS if getattr(row, name) != getattr(one, name)}:
                for name, value in new.items():
                    setattr(row, name, value)
                changed += 1
        gone = [row for row in before.values() if row.status == "new"]
        for row in gone:
            session.delete(row)
    return Changes(added, changed, len(gone), decided)


def _there(session: Session, ids: Sequence[int]) -> set[int]:
    """The messages that still exist. They are locked until the transaction ends."""
    there: set[int] = set()
    for start in range(0, len(ids), BATCH):
        query = select(Message.id).where(Message.id.in_(ids[start : start + BATCH]))
        there.update(session.scalars(query.with_for_update(read=True, key_share=True)))
    return there


def _of(run: str | None) -> Select[tuple[Candidate]]:
    query = select(Candidate)
    return query.join(Conversation, Conversation.id == Candidate.conversation_id).where(Conversation.run == run) if run else query


def candidates(
    store: Store, status: str | None = None, kind: str | None = None, run: str | None = None, after: int = 0, limit: int | None = None
) -> list[Candidate]:
    """Those with this status and kind (None: any), oldest first, with ids above `after`; at most `limit`."""
    query = _of(run).where(Candidate.id > after).order_by(Candidate.id).limit(limit)
    if status:
        query = query.where(Candidate.status == status)
    if kind:
        query = query.where(Candidate.kind == kind)
    with store.reading() as session:
        return list(session.scalars(query))


def candidate(store: Store, id: int) -> Candidate | None:
    with store.reading() as session:
        return session.get(Candidate, id)


def counts(store: Store, run: str | None = None) -> Counter[tuple[str, str]]:
    """How many there are by (kind, status)."""
    query = _of(run).with_only_columns(Candidate.kind, Candidate.status, func.count()).group_by(Candidate.kind, Candidate.status)
    with store.reading() as session:
        return Counter({(kind, status): number for kind, status, number in session.execute(query)})


def review(store: Store, id: int, status: str, answer: str, who: str, was: str = "new") -> bool:
    """Set the status: "accepted" with the reviewer's answer, "rejected", or "new" again. False if it is not
    `was` any more. If the reviewer has changed the bot's answer, that is kept as the worse one. Raises
    ValueError for an accepted one without an answer."""
    answer = storable(answer).strip()
    if status not in ("new", "accepted", "rejected"):
        raise ValueError(f"a candidate becomes new, accepted or rejected, not {status!r}")
    if status == "accepted" and not answer:
        raise ValueError("an accepted candidate has an answer")
    with store.transaction() as session:
        row = session.get(Candidate, id, with_for_update=True)
        if row is None or row.status != was:
            return False
        if status == "accepted":
            if row.kind == "thumbs" and row.worse is None and answer != row.answer:
                row.worse = row.answer
            row.answer = answer
        row.status, row.reviewer, row.reviewed_at = (status, None, None) if status == "new" else (status, who, clock(session))
        note(session, who, f"candidate_{status}", str(id))
    return True


def accepted(store: Store, run: str) -> list[Candidate]:
    """The candidates for a run's next `make data`."""
    return candidates(store, "accepted", run=run)


def trained(store: Store, ids: Iterable[int], run: str) -> None:
    """Note that these are in a run's data."""
    with store.transaction() as session:
        for row in session.scalars(select(Candidate).where(Candidate.id.in_(list(ids)))):
            if run not in row.runs:
                row.runs = [*row.runs, run]
