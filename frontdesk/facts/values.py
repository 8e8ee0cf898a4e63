"""Typed values in a text: prices, durations, times, addresses and numbers, in English and Korean, in one spelling each.

`3만원`, `30,000원` and `₩30,000` are one price; `three days`, `3일` and `사흘` one duration. No model involved.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Literal, NamedTuple


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


def values(text: str) -> list[Value]:
    """The values of the text in the order they stand; spans never overlap. Numbers inside words, codes and placeholders are none."""
    plain = rest = _ENDLESS.sub(lambda run: "\0" * len(run[0]), text.translate(_PLAIN).lower())
    found: list[Value] = []
    for needs, pattern, read in _rules():
        if not needs.search(plain):
            continue
        here = [value for match in pattern.finditer(rest) for value in read(match, text)]
        for value in here:
            rest = rest[: value.start] + "\0" * (value.end - value.start) + rest[value.end :]
        found += here
    return sorted((value for value in found if value.kind), key=lambda value: value.start)


# What a model says that has lost its way: no value, and each pattern would try each part of it.
_ENDLESS = re.compile(r"\d(?:[.,]?\d){29,}")
# Spellings that mean the same, one character for one, so that positions stay.
_PLAIN = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")
    | str.maketrans("’‘〜∼∽～￦￥\u00a0\u3000\u2009\u202fİ", "''~~~~₩¥    i")
)

# Numerals -------------------------------------------------------------------------------------------------------------

_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NATIVE = [
    ["하나", "한"],
    ["둘", "두"],
    ["셋", "세", "석", "서"],
    ["넷", "네", "넉", "너"],
    ["다섯"],
    ["여섯"],
    ["일곱"],
    ["여덟"],
    ["아홉"],
]
_NATIVE_TENS = ["열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"]
_SINO = "일이삼사오육칠팔구"
_TIMES = {"십": 10, "백": 100, "천": 1000, "만": 10**4, "억": 10**8}

_WORDS = (
    {"zero": 0, "스무": 20}
    | {word: i for i, word in enumerate(_ONES + _TEENS, 1)}
    | {word: i for i, word in enumerate(_TENS, 2) for i in [10 * i]}
    | {ten: 10 * i for i, ten in enumerate(_NATIVE_TENS, 1)}
    | {ten + one: 10 * i + k for i, ten in enumerate(["", *_NATIVE_TENS]) for k, ones in enumerate(_NATIVE, 1) for one in ones}
)

_D = r"(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
_UNDER_100 = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES)})(?![a-z]))?|{'|'.join(sorted(_TEENS + _ONES, key=len)[::-1])}|zero)"
_ENGLISH = rf"(?:(?<![a-z])(?:(?:{_UNDER_100}|an?) (?:hundred|thousand)(?:(?: and)? {_UNDER_100})?|{_UNDER_100}))"
_N = rf"(?:{_D}|{_ENGLISH})"
_NATIVE_ONE = "|".join(sorted((word for ones in _NATIVE for word in ones), key=len)[::-1])
_KO_NATIVE = rf"(?:(?<![가-힣])(?:(?:{'|'.join(_NATIVE_TENS)})(?:{_NATIVE_ONE})?|스무|{_NATIVE_ONE}))"
_KO_SINO = rf"(?:(?<![가-힣])(?=[{_SINO}십백])(?:[{_SINO}]?백)?(?:[{_SINO}]?십)?[{_SINO}]?(?<=[{_SINO}십백]))"
_KN = rf"(?:{_D}|{_KO_NATIVE}|{_KO_SINO})"
_RUN = rf"(?:{_D}|[{_SINO}십백천만억])"
_MONEY = rf"(?:\d+,\d\d(?!\d|,\d)|{_D})(?: ?(?:thousand|million|k)(?![a-z]))?"  # €4,90 too
_AMOUNT = rf"(?:(?:{_D}|(?<![가-힣])[{_SINO}십백천만억]){_RUN}*(?:(?<=[만억]) {_RUN}+)*)"  # 3만, 1만 5천, 3만 9,900, 이만오천
_TO = r"(?: ?[-~] ?)"


def _number(word: str) -> Decimal:
    """A numeral of either language as a number."""
    if word in _WORDS:
        return Decimal(_WORDS[word])
    digits = re.fullmatch(r"([\d,.]+)(?: ?(thousand|million|k))?", word)
    if digits:
        plain = re.sub(r",(?=\d\d$)", ".", digits[1]).replace(",", "")
        return Decimal(plain) * {None: 1, "million": 10**6}.get(digits[2], 1000)
    return _english(word.replace("-", " ")) if word.isascii() else _korean(word)


def _english(word: str) -> Decimal:
    total = 0
    for part in re.findall("[a-z]+", word):
        if part in {"hundred", "thousand"}:
            total = max(total, 1) * (100 if part == "hundred" else 1000)
        else:
            total += _WORDS.get(part, 0)
    return Decimal(total)


def _korean(word: str) -> Decimal:
    """`1만 5천`, `삼십이`, `3만 9,900`: digits times ten, hundred, thousand; then the sum of these times 10,000."""
    total, section, digit = Decimal(0), Decimal(0), None
    for part in re.findall(rf"{_D}|[{_SINO}십백천만억]", word):
        if part in "만억":
            total += (section + (digit or 0) or 1) * _TIMES[part]
            section, digit = Decimal(0), None
        elif part in _TIMES:
            section, digit = section + (1 if digit is None else digit) * _TIMES[part], None
        else:
            digit = Decimal(_SINO.index(part) + 1) if part in _SINO else Decimal(part.replace(",", ""))
    return total + section + (digit or 0)


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f") if number else "0"


# Readers: the values of one match of a rule. `text` is as given; what the match holds is in lower case. ---------------


def _one(match: re.Match[str], kind: str, value: str, unit: str = "", first: str | int = 0, last: str | int = 0) -> Value:
    return Value(kind, value, unit, match.start(first), match.end(last))


def _each(match: re.Match[str], kind: str, unit: str, scale: Decimal = Decimal(1)) -> Iterator[Value]:
    """The numbers `a` and, of a pair such as `10-20%`, `b`, whose span holds the unit."""
    first, last = match["a"], match["b"]
    if not last:
        yield _one(match, kind, _plain(_number(first) * scale), unit)
        return
    many = re.search("[천만]+$", last)
    if many and not re.search("[가-힣]", first):
        first += many[0]  # 3~5만
    yield _one(match, kind, _plain(_number(first) * scale), unit, last="a")
    yield _one(match, kind, _plain(_number(last) * scale), unit, first="b")


def _read_nothing(match: re.Match[str], text: str) -> Iterator[Value]:
    yield _one(match, "", "")  # takes the place, is no value


def _read_email(match: re.Match[str], text: str) -> Iterator[Value]:
    yield _one(match, "email", match[0])


def _read_url(match: re.Match[str], text: str) -> Iterator[Value]:
    start, end = match.start(), match.start() + len(match[0].rstrip(".,;:!?)'\"]>*_`|"))
    host, slash, path = re.sub("^https?://", "", text[start:end], flags=re.IGNORECASE).partition("/")
    yield Value("url", (host.translate(_PLAIN).lower() + slash + path).rstrip("/"), "", start, end)


def _read_phone(match: re.Match[str], text: str) -> Iterator[Value]:
    digits = "".join(letter for letter in match[0] if letter.isdecimal())
    named = r"(?:call|dial|phone|tel|number|ring|text|전화|번호)(?![a-z])[^\d\0]{0,15}$"
    if len(digits) > 7 or re.search(named, match.string[: match.start()]):  # 555-0142 may be a range
        yield _one(match, "phone", digits)


_CURRENCIES = {
    word: unit
    for unit, words in {
        "USD": "$ us$ usd dollar buck cent 달러 불",
        "KRW": "₩ krw won 원",
        "EUR": "€ eur euro 유로",
        "GBP": "£ gbp pound 파운드",
        "JPY": "¥ jpy yen 엔",
    }.items()
    for word in words.split()
}


def _read_price(match: re.Match[str], text: str) -> Iterator[Value]:
    word = match["unit"].rstrip("s") if match["unit"].isalpha() and match["unit"] != "us" else match["unit"]
    around = match.string[max(0, match.start() - 40) : match.end() + 15]
    if word == "pound" and re.search(r"weigh|heav|lift|luggage|baggage|load|carr(?:y|ies)", around):
        return
    for value in _each(match, "price", _CURRENCIES[word], Decimal("0.01") if word == "cent" else Decimal(1)):
        yield value if value.value != "0" else value._replace(unit="")


def _read_free(match: re.Match[str], text: str) -> Iterator[Value]:
    before, after = match.string[: match.start()], match.string[match.end() :]
    other = r"\b(?:feel|are you|i'm|you're|am|we're|gluten|pet|smoke|sugar|dairy|lactose|nut|alcohol|duty|tax|hassle|risk) $"
    denied = r"(?:\b(?:not|never|no|cannot|without)|n't)\b[^.,;:!?]*$"
    if match[0].startswith("free") and (re.search(other, before) or re.search(denied, before)):
        return
    if not re.match(r"(?:[가는]|로는|배송[이은]?)? ?(?:아니|아닙|안 |불가)", after):
        yield _one(match, "price", "0")


def _read_percent(match: re.Match[str], text: str) -> Iterator[Value]:
    return _each(match, "percent", "")


_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]


def _date(year: str | None, month: str | int, day: str | None) -> str | None:
    """ISO 8601, a year left out as `-`; None where there is no such month or day."""
    if not (1 <= int(month) <= 12 and (day is None or 1 <= int(day) <= 31)):
        return None
    return (year or "-") + f"-{int(month):02}" + (f"-{int(day):02}" if day else "")


def _read_iso(match: re.Match[str], text: str) -> Iterator[Value]:
    if date := _date(match["year"], match["month"], match["day"]):
        yield _one(match, "date", date)


def _read_slashes(match: re.Match[str], text: str) -> Iterator[Value]:
    """03/02/2026 may be March or February; with 25 or with twice the same number there is one reading."""
    one, two = match["one"], match["two"]
    readings = {_date(match["year"], one, two), _date(match["year"], two, one)} - {None}
    if readings:
        yield _one(match, "date", match[0] if len(readings) > 1 else str(readings.pop()))


def _read_english_date(match: re.Match[str], text: str) -> Iterator[Value]:
    name = match["name1"] or match["name2"] or match["name3"]
    if name == "may" and "May" not in text[match.start() : match.end()]:
        return
    month = next(i for i, full in enumerate(_MONTHS, 1) if full.startswith(name[:3]))
    date = _date(match["year1"] or match["year2"] or match["year3"], month, match["day1"] or match["day2"])
    if date and (last := match["last1"]):
        yield _one(match, "date", date, last="day1")
        yield _one(match, "date", f"{date[:-2]}{int(last):02}", first="last1")
    elif date:
        yield _one(match, "date", date)


def _read_korean_date(match: re.Match[str], text: str) -> Iterator[Value]:
    year, month, day, last = match["year"], match["month"], match["day"], match["last"]
    date = _date(year, month, day) if month else year
    if date and last:
        yield Value("date", date, "", match.start(), match.end("day") + 1)
        yield _one(match, "date", f"{date[:-2]}{int(last):02}", first="last")
    elif date:
        yield _one(match, "date", date)


class _Clock(NamedTuple):
    hour: int
    minute: int
    half: str  # a or p, where told
    said: bool  # it has a mark of a time: a colon, 시, am
    start: int
    end: int


_HALVES = {"오전": "a", "새벽": "a", "아침": "a", "오후": "p", "저녁": "p", "밤": "p", "낮": "p", "점심": "p"}


def _clock(match: re.Match[str], i: int) -> _Clock:
    word, hour, colon, ko_minute = (match[f"{name}{i}"] for name in ("half", "hour", "minute", "ko_minute"))
    half = _HALVES.get(word, "") or (match[f"ap{i}"] or "")[:1]
    number = int(_number(hour))
    if (word in {"낮", "점심"} and number in {10, 11}) or (word == "밤" and (number == 12 or number < 6)):
        half = "a"
    minute = int(colon[1:]) if colon else int(_number(ko_minute)) if ko_minute else 30 if match[f"and_half{i}"] else 0
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
    """`9 to 6 pm` is 9 am, `2~5 pm` is 2 pm, `오후 2시~5시` ends at 5 pm, `10시~6시` ends at 6 pm, `22:00-06:00` as it stands."""
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


def _read_noon(match: re.Match[str], text: str) -> Iterator[Value]:
    yield _one(match, "time", "12:00" if match[0] in {"noon", "midday", "정오"} else "00:00")


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
        number, unit = _plain(Decimal(number) * 60), "minute"
    return _one(match, "duration", number, unit, first, last)


_SOON = r" ?(?:이내|안|내|동안|정도|후|뒤|전|까지|이상|만에|걸|소요|이면|마다)"


def _counts(number: str, unit: str, after: str) -> bool:
    """Whether a Korean numeral goes with the unit: 세 시간 but 삼 분. `이 일` is a matter, `이 주` a week to come, unless time follows."""
    if number[0].isdigit():
        return True
    if re.fullmatch(_KO_NATIVE, number):
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
        number = _number(first) + (Decimal("0.5") if match["half"] else 0)
        yield _duration(match, _plain(number), unit, first="a", last="half" if match["half"] else until)
    elif between and _unit(between) != _unit(word):
        yield _duration(match, _plain(_number(first)), _unit(between), first="a", last="between")
        yield _duration(match, _plain(_number(last)), unit, first="b", last=until)
    else:
        yield _duration(match, f"{_plain(_number(first))}-{_plain(_number(last))}", unit, first="a", last=until)


_RATE = r"(?:[\d\0]|\b(?:hours?|times?|once|twice|nights?|points?|days?|much|often|many|thing|just|wait|me|got|have|had)) ?$"


def _read_english_duration(match: re.Match[str], text: str) -> Iterator[Value]:
    first, last, word = match["a"], match["b"], match["unit"]
    before = match.string[: match.start()]
    if first in {"a", "an"} and not match["part"] and (re.search(_RATE, before) or word.startswith("sec")):
        return  # $9 a day is a rate, just a minute a figure of speech
    number = Decimal(1) if first in {"a", "an"} else _number(first)
    number = number / 2 if match["part"] else number + Decimal("0.5") * bool(match["half"])
    if not last:
        yield _duration(match, _plain(number), _unit(word))
    elif match["between"] and _unit(match["between"]) != _unit(word):
        yield _duration(match, _plain(number), _unit(match["between"]), last="between")
        yield _duration(match, _plain(_number(last)), _unit(word), first="b")
    elif "and" in match["to"] and not re.search("between $", before):
        yield _duration(match, _plain(_number(last)), _unit(word), first="b")
    else:
        yield _duration(match, f"{_plain(number)}-{_plain(_number(last))}", _unit(word))


def _read_hours_and_minutes(match: re.Match[str], text: str) -> Iterator[Value]:
    yield _one(match, "duration", _plain(_number(match["a"]) * 60 + _number(match["b"])), "minute")


def _read_or_two(match: re.Match[str], text: str) -> Iterator[Value]:
    yield _one(match, "duration", "1-2", _unit(match["unit"]))


_DAYS = {"하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "여드레": 8, "아흐레": 9, "열흘": 10, "보름": 15}
_SOME_DAYS = {"하루이틀": "1-2", "이삼": "2-3", "사나흘": "3-4", "삼사": "3-4", "사오": "4-5", "오륙": "5-6"}


def _read_days(match: re.Match[str], text: str) -> Iterator[Value]:
    some = match["some"]
    if some:
        word = match["unit"] or "일"
        yield _one(match, "duration", _SOME_DAYS[some.replace(" ", "")], _unit(word))
    else:
        days = [str(_DAYS[match[group]]) for group in "ab" if match[group]]
        yield _one(match, "duration", "-".join(days), "day")


def _read_some(match: re.Match[str], text: str) -> Iterator[Value]:
    """What a number counts, where that is told apart: nights, times, people and items."""
    word = match["unit"]
    once_more = word == "번" and match["a"] == "한" and re.search("(?:다시|꼭) ?$", match.string[: match.start()])
    if not once_more:
        yield from _each(match, "number", _COUNTED.get(word.removesuffix("s"), ""))


_COUNTED = {
    "night": "nights", "박": "nights", "time": "times", "번": "times", "회": "times", "차례": "times",
    "people": "people", "person": "people", "명": "people", "인": "people", "분": "people", "사람": "people",
    "item": "items", "piece": "items", "pc": "items", "개": "items",
}  # fmt: skip


def _read_once(match: re.Match[str], text: str) -> Iterator[Value]:
    yield _one(match, "number", "1" if match[0] == "once" else "2", "times")


def _read_number(match: re.Match[str], text: str) -> Iterator[Value]:
    word = match["number"]
    if re.match(r"\d?K(?!G)|\dG(?!B)", text[match.end() - 1 :]):
        return  # 4K, 5G
    sign = "-" if match["minus"] else ""
    as_written = "/" in word or re.fullmatch(r"0\d+", word)  # 24/7, the code 0142
    yield _one(match, "number", word if as_written else sign + _plain(_number(word)))


_BEFORE_ONE = r"\b(?:only|has|have|get|is|are|with|for|from|at least|just|than|to|in|per|by|of|and|use) $|^$|[,.:;(] ?$"
_AFTER_ONE = r" (?!of|is|was|that|which|with|for|in|on|at|to|and|or|can|will|has|you|we|more|another|by|moment|sec)[a-z]+"


def _read_word(match: re.Match[str], text: str) -> Iterator[Value]:
    """`one` is a number only before a thing: not in `this one`, `one of them`, `the right one`."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    if match[0] != "one" or (re.search(_BEFORE_ONE, before) and re.match(_AFTER_ONE, after)):
        yield _one(match, "number", _plain(_number(match[0])))


