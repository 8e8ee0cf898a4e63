"""The store of the desk: customers, conversations and what is said in them, calls for a person.

    store = open_store(config)

Each method is one transaction, durable when it returns. Thread-safe, synchronous; async code uses `await to_thread(store.say, …)`.
What is returned are rows of tables.py, detached and complete; callers do not change them.
"""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from sqlalchemy import URL, case, delete, func, null, select, update
from sqlalchemy.orm import Session, sessionmaker

from frontdesk.config.schema import Config
from frontdesk.store import calls
from frontdesk.store.calls import NotYours
from frontdesk.store.connect import WAIT, WRITES, StoreUnavailable, available, connect, database
from frontdesk.store.keys import digest
from frontdesk.store.migrate import migrate, shown
from frontdesk.store.tables import Candidate, Conversation, Customer, Edit, Handoff, Message, Rating, Reason, Speaker

__all__ = ["Closed", "NotYours", "Store", "StoreUnavailable", "now", "open_store"]

TOKENS = ("prompt_tokens", "completion_tokens")
"""Columns of Message that add up."""


class Closed(Exception):
    """The conversation is closed; nothing more is said in it."""


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def storable(text: str) -> str:
    """Without what no database takes as text: NUL (PostgreSQL) and halves of surrogate pairs (UTF-8)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def open_store(config: Config, wait: float = WAIT) -> "Store":
    """The run's store, at the newest schema. `wait`: seconds until a locked database is StoreUnavailable. Raises UserError."""
    url = database(config)
    migrate(url)
    return Store(url, wait)


