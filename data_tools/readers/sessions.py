"""Where one conversation of a chat room ends and the next begins. Messengers keep all of a room in one stream."""

import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from data_tools.conversation import Role

GAP = timedelta(minutes=60)
LATE_ANSWER = timedelta(hours=24)
GREETING = re.compile(r"(?:hi|hello|hey|good (?:morning|afternoon|evening))\b|안녕(?:하세요|하십니까|하신가요|$|[\s~!.,])", re.IGNORECASE)
WISH = re.compile(r"\b(?:i (?:need|want|would like)|i'd like|help me)\b|문의\s?(?:드|하|있)|싶(?:은데|어요|습니다)", re.IGNORECASE)
FAREWELL = re.compile(
    r"\b(?:good ?bye|bye|farewell|take care|have an? (?:\w+ )?(?:day|one|evening|night|weekend|trip|flight)|enjoy (?:your|the))\b"
    r"|(?:좋은|즐거운|행복한|편안한) .{0,12}(?:되세요|되시|보내세요|보내시)|안녕히",
    re.IGNORECASE,
)
THANKS = re.compile(r"\bthank|\bthanks\b|\bthx\b|감사|고맙|고마워", re.IGNORECASE)


class Message(NamedTuple):
    """One message of a room."""

    line: int
    at: datetime | None
    name: str
    text: str


def split_sessions(messages: list[Message], roles: dict[str, Role]) -> list[list[Message]]:
    """Runs of messages that belong together.

    A new one starts when time goes backwards, after a gap of an hour, and where a customer opens anew: with a hello, or
    with a wish after an agent's goodbye. An agent who answers an open question within a day does not start one: desks are
    closed at night.
    """
    sessions: list[list[Message]] = []
    for position, message in enumerate(messages):
        following = messages[position + 1] if position + 1 < len(messages) else None
        if not sessions or _starts(message, sessions[-1], following, roles):
            sessions.append([])
        sessions[-1].append(message)
    return sessions


def _starts(message: Message, session: list[Message], following: Message | None, roles: dict[str, Role]) -> bool:
    previous = session[-1]
    agent_now, agent_before = roles[message.name] == "agent", roles[previous.name] == "agent"
    if message.at and previous.at:
        gap = message.at - previous.at
        if gap < timedelta(0):
            return True
        if gap >= GAP:
            open_question = not agent_before and not FAREWELL.search(previous.text) and not THANKS.search(previous.text)
            return not (agent_now and open_question and gap < LATE_ANSWER)
    if agent_now or not agent_before:
        return False
    if FAREWELL.search(previous.text) and WISH.search(message.text):
        return True
    return bool(GREETING.match(message.text)) and _is_over(session, following, roles)


def _is_over(session: list[Message], following: Message | None, roles: dict[str, Role]) -> bool:
    """Whether a customer's hello after these messages is the first of a new conversation."""
    spoken = [roles[message.name] for message in session]
    if "customer" not in spoken:
        return False
    answered = sum(1 for one, two in pairwise(spoken) if (one, two) == ("customer", "agent"))
    greeted = following is not None and roles[following.name] == "agent" and GREETING.match(following.text)
    return bool(greeted) or answered > 1 or FAREWELL.search(session[-1].text) is not None
