"""Durations: `3 to 5 working days`, `an hour and a half`, `이틀`, `1시간 30분`."""

import re
from collections.abc import Iterator
from decimal import Decimal

from frontdesk.facts.values.numerals import DIGITS, KO_NATIVE, KO_NUMERAL, KO_SINO, NUMERAL, TO, to_number, to_text
from frontdesk.facts.values.value import START, Rule, Value, value_at

_DAY = r"(?:business|working|week|calendar)[ -]?days?|workdays?|weekdays?|days?"
_U = rf"(?:{_DAY}|hours?|hrs?|minutes?|mins?|seconds?|secs?|weeks?|wks?|months?|years?|yrs?|(?<=\d)h)(?![a-z])"
_KO_U = (
    r"(?:영업일|근무일|시간|분(?![의량류할기실야석들])|초(?![과기등보])|일(?![반부요])(?:간(?!격))?|주일(?:간(?!격))?|주(?![문년차소택말변인유식장부방의요])(?:간(?!격))?"
    r"|개월(?:간(?!격))?|달(?![러력라성걀])(?:간(?!격))?|년(?![도차생식대])(?:간(?!격))?)"
)


def duration_rules() -> list[Rule]:
    more = r"(?:(?:full|more|extra|additional|consecutive|whole) )?"
    other = rf"(?:(?:[ -]?(?P<between>{_U}))?(?P<to>{TO}| to | or | and )(?P<b>{NUMERAL}))?"
    english = rf"(?P<part>half )?(?P<a>an?(?= )|{NUMERAL})(?P<half> and a half)?{other}[ -]?{more}(?P<unit>{_U})"
    half = rf"(?P<part>)(?P<a>an?|{NUMERAL})(?P<between>)(?P<to>)(?P<b>)[ -](?P<unit>{_U})(?P<half> and a half)"
    clock = rf"(?P<a>{NUMERAL}) ?(?:hours?|hrs?|h)(?: and)? ?(?P<b>{NUMERAL}) ?(?:minutes?|mins?|m)(?![a-z])"
    business = r"(?P<business>(?:영업일|평일)(?: ?기준)?(?:으?로)? ?)?(?:약 ?|최대 ?|최소 ?)?"
    too = r"(?P<half> ?반(?![가-힣]))?(?P<too> ?\((?:영업일|평일)(?: ?기준)?\))?"
    between = rf"(?: ?(?P<between>{_KO_U}))?(?:{TO}|에서 ?|내지 ?|, ?(?=\d일))"
    korean = rf"{business}(?P<a>{KO_NUMERAL})(?:{between}(?P<b>{KO_NUMERAL}))? ?(?P<unit>{_KO_U}){too}"
    days = "|".join(sorted(_DAYS, key=len)[::-1])
    some = r"(?P<some>하루 ?이틀|사나흘|(?:이삼|삼사|사오|오륙)(?= ?[일주년]|개월))(?: ?(?P<unit>일|주일?|개월|년))?"
    rate = r" ?종일| ?[\d\0]| ?(?:한|두|세) ?(?:번|차례)|에 "  # 하루 2번
    return [
        ("h", rf"{START}{clock}", _read_hours_and_minutes),
        ("간", rf"(?<![a-z0-9])(?<!\d[.,])(?P<a>{DIGITS}|{KO_NATIVE}) ?시간 ?(?P<b>{DIGITS}|{KO_SINO}) ?분", _read_hours_and_minutes),
        (
            " or two",
            rf"(?<![a-z])an? (?P<unit>{_U}) or two(?![a-z])",
            lambda match, text: [value_at(match, "duration", "1-2", _unit(match["unit"]))],
        ),
        ("and a half", rf"{START}{half}", _read_english_duration),
        (r"day|hour|hr|min|sec|week|wk|month|year|yr|\dh", rf"{START}{english}", _read_english_duration),
        ("[루틀흘새레보삼오륙]", rf"(?<![가-힣])(?:{some}|(?P<a>{days})(?:(?:{TO}|에서 )(?P<b>{days}))?(?!{rate}))", _read_days),
        ("[일간분초주월달년]", rf"(?<![a-z0-9])(?<!\d[.,]){korean}", _read_korean_duration),
    ]


_UNITS = {
    "h": "hour", "hr": "hour", "min": "minute", "sec": "second", "wk": "week", "yr": "year",
    "workday": "business day", "weekday": "business day",
    "초": "second", "분": "minute", "시간": "hour", "일": "day", "영업일": "business day", "근무일": "business day",
    "주": "week", "주일": "week", "달": "month", "개월": "month", "년": "year",
}  # fmt: skip