# Rules in order: what an earlier one has taken, a later one does not see. ---------------------------------------------

_HOST = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
_ENDINGS = "com|net|org|kr|io|co|jp|uk|de|fr|eu|app|dev|shop|store|info|biz|ai|example|test"
_PATH = r"(?::\d+)?(?:[/?#](?:(?!\]\(|\*\*)[!#-;=?-_a-{}~])*)?"  # it ends at Markdown's signs and at "<>`|
_MONTH = rf"(?:{'|'.join(_MONTHS)}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
_DAY = r"(?:business|working|week|calendar)[ -]?days?|workdays?|weekdays?|days?"
_U = rf"(?:{_DAY}|hours?|hrs?|minutes?|mins?|seconds?|secs?|weeks?|wks?|months?|years?|yrs?|(?<=\d)h)(?![a-z])"
_KO_U = (
    r"(?:영업일|근무일|시간|분(?![의량류할기실야석들])|초(?![과기등보])|일(?![반부요])(?:간(?!격))?|주일(?:간(?!격))?|주(?![문년차소택말변인유식장부방의요])(?:간(?!격))?"
    r"|개월(?:간(?!격))?|달(?![러력라성걀])(?:간(?!격))?|년(?![도차생식대])(?:간(?!격))?)"
)
_PARTICLE = r"(?![가-힣])|(?=[만이가을를은는씩도에로까이뿐당용짜]|의 |부터|입니[다까]|예요|인데)"
_MEASURE = r"(?:kgs?|g|mg|mm|cm|m|km|ml|l|lbs?|oz|inch(?:es)?|in|ft|gb|mb|tb|kw|w|v|mah|hz|k|px|cc|x|pcs)(?![a-z0-9])|x\d"
_HALF_DAY = "|".join(_HALVES)


