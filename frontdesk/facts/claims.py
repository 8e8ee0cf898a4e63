"""Claims: values of an answer that can be held against those of an FAQ entry, each with what it is about."""

import re
from functools import lru_cache
from typing import NamedTuple

from frontdesk.facts.fold import lower
from frontdesk.facts.values import Value, values
from frontdesk.facts.words import stem, topics

Family = tuple[str, str]  # values that can be compared: the kind, and the unit, host or thing counted


class Claim(NamedTuple):
    """A value as an answer states it."""

    family: Family
    value: Value
    text: str  # the value as written
    topics: frozenset[str]  # of the clause it stands in
    bound: str  # "least" or "most" where it is said to be one
    sentence: str


_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n")
_CLAUSES = re.compile(r"[,;]\s|\s[-–—]\s")
_CONDITION = re.compile(r"\W*(?:for|if|when|as|with|in)\b[^,;]*, $", re.IGNORECASE)  # For members, shipping costs …


@lru_cache(8192)  # agents repeat themselves
def claims(answer: str) -> tuple[Claim, ...]:
    """The values of an answer that can be compared. Dates and what is free depend on too much."""
    found, out, bare = values(answer), list[Claim](), list(answer)
    for value in found:
        bare[value.start : value.end] = " " * (value.end - value.start)
    plain = "".join(bare)
    for value in found:
        if family := _family(value, answer):
            start, end = _around(_SENTENCES, answer, 0, len(answer), value)
            first, last = _around(_CLAUSES, answer, start, end, value)
            about = frozenset(topics(plain[first:last]))
            if len(about) < 2 or _CONDITION.match(answer, start, first):
                about = frozenset(topics(plain[start:end]))
            text = answer[value.start : value.end]
            out.append(Claim(family, value, text, about - {family[1]}, _bound(answer, value), answer[start:end]))
    return tuple(out)


def _around(border: re.Pattern[str], text: str, start: int, end: int, value: Value) -> tuple[int, int]:
    """The part of text[start:end] between two borders that holds the value."""
    for match in border.finditer(text, start, end):
        if match.end() <= value.start:
            start = match.end()
        elif match.start() >= value.end:
            return start, match.start()
    return start, end


def _family(value: Value, text: str) -> Family | None:
    if value.kind == "date" or (value.kind == "price" and not value.unit):
        return None
    if value.kind == "url":
        return "url", value.value.partition("/")[0].removeprefix("www.")
    if value.kind == "number" and not value.unit:
        thing = thing_counted(value, text)
        return ("number", thing) if thing else None
    return value.kind, value.unit


def thing_counted(value: Value, text: str) -> str:
    """What a bare number counts in its text: `countri` in `34 countries`; "" where the text does not say."""
    thing = re.match(r"[- ]?([a-z]{2,})|([가-힣])", lower(text[value.end : value.end + 40]))
    return stem(thing[1]) if thing and thing[1] else thing[2] if thing else ""


_LEAST = re.compile(
    r"(?:minimum|at least|from|over|above|more than|starts? at|최소|최저)\W+(?:\w+\W+){0,2}$"
    r"|^ ?(?:이상|부터|or more|minimum|at least|를? ?넘)"
)
_MOST = re.compile(
    r"(?:maximum|at most|up to|no more than|under|below|최대|최장)\W+(?:\w+\W+){0,2}$|^ ?(?:이하|미만|maximum|at most|or less)"
)


def _bound(answer: str, value: Value) -> str:
    before, after = lower(answer[max(0, value.start - 40) : value.start]), lower(answer[value.end :])
    least, most = (border.search(before) or border.match(after) for border in (_LEAST, _MOST))
    return "least" if least and not most else "most" if most and not least else ""
