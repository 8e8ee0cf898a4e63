"""What the store does to rows within a transaction: find, lock, note changes, add, join."""

import time
from typing import Any

from sqlalchemy import Float, cast, delete, extract, func, null, select, update
from sqlalchemy.orm import Session, object_session

from frontdesk.store import calls
from frontdesk.store.tables import Audit, Candidate, Conversation, Handoff, Message, Rating, Speaker

TOKENS = ("prompt_tokens", "completion_tokens")


CLOCK = cast(extract("epoch", func.clock_timestamp()), Float)
"""PostgreSQL's clock: seconds since 1970."""


class Closed(Exception):
    """The conversation is closed; it takes no more messages."""


def now() -> float:
    """Seconds since 1970, by this machine's clock."""
    return time.time()


def clock(session: Session) -> float:
    """The same by the one clock of all processes that use the database: its own; that of SQLite is this machine's."""
    connection = session.connection()
    return now() if connection.dialect.name == "sqlite" else connection.execute(select(CLOCK)).scalar_one()


def storable(text: str) -> str:
    """The text without what databases refuse: NUL (PostgreSQL) and lone surrogates (UTF-8)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def current(session: Session, customer_id: str) -> Conversation | None:
    """The open conversation that a person has, or else the one that changed last."""
    query = select(Conversation).where(Conversation.customer_id == customer_id, Conversation.state != "closed")
    return session.scalar(query.order_by(Conversation.state != "agent", Conversation.updated_at.desc()).limit(1))


def end_others(session: Session, taken: Conversation) -> None:
    """Close what the customer meanwhile began with the bot: a person is there for them now."""
    others = select(Conversation).where(
        Conversation.customer_id == taken.customer_id, Conversation.id != taken.id, Conversation.state == "bot"
    )
    for other in session.scalars(others.with_for_update()):
        other.state, other.closed_at = "closed", touch(other)


def left_before(session: Session, conversation_id: str) -> Conversation | None:
    """Another conversation of this customer's that waits. It is locked before this one, as in `take`."""
    whose = select(Conversation.customer_id).where(Conversation.id == conversation_id).scalar_subquery()
    others = select(Conversation).where(Conversation.customer_id == whose, Conversation.id != conversation_id)
    return session.scalar(others.where(Conversation.state == "waiting").order_by(Conversation.opened_at).limit(1).with_for_update())


def join(session: Session, conversation: Conversation, left: Conversation, wish: str) -> None:
    """Move everything from a conversation to the one that waits, and remove it."""
    for table in (Message, Handoff, Candidate):
        session.execute(update(table).where(table.conversation_id == conversation.id).values(conversation_id=left.id))
    session.execute(delete(Conversation).where(Conversation.id == conversation.id))
    call = calls.open_call(session, left.id)
    if call is not None and wish not in ("", call.wish):
        call.wish = " / ".join(one for one in (call.wish, wish) if one)
    left.language = conversation.language
    touch(left)


def locked(session: Session, conversation_id: str) -> Conversation:
    """The conversation, locked until the transaction ends. Raises LookupError."""
    found = session.get(Conversation, conversation_id, with_for_update=True)
    if found is None:
        raise LookupError(f"no conversation {conversation_id}")
    return found


def open_conversation(session: Session, conversation_id: str) -> Conversation:
    """`locked`, if it is not closed. Raises Closed or LookupError."""
    found = locked(session, conversation_id)
    if found.state == "closed":
        raise Closed(f"conversation {conversation_id} is closed")
    return found


def touch(conversation: Conversation) -> float:
    """Note a change. Returns its time, never before the last one's, whatever the clock does."""
    session = object_session(conversation)
    assert session is not None
    at = clock(session)
    conversation.revision += 1
    conversation.updated_at = max(at, conversation.updated_at)
    return conversation.updated_at


def add_up(one: int | None, other: int | None) -> int | None:
    """The sum, where None is unknown."""
    return one if other is None else (one or 0) + other


def note(session: Session, who: str, act: str, about: str) -> None:
    """Note in the audit log what somebody does, in the transaction in which it is done."""
    session.add(Audit(at=clock(session), who=who[:100], act=act, about=about[:200]))


def message_row(session: Session, message_id: int) -> Message:
    """By its id. Raises LookupError."""
    found = session.get(Message, message_id)
    if found is None:
        raise LookupError(f"no message {message_id}")
    return found


def say(session: Session, conversation: Conversation, speaker: Speaker, text: str, columns: dict[str, Any]) -> Message:
    given = {name: value for name, value in columns.items() if value is not None}
    message = Message(conversation_id=conversation.id, speaker=speaker, text=storable(text), at=touch(conversation), **given)
    session.add(message)
    session.flush()  # gives it its id
    return message


def amend(session: Session, message: Message, columns: dict[str, Any]) -> None:
    """See Store.amend."""
    if "text" in columns:
        columns["text"] = storable(columns["text"])
        if columns["text"] != message.text:
            session.execute(delete(Rating).where(Rating.message_id == message.id))
    columns |= {name: add_up(getattr(message, name), columns[name]) for name in TOKENS if name in columns}
    columns |= {"seconds": message.seconds} if message.seconds is not None else {}
    for name, value in columns.items():
        getattr(message, name)  # raises for a name that is no column
        setattr(message, name, null() if value is None else value)
