"""Numerals of both languages as patterns and numbers: `three hundred`, `3만 9,900`, `삼십이`."""

import re
from collections.abc import Iterator
from decimal import Decimal

from frontdesk.facts.values.value import Value, value_at

_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NATIVE = ["하나 한", "둘 두", "셋 세 석 서", "넷 네 넉 너", "다섯", "여섯", "일곱", "여덟", "아홉"]
_NATIVE_TENS = ["열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"]
SINO = "일이삼사오육칠팔구"
_TIMES = {"십": 10, "백": 100, "천": 1000, "만": 10**4, "억": 10**8}

_WORDS = (
    {"zero": 0, "스무": 20}
    | {word: i for i, word in enumerate(_ONES + _TEENS, 1)}
    | {word: i for i, word in enumerate(_TENS, 2) for i in [10 * i]}
    | {ten: 10 * i for i, ten in enumerate(_NATIVE_TENS, 1)}
    | {ten + one: 10 * i + k for i, ten in enumerate(["", *_NATIVE_TENS]) for k, ones in enumerate(_NATIVE, 1) for one in ones.split()}
)

DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
_UNDER_100 = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES)})(?![a-z]))?|{'|'.join(sorted(_TEENS + _ONES, key=len)[::-1])}|zero)"
ENGLISH = rf"(?:(?<![a-z])(?:(?:{_UNDER_100}|an?) (?:hundred|thousand)(?:(?: and)? {_UNDER_100})?|{_UNDER_100}))"
NUMERAL = rf"(?:{DIGITS}|{ENGLISH})"
NATIVE_ONE = "|".join(sorted(" ".join(_NATIVE).split(), key=len)[::-1])
KO_NATIVE = rf"(?:(?<![가-힣])(?:(?:{'|'.join(_NATIVE_TENS)})(?:{NATIVE_ONE})?|스무|{NATIVE_ONE}))"
KO_SINO = rf"(?:(?<![가-힣])(?=[{SINO}십백])(?:[{SINO}]?백)?(?:[{SINO}]?십)?[{SINO}]?(?<=[{SINO}십백]))"
KO_NUMERAL = rf"(?:{DIGITS}|{KO_NATIVE}|{KO_SINO})"
_RUN = rf"(?:{DIGITS}|[{SINO}십백천만억])"
MONEY = rf"(?:\d+,\d\d(?!\d|,\d)|{DIGITS})(?: ?(?:thousand|million|k)(?![a-z]))?"  # €4,90 too
AMOUNT = rf"(?:(?:{DIGITS}|(?<![가-힣])[{SINO}십백천만억]){_RUN}*(?:(?<=[만억]) {_RUN}+)*)"  # 3만, 1만 5천, 3만 9,900, 이만오천
TO = r"(?: ?[-~] ?)"


def to_number(word: str) -> Decimal:
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
    for part in re.findall(rf"{DIGITS}|[{SINO}십백천만억]", word):
        if part in "만억":
            total += (section + (digit or 0) or 1) * _TIMES[part]
            section, digit = Decimal(0), None
        elif part in _TIMES:
            section, digit = section + (1 if digit is None else digit) * _TIMES[part], None
        else:
            digit = Decimal(SINO.index(part) + 1) if part in SINO else Decimal(part.replace(",", ""))
    return total + section + (digit or 0)


def to_text(number: Decimal) -> str:
    return format(number.normalize(), "f") if number else "0"


def each(match: re.Match[str], kind: str, unit: str, scale: Decimal = Decimal(1)) -> Iterator[Value]:
    """The numbers `a` and, of a pair such as `10-20%`, `b`, whose span holds the unit."""
    first, last = match["a"], match["b"]
    if not last:
        yield value_at(match, kind, to_text(to_number(first) * scale), unit)
        return
    many = re.search("[천만]+$", last)
    if many and not re.search("[가-힣]", first):
        first += many[0]  # 3~5만
    yield value_at(match, kind, to_text(to_number(first) * scale), unit, last="a")
    yield value_at(match, kind, to_text(to_number(last) * scale), unit, first="b")