def _clock_rule(i: int) -> str:
    hour = rf"\d{{1,2}}(?![\d,])|{_KO_NATIVE}(?= ?시)"
    si = r"시(?:(?![가-힣])|(?=[에까부경쯤로전후정사반입])|(?<=[\d ]시)(?=[면이은는을라고예와엔였인임만]))"  # but 두시면 may be 눌러 두시면
    minutes = rf"(?P<minute{i}>[:.][0-5]\d(?!\d))?(?::[0-5]\d)?"
    korean = rf"(?: ?(?P<si{i}>{si})(?: ?(?P<ko_minute{i}>\d{{1,2}}|{_KO_SINO}) ?분| ?(?P<and_half{i}>반)(?![가-힣]))?)?"
    half = rf"(?: ?(?P<ap{i}>[ap]m(?![a-z])|[ap]\.m\.?)| ?(?P<oclock{i}>o'clock))?"
    return rf"(?P<clock{i}>(?:(?P<half{i}>{_HALF_DAY}) ?)?(?P<hour{i}>{hour}){minutes}{korean}{half})"


_Rule = tuple[str, str, Callable[[re.Match[str], str], Iterator[Value]]]  # what a text must have for it (soon looked for), pattern, reader
_DIGITS = "[0-9]"
_FOUR_DIGITS, _SIX_DIGITS = (rf"[0-9](?:\D*\d){{{more}}}" for more in (3, 5))
_VOWELS = "[aeiou]"  # one of them is in each English numeral
_START = r"(?<![a-z0-9_$€£₩])(?<!\d[.,])"


