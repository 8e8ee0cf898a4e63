"""What the desk would have said to each customer's turn, held against what the agent said. No model is asked.

The desk's policy decides on each turn in the whole real conversation so far, with the agent's real words as
history. What agent and desk state is compared by frontdesk/facts, as in the scorecard and in `make data`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from evaluate.replay.conversations import Conversation
from frontdesk.answers.decision import Decision
from frontdesk.facts.contradictions import FaqFacts
from frontdesk.facts.entries import Entry
from frontdesk.facts.sources import Sources, company, invented, trivial
from frontdesk.facts.statements import read
from frontdesk.facts.words import topics
from frontdesk.facts.yes_no import polarity, says
from frontdesk.prompt.render import Message

Decide = Callable[[Sequence[Message]], Decision]
Outcome = Literal["answered", "small talk", "asked back", "handed over"]
OUTCOME: dict[str, Outcome] = {"say": "answered", "small talk": "small talk", "ask back": "asked back", "escalate": "handed over"}
Did = Literal["courtesy", "faq", "states", "acts"]
"""What an agent's turn does: greets, thanks and the like; states what an FAQ entry does; states something
else; or asks, looks up and arranges."""
Comparison = Literal["agrees", "differs", "silent"]
"""Of an answer: whether the agent states the same, or nothing. Of a question back: whether the agent's answer
is among those asked about. Of a handover: agrees where no entry has what the agent said or did. Of small talk:
agrees where the agent had nothing to state either."""


class Turn(NamedTuple):
    """A customer's turn with both answers: a line of `replay.jsonl`."""

    conversation: int  # the line in `conversations.jsonl`
    turn: int
    customer: str
    agent: str
    did: Did
    outcome: Outcome
    desk: str
    entries: list[str]
    probability: float
    comparison: Comparison


class Replay:
    """Replays conversations with a desk, whose `decide` takes the turns so far."""

    def __init__(self, decide: Decide, entries: Sequence[Entry], name: str) -> None:
        """`name` is the company's, which says nothing in a greeting."""
        self.decide, self.facts, self.entries = decide, FaqFacts(entries), {entry.id: entry for entry in entries}
        self.courtesy = COURTESY | set(topics(name))

    def turns(self, conversation: Conversation) -> Iterator[Turn]:
        """Each customer's turn of a conversation."""
        messages = conversation.messages
        for place in range(0, len(messages) - 1, 2):
            decision = self.decide(messages[: place + 1])
            said = [str(message["content"]) for message in messages[: place + 2]]
            did, comparison = self.compare(decision, said)
            yield Turn(
                conversation=conversation.line,
                turn=place // 2 + 1,
                customer=said[-2],
                agent=said[-1],
                did=did,
                outcome=OUTCOME[decision.kind],
                desk=decision.text,
                entries=[entry.id for entry in decision.entries],
                probability=round(float(decision.probability), 4),
                comparison=comparison,
            )

    def compare(self, decision: Decision, said: Sequence[str]) -> tuple[Did, Comparison]:
        """What the agent did, and how the decision compares. `said` ends with the question and the agent's words."""
        *before, question, agent = (_PLACEHOLDER.sub(" ", text) for text in said)
        conflict, ids = self.facts.compare(question, agent)
        same = any(states_too(agent, one, one.id in ids, "" if decision.kind != "escalate" else question) for one in decision.entries)
        of_faq = same or conflict is not None or any(states_too(agent, self.entries[name], True, question) for name in ids)
        did = self.did(agent, [*before, question], of_faq)
        if decision.kind == "escalate":
            return did, "silent" if did == "courtesy" else "differs" if did == "faq" else "agrees"
        if decision.kind == "small talk":
            return did, "agrees" if did == "courtesy" else "silent" if did == "acts" else "differs"
        return did, "silent" if did in ("courtesy", "acts") else "agrees" if same and not conflict else "differs"

    def did(self, agent: str, before: Sequence[str], of_faq: bool) -> Did:
        """What an agent's turn does; `of_faq`: it states, or contradicts, what an entry says."""
        told = " ".join(sentence for sentence in _SENTENCES.split(agent) if not self.courteous(sentence))
        if not told:
            return "courtesy"
        states = invented(told, _NOTHING, before) or (polarity(told) and not _LOOKS.search(told))
        return "faq" if of_faq else "states" if states else "acts"

    def courteous(self, sentence: str) -> bool:
        """Whether a sentence only greets, thanks, excuses or wishes well."""
        if _WISH.search(sentence):
            return True
        nothing = set(topics(sentence)) <= self.courtesy and not read(sentence).values
        return nothing and (polarity(sentence) is None or _POLITE.search(sentence) is not None)


def states_too(agent: str, entry: Entry, gives_away: bool, asked: str = "") -> bool:
    """Whether an agent's words state what an entry does: they give it away (`FaqFacts.compare`), or have a value or
    most of the words of it, and speak of the same thing.

    Where the desk is sure of the entry, one word in common will do, or its yes or no. Where it is not, the
    question `asked` and the agent have to have two with it, and what the agent asks states nothing.
    """
    if asked:
        agent = " ".join(sentence for sentence in _SENTENCES.split(agent) if not sentence.endswith("?"))
    texts, mine, found = entry.answers, set(topics(agent)) - COURTESY, read(agent)
    about, theirs = set(topics(" ".join(entry.texts))), set(topics(" ".join(texts)))
    if {polarity(agent), *map(polarity, texts)} >= {"yes", "no"}:
        return False
    if len(about & (mine | set(topics(asked)))) < (2 if asked else min(1, len(mine))):
        return False
    if gives_away or len(mine & theirs) >= max(2, MOST * len(theirs)):
        return True
    if any(company(texts).has(value, found.lower) and not trivial(value, found.text) for value in found.values):
        return True
    alike = polarity(agent) in set(map(says, texts)) - {None} and not _LOOKS.search(agent)
    return not asked and alike and len(about & mine) >= SAME * len(mine)


MOST = 0.6  # share of what an entry's answer is about, from which an agent's words state it
SAME = 0.5
"""Share of what an agent's yes or no is about, from which it is about the same as the entry's."""
_NOTHING = Sources(())
_PLACEHOLDER = re.compile(r"\[[A-Z]+(?:_\d+)?\]")  # what stands for personal data, or for a picture
_SENTENCES = re.compile(r"(?<=[.!?~])\s+|\n")
_WISH = re.compile(r"^\W*(?:enjoy|have an?|wish(?:ing)?)\b|좋은 (?:하루|저녁|주말|시간)|즐거운", re.IGNORECASE)
_POLITE = re.compile(r"\b(?:thank\w*|sorry|welcome|hello|hi|bye)\b|감사|죄송|안녕", re.IGNORECASE)
_LOOKS = re.compile(
    r"\blet me\b|\bi(?:'ll|'m| will| can| am)? (?:check|look|see|find)|\bmoment\b|확인해|조회|잠시|알아보|찾아", re.IGNORECASE
)
"""What begins with a yes, but only says that the agent looks it up."""
COURTESY = frozenset(
    topics("""
        welcome great good goodbye bye morning afternoon evening night pleasure glad happy fine perfect lovely wonderful awesome
        excellent ok okay help assist assistance anything something else further today speak talk chat contacting reaching patience
        apologize apologies inconvenience understand worry worries problem care know right correct exactly
        도와 좋은 하루 되세 보내 즐거 궁금 있으 반갑 기쁘 편하 다른 필요 별말 천만 수고 괜찮 불편 양해 이해 그럼 알겠 상담원
    """)
)
"""What greetings, thanks, excuses and good wishes are made of, beside the words that say nothing anywhere."""
