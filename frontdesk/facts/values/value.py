"""A value of a text, and what a rule that finds values is."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Value(NamedTuple):
    """What a text states, and where: `text[start:end]`. `value` and `unit` are normalized.

    kind       value                                        unit
    price      amount; free is 0 without a unit             KRW USD EUR GBP JPY
    percent    number
    duration   number, or `3-5`; parts of hours as minutes  second minute hour day, business day, week month year
    date       2026-03-02, 2026-03, --03-02, --03, 2026; as written where day and month can't be told apart
    time       09:00
    phone      digits
    email      lower case
    url        no scheme, no slash at the end, host in lower case
    number     number; 1/2 as written                       nights times people items, else none
    """

    kind: str
    value: str
    unit: str
    start: int
    end: int

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two values the same."""
        return self.kind, self.value, self.unit


Reader = Callable[[re.Match[str], str], Iterable[Value]]
"""The values of one match of a rule, which is in lower case. It also gets the text as given."""
Rule = tuple[str, str, Reader]  # what a text must have for the rule (soon looked for), the pattern, its reader
A_DIGIT = "[0-9]"
START = r"(?<![a-z0-9_$€£₩])(?<!\d[.,])"


def value_at(match: re.Match[str], kind: str, value: str, unit: str = "", first: str | int = 0, last: str | int = 0) -> Value:
    return Value(kind, value, unit, match.start(first), match.end(last))


def read_nothing(match: re.Match[str], text: str) -> list[Value]:
    return [value_at(match, "", "")]  # takes the place, is no value