def _address_rules() -> list[_Rule]:
    known = rf"(?:{_ENDINGS})(?![a-z0-9-])|[a-z]{{2,}}(?=/[a-z0-9])"
    url = rf"(?:https?://[a-z0-9.-]+|www\.{_HOST}[a-z]{{2,}}|{_HOST}(?:{known})){_PATH}"
    groups = r"(?:\(\d{1,4}\) ?)?\d{1,4}"
    world = rf"\+\d{{8,15}}(?!\d)|\+\d{{1,3}}[ -]?{groups}(?:-\d{{2,4}}){{1,3}}|\+\d{{1,3}} {groups}(?: \d{{2,4}}){{1,4}}"
    korea = r"01[016789]\d{7,8}|070\d{8}|02\d{7,8}|1[568]\d\d-\d{4}"
    america = r"(?:1[ -])?\(?[2-9]\d\d\)?[ .-]{1,2}\d{3}[.-]\d{4}|[2-9]\d\d-\d{4}"
    phone = rf"(?:{world}|\(?0\d{{1,4}}\)?[ .-]{{0,2}}\d{{3,4}}[ .-]\d{{3,4}}|{korea}|{america})(?![\d-]|[.,]\d)"
    iso = r"(?P<year>(?:19|20)\d\d)(?P<mark>[-./]) ?(?P<month>\d{1,2})(?P=mark) ?(?P<day>\d{1,2})(?!\d|-\d)"
    weekday = r"(?P<year>)(?P<month>\d{1,2})/(?P<day>\d{1,2}) ?(?=\([월화수목금토일]\))"
    slashes = r"(?P<one>\d{1,2})(?P<mark>[-./])(?P<two>\d{1,2})(?P=mark)(?P<year>(?:19|20)\d\d)(?![\d-])"
    code = r"(?!(?:usd|krw|eur|gbp|jpy)-?\d|(?:[ap]m|won|to|days?|hours?)-)[a-z][a-z_-]*\d[a-z0-9_-]*(?:\.\d+)*|#\d[\d-]*"
    return [
        (r"[\[<{]", r"[\[<{][a-z]+(?:_[a-z]+)*_?\d*[\]>}]", _read_nothing),
        ("@", rf"(?<![a-z0-9._%+-])[a-z0-9._%+-]+@{_HOST}[a-z]{{2,}}", _read_email),
        (r"\.[a-z0-9]|:/", rf"(?<![a-z0-9@.-]){url}", _read_url),
        (_SIX_DIGITS, rf"(?<![a-z0-9./-]){iso}", _read_iso),
        ("[월화수목금토일]", rf"(?<![a-z0-9./-]){weekday}", _read_iso),
        (_SIX_DIGITS, rf"(?<![a-z0-9./-]){slashes}", _read_slashes),
        (_FOUR_DIGITS, rf"(?<![a-z0-9+-])(?<!\d[.,]){phone}", _read_phone),
        (r"[a-z_#-]\d", rf"(?<![a-z0-9])(?:{code})", _read_nothing),
    ]


