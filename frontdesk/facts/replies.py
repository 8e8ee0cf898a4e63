"""What an agent's reply does: it greets, it states something, or it asks, looks up and arranges."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

from frontdesk.facts.sources import Sources, invented
from frontdesk.facts.statements import read
from frontdesk.facts.words import topics
from frontdesk.facts.yes_no import polarity

Did = Literal["courtesy", "faq", "states", "acts"]
"""What an agent's turn does: greets, thanks and the like; states what an FAQ entry does; states something
else; or asks, looks up and arranges."""


def did(agent: str, before: Sequence[str], of_faq: bool, courtesy: AbstractSet[str]) -> Did:
    """What an agent's turn does; `of_faq`: it states, or contradicts, what an entry says. `courtesy`: `COURTESY`, and
    the topics of the company's name, which says nothing in a greeting."""
    told = plain(agent, courtesy)
    if not told:
        return "courtesy"
    states = invented(told, _NOTHING, before) or (polarity(told) and not LOOKS.search(told))
    return "faq" if of_faq else "states" if states else "acts"


def plain(agent: str, courtesy: AbstractSet[str]) -> str:
    """The reply without the sentences that are only courteous."""
    return " ".join(sentence for sentence in SENTENCES.split(agent) if not courteous(sentence, courtesy))


def courteous(sentence: str, courtesy: AbstractSet[str]) -> bool:
    """Whether a sentence only greets, thanks, excuses or wishes well."""
    if _WISH.search(sentence):
        return True
    nothing = set(topics(sentence)) <= courtesy and not read(sentence).values
    return nothing and (polarity(sentence) is None or _POLITE.search(sentence) is not None)


_NOTHING = Sources(())
SENTENCES = re.compile(r"(?<=[.!?~])\s+|\n")
_WISH = re.compile(r"^\W*(?:enjoy|have an?|wish(?:ing)?)\b|좋은 (?:하루|저녁|주말|시간)|즐거운", re.IGNORECASE)
_POLITE = re.compile(r"\b(?:thank\w*|sorry|welcome|hello|hi|bye)\b|감사|죄송|안녕", re.IGNORECASE)
LOOKS = re.compile(
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
