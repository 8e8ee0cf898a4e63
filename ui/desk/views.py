"""What a page draws of a conversation, made from the store's rows and what is going on now."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from frontdesk.store.store import Store
from frontdesk.store.tables import Conversation, Handoff, Message, Rating, Speaker, State
from ui.chat.texts import Language

NAMES = {"title", "heading", "url"}
"""What of an origin can stand for it under an answer."""
LEFT = "left"
"""The result of a call for a person when the customer began a new conversation."""


@dataclass(frozen=True)
class TurnView:
    """A message as it is drawn. `source`: the FAQ entry that an answer rests on; `sources`: where all of its
    entries were published (`Origin.citation`), as far as they have a title, heading or address. `refusal`: the
    answer offers to connect a person; `near`: FAQ questions that the customer may have meant."""

    id: int
    speaker: Speaker
    text: str
    source: dict[str, Any] | None = None
    sources: tuple[dict[str, str], ...] = ()
    rating: int = 0  # 1, -1 or 0
    cut: bool = False
    agent: str | None = None
    refusal: bool = False
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """A customer's conversation now. `notices` are keys of ui.chat.texts."""

    conversation_id: str | None
    revision: int
    state: State
    turns: tuple[TurnView, ...]
    pending: str | None  # the answer in progress so far, "" before its first word; None: there is none
    busy: bool
    notices: tuple[str, ...]
    place: int | None  # in the queue, from 1
    agent: str | None  # who has the conversation
    open: bool  # people are there now
    language: str


@dataclass(frozen=True)
class Stored:
    """A conversation as the store has it."""

    conversation: Conversation | None
    turns: tuple[TurnView, ...] = ()
    place: int | None = None
    agent: str | None = None
    at: float = 0.0  # when it was read, by the monotonic clock

    @property
    def state(self) -> State:
        return self.conversation.state if self.conversation else "bot"  # type: ignore[return-value]

    @property
    def asked(self) -> int | None:
        """The message to which this page or another writes an answer now, by the store."""
        return self.conversation.asked if self.conversation and self.state == "bot" else None

    @property
    def unanswered(self) -> bool:
        """Whether the bot owes the customer an answer."""
        return self.state == "bot" and bool(self.turns) and self.turns[-1].speaker == "customer"


def read(store: Store, customer_id: str, before: Stored | None) -> Stored:
    """Read what the store knows now. `before`: what was read last; its turns are kept if nothing has changed."""
    at = time.monotonic()
    conversation = shown(store, customer_id)
    if conversation is None:
        return Stored(None, at=at)
    known = before.conversation if before else None
    if before and known and (known.id, known.revision) == (conversation.id, conversation.revision):
        turns = before.turns
    else:
        turns = turns_of(store.messages(conversation.id), store.ratings(conversation.id))
    waiting = [one.id for one, _ in store.queue() if one.state == "waiting"] if conversation.state == "waiting" else []
    call = store.handoff(conversation.id) if conversation.state == "agent" else None
    place = waiting.index(conversation.id) + 1 if conversation.id in waiting else None
    return Stored(conversation, turns, place, call.agent if call else None, at)


def shown(store: Store, customer_id: str) -> Conversation | None:
    """The conversation that the customer sees: the one that a person has, or else the one that was open last.

    A closed one is shown only if an agent closed it: the agent's last words stay until the customer goes on.
    """
    last = func.coalesce(Conversation.closed_at, Conversation.updated_at).desc()
    newest = select(Conversation).where(Conversation.customer_id == customer_id).order_by(Conversation.state != "agent", last).limit(1)
    with store.reading() as session:
        found = session.scalar(newest)
        if found is None or found.state != "closed":
            return found
        call = session.scalar(select(Handoff).where(Handoff.conversation_id == found.id).order_by(Handoff.id.desc()).limit(1))
        return found if call and call.agent and call.result != LEFT and call.closed_at == found.closed_at else None


def turns_of(messages: Sequence[Message], ratings: Mapping[int, Rating]) -> tuple[TurnView, ...]:
    """Messages as they are drawn."""
    return tuple(
        TurnView(
            id=message.id,
            speaker=message.speaker,  # type: ignore[arg-type]
            text=message.text,
            source=message.source,
            sources=_cited(message.sources or ()),
            rating=ratings[message.id].value if message.id in ratings else 0,
            cut=message.cut,
            agent=message.agent,
            refusal=message.refusal,
            near=tuple(message.near or ()),
        )
        for message in messages
    )


def _cited(sources: Sequence[dict[str, str]]) -> tuple[dict[str, str], ...]:
    """Those that can be named, each once: two passages may be of one section."""
    shown = [{key: value for key, value in one.items() if key != "id"} for one in sources]
    return tuple(one for place, one in enumerate(shown) if one.keys() & NAMES and one not in shown[:place])


def draw(
    stored: Stored, pending: str | None, replaced: int | None, notices: tuple[str, ...], people: bool, language: Language | str
) -> View:
    """The view. `replaced`: the message that the answer in progress will replace; it is not drawn meanwhile."""
    conversation = stored.conversation
    return View(
        conversation_id=conversation.id if conversation else None,
        revision=conversation.revision if conversation else 0,
        state=stored.state,
        turns=stored.turns if pending is None else tuple(turn for turn in stored.turns if turn.id != replaced),
        pending=pending,
        busy=pending is not None,
        notices=notices,
        place=stored.place,
        agent=stored.agent,
        open=people,
        language=conversation.language if conversation else language,
    )