def _unit(word: str, business: bool = False) -> str:
    word = word.removesuffix("s") if word.isascii() else re.sub("(?<=.)간$", "", word) if word != "시간" else word
    if re.match(r"(?:business|working|week)[ -]", word) or business:
        return "business day"
    return "day" if word.endswith("day") and word.startswith("calendar") else _UNITS.get(word, word)


def _duration(match: re.Match[str], number: str, unit: str, first: str | int = 0, last: str | int = 0) -> Value:
    """A part of an hour is said in minutes, so that an hour and a half is 90 minutes."""
    if unit == "hour" and "." in number and "-" not in number:
        number, unit = to_text(Decimal(number) * 60), "minute"
    return value_at(match, "duration", number, unit, first, last)


_SOON = r" ?(?:이내|안|내|동안|정도|후|뒤|전|까지|이상|만에|걸|소요|이면|마다)"


def _counts(number: str, unit: str, after: str) -> bool:
    """Whether a Korean numeral goes with the unit: 세 시간 but 삼 분. `이 일` is a matter unless time follows."""
    if number[0].isdigit():
        return True
    if re.fullmatch(KO_NATIVE, number):
        return unit in {"시간", "달", "주"}
    if len(number) > 1 or unit in {"개월", "년", "주일", "주간", "영업일"}:
        return True
    return unit != "시간" and re.match(_SOON, after) is not None


def _read_korean_duration(match: re.Match[str], text: str) -> Iterator[Value]:
    first, last, word, between = match["a"], match["b"], match["unit"], match["between"]
    if not _counts(last or first, word, match.string[match.end() :]):
        return
    unit = _unit(word, bool(match["business"] or match["too"]) and word.startswith("일"))
    until = "unit" if not match["too"] else 0
    if not last:
        number = to_number(first) + (Decimal("0.5") if match["half"] else 0)
        yield _duration(match, to_text(number), unit, first="a", last="half" if match["half"] else until)
    elif between and _unit(between) != _unit(word):
        yield _duration(match, to_text(to_number(first)), _unit(between), first="a", last="between")
        yield _duration(match, to_text(to_number(last)), unit, first="b", last=until)
    else:
        yield _duration(match, f"{to_text(to_number(first))}-{to_text(to_number(last))}", unit, first="a", last=until)


_RATE = r"(?:[\d\0]|\b(?:hours?|times?|once|twice|nights?|points?|days?|much|often|many|thing|just|wait|me|got|have|had)) ?$"


def _read_english_duration(match: re.Match[str], text: str) -> Iterator[Value]:
    first, last, word = match["a"], match["b"], match["unit"]
    before = match.string[: match.start()]
    if first in {"a", "an"} and not match["part"] and (re.search(_RATE, before) or word.startswith("sec")):
        return  # $9 a day is a rate, just a minute a figure of speech
    number = Decimal(1) if first in {"a", "an"} else to_number(first)
    number = number / 2 if match["part"] else number + Decimal("0.5") * bool(match["half"])
    if not last:
        yield _duration(match, to_text(number), _unit(word))
    elif match["between"] and _unit(match["between"]) != _unit(word):
        yield _duration(match, to_text(number), _unit(match["between"]), last="between")
        yield _duration(match, to_text(to_number(last)), _unit(word), first="b")
    elif "and" in match["to"] and not re.search("between $", before):
        yield _duration(match, to_text(to_number(last)), _unit(word), first="b")
    else:
        yield _duration(match, f"{to_text(number)}-{to_text(to_number(last))}", _unit(word))


def _read_hours_and_minutes(match: re.Match[str], text: str) -> Iterator[Value]:
    yield value_at(match, "duration", to_text(to_number(match["a"]) * 60 + to_number(match["b"])), "minute")


_DAYS = {"하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "여드레": 8, "아흐레": 9, "열흘": 10, "보름": 15}
_SOME_DAYS = {"하루이틀": "1-2", "이삼": "2-3", "사나흘": "3-4", "삼사": "3-4", "사오": "4-5", "오륙": "5-6"}


def _read_days(match: re.Match[str], text: str) -> Iterator[Value]:
    some = match["some"]
    if some:
        yield value_at(match, "duration", _SOME_DAYS[some.replace(" ", "")], _unit(match["unit"] or "일"))
    else:
        days = [str(_DAYS[match[group]]) for group in "ab" if match[group]]
        yield value_at(match, "duration", "-".join(days), "day")
