"""Where one conversation of a chat room ends and the next begins. Messengers keep all of a room in one stream."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from data_tools.conversations.conversation import Turn

GAP = timedelta(minutes=60)
LATE_ANSWER = timedelta(hours=24)
BACK = timedelta(minutes=-1)
GREETING = re.compile(r"(?:hi|hello|hey|good (?:morning|afternoon|evening))\b|안녕(?:하세요|하십니까|하신가요|$|[\s~!.,])", re.IGNORECASE)
WISH = re.compile(r"\b(?:i (?:need|want|would like)|i'd like|help me)\b|문의\s?(?:드|하|있)|싶(?:은데|어요|습니다)", re.IGNORECASE)
FAREWELL = re.compile(
    r"(?i)\b(?:good ?bye|bye|farewell|take care|have an? (?:\w+ )?(?:day|one|evening|night|weekend|trip|flight)|enjoy (?:your|the))\b"
    r"|(?:좋은|즐거운|행복한|편안한) .{0,12}(?:되세요|되시|보내세요|보내시)|안녕히"
)
THANKS = re.compile(r"\bthank|\bthanks\b|\bthx\b|감사|고맙|고마워", re.IGNORECASE)


def split_sessions(turns: Iterable[Turn]) -> Iterator[list[Turn]]:
    """Runs of turns that belong together, one run in memory at a time; what is no turn stays with the run that it stands in.

    A new one starts when time goes backwards by a minute, after a gap of an hour, and where a customer opens anew: with a hello,
    or with a wish after an agent's goodbye. An agent who answers an open question within a day does not start one: desks are
    closed at night.
    """
    run: list[Turn] = []
    spoken: list[Turn] = []
    for turn, following in _with_next_spoken(turns):
        if turn.skipped is None:
            if spoken and _starts(turn, spoken, following):
                yield run
                run, spoken = [], []
            spoken.append(turn)
        run.append(turn)
    if run:
        yield run


def _with_next_spoken(turns: Iterable[Turn]) -> Iterator[tuple[Turn, Turn | None]]:
    waiting: list[Turn] = []
    for turn in turns:
        if turn.skipped is None:
            yield from ((earlier, turn) for earlier in waiting)
            waiting = []
        waiting.append(turn)
    yield from ((earlier, None) for earlier in waiting)


def _starts(turn: Turn, session: list[Turn], following: Turn | None) -> bool:
    previous = session[-1]
    agent_now, agent_before = turn.role == "agent", previous.role == "agent"
    if turn.at and previous.at:
        gap = datetime.fromisoformat(turn.at) - datetime.fromisoformat(previous.at)
        if gap <= BACK:
            return True
        if gap >= GAP:
            open_question = not agent_before and not FAREWELL.search(previous.text) and not THANKS.search(previous.text)
            return not (agent_now and open_question and gap < LATE_ANSWER)
    if agent_now or not agent_before:
        return False
    if FAREWELL.search(previous.text) and WISH.search(turn.text):
        return True
    return bool(GREETING.match(turn.text)) and _is_over(session, following)


def _is_over(session: list[Turn], following: Turn | None) -> bool:
    """Whether a customer's hello after these messages is the first of a new conversation."""
    spoken = [turn.role for turn in session]
    if "customer" not in spoken:
        return False
    answered = sum(1 for one, two in pairwise(spoken) if (one, two) == ("customer", "agent"))
    greeted = following is not None and following.role == "agent" and GREETING.match(following.text)
    return bool(greeted) or answered > 1 or FAREWELL.search(session[-1].text) is not None
