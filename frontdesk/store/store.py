"""The desk's store: customers, conversations and their messages, calls for a person.

    store = open_store(config)

Each method is one transaction, durable when it returns. It is thread-safe and synchronous; async code uses
`await to_thread(store.say, …)`. Methods return rows of tables.py, detached and complete; callers do not
change them.
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import URL, case, delete, func, select
from sqlalchemy.orm import Session, sessionmaker

from frontdesk.config.schema import Config
from frontdesk.store import calls, rows
from frontdesk.store.calls import NotYours
from frontdesk.store.connect import WAIT, WRITES, StoreUnavailable, available, connect, database
from frontdesk.store.credentials import digest
from frontdesk.store.migrate import migrate, shown
from frontdesk.store.rows import Closed, now, storable
from frontdesk.store.tables import Conversation, Customer, Edit, Handoff, Message, Rating, Reason, Speaker

__all__ = ["Closed", "NotYours", "Store", "StoreUnavailable", "now", "open_store"]


def open_store(config: Config, wait: float = WAIT) -> "Store":
    """The run's store, migrated. `wait`: seconds to wait for a locked database. Raises UserError."""
    url = database(config)
    migrate(url)
    return Store(url, wait)


class Store:
    """See the module. A conversation's row is locked while anything about it changes."""

    def __init__(self, url: URL, wait: float = WAIT) -> None:
        self.url = shown(url)
        self.engine = connect(url, wait)
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        self._write = sessionmaker(self.engine.execution_options(**{WRITES: True}), expire_on_commit=False)
        self.shared = url.drivername != "sqlite"  # other processes may write too: pages and gateways of the same desk
        self._wait, self._writer = wait, threading.Lock() if url.drivername == "sqlite" else None
        self._queue_lock, self._queue_revision, self._queue_seen = threading.Lock(), 0, object()

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction that writes: committed, or rolled back if the block raises; StoreUnavailable."""
        with self._turn(), available(), self._write.begin() as session:
            yield session

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Our own queue for SQLite's single writer: its waiters poll, and one of many may starve."""
        if self._writer is None:
            yield
            return
        if not self._writer.acquire(timeout=self._wait):
            raise StoreUnavailable("other changes took too long")
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads, and so waits for no writer."""
        with available(), self._read.begin() as session:
            yield session

    # Customers

    def customer(self, token: str) -> Customer | None:
        """The customer who has this token."""
        with self.reading() as session:
            found = session.scalar(select(Customer).where(Customer.token_hash == digest(token)))
            at = rows.clock(session)
        if found and at - found.seen_at > 60:
            with suppress(StoreUnavailable), self.transaction() as session:  # a full disk must not stop anybody from reading
                if row := session.get(Customer, found.id):
                    row.seen_at = at
        return found

    def add_customer(self) -> tuple[str, Customer]:
        """(token, customer) of a new customer. The token is returned this once."""
        token = secrets.token_urlsafe(32)
        with self.transaction() as session:
            at = rows.clock(session)
            customer = Customer(id=secrets.token_hex(16), token_hash=digest(token), created_at=at, seen_at=at)
            session.add(customer)
        return token, customer

    # Conversations

    def current(self, customer_id: str) -> Conversation | None:
        """The conversation that takes the customer's words: a person's, or the open one changed last."""
        with self.reading() as session:
            return rows.current(session, customer_id)

    def open(self, customer_id: str, run: str, language: str, anew: bool = False) -> Conversation:
        """The current conversation, or a new one (`anew`: always). Raises LookupError without customer."""
        with self.transaction() as session:
            if session.get(Customer, customer_id, with_for_update=True) is None:
                raise LookupError(f"no customer {customer_id}")
            found = rows.current(session, customer_id)
            if found is not None and not anew:
                return found
            last = session.scalar(select(func.max(Conversation.updated_at)).where(Conversation.customer_id == customer_id))
            at, id = max(rows.clock(session), (last or 0.0) + 1e-3), secrets.token_hex(16)
            made = Conversation(
                id=id, customer_id=customer_id, run=run, language=language, state="bot", revision=1, opened_at=at, updated_at=at
            )
            session.add(made)
            return made

    def conversation(self, id: str) -> Conversation | None:
        with self.reading() as session:
            return session.get(Conversation, id)

    def count(self, conversation_id: str) -> int:
        """How many messages it has."""
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
        """Add a message with other columns. Raises Closed, or LookupError where it is gone."""
        with self.transaction() as session:
            return rows.say(session, rows.open_conversation(session, conversation_id), speaker, text, columns)

    def amend(self, message_id: int, **columns: Any) -> None:
        """Replace columns of a message. Raises LookupError. A new text loses the rating of the old one. Its
        tokens are added to the old one's, and `seconds` stay as they are: both tell what was spent."""
        with self.transaction() as session:
            message = rows.message_row(session, message_id)
            rows.touch(rows.locked(session, message.conversation_id))
            rows.amend(session, message, columns)

    def spend(self, message_id: int, prompt_tokens: int, completion_tokens: int) -> None:
        """Add the tokens of a suggested reply to the message that it answers. Nobody sees a change."""
        with self.transaction() as session:
            if (message := session.get(Message, message_id, with_for_update=True)) is not None:
                message.prompt_tokens = rows.add_up(message.prompt_tokens, prompt_tokens)
                message.completion_tokens = rows.add_up(message.completion_tokens, completion_tokens)

    def rate(self, customer_id: str, message_id: int, value: int, reason: str = "") -> None:
        """Rate a message: 1, -1, or 0 to take it back. LookupError unless the bot said it to them."""
        if value not in (-1, 0, 1):
            raise ValueError(f"a rating is 1, -1 or 0, not {value}")
        with self.transaction() as session:
            message = rows.message_row(session, message_id)
            conversation = rows.locked(session, message.conversation_id)
            if message.speaker != "bot" or conversation.customer_id != customer_id:
                raise LookupError(f"no answer {message_id} to this customer")
            at = rows.touch(conversation)
            if value:
                session.merge(Rating(message_id=message_id, value=value, reason=storable(reason), at=at))
            else:
                session.execute(delete(Rating).where(Rating.message_id == message_id))

    def set_language(self, conversation_id: str, language: str) -> None:
        """The language that the customer now reads."""
        with self.transaction() as session:
            conversation = rows.locked(session, conversation_id)
            if conversation.language != language:
                conversation.language = language
                rows.touch(conversation)

    # Calls for a person

    def call_person(self, conversation_id: str, reason: Reason, wish: str, out_of_hours: bool = False) -> str | None:
        """Put the conversation into the queue. Returns the id of the one that waits; None if it already waits
        or a person has it. If an earlier conversation of this customer's still waits, this one is joined to
        it and removed: one agent answers both. Raises Closed."""
        with self.transaction() as session:
            left = rows.left_before(session, conversation_id)
            conversation = rows.open_conversation(session, conversation_id)
            if conversation.state != "bot":
                return None
            if left is not None:
                rows.join(session, conversation, left, storable(wish))
                return left.id
            conversation.state, at = "waiting", rows.touch(conversation)
            conversation.notices = [one for one in conversation.notices or () if one == "cut"]
            call = Handoff(conversation_id=conversation_id, reason=reason, wish=storable(wish), out_of_hours=out_of_hours, at=at)
            session.add(call)
            return conversation.id

    def handoff(self, conversation_id: str) -> Handoff | None:
        """The open call for a person."""
        with self.reading() as session:
            return calls.open_call(session, conversation_id)

    def set_wish(self, conversation_id: str, wish: str) -> None:
        """Note what the customer wants in the open call for a person, if there still is one."""
        with self.transaction() as session:
            conversation = rows.locked(session, conversation_id)
            if (call := calls.open_call(session, conversation_id)) is not None:
                call.wish = storable(wish)
                rows.touch(conversation)

    def queue(self) -> list[tuple[Conversation, Handoff]]:
        """Who waits, longest first; then who is with an agent."""
        query = (
            select(Conversation, Handoff)
            .join(Handoff, (Handoff.conversation_id == Conversation.id) & Handoff.closed_at.is_(None))
            .where(Conversation.state.in_(("waiting", "agent")))
            .order_by(case((Conversation.state == "waiting", 0), else_=1), Handoff.at, Handoff.id)
        )
        with self.reading() as session:
            return [(conversation, handoff) for conversation, handoff in session.execute(query)]

    def take(self, conversation_id: str, agent: str, admin: bool = False) -> bool:
        """The agent takes the conversation if it is `free`. False if another was faster, or nobody waits."""
        with self.transaction() as session:
            conversation = session.get(Conversation, conversation_id, with_for_update=True)
            call = calls.open_call(session, conversation_id)
            if conversation is None or call is None or not calls.free(session, conversation, call, agent, admin, rows.clock(session)):
                return False
            conversation.state, call.agent, call.taken_at = "agent", agent, rows.touch(conversation)
            rows.note(session, agent, "take", conversation_id)
            rows.end_others(session, conversation)
            return True

    def free(self, conversation_id: str, agent: str, admin: bool = False) -> bool:
        """Whether this agent may take the conversation (calls.free)."""
        with self.reading() as session:
            conversation, call = session.get(Conversation, conversation_id), calls.open_call(session, conversation_id)
            return (
                conversation is not None and call is not None and calls.free(session, conversation, call, agent, admin, rows.clock(session))
            )

    def reply(self, conversation_id: str, agent: str, text: str, suggested: str | None = None) -> Message:
        """Add an agent's message, and the reply that the bot suggested. Raises NotYours."""
        with self.transaction() as session:
            conversation, _ = calls.with_agent(session, rows.locked(session, conversation_id), agent)
            message = rows.say(session, conversation, "agent", text, {"agent": agent})
            rows.note(session, agent, "reply", conversation_id)
            if suggested is not None:
                session.add(Edit(message_id=message.id, suggested=storable(suggested), at=message.at))
            return message

    def give_back(self, conversation_id: str, agent: str) -> None:
        """The bot takes over again. Raises NotYours."""
        with self.transaction() as session:
            conversation, call = calls.with_agent(session, rows.locked(session, conversation_id), agent)
            conversation.state, call.closed_at, call.result = "bot", rows.touch(conversation), "given back"
            conversation.asked, conversation.notices = None, []
            rows.note(session, agent, "give_back", conversation_id)

    def finish(self, conversation_id: str, agent: str | None, result: str) -> None:
        """Close conversation and call, by an agent or (None) the customer. NotYours if another has it."""
        with self.transaction() as session:
            conversation = rows.locked(session, conversation_id)
            if conversation.state == "closed":
                return
            call, at = calls.open_call(session, conversation_id), rows.touch(conversation)
            if call is not None:
                if agent is not None and call.agent not in (None, agent):
                    raise NotYours(f"{call.agent} has the conversation")
                call.agent, call.closed_at, call.result = call.agent or agent, at, storable(result)[:200]
            conversation.state, conversation.closed_at = "closed", at
            if agent is not None:
                rows.note(session, agent, "close", conversation_id)

    # What has changed

    def revision(self, conversation_id: str) -> int:
        """Grows with every change to the conversation; 0 if it is gone."""
        with self.reading() as session:
            return session.scalar(select(Conversation.revision).where(Conversation.id == conversation_id)) or 0

    def queue_revision(self) -> int:
        """Grows, within this process, with every change to the queue or its conversations."""
        query = select(Conversation.id, Conversation.revision).where(Conversation.state.in_(("waiting", "agent")))
        with self.reading() as session:
            seen = {tuple(row) for row in session.execute(query)}
        with self._queue_lock:
            if seen != self._queue_seen:
                self._queue_revision, self._queue_seen = self._queue_revision + 1, seen
            return self._queue_revision
