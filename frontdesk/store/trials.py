"""How conversations went, by the version of the model that answered them first."""

from typing import NamedTuple

from sqlalchemy import case, exists, func, or_, select
from sqlalchemy.orm import aliased

from frontdesk.sequential import Count
from frontdesk.store.rows import now
from frontdesk.store.store import Store
from frontdesk.store.tables import Conversation, Handoff, Message, Rating

SETTLED = 30 * 60.0
"""Seconds without a change after which a conversation counts, if it is not closed before: what was looked at must not change."""


class Outcomes(NamedTuple):
    """Of conversations: those in which a person was called, that the bot resolved alone (as in store/statistics.py), with a thumb down
    (of those that were rated), and with an answer that broke off or never came."""

    handed_over: Count = Count(0, 0)
    resolved: Count = Count(0, 0)
    disliked: Count = Count(0, 0)
    failed: Count = Count(0, 0)


def outcomes(store: Store, run: str, since: float, length: int) -> dict[str, Outcomes]:
    """By version (the first `length` characters of the model's key), of conversations that began since then and are settled."""
    bots = select(Message.id).where(Message.conversation_id == Conversation.id, Message.speaker == "bot").correlate(Conversation)
    first, last = aliased(Message), aliased(Message)

    def some(*where: object) -> object:
        return exists().where(Message.conversation_id == Conversation.id, *where).correlate(Conversation)  # type: ignore[arg-type]

    rated = exists().where(Message.conversation_id == Conversation.id, Rating.message_id == Message.id).correlate(Conversation)
    called = exists().where(Handoff.conversation_id == Conversation.id).correlate(Conversation)
    down = rated.where(Rating.value < 0)
    lost = or_(some(Message.speaker == "bot", Message.cut), called.where(Handoff.reason == "error"))  # type: ignore[arg-type]
    fine = ~called & ~last.refusal & ~last.cut & ~exists().where(Rating.message_id == last.id, Rating.value < 0)
    version = func.substr(first.model_version, 1, length)
    sums = [func.sum(case((one, 1), else_=0)) for one in (called, fine, down, rated, lost)]
    query = (
        select(version, func.count(), *sums)
        .select_from(Conversation)
        .join(first, first.id == bots.with_only_columns(func.min(Message.id)).scalar_subquery())
        .join(last, last.id == bots.with_only_columns(func.max(Message.id)).scalar_subquery())
        .where(Conversation.run == run, Conversation.opened_at >= since, first.model_version.is_not(None))
        .where(or_(Conversation.state == "closed", Conversation.updated_at < now() - SETTLED))
        .group_by(version)
    )
    with store.reading() as session:
        return {
            id: Outcomes(Count(called, number), Count(fine, number), Count(down, rated), Count(lost, number))
            for id, number, called, fine, down, rated, lost in session.execute(query)
        }