def _price_rules() -> list[_Rule]:
    words = r"dollars?|bucks?|usd|won|krw|euros?|eur|pounds?|gbp|yen|jpy|cents?"
    number = rf"{_MONEY}|{_ENGLISH}"
    before = rf"(?P<unit>us\$|[$€£¥₩]|(?:usd|krw|eur|gbp|jpy)(?![a-z])) ?(?P<a>{_MONEY})(?:-(?P<b>{_MONEY})(?![a-z\d]))?"
    after = rf"(?P<a>{number})(?:(?:{_TO}| to | or )(?P<b>{number}))?[ -]?(?P<unit>(?:{words})(?![a-z])|[$€£¥₩])"
    want = r"(?: (?!원[하해했함한])|(?! ))"  # 3개만 원해요
    korean_unit = r"(?P<unit>원|달러|불(?![가-힣])|유로|파운드|엔(?![진터]))"
    korean = rf"(?=\d|[가-힣]*[십백천만억])(?P<a>{_AMOUNT})(?:(?:{_TO}|에서 ?)(?P<b>{_AMOUNT}))?{want}{korean_unit}"
    costs = r"(?:at )?no (?:extra |additional )?(?:costs?|charges?|fees?)\b|without charge|complimentary"
    free = r"free of charge|free(?!\w|-\w| (?:to (?:ask|contact|call|write|reach)|time|spot|space|room|seat|from|up)\b)"
    code = r"\d{6,}(?:-\d+)+|\d+(?:-\d+){2,}|\d+(?:\.\d+){2,}"
    return [
        (_DIGITS, rf"(?<![a-z0-9]){before}", _read_price),
        ("[nrsdpfyt$€£¥₩]", rf"(?<![a-z0-9])(?<!\d[.,]){after}", _read_price),
        ("[원불엔러로드]", rf"(?<![a-z0-9])(?<!\d[.,]){korean}", _read_price),
        ("free|no |charge|complimentary|무료|공짜|무상", rf"(?<![\w-])(?:{free}|{costs})|(?<!유)무료|공짜|무상", _read_free),
        (r"\d[-.]\d", rf"(?<![\w-])(?:{code})(?![\w-])", _read_nothing),  # account numbers, versions
    ]


