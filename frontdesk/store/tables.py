"""The tables.

Times are seconds since 1970 (UTC); ids of customers and conversations are random, those of messages count up.

A change here needs a migration in `frontdesk/store/migrations`; a test compares the two.
"""

from typing import Any, Literal

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

State = Literal["bot", "waiting", "agent", "closed"]
"""Who answers: the bot; nobody yet, a person is awaited; a person; nobody any more."""
Speaker = Literal["customer", "bot", "agent"]
Reason = Literal["wish", "refusal", "rating", "repeated", "topic", "error"]
"""Why a person was called: the customer asked for one; the bot refused; two answers were rated down; the same
question came twice; a topic of the config; the bot could not be reached."""
Role = Literal["customer", "agent", "admin"]


class Base(DeclarativeBase):
    """All tables."""


class Customer(Base):
    """Somebody who chats, known by a secret token that only their browser has; here is its SHA-256."""

    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[float] = mapped_column(Float)
    seen_at: Mapped[float] = mapped_column(Float)


class Conversation(Base):
    """One conversation of one customer, from its first message to its close."""

    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    run: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16), index=True)
    revision: Mapped[int] = mapped_column(Integer, default=0)
    """Grows with every change to the conversation, its messages, ratings and calls."""
    opened_at: Mapped[float] = mapped_column(Float, index=True)
    updated_at: Mapped[float] = mapped_column(Float, index=True)
    closed_at: Mapped[float | None] = mapped_column(Float)
    # Of desks with several pages (frontdesk/store/leases.py); not used with SQLite.
    asked: Mapped[int | None] = mapped_column(Integer, index=True)
    """The message to which a page writes an answer now: a customer's, or the bot's that it replaces."""
    page: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[float | None] = mapped_column(Float)
    notices: Mapped[list[str] | None] = mapped_column(JSON)
    """Keys of ui/chat/texts.py that the customer should read."""


class Message(Base):
    """One message of a conversation."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    speaker: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[float] = mapped_column(Float, index=True)
    agent: Mapped[str | None] = mapped_column(String(100))
    """The name of the agent's key, for an agent's message."""
    cut: Mapped[bool] = mapped_column(Boolean, default=False)
    """The bot's answer is incomplete: the customer stopped it, or the engine went away."""
    refusal: Mapped[bool] = mapped_column(Boolean, default=False)  # the bot's answer is its handoff sentence
    source: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The FAQ entry that the answer rests on: {"id", "question", "source"}."""
    sources: Mapped[list[dict[str, str]] | None] = mapped_column(JSON)
    """All entries that the answer rests on, each with its id and what customers may know of its origin: {"id", "title",
    "heading", "page", "url", "updated"}, without what is not known."""
    near: Mapped[list[str] | None] = mapped_column(JSON)
    """FAQ questions that a refusal or a question back offers: the nearest to what was asked."""
    model_version: Mapped[str | None] = mapped_column(String(64))
    data_version: Mapped[str | None] = mapped_column(String(64))
    prompt_tokens: Mapped[int | None] = mapped_column(Integer)
    completion_tokens: Mapped[int | None] = mapped_column(Integer)
    seconds: Mapped[float | None] = mapped_column(Float)
    """From the customer's message to the first word of the answer."""


class Rating(Base):
    """A customer's rating of an answer; the newest one counts."""

    __tablename__ = "ratings"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    value: Mapped[int] = mapped_column(Integer)  # 1 or -1
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[float] = mapped_column(Float)


class Handoff(Base):
    """A call for a person. A conversation has at most one that is not closed."""

    __tablename__ = "handoffs"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(16))
    wish: Mapped[str] = mapped_column(Text)  # what the customer wants, in one line
    out_of_hours: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[float] = mapped_column(Float, index=True)
    taken_at: Mapped[float | None] = mapped_column(Float)
    agent: Mapped[str | None] = mapped_column(String(100))
    closed_at: Mapped[float | None] = mapped_column(Float)
    result: Mapped[str | None] = mapped_column(String(200))


class Edit(Base):
    """A reply that the bot suggested to an agent. The message is what the agent sent, changed or not."""

    __tablename__ = "edits"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    suggested: Mapped[str] = mapped_column(Text)
    at: Mapped[float] = mapped_column(Float)


class Key(Base):
    """A key to the API or the console; only its SHA-256 is kept."""

    __tablename__ = "keys"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    rate: Mapped[int | None] = mapped_column(Integer)  # requests a minute; None: no limit
    concurrency: Mapped[int | None] = mapped_column(Integer)  # requests at once; None: no limit
    created_at: Mapped[float] = mapped_column(Float)
    revoked_at: Mapped[float | None] = mapped_column(Float)


class Login(Base):
    """A browser in which somebody entered a key of an agent or admin."""

    __tablename__ = "logins"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("keys.id", ondelete="CASCADE"))
    until: Mapped[float] = mapped_column(Float)


class Audit(Base):
    """Something that an agent, an admin or somebody at the machine's shell has done. It outlives what it is about, and has no customer's
    words."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    at: Mapped[float] = mapped_column(Float, index=True)
    who: Mapped[str] = mapped_column(String(100))
    act: Mapped[str] = mapped_column(String(32))
    """One of frontdesk.store.audit.ACTS."""
    about: Mapped[str] = mapped_column(String(200))  # the id of a conversation, candidate or version, or a key's name


class Candidate(Base):
    """Something that may become a training row, once a person has said so."""

    __tablename__ = "candidates"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16), index=True)  # thumbs, edit, agent, unanswered
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    """The message that is the answer; for `unanswered` the customer's question."""
    messages: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    """The turns up to the customer's question, masked."""
    answer: Mapped[str] = mapped_column(Text)  # masked; empty for `unanswered` until a reviewer writes one
    worse: Mapped[str | None] = mapped_column(Text)
    """The bot's worse answer, masked; with `answer` it makes a preference pair."""
    group: Mapped[str] = mapped_column(Text)
    """Keeps its row and similar ones in one split: an FAQ entry's id or a chat's file name, of any length."""
    size: Mapped[int] = mapped_column(Integer, default=1)  # size of the cluster that it stands for
    status: Mapped[str] = mapped_column(String(16), index=True, default="new")  # new, accepted, rejected
    reviewer: Mapped[str | None] = mapped_column(String(100))
    reviewed_at: Mapped[float | None] = mapped_column(Float)
    at: Mapped[float] = mapped_column(Float)
    runs: Mapped[list[str]] = mapped_column(JSON, default=list)
    """The runs that have it in their data, oldest first."""


class Process(Base):
    """A page or gateway that runs now (frontdesk/store/fleet.py, as the two tables below)."""

    __tablename__ = "processes"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(220), index=True)
    """Such as `gateway shop`: those of one kind share what there is."""
    until: Mapped[float] = mapped_column(Float)


class Running(Base):
    """How many requests of an API key a gateway has in work."""

    __tablename__ = "running"

    process_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


class Bucket(Base):
    """What is left of a rate limit: `tokens` at the time `at`."""

    __tablename__ = "buckets"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    tokens: Mapped[float] = mapped_column(Float)
    at: Mapped[float] = mapped_column(Float)
