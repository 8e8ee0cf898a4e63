"""Which of several pages answers a conversation, for desks on PostgreSQL.

A page has a lease while it writes an answer: the conversation's columns `asked`, `page`, `lease_until` and, for what the
customer should read, `notices`. A message and its lease are stored together, and so are an answer and the end of its lease.
So a message that was acknowledged is answered once: a page that dies leaves a lease that ends, and another page claims it;
what a page says without a lease is not stored. Times are the database's.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from frontdesk.store import rows
from frontdesk.store.store import Store
from frontdesk.store.tables import Conversation, Message

SECONDS = 10.0  # of a lease; longer than a busy page takes to renew it
MOST = 16  # that a page takes over at once: the others take some too
CUT, STOPPED = "cut", "stopped"  # notices


class Busy(Exception):
    """Another page answers the conversation now."""


class Lost(Exception):
    """The page's lease has ended: another page answers, or a person does."""


def ask(store: Store, conversation_id: str, text: str, page: str, notices: Sequence[str] = ()) -> Message:
    """Store a customer's message; if the bot has the conversation, `page` answers. Raises Closed, LookupError or Busy."""
    with store.transaction() as session:
        conversation = rows.open_conversation(session, conversation_id)
        message = rows.say(session, conversation, "customer", text, {})
        conversation.notices = [*notices]
        if conversation.state == "bot":
            _take(session, conversation, message.id, page)
        return message


def claim(store: Store, conversation_id: str, message_id: int, page: str) -> None:
    """From now on `page` answers the message, or replaces it where it is the bot's. Raises Busy; Lost if it is not the newest any more."""
    with store.transaction() as session:
        conversation = rows.locked(session, conversation_id)
        newest = session.scalar(select(func.max(Message.id)).where(Message.conversation_id == conversation_id))
        if conversation.state != "bot" or newest != message_id:
            raise Lost(f"message {message_id} was answered meanwhile, or a person is there")
        _take(session, conversation, message_id, page)
        conversation.notices = [one for one in conversation.notices or () if one == CUT]
        rows.touch(conversation)


def _take(session: Session, conversation: Conversation, message_id: int, page: str) -> None:
    at = rows.clock(session)
    if conversation.asked and conversation.page != page and (conversation.lease_until or 0.0) > at:
        raise Busy(f"another page answers conversation {conversation.id}")
    conversation.asked, conversation.page, conversation.lease_until = message_id, page, at + SECONDS


def end(
    store: Store, conversation_id: str, asked: int, page: str, notices: Sequence[str], text: str, replaced: bool, columns: dict[str, Any]
) -> None:
    """Store the answer, if `text` is one, and end the lease. `replaced`: in place of the message `asked`. Raises Lost or LookupError."""
    with store.transaction() as session:
        conversation = rows.locked(session, conversation_id)
        if not held(conversation, asked, page):
            raise Lost(f"this page does not answer conversation {conversation_id} any more")
        conversation.asked, conversation.notices = None, [*(one for one in conversation.notices or () if one == CUT), *notices]
        if text and replaced:
            rows.amend(session, rows.message_row(session, asked), {"text": text, **columns})
        elif text:
            rows.say(session, conversation, "bot", text, columns)
            return
        rows.touch(conversation)


def held(conversation: Conversation, asked: int, page: str) -> bool:
    """Whether the page has the lease."""
    return conversation.state == "bot" and (conversation.asked, conversation.page) == (asked, page)


def stop(store: Store, conversation_id: str) -> None:
    """Ask the page that answers to stop."""
    with store.transaction() as session:
        conversation = rows.locked(session, conversation_id)
        if conversation.asked:
            conversation.notices = [STOPPED]
            rows.touch(conversation)


def renew(store: Store, page: str, conversation_ids: Collection[str]) -> None:
    """The page still answers these."""
    mine = update(Conversation).where(Conversation.id.in_(conversation_ids), Conversation.page == page, Conversation.asked.is_not(None))
    with store.transaction() as session:
        session.execute(mine.values(lease_until=rows.CLOCK + SECONDS))


def leave(store: Store, page: str) -> None:
    """The page ends: others may go on with its answers at once."""
    with store.transaction() as session:
        session.execute(update(Conversation).where(Conversation.page == page, Conversation.asked.is_not(None)).values(lease_until=0.0))


def abandoned(store: Store, run: str) -> Sequence[Conversation]:
    """Conversations whose lease has ended without an answer."""
    ended = (Conversation.asked.is_not(None), Conversation.lease_until < rows.CLOCK, Conversation.state == "bot", Conversation.run == run)
    with store.reading() as session:
        return session.scalars(select(Conversation).where(*ended).order_by(Conversation.lease_until).limit(MOST)).all()