def _time_rules() -> list[_Rule]:
    pair = rf"{_clock_rule(1)}(?:(?P<to> ?[-~] ?| to | till | until | and |(?:부터|에서) ?){_clock_rule(2)})?"
    year = r"(?P<year{}>(?:19|20)\d\d)(?!\d)"
    month_first = rf"(?P<name1>{_MONTH}) ?(?P<day1>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:%])(?:{_TO}(?P<last1>\d{{1,2}})(?!\d))?"
    day_first = rf"(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<name2>{_MONTH})(?![a-z])(?:,? {year.format(2)})?"
    english = rf"(?P<name3>{_MONTH}),? {year.format(3)}|{month_first}(?:,? {year.format(1)})?|{day_first}"
    month_day = rf"(?P<month>\d{{1,2}})월(?: ?(?P<day>\d{{1,2}})일(?:{_TO}(?P<last>\d{{1,2}})일)?)?"
    return [
        ("jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", rf"(?<![a-z0-9])(?:{english})", _read_english_date),
        ("월", rf"(?<!\d)(?:{year.format('')}년 ?)?{month_day}", _read_korean_date),
        ("년", rf"(?<!\d){year.format('')}년(?P<month>)(?P<day>)(?P<last>)(?!간)", _read_korean_date),
        ("[:m시']", rf"(?<![a-z0-9:/$€£₩])(?<!\d[.,]){pair}(?![\d:/])", _read_time),
        ("noon|midday|midnight|정오|자정", r"(?<!\w)(?:noon|midday|midnight)(?!\w)|정오|자정", _read_noon),
    ]


