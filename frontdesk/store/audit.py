"""The audit log: who did what when. Most acts are noted in the transaction that does them (rows.note), others with `record`."""

from typing import Literal, get_args

from sqlalchemy import func, select

from frontdesk.errors import UserError, warn
from frontdesk.store.rows import note
from frontdesk.store.store import Store, StoreUnavailable
from frontdesk.store.tables import Audit

Act = Literal[
    "take", "reply", "give_back", "close",
    "candidate_accepted", "candidate_rejected", "candidate_new", "draft_accepted", "draft_rejected", "draft_new",
    "key_created", "key_revoked", "forgotten", "withdrawn", "retrained",
    "shadow", "canary", "ab", "promote", "rollback",
]  # fmt: skip
ACTS: tuple[Act, ...] = get_args(Act)
PAGE = 50  # entries


def record(store: Store, who: str, act: Act, about: str) -> None:
    """Note what was done outside of the store. A store that is away only costs a warning: it is done already."""
    try:
        with store.transaction() as session:
            note(session, who, act, about)
    except (StoreUnavailable, UserError) as error:
        warn(f"the audit log lacks that {who} did {act} {about}: {error}")


def entries(store: Store, page: int = 0) -> tuple[list[Audit], int]:
    """One page, newest first, and the number of all."""
    with store.reading() as session:
        count = session.scalar(select(func.count()).select_from(Audit)) or 0
        return list(session.scalars(select(Audit).order_by(Audit.id.desc()).limit(PAGE).offset(page * PAGE))), count
