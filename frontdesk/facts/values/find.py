"""All values of a text, by rules in order: what an earlier one has taken, a later one does not see."""

import re
from functools import cache

from frontdesk.facts.fold import fold
from frontdesk.facts.values.addresses import address_rules
from frontdesk.facts.values.dates import date_rules
from frontdesk.facts.values.durations import duration_rules
from frontdesk.facts.values.numbers import number_rules
from frontdesk.facts.values.prices import percent_rules, price_rules
from frontdesk.facts.values.times import time_rules
from frontdesk.facts.values.value import Reader, Value

# What a model says that has lost its way: no value, and each pattern would try each part of it.
_ENDLESS = re.compile(r"\d(?:[.,]?\d){29,}")


def values(text: str) -> list[Value]:
    """The values of the text in order; spans never overlap. Numbers in words, codes and such are none."""
    plain = rest = _ENDLESS.sub(lambda run: "\0" * len(run[0]), fold(text))
    found: list[Value] = []
    for needs, pattern, read in _rules():
        if not needs.search(plain):
            continue
        here = [value for match in pattern.finditer(rest) for value in read(match, text)]
        for value in here:
            rest = rest[: value.start] + "\0" * (value.end - value.start) + rest[value.end :]
        found += here
    return sorted((value for value in found if value.kind), key=lambda value: value.start)


@cache
def _rules() -> tuple[tuple[re.Pattern[str], re.Pattern[str], Reader], ...]:
    rules = [*address_rules(), *price_rules(), *percent_rules(), *date_rules(), *time_rules(), *duration_rules(), *number_rules()]
    return tuple((re.compile(needs), re.compile(pattern), read) for needs, pattern, read in rules)