def _duration_rules() -> list[_Rule]:
    more = r"(?:(?:full|more|extra|additional|consecutive|whole) )?"
    other = rf"(?:(?:[ -]?(?P<between>{_U}))?(?P<to>{_TO}| to | or | and )(?P<b>{_N}))?"
    english = rf"(?P<part>half )?(?P<a>an?(?= )|{_N})(?P<half> and a half)?{other}[ -]?{more}(?P<unit>{_U})"
    half = rf"(?P<part>)(?P<a>an?|{_N})(?P<between>)(?P<to>)(?P<b>)[ -](?P<unit>{_U})(?P<half> and a half)"
    clock = rf"(?P<a>{_N}) ?(?:hours?|hrs?|h)(?: and)? ?(?P<b>{_N}) ?(?:minutes?|mins?|m)(?![a-z])"
    business = r"(?P<business>(?:영업일|평일)(?: ?기준)?(?:으?로)? ?)?(?:약 ?|최대 ?|최소 ?)?"
    too = r"(?P<half> ?반(?![가-힣]))?(?P<too> ?\((?:영업일|평일)(?: ?기준)?\))?"
    between = rf"(?: ?(?P<between>{_KO_U}))?(?:{_TO}|에서 ?|내지 ?|, ?(?=\d일))"
    korean = rf"{business}(?P<a>{_KN})(?:{between}(?P<b>{_KN}))? ?(?P<unit>{_KO_U}){too}"
    days = "|".join(sorted(_DAYS, key=len)[::-1])
    some = r"(?P<some>하루 ?이틀|사나흘|(?:이삼|삼사|사오|오륙)(?= ?[일주년]|개월))(?: ?(?P<unit>일|주일?|개월|년))?"
    rate = r" ?종일| ?[\d\0]| ?(?:한|두|세) ?(?:번|차례)|에 "  # 하루 2번
    return [
        ("h", rf"{_START}{clock}", _read_hours_and_minutes),
        ("간", rf"(?<![a-z0-9])(?<!\d[.,])(?P<a>{_D}|{_KO_NATIVE}) ?시간 ?(?P<b>{_D}|{_KO_SINO}) ?분", _read_hours_and_minutes),
        (" or two", rf"(?<![a-z])an? (?P<unit>{_U}) or two(?![a-z])", _read_or_two),
        ("and a half", rf"{_START}{half}", _read_english_duration),
        (r"day|hour|hr|min|sec|week|wk|month|year|yr|\dh", rf"{_START}{english}", _read_english_duration),
        ("[루틀흘새레보삼오륙]", rf"(?<![가-힣])(?:{some}|(?P<a>{days})(?:(?:{_TO}|에서 )(?P<b>{days}))?(?!{rate}))", _read_days),
        ("[일간분초주월달년]", rf"(?<![a-z0-9])(?<!\d[.,]){korean}", _read_korean_duration),
    ]


def _number_rules() -> list[_Rule]:
    pair = rf"(?P<a>{{0}})(?:(?:{_TO}| to | or |에서 ?)(?P<b>{{0}}))?"
    things = r"(?P<unit>nights?|times|people|persons?|items?|pieces?|pcs)(?![a-z])"
    exit_number = r"(?! ?(?:출구|게이트|버스|창구|플랫폼|을|키))"
    after_digits = (
        rf"(?P<unit>박(?!스)|번{exit_number}|회(?![원사의차])|명(?![절의])|인(?![치분터스증])|사람|개(?![월국소사년점강정통봉업]))"
    )
    counters = (
        r"개|명|사람|번|차례|회|박|분|가지|장|대|병|권|잔|건|곳|자|통|벌|켤레|마리|배|줄|칸|팀|쌍|종|박스|상자|봉지|세트|층|단계|조각|군데"
    )
    counted = rf"(?P<unit>{counters})(?:{_PARTICLE})"
    again = r"(?:(?<!한번)(?<!한 번)|(?! ?(?:더|확인|문의|시도|봐|보|해|말|알려|부탁|다시|연락)))"  # 한 번 더 is no count
    tens = rf"(?<![가-힣])(?:[{_SINO}]?백[{_SINO}]?십?[{_SINO}]?|[{_SINO}]?십[{_SINO}]?)"
    sino = rf"(?P<a>{tens}|(?<![가-힣])[{_SINO}](?= ?박)|(?<![가-힣])[일삼오육칠팔구](?= (?:개|명|회)))(?P<b>) ?{counted}"
    bare = rf"(?:하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉|열(?:{_NATIVE_ONE})|(?:스물|서른|마흔|쉰|예순|일흔|여든|아흔)(?:{_NATIVE_ONE})?)"
    end = r"(?:(?![가-힣])|(?=[만을를씩도은는이가의로](?!요)|이상|까지|뿐))"
    bare_sino = rf"(?:[{_SINO}]?십[{_SINO}]|[{_SINO}]십)(?:(?![가-힣])|(?=까지|이상|이하))"
    minus = r"(?P<minus>(?<![\w)] )-(?=\d+(?:\.\d+)? ?(?:°|도|degrees|℃))|영하 ?)?"
    return [
        ("night|time|people|person|item|piece|pcs", rf"{_START}{pair.format(_N)}[ -]{things}", _read_some),
        ("once|twice", r"(?<![a-z])(?<!at )(?:once|twice)(?= (?:per|an?|every|only|daily|weekly)(?![a-z])|[^ a-z]|$)", _read_once),
        ("[박번회명인람개]", rf"{_START}{pair.format(_D)} ?{after_digits}", _read_some),
        (f"[{counters}]", rf"{pair.format(_KO_NATIVE)} ?{counted}{again}", _read_some),
        ("[십백박개명회]", sino, _read_some),
        ("[나둘셋넷섯곱덟홉열물른흔쉰순든십]", rf"(?<![가-힣])(?:{bare}{end}|{bare_sino})", _read_word),
        (
            _DIGITS,
            rf"(?:{_START}|(?<=\dx)){minus}(?P<number>\d+/\d+(?!/)|{_D}(?:[천만억]|k(?![a-z]))?)(?:(?![a-z0-9_])|(?={_MEASURE}))",
            _read_number,
        ),
        (_VOWELS, rf"(?<![a-z-]){_ENGLISH}(?![a-z-])", _read_word),
    ]