class Store:
    """See the module. A conversation's row is locked while it or what hangs on it changes: concurrent changes come one after the other."""

    def __init__(self, url: URL, wait: float = WAIT) -> None:
        self.url = shown(url)
        self.engine = connect(url, wait)
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        self._write = sessionmaker(self.engine.execution_options(**{WRITES: True}), expire_on_commit=False)
        self._wait, self._writer = wait, threading.Lock() if url.drivername == "sqlite" else None
        self._pulse_lock, self._pulse, self._pulse_of = threading.Lock(), 0, object()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction that writes. Committed at the end of the block, undone where it raises. Raises StoreUnavailable."""
        with self._turn(), self._session(self._write) as session:
            yield session

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite has one writer; those who wait look again at growing intervals, and one of many may starve. Not so before our lock."""
        if self._writer is None:
            yield
            return
        if not self._writer.acquire(timeout=self._wait):
            raise StoreUnavailable("other changes took too long")
        try:
            yield
        finally:
            self._writer.release()

    def reading(self) -> AbstractContextManager[Session]:
        """A transaction that only reads: it waits for no writer."""
        return self._session(self._read)

    @contextmanager
    def _session(self, make: sessionmaker[Session]) -> Iterator[Session]:
        with available(), make.begin() as session:
            yield session

    # Customers

    def customer(self, token: str) -> Customer | None:
        """Who has this secret."""
        with self.reading() as session:
            found = session.scalar(select(Customer).where(Customer.token_hash == digest(token)))
        if found and now() - found.seen_at > 60:
            with suppress(StoreUnavailable), self.transaction() as session:  # a full disk must not keep anybody from reading
                if row := session.get(Customer, found.id):
                    row.seen_at = now()
        return found

    def add_customer(self) -> tuple[str, Customer]:
        """(secret, customer). The secret is told this once."""
        token, at = secrets.token_urlsafe(32), now()
        customer = Customer(id=secrets.token_hex(16), token_hash=digest(token), created_at=at, seen_at=at)
        with self.transaction() as session:
            session.add(customer)
        return token, customer

    # Conversations

    def current(self, customer_id: str) -> Conversation | None:
        """The conversation that the customer's words go to: the one that a person has, or else the open one that changed last."""
        with self.reading() as session:
            return _current(session, customer_id)

    def open(self, customer_id: str, run: str, language: str, anew: bool = False) -> Conversation:
        """The current conversation, or a new one; `anew`: in any case a new one. Raises LookupError for an unknown customer."""
        with self.transaction() as session:
            if session.get(Customer, customer_id, with_for_update=True) is None:
                raise LookupError(f"no customer {customer_id}")
            found = _current(session, customer_id)
            if found is not None and not anew:
                return found
            last = session.scalar(select(func.max(Conversation.updated_at)).where(Conversation.customer_id == customer_id))
            at, id = max(now(), (last or 0.0) + 1e-3), secrets.token_hex(16)
            made = Conversation(
                id=id, customer_id=customer_id, run=run, language=language, state="bot", revision=1, opened_at=at, updated_at=at
            )
            session.add(made)
            return made

    def conversation(self, id: str) -> Conversation | None:
        """By its id."""
        with self.reading() as session:
            return session.get(Conversation, id)

    def count(self, conversation_id: str) -> int:
        """Its messages."""
        with self.reading() as session:
            return session.scalar(select(func.count(Message.id)).where(Message.conversation_id == conversation_id)) or 0

    def messages(self, conversation_id: str, after: int = 0) -> list[Message]:
        """Those with ids above `after`, oldest first."""
        query = select(Message).where(Message.conversation_id == conversation_id, Message.id > after).order_by(Message.id)
        with self.reading() as session:
            return list(session.scalars(query))

    def ratings(self, conversation_id: str) -> dict[int, Rating]:
        """By message id."""
        query = select(Rating).join(Message, Message.id == Rating.message_id).where(Message.conversation_id == conversation_id)
        with self.reading() as session:
            return {rating.message_id: rating for rating in session.scalars(query)}

    def say(self, conversation_id: str, speaker: Speaker, text: str, **columns: Any) -> Message:
        """Add a message; `columns` are others of Message. Raises Closed, or LookupError where the conversation is gone."""
        with self.transaction() as session:
            return _say(session, _open(session, conversation_id), speaker, text, columns)

    def amend(self, message_id: int, **columns: Any) -> None:
        """Replace columns of a message. A new text loses the rating of the old one; its tokens count beside the old one's, and `seconds`
        stay as they are: what was spent and waited for has been. Raises LookupError."""
        with self.transaction() as session:
            message = _message(session, message_id)
            _touch(_locked(session, message.conversation_id))
            if "text" in columns:
                columns["text"] = storable(columns["text"])
                if columns["text"] != message.text:
                    session.execute(delete(Rating).where(Rating.message_id == message_id))
            columns |= {name: _sum(getattr(message, name), columns[name]) for name in TOKENS if name in columns}
            columns |= {"seconds": message.seconds} if message.seconds is not None else {}
            for name, value in columns.items():
                getattr(message, name)  # a name that is no column is a mistake of ours
                setattr(message, name, null() if value is None else value)

    def spend(self, message_id: int, prompt_tokens: int, completion_tokens: int) -> None:
        """Count, at a message, the tokens that a reply to it cost which was suggested to an agent. Nobody sees a change."""
        with self.transaction() as session:
            if (message := session.get(Message, message_id, with_for_update=True)) is not None:
                message.prompt_tokens = _sum(message.prompt_tokens, prompt_tokens)
                message.completion_tokens = _sum(message.completion_tokens, completion_tokens)

    def rate(self, customer_id: str, message_id: int, value: int, reason: str = "") -> None:
        """A thumb up (1), down (-1) or taken back (0). Raises LookupError unless the message is a bot's to this customer."""
        if value not in (-1, 0, 1):
            raise ValueError(f"a rating is 1, -1 or 0, not {value}")
        with self.transaction() as session:
            message = _message(session, message_id)
            conversation = _locked(session, message.conversation_id)
            if message.speaker != "bot" or conversation.customer_id != customer_id:
                raise LookupError(f"no answer {message_id} to this customer")
            at = _touch(conversation)
            if value:
                session.merge(Rating(message_id=message_id, value=value, reason=storable(reason), at=at))
            else:
                session.execute(delete(Rating).where(Rating.message_id == message_id))

    def set_language(self, conversation_id: str, language: str) -> None:
        """The language that the customer reads now."""
        with self.transaction() as session:
            conversation = _locked(session, conversation_id)
            if conversation.language != language:
                conversation.language = language
                _touch(conversation)

    # Calls for a person

    def call_person(self, conversation_id: str, reason: Reason, wish: str, out_of_hours: bool = False) -> str | None:
        """Put the conversation into the queue; None where it is there, or with a person, already. Raises Closed.

        Returns the id of the one that waits. Where the customer has left something that still does, that is it: what was said here goes
        there, and this conversation is no more. The two have one answer.
        """
        with self.transaction() as session:
            left = _left_before(session, conversation_id)
            conversation = _open(session, conversation_id)
            if conversation.state != "bot":
                return None
            if left is not None:
                _join(session, conversation, left, storable(wish))
                return left.id
            conversation.state, at = "waiting", _touch(conversation)
            call = Handoff(conversation_id=conversation_id, reason=reason, wish=storable(wish), out_of_hours=out_of_hours, at=at)
            session.add(call)
            return conversation.id

    def handoff(self, conversation_id: str) -> Handoff | None:
        """The open call for a person."""
        with self.reading() as session:
            return calls.open_call(session, conversation_id)

    def set_wish(self, conversation_id: str, wish: str) -> None:
        """What the customer wants, of the open call for a person, if there still is one."""
        with self.transaction() as session:
            conversation = _locked(session, conversation_id)
            if (call := calls.open_call(session, conversation_id)) is not None:
                call.wish = storable(wish)
                _touch(conversation)

    def queue(self) -> list[tuple[Conversation, Handoff]]:
        """Who waits, the longest first; then who is with an agent."""
        query = (
            select(Conversation, Handoff)
            .join(Handoff, (Handoff.conversation_id == Conversation.id) & Handoff.closed_at.is_(None))
            .where(Conversation.state.in_(("waiting", "agent")))
            .order_by(case((Conversation.state == "waiting", 0), else_=1), Handoff.at, Handoff.id)
        )
        with self.reading() as session:
            return [(conversation, handoff) for conversation, handoff in session.execute(query)]

    def take(self, conversation_id: str, agent: str, admin: bool = False) -> bool:
        """The agent takes a conversation, if it is `free`; False where somebody else was faster, or nobody waits."""
        with self.transaction() as session:
            conversation = session.get(Conversation, conversation_id, with_for_update=True)
            call = calls.open_call(session, conversation_id)
            if conversation is None or call is None or not calls.free(session, conversation, call, agent, admin, now()):
                return False
            conversation.state, call.agent, call.taken_at = "agent", agent, _touch(conversation)
            _end_others(session, conversation)
            return True

    def free(self, conversation_id: str, agent: str, admin: bool = False) -> bool:
        """Whether this agent may take the conversation: it waits, or another has it who is gone or has let the customer wait for
        SILENT_SECONDS. An admin may take any that another has."""
        with self.reading() as session:
            conversation, call = session.get(Conversation, conversation_id), calls.open_call(session, conversation_id)
            return conversation is not None and call is not None and calls.free(session, conversation, call, agent, admin, now())

    def reply(self, conversation_id: str, agent: str, text: str, suggested: str | None = None) -> Message:
        """An agent's message, beside what the bot suggested. Raises NotYours."""
        with self.transaction() as session:
            conversation, _ = calls.with_agent(session, _locked(session, conversation_id), agent)
            message = _say(session, conversation, "agent", text, {"agent": agent})
            if suggested is not None:
                session.add(Edit(message_id=message.id, suggested=storable(suggested), at=message.at))
            return message

    def give_back(self, conversation_id: str, agent: str) -> None:
        """The bot answers again. Raises NotYours."""
        with self.transaction() as session:
            conversation, call = calls.with_agent(session, _locked(session, conversation_id), agent)
            conversation.state, call.closed_at, call.result = "bot", _touch(conversation), "given back"

    def finish(self, conversation_id: str, agent: str | None, result: str) -> None:
        """Close the conversation and its call, by an agent or (None) the customer. Raises NotYours where another agent has it."""
        with self.transaction() as session:
            conversation = _locked(session, conversation_id)
            if conversation.state == "closed":
                return
            call, at = calls.open_call(session, conversation_id), _touch(conversation)
            if call is not None:
                if agent is not None and call.agent not in (None, agent):
                    raise NotYours(f"{call.agent} has the conversation")
                call.agent, call.closed_at, call.result = call.agent or agent, at, storable(result)[:200]
            conversation.state, conversation.closed_at = "closed", at

    # What has changed

    def revision(self, conversation_id: str) -> int:
        """Grows with every change to the conversation; 0 where it is gone."""
        with self.reading() as session:
            return session.scalar(select(Conversation.revision).where(Conversation.id == conversation_id)) or 0

    def pulse(self) -> int:
        """Grows, within this process, whenever anything in the queue or its conversations has changed."""
        query = select(Conversation.id, Conversation.revision).where(Conversation.state.in_(("waiting", "agent")))
        with self.reading() as session:
            seen = {tuple(row) for row in session.execute(query)}
        with self._pulse_lock:
            if seen != self._pulse_of:
                self._pulse, self._pulse_of = self._pulse + 1, seen
            return self._pulse


