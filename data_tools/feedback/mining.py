"""What a conversation at the desk teaches: answers liked, edited or given by a person, and unanswered questions.

An agent's answer to a call for a person ("yes please") answers the question that led to it, not the call.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from data_tools.pii import Masker
from data_tools.splits.near_duplicates import NEAR, grams, jaccard
from frontdesk.store.candidates import Found

if TYPE_CHECKING:
    from frontdesk.store.store import Store

AT_ONCE = 200  # conversations that are read at once
CALLS = ("wish", "refusal", "repeated")
"""Reasons for which a person is called by a message that is no question of its own."""


@dataclass(frozen=True)
class Line:
    """A message, its text masked."""

    id: int
    speaker: str
    text: str
    at: float
    agent: str | None = None
    cut: bool = False
    refusal: bool = False
    rating: int = 0
    suggested: str | None = None  # what the bot suggested to the agent
    entry: str = ""  # the id of that which the bot's answer rests on

    @property
    def failed(self) -> bool:
        """Whether the bot did not answer with this, or the customer says so."""
        return self.speaker == "bot" and (self.refusal or self.cut or self.rating < 0)


@dataclass(frozen=True)
class Talk:
    """A conversation."""

    id: str
    lines: list[Line]
    calls: dict[float, str] = field(default_factory=dict)  # when a person was called, and why
    customer: str = ""


def read_talks(store: "Store", run: str) -> Iterator[Talk]:
    """All conversations of a run, the oldest first."""
    from sqlalchemy import select

    from frontdesk.store.tables import Conversation

    with store.reading() as session:
        query = select(Conversation.id, Conversation.customer_id).where(Conversation.run == run)
        whose = [(id, customer) for id, customer in session.execute(query.order_by(Conversation.opened_at, Conversation.id))]
    for start in range(0, len(whose), AT_ONCE):
        yield from _read(store, dict(whose[start : start + AT_ONCE]))


def _read(store: "Store", whose: Mapping[str, str]) -> Iterator[Talk]:
    from sqlalchemy import select

    from frontdesk.store.tables import Edit, Handoff, Message, Rating

    said = select(Message, Rating.value, Edit.suggested).outerjoin(Rating).outerjoin(Edit).where(Message.conversation_id.in_(whose))
    lines: defaultdict[str, list[Line]] = defaultdict(list)
    calls: defaultdict[str, dict[float, str]] = defaultdict(dict)
    with store.reading() as session:
        for one, rating, suggested in session.execute(said.order_by(Message.id)):
            if one.text.strip():
                line = Line(one.id, one.speaker, one.text, one.at, one.agent, one.cut, one.refusal, rating or 0, suggested)
                line = replace(line, entry=(one.source or {}).get("id", ""))
                lines[one.conversation_id].append(line)
        for call in session.scalars(select(Handoff).where(Handoff.conversation_id.in_(whose))):
            calls[call.conversation_id][call.at] = call.reason
    for id, customer in whose.items():
        yield Talk(id, lines[id], calls[id], customer)


def masked(talk: Talk, masker: Masker | None) -> Talk:
    """The conversation without personal data: one placeholder for one value throughout, in suggested replies too."""
    if masker is None:
        return talk
    said = [(line, name) for line in talk.lines for name in ("suggested", "text") if getattr(line, name)]
    roles = ["customer" if line.speaker == "customer" else "agent" for line, _ in said]
    names = sorted({line.agent for line in talk.lines if line.agent})
    texts = iter(one.text for one in masker.mask([getattr(line, name) for line, name in said], names, roles))
    lines = []
    for line in talk.lines:
        suggested = next(texts) if line.suggested else line.suggested
        lines.append(replace(line, suggested=suggested, text=next(texts)))
    return replace(talk, lines=lines)


def found(talk: Talk) -> list[Found]:
    """The candidates of a conversation; an unanswered question has the size 1 and no answer."""
    liked, answered = [], set[int]()
    for place, line in enumerate(talk.lines):
        if line.rating > 0 and not line.failed and _asked(talk, place - 1):
            liked.append(Found("thumbs", talk.id, line.id, context(talk, place - 1), line.text))
    agents = [one for start, end in _runs(talk, "agent") for one in _by_agent(talk, start, end, answered)]
    return liked + agents + list(_unanswered(talk, answered))


def _asked(talk: Talk, place: int) -> bool:
    return place >= 0 and talk.lines[place].speaker == "customer"


def _runs(talk: Talk, speaker: str) -> Iterator[tuple[int, int]]:
    """Where somebody says something: the places of the first message and behind the last one."""
    start = 0
    for who, lines in groupby(talk.lines, key=lambda line: line.speaker):
        end = start + len(list(lines))
        if who == speaker:
            yield start, end
        start = end


def _by_agent(talk: Talk, start: int, end: int, answered: set[int]) -> Iterator[Found]:
    """The messages that an agent changed in what the bot suggested; where there is none, all that the agent said, as one answer."""
    question, failed = question_of(talk, start)
    if question is None:
        return
    answered.add(question)
    bot = next((place for place in range(start - 1, 0, -1) if talk.lines[place].speaker == "bot"), 0)
    if talk.lines[bot].failed:
        answered.add(bot - 1)
    messages, said = context(talk, question), talk.lines[start:end]
    edited = [line for line in said if line.suggested and line.suggested.split() != line.text.split()]
    for line in edited:
        yield Found("edit", talk.id, line.id, messages, line.text, line.suggested)
    if not edited:
        answer = "\n".join(line.text for line in said)
        worse = talk.lines[failed].text if failed is not None and not talk.lines[failed].cut else None
        yield Found("agent", talk.id, said[0].id, messages, answer, worse if worse != answer else None)


def question_of(talk: Talk, start: int) -> tuple[int | None, int | None]:
    """The place of the question that an agent's words from `start` on answer, and that of the bot's answer that failed it."""
    question = next((place for place in range(start - 1, -1, -1) if talk.lines[place].speaker == "customer"), None)
    if question is None:
        return None, None
    if (reason := _call(talk, question)) is None:  # the bot may have answered it wrongly
        return question, next((place for place in range(question + 1, start) if talk.lines[place].failed), None)
    bots = (place for place in range(question - 1, 0, -1) if talk.lines[place].speaker == "bot" and _asked(talk, place - 1))
    if reason == "repeated":
        asked = grams(talk.lines[question].text)
        bots = (place for place in bots if jaccard(asked, grams(talk.lines[place - 1].text)) >= NEAR)
    answer = next(bots, None)
    if answer is None:
        return question, None
    return answer - 1, answer if reason == "repeated" or talk.lines[answer].failed else None


def _call(talk: Talk, place: int) -> str | None:
    """Why a person was called by the customer's words at a place; None where they called nobody."""
    after = talk.lines[place + 1].at if place + 1 < len(talk.lines) else float("inf")
    reasons = (reason for at, reason in talk.calls.items() if talk.lines[place].at <= at <= after)
    return next((reason for reason in reasons if reason in CALLS), None)


def _unanswered(talk: Talk, answered: set[int]) -> Iterator[Found]:
    for place, line in enumerate(talk.lines):
        if line.failed and _asked(talk, place - 1) and place - 1 not in answered:
            worse = None if line.cut else line.text
            yield Found("unanswered", talk.id, talk.lines[place - 1].id, context(talk, place - 1), "", worse)


def context(talk: Talk, question: int) -> list[dict[str, str]]:
    """The turns up to a customer's message, as the messages of a row: alternating, beginning with the customer."""
    messages: list[dict[str, str]] = []
    for line in talk.lines[: question + 1]:
        role = "user" if line.speaker == "customer" else "assistant"
        if messages and messages[-1]["role"] == role:
            messages[-1] = {"role": role, "content": f"{messages[-1]['content']}\n{line.text}"}
        elif messages or role == "user":
            messages.append({"role": role, "content": line.text})
    return messages
