"""Calls for a person, within a transaction: the open one, who may take it, and who has it."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from frontdesk.store.credentials import LOCAL
from frontdesk.store.tables import Conversation, Handoff, Key, Message

SILENT_SECONDS = 15 * 60.0
"""After so long without a reply any agent may take over: longer than looking something up."""


class NotYours(Exception):
    """This agent does not have the conversation: nobody has it, another agent does, or it is closed."""


def open_call(session: Session, conversation_id: str) -> Handoff | None:
    """The conversation's open call, if there is one."""
    return session.scalar(select(Handoff).where(Handoff.conversation_id == conversation_id, Handoff.closed_at.is_(None)))


def with_agent(session: Session, conversation: Conversation, agent: str) -> tuple[Conversation, Handoff]:
    """The conversation and its call, if this agent has it. Raises NotYours."""
    call = open_call(session, conversation.id)
    if conversation.state != "agent" or call is None or call.agent != agent:
        raise NotYours(f"{agent} does not have conversation {conversation.id}")
    return conversation, call


def free(session: Session, conversation: Conversation, call: Handoff, agent: str, admin: bool, at: float) -> bool:
    """Whether this agent may take it now: it waits, or the agent who has it is gone or has let the customer
    wait. An admin may take any that another agent has."""
    if conversation.state != "agent" or call.agent is None:
        return conversation.state == "waiting"
    if call.agent == agent or admin:
        return call.agent != agent
    # An agent is gone whose key was revoked, or who is LOCAL when there are keys.
    gone = select(Key.id) if call.agent == LOCAL else select(Key.id).where(Key.name == call.agent, Key.revoked_at.is_not(None))
    return session.scalar(gone.limit(1)) is not None or _waited(session, call, at) >= SILENT_SECONDS


def _waited(session: Session, call: Handoff, at: float) -> float:
    """Seconds that the customer waits for this call's agent: since it was taken, or their next words."""
    taken, said = call.taken_at or call.at, select(func.max(Message.id)).where(Message.conversation_id == call.conversation_id)
    replied = session.scalar(said.where(Message.speaker == "agent", Message.at >= call.at))
    if replied is None:
        return at - taken
    asked = select(func.min(Message.at)).where(Message.conversation_id == call.conversation_id, Message.speaker == "customer")
    first = session.scalar(asked.where(Message.id > replied))
    return 0.0 if first is None else at - max(first, taken)