def _current(session: Session, customer_id: str) -> Conversation | None:
    query = select(Conversation).where(Conversation.customer_id == customer_id, Conversation.state != "closed")
    return session.scalar(query.order_by(Conversation.state != "agent", Conversation.updated_at.desc()).limit(1))


def _end_others(session: Session, taken: Conversation) -> None:
    """Close what the customer began with the bot meanwhile: from now on a person is there for them."""
    others = select(Conversation).where(
        Conversation.customer_id == taken.customer_id, Conversation.id != taken.id, Conversation.state == "bot"
    )
    for other in session.scalars(others.with_for_update()):
        other.state, other.closed_at = "closed", _touch(other)


def _left_before(session: Session, conversation_id: str) -> Conversation | None:
    """Another conversation of its customer's that waits for a person. Locked, and before this one, as in `take`."""
    whose = select(Conversation.customer_id).where(Conversation.id == conversation_id).scalar_subquery()
    others = select(Conversation).where(Conversation.customer_id == whose, Conversation.id != conversation_id)
    return session.scalar(others.where(Conversation.state == "waiting").order_by(Conversation.opened_at).limit(1).with_for_update())


def _join(session: Session, conversation: Conversation, left: Conversation, wish: str) -> None:
    """Move what hangs on a conversation to the one that waits, and remove it."""
    for table in (Message, Handoff, Candidate):
        session.execute(update(table).where(table.conversation_id == conversation.id).values(conversation_id=left.id))
    session.execute(delete(Conversation).where(Conversation.id == conversation.id))
    call = calls.open_call(session, left.id)
    if call is not None and wish not in ("", call.wish):
        call.wish = " / ".join(one for one in (call.wish, wish) if one)
    left.language = conversation.language
    _touch(left)