@cache
def _rules() -> tuple[tuple[re.Pattern[str], re.Pattern[str], Callable[[re.Match[str], str], Iterator[Value]]], ...]:
    after = r" ?(?:할인|환불|적립|인하|인상|수수료|[가를만]|정도|까지|이상|이하)"
    sign = rf" ?(?:%|퍼센트|프로(?={after})|percent(?![a-z])|per cent(?![a-z]))"
    numeral = rf"{_N}|{_KO_SINO}"
    percent = rf"(?<![a-z0-9])(?<!\d[.,])(?P<a>{numeral})(?:(?:{_TO}| to | or |에서 ?)(?P<b>{numeral}))?{sign}"
    rules = [
        *_address_rules(),
        *_price_rules(),
        ("%|퍼센트|프로|per ?cent", percent, _read_percent),
        *_time_rules(),
        *_duration_rules(),
        *_number_rules(),
    ]
    return tuple((re.compile(needs), re.compile(pattern), read) for needs, pattern, read in rules)


# Yes or no ------------------------------------------------------------------------------------------------------------

_HELLO = r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day))\b[^.,!?]{0,30}[.,!] *"
_GREETING = rf"(?:{_HELLO}|안녕하세요[^.,!?]{{0,20}}[.,!]? *|고객님[,.]? *)*"
_BEGINS_NO = (
    r"(?:no(?=[,!;:-](?! (?:problem|worries))|\.? *$|\. \D| (?:it|we|you|they|there|that|this|i|sorry|unfortunately)\b)"
    r"|nope|of course not|(?:absolutely|definitely|certainly) not)(?![a-z])|(?:아니요|아니오|아뇨)(?![가-힣])"
)
_BEGINS_YES = (
    r"(?:yes(?! and no)|yeah|yep|yup)(?![a-z])|(?:absolutely|definitely|certainly|of course|sure)(?=[,.!]|$)(?!.*\?)"
    r"|(?:네+|넵|넹|예)(?=[\s,.!~]|$)(?! ?(?:개|명|번|시|분|가지|장)(?:[\s만씩를이에]|$))|그럼요|물론이?(?:에요|죠|지요|입니다)"
)
_THERE = r"(?:possible|available|offered|allowed|permitted|accepted|welcomed?|included|provided|supported|served)\b"
_DONE = "지원|제공|판매|운영|허용|취급|배송|출고|진행|포함|반품|교환|환불|취소|변경|이용|사용|할인|발송|작업|예약|수리"
_SAYS_NO = (
    rf"\b(?:is|are)(?: not|n't) (?:\w+ly )?{_THERE}|^(?:\W|sorry|unfortunately)*no [\w -]+ (?:is|are) {_THERE}|\bcan(?:not|'t) be \w+ed\b"
    r"|\b(?:do|does)(?: not|n't) (?:offer|provide|allow|have(?! to)|accept|serve|support|permit|include|ship|deliver|sell)\b"
    r"|^(?:\W|sorry|unfortunately)*there (?:is|are) no (?!(?:\w+ )?(?:charge|fee|cost|limit|need|problem|minimum|maximum|doubt))"
    r"|불가(?:능)?(?:합니다|해요|하십니다|입니다|예요)|안 ?(?:됩니다|돼요)|할 수 없(?:습니다|어요)"
    rf"|(?:{_DONE})\S{{0,2}} (?:어렵|힘들)|(?:{_DONE})\S*지 ?않(?:습니다|아요)"
)
_SAYS_YES = (
    rf"\b(?:is|are) (?:also |always )?{_THERE}|(?:가능|허용)(?:합니다|해요|하세요|하십니다|돼요|됩니다)"
    r"|(?<!않으셔)(?<!않아)도 (?:됩니다|돼요|괜찮)"
)
_UNSURE = (
    r"\b(?:if|unless|when|until|once|because|only|except|but|however|although|though|whether|otherwise|please)\b|\?"
    r"|만 (?:가능|허용|\S+(?:됩니다|돼요))|[다요]만\b|지만|[으하시]면 |경우"
    r"|\d\S* .*(?:가능|허용)|(?:까지|부터|동안|이후|전에|때) .*(?:가능|허용)"
)
_NEGATED = r"\b(?:no|not|never|nothing|neither|none|cannot|without)\b|n't\b|지 않|안 |없"


def polarity(answer: str) -> Literal["yes", "no"] | None:
    """`yes` or `no` where an answer begins with it or its first sentence plainly says so, in English or Korean; None when unsure."""
    said = re.sub(f"^{_GREETING}", "", " ".join(answer.translate(_PLAIN).lower().split()))
    if re.match(_BEGINS_NO, said):
        return "no"
    if re.match(_BEGINS_YES, said):
        return "yes"
    first = re.split(r"(?<=[.!?])\s", said)[0].rstrip(".!~ ")
    if re.search(_UNSURE, first):
        return None
    if re.search(_SAYS_NO, first):
        return "no"
    return "yes" if re.search(_SAYS_YES, first) and not re.search(_NEGATED, first) else None
