"""The bot's replies, and the FAQ entries that they rest on."""

from typing import NamedTuple

from sqlalchemy import select

from frontdesk.store.store import Store
from frontdesk.store.tables import Conversation, Message


class Reply(NamedTuple):
    """`entries`: the ids of those that it rests on, as they were then; `question`: one of the first one's."""

    conversation: str
    message: int
    entries: tuple[str, ...]
    question: str


def replies(store: Store, run: str, since: float) -> list[Reply]:
    """Those of a run's desk that rest on entries and were given since then (seconds since 1970), oldest first."""
    query = (
        select(Message.conversation_id, Message.id, Message.source, Message.sources)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.run == run, Message.speaker == "bot", Message.at >= since, Message.source.is_not(None))
        .order_by(Message.id)
    )
    with store.reading() as session:
        return [
            Reply(conversation, message, tuple(one["id"] for one in sources or [source]), source.get("question", ""))
            for conversation, message, source, sources in session.execute(query)
        ]