def _locked(session: Session, conversation_id: str) -> Conversation:
    found = session.get(Conversation, conversation_id, with_for_update=True)
    if found is None:
        raise LookupError(f"no conversation {conversation_id}")
    return found


def _open(session: Session, conversation_id: str) -> Conversation:
    found = _locked(session, conversation_id)
    if found.state == "closed":
        raise Closed(f"conversation {conversation_id} is closed")
    return found


def _touch(conversation: Conversation) -> float:
    """Note a change. Returns its time, which is never before that of the last one, whatever the machine's clock does."""
    conversation.revision += 1
    conversation.updated_at = max(now(), conversation.updated_at)
    return conversation.updated_at


def _sum(one: int | None, other: int | None) -> int | None:
    return one if other is None else (one or 0) + other


def _message(session: Session, message_id: int) -> Message:
    found = session.get(Message, message_id)
    if found is None:
        raise LookupError(f"no message {message_id}")
    return found


def _say(session: Session, conversation: Conversation, speaker: Speaker, text: str, columns: dict[str, Any]) -> Message:
    given = {name: value for name, value in columns.items() if value is not None}
    message = Message(conversation_id=conversation.id, speaker=speaker, text=storable(text), at=_touch(conversation), **given)
    session.add(message)
    session.flush()  # gives it its id
    return message
