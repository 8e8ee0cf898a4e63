"""Finding conversations, running and past, for the agents' console."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql import ColumnElement

from frontdesk.store.store import Store
from frontdesk.store.tables import Conversation, Handoff, Message

Which = Literal["all", "running", "past"]
PAGE = 25  # conversations
ID = re.compile(r"[0-9a-f]{6,32}")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class SearchResult:
    """A conversation in a list."""

    conversation: Conversation
    first: str  # the customer's first words
    messages: int
    agent: str | None  # who had it last, if a person had it


def find(store: Store, words: str, which: Which, zone: str, page: int = 0) -> tuple[list[SearchResult], int]:
    """One page of matches, newest first, and their number. `words` are words of a message, a date (in `zone`)
    on which a conversation began, or the beginning of its id or its customer's."""
    states = {"all": [], "running": [Conversation.state != "closed"], "past": [Conversation.state == "closed"]}
    where = [*_about(words.strip(), zone), *states[which]]
    query = select(Conversation).where(*where).order_by(Conversation.opened_at.desc(), Conversation.id).limit(PAGE).offset(page * PAGE)
    with store.reading() as session:
        count = session.scalar(select(func.count()).select_from(Conversation).where(*where)) or 0
        conversations = list(session.scalars(query))
        ids = [conversation.id for conversation in conversations]
        said = select(Message.conversation_id, func.count()).where(Message.conversation_id.in_(ids)).group_by(Message.conversation_id)
        messages = dict(session.execute(said).tuples().all())
        begun = select(func.min(Message.id)).where(Message.conversation_id.in_(ids), Message.speaker == "customer")
        opening = select(Message.conversation_id, Message.text).where(Message.id.in_(begun.group_by(Message.conversation_id)))
        first = dict(session.execute(opening).tuples().all())
        calls = select(Handoff.conversation_id, Handoff.agent).where(Handoff.conversation_id.in_(ids)).order_by(Handoff.id)
        agents = dict(session.execute(calls).tuples().all())
    found = [SearchResult(one, first.get(one.id, ""), messages.get(one.id, 0), agents.get(one.id)) for one in conversations]
    return found, count


def last_call(store: Store, conversation_id: str) -> Handoff | None:
    """The newest call for a person in a conversation, open or closed."""
    query = select(Handoff).where(Handoff.conversation_id == conversation_id).order_by(Handoff.id.desc()).limit(1)
    with store.reading() as session:
        return session.scalar(query)


def _about(words: str, zone: str) -> list[ColumnElement[bool]]:
    if DATE.fullmatch(words):
        try:
            day = datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone))
        except ValueError:  # no such day
            return [Conversation.id.is_(None)]
        return [Conversation.opened_at >= day.timestamp(), Conversation.opened_at < (day + timedelta(days=1)).timestamp()]
    if not words:
        return []
    message = aliased(Message)
    said = exists().where(message.conversation_id == Conversation.id, message.text.icontains(words, autoescape=True))
    return [said | Conversation.id.startswith(words) | Conversation.customer_id.startswith(words) if ID.fullmatch(words) else said]
