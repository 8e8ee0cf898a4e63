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
from frontdesk.facts.replies import COURTESY, LOOKS, SENTENCES, Did, did
from frontdesk.facts.sources import company, trivial
from frontdesk.facts.statements import read
from frontdesk.facts.words import topics
from frontdesk.facts.yes_no import polarity, says
from frontdesk.prompt.render import Message

Decide = Callable[[Sequence[Message]], Decision]
Outcome = Literal["answered", "small talk", "asked back", "handed over"]
OUTCOME: dict[str, Outcome] = {"say": "answered", "small talk": "small talk", "ask back": "asked back", "escalate": "handed over"}
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
            done, comparison = self.compare(decision, said)
            yield Turn(
                conversation=conversation.line,
                turn=place // 2 + 1,
                customer=said[-2],
                agent=said[-1],
                did=done,
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
        done = did(agent, [*before, question], of_faq, self.courtesy)
        if decision.kind == "escalate":
            return done, "silent" if done == "courtesy" else "differs" if done == "faq" else "agrees"
        if decision.kind == "small talk":
            return done, "agrees" if done == "courtesy" else "silent" if done == "acts" else "differs"
        return done, "silent" if done in ("courtesy", "acts") else "agrees" if same and not conflict else "differs"


def states_too(agent: str, entry: Entry, gives_away: bool, asked: str = "") -> bool:
    """Whether an agent's words state what an entry does: they give it away (`FaqFacts.compare`), or have a value or
    most of the words of it, and speak of the same thing.

    Where the desk is sure of the entry, one word in common will do, or its yes or no. Where it is not, the
    question `asked` and the agent have to have two with it, and what the agent asks states nothing.
    """
    if asked:
        agent = " ".join(sentence for sentence in SENTENCES.split(agent) if not sentence.endswith("?"))
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
    alike = polarity(agent) in set(map(says, texts)) - {None} and not LOOKS.search(agent)
    return not asked and alike and len(about & mine) >= SAME * len(mine)


MOST = 0.6  # share of what an entry's answer is about, from which an agent's words state it
SAME = 0.5
"""Share of what an agent's yes or no is about, from which it is about the same as the entry's."""
_PLACEHOLDER = re.compile(r"\[[A-Z]+(?:_\d+)?\]")  # what stands for personal data, or for a picture
