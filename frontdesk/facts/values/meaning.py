"""What two values have to share to mean the same, and what a value in a text means at all."""

import re
from decimal import Decimal

from frontdesk.facts.fold import lower
from frontdesk.facts.values.numerals import to_text
from frontdesk.facts.values.value import Value

Key = tuple[str, str, str]  # kind, value and unit of a value after `meaning`

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_MONTHS = {"month": 1, "year": 12}


def meaning(value: Value) -> Key:
    """A value's key, where 24 hours are a day, 12 months a year, and a phone number is written as at home."""
    kind, number, unit = value.key
    if kind == "duration":
        for units, base in ((_SECONDS, "second"), (_MONTHS, "month")):
            if unit in units:
                return kind, "-".join(to_text(Decimal(part) * units[unit]) for part in number.split("-")), base
    if kind == "phone" and number.startswith("82") and len(number) > 9:
        return kind, "0" + number[2:].removeprefix("0"), unit
    return kind, number.removeprefix("www.") if kind == "url" else number, unit


def ends(key: Key) -> list[Key]:
    """The two ends of a range of durations; of anything else, nothing."""
    kind, value, unit = key
    parts = value.split("-")
    return [(kind, part, unit) for part in parts] if kind == "duration" and len(parts) == 2 else []


MARKED = re.compile("[ap]\\.?m|오전|오후|새벽|아침|저녁|밤|낮|점심|noon|midnight|정오|자정|^0\\d")


def open_half(value: Value, text: str) -> str | None:
    """The same time twelve hours on where the text leaves the half of the day open, as `6시` or `2:30` do."""
    if value.kind != "time" or MARKED.search(text[value.start : value.end]):
        return None
    hour, minute = value.value.split(":")
    if int(hour) > 12:
        return None
    return f"{(int(hour) + 12) % 24:02}:{minute}"


_DENIED = re.compile(
    r"(?:\bnot|n't|n’t|\bnever|\bno longer|\binstead of|\brather than) "
    r"(?:(?:cost|costs|take|takes|be|for|in|at|on|the|a|within|after|until|only) )?$"
)
_DENIED_AFTER = re.compile(r"(?:이|가|은|는)? ?(?:아니|아닌|아닙)")


def denied(value: Value, text: str) -> bool:
    """Whether the value is named only to say that it is another."""
    return bool(_DENIED.search(text[max(0, value.start - 30) : value.start]) or _DENIED_AFTER.match(text[value.end :]))


def agree(one: Key, two: Key) -> bool:
    """Whether two values do not contradict: equal, range in range, page below a page, 9 and 21 o'clock."""
    (kind, mine, unit), (other, theirs, other_unit) = one, two
    if one == two or kind != other:
        return one == two
    if kind == "duration":
        (low, high), (lowest, highest) = _ends(mine), _ends(theirs)
        return unit == other_unit and ((low >= lowest and high <= highest) or (low <= lowest and high >= highest))
    if kind == "time":
        return (int(mine[:2]) - int(theirs[:2])) % 12 == 0 and mine[2:] == theirs[2:]
    if kind == "phone":
        return mine[-8:] == theirs[-8:]
    return kind == "url" and lower(f"{mine}/").startswith(lower(f"{theirs}/"))


def _ends(value: str) -> tuple[Decimal, Decimal]:
    low, _, high = value.partition("-")
    return Decimal(low), Decimal(high or low)


def listed(value: Value, text: str) -> bool:
    """Whether a number only begins an entry of a list: `1. Open Settings`, `2) …`, `step 3`."""
    before, after = text[max(0, value.start - 12) : value.start], text[value.end : value.end + 2]
    begins = re.search(r"(?:^|\n|[.!?:;] )\s*[(#]?$", before) and re.match(r"[.)](?:\s|$)", after)
    return bool(begins or re.search(r"(?:step|option|단계)\s*$", lower(before)))
