"""Finds who says their name: introductions, labels ("예금주 …", "name: …"), greetings, and bare answers to a question for the name."""

from collections.abc import Iterator
from functools import lru_cache

from data_tools.pii.names.english import answered_english, asks_english, introduced_english
from data_tools.pii.names.foreign import answered_foreign, foreign_korean
from data_tools.pii.names.known import known_english, known_korean
from data_tools.pii.names.korean import HANGUL, answered_korean, asks_korean, introduced_korean
from data_tools.pii.spans import Span

ASK_CUES = ("name", "who", "성함", "존함", "성명", "이름", "예금주", "누구", "주문자", "예약자", "구매자", "신청자", "입금자")


@lru_cache(maxsize=2048)
def find_names(text: str, answers: bool) -> tuple[Span, ...]:
    """The names a text introduces. `answers`: the other side has just asked for a name, so a bare answer counts."""
    return tuple(_names(text, answers))


def _names(text: str, answers: bool) -> Iterator[Span]:
    yield from introduced_english(text)
    yield from introduced_korean(text)
    yield from known_english(text)
    if HANGUL.search(text):
        yield from known_korean(text)
        yield from foreign_korean(text)
    if answers:
        yield from answered_english(text)
        yield from answered_korean(text)
        yield from answered_foreign(text)


@lru_cache(maxsize=1024)
def asks_name(text: str) -> bool:
    """Whether a text asks for a person's name."""
    low = text.lower()
    return any(word in low for word in ASK_CUES) and (asks_english(text) or asks_korean(text))
