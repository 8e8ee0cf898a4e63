"""Times of the day, alone or as a span of two."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from frontdesk.facts.values.numerals import KO_NATIVE, KO_SINO, to_number
from frontdesk.facts.values.value import Rule, Value, value_at

_HALVES = {"오전": "a", "새벽": "a", "아침": "a", "오후": "p", "저녁": "p", "밤": "p", "낮": "p", "점심": "p"}
_NOON = {"midnight": "00:00", "자정": "00:00"}
_HALF_DAY = "|".join(_HALVES)


def time_rules() -> list[Rule]:
    pair = rf"{_clock_rule(1)}(?:(?P<to> ?[-~] ?| to | till | until | and |(?:부터|에서) ?){_clock_rule(2)})?"
    noon = r"(?<!\w)(?:noon|midday|midnight)(?!\w)|정오|자정"
    return [
        ("[:m시']", rf"(?<![a-z0-9:/$€£₩])(?<!\d[.,]){pair}(?![\d:/])", _read_time),
        ("noon|midday|midnight|정오|자정", noon, lambda match, text: [value_at(match, "time", _NOON.get(match[0], "12:00"))]),
    ]


def _clock_rule(i: int) -> str:
    hour = rf"\d{{1,2}}(?![\d,])|{KO_NATIVE}(?= ?시)"
    si = r"시(?:(?![가-힣])|(?=[에까부경쯤로전후정사반입])|(?<=[\d ]시)(?=[면이은는을라고예와엔였인임만]))"  # but 두시면 may be 눌러 두시면
    minutes = rf"(?P<minute{i}>[:.][0-5]\d(?!\d))?(?::[0-5]\d)?"
    korean = rf"(?: ?(?P<si{i}>{si})(?: ?(?P<ko_minute{i}>\d{{1,2}}|{KO_SINO}) ?분| ?(?P<and_half{i}>반)(?![가-힣]))?)?"
    half = rf"(?: ?(?P<ap{i}>[ap]m(?![a-z])|[ap]\.m\.?)| ?(?P<oclock{i}>o'clock))?"
    return rf"(?P<clock{i}>(?:(?P<half{i}>{_HALF_DAY}) ?)?(?P<hour{i}>{hour}){minutes}{korean}{half})"


class _Clock(NamedTuple):
    hour: int
    minute: int
    half: str  # a or p, where the text says
    said: bool  # it has a mark of a time: a colon, 시, am
    start: int
    end: int


def _clock(match: re.Match[str], i: int) -> _Clock:
    word, hour, colon, ko_minute = (match[f"{name}{i}"] for name in ("half", "hour", "minute", "ko_minute"))
    half = _HALVES.get(word, "") or (match[f"ap{i}"] or "")[:1]
    number = int(to_number(hour))
    if (word in {"낮", "점심"} and number in {10, 11}) or (word == "밤" and (number == 12 or number < 6)):
        half = "a"
    minute = int(colon[1:]) if colon else int(to_number(ko_minute)) if ko_minute else 30 if match[f"and_half{i}"] else 0
    said = bool(match[f"ap{i}"] or match[f"si{i}"] or match[f"oclock{i}"] or (colon and (colon[0] == ":" or half)))
    return _Clock(number, minute, half, said, *match.span(f"clock{i}"))


def _read_time(match: re.Match[str], text: str) -> Iterator[Value]:
    """One time or a span of two, where each may lend the other its half of the day."""
    clocks = [_clock(match, i) for i in (1, 2) if match[f"hour{i}"]]
    if len(clocks) == 2:
        clocks = _lend(clocks[0], clocks[1], joined=match["to"] != " and ")
    for clock in clocks:
        if clock.said and clock.hour <= (12 if clock.half else 24):
            hour = clock.hour % 12 + 12 * (clock.half == "p") if clock.half else clock.hour % 24
            yield Value("time", f"{hour:02}:{clock.minute:02}", "", clock.start, clock.end)


def _lend(one: _Clock, two: _Clock, joined: bool) -> list[_Clock]:
    """`9 to 6 pm` is 9 am, `2~5 pm` 2 pm; `오후 2시~5시` ends at 5 pm, `10시~6시` at 6 pm, `22:00-06:00` as it
    stands."""
    later = (one.hour % 12, one.minute) < (two.hour % 12, two.minute)
    if joined and two.said and not one.said:
        one = one._replace(said=True)
    if two.half and not one.half and one.hour <= 12 and joined:
        one = one._replace(half=two.half if later or two.half == "a" else "a")
    elif one.half and not two.half and two.hour <= 12:
        two = two._replace(half=one.half if later else "p")
    elif not one.half and not two.half and two.hour < one.hour <= 12:
        two = two._replace(half="p")
    return [one, two]
