"""Of a conversation what the FAQ's facts alone do not tell: what the customer asked, whether an answer affirms a
wrong premise, and whether it tells something to who asked for nothing. No model involved."""

import re
from collections.abc import Iterable, Sequence

from frontdesk.answers.ask_back import choices
from frontdesk.facts.entries import WORDS
from frontdesk.facts.sources import Sources, invented
from frontdesk.facts.statements import normalize, states
from frontdesk.facts.words import features
from frontdesk.facts.yes_no import opening
from frontdesk.prompt.render import Message

_AGREES = re.compile(
    r"\b(?:that(?:'s| is)|you(?:'re| are)) (?:\w+ly )?(?:right|correct|true)\b|^(?:that's )?(?:correct|right|exactly)\b"
    r"|(?<![가-힣])맞(?:습니다|아요|고요)"
)
_NOTHING = Sources(())


def customer_turns(messages: Sequence[Message]) -> list[str]:
    """What the customer wrote, turn by turn, but for what a question back was answered with."""
    before = ["", *(str(message["content"]) for message in messages)]
    turns = zip(messages, before, strict=False)
    return [str(message["content"]) for message, said in turns if message["role"] == "user" and not choices(said)]


def affirms(answer: str, claim: str) -> bool:
    """Whether an answer says yes to a wrong premise, or names its value (`claim`, may be empty) without denying it."""
    if claim and states(answer, [claim]):
        return True
    begins = opening(answer)
    return begins == "yes" or (begins is None and bool(_AGREES.search(normalize(answer))))


def tells(answer: str, texts: Iterable[str], said: Sequence[str]) -> bool:
    """Whether an answer states something: a value that was not `said` before, or most of what one of the FAQ's
    answers (`texts`) says."""
    words = features(answer).keys()
    shares = (len(words & own.keys()) / max(1, len(own)) for own in map(features, texts))
    return any(share >= WORDS for share in shares) or bool(invented(answer, _NOTHING, said))
