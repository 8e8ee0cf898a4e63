"""Spans of personal data: their kinds, which one wins where two overlap, and when two are the same value."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

KINDS = (
    *("RRN", "CARD", "SSN", "BUSINESS_NUMBER", "DRIVER_LICENSE", "PASSPORT", "BANK_ACCOUNT", "SECRET"),
    *("EMAIL", "IP", "ADDRESS", "PHONE", "ORDER", "NAME"),
)
"""All kinds, the most specific first: where two spans overlap, the earlier kind wins, then the longer span."""

RANK = {kind: rank for rank, kind in enumerate(KINDS)}
PLACEHOLDER = re.compile(rf"\[({'|'.join(KINDS)})_(\d{{1,9}})\]")
HOLE = "\ufffc"  # stands for a masked span while the rest of a text is searched: no recognizer's pattern matches it
SMALL_WORD, DIGIT = re.compile("[a-z]+"), re.compile(r"\d")
UNUSUAL = re.compile("[\uff01-\uff5e\u2010-\u2015\u2212\u00a0\u3000\u2000-\u200a\u202f\u2019\t]")
USUAL: dict[int, int | str] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-"),
    **dict.fromkeys([0xA0, 0x3000, *range(0x2000, 0x200B), 0x202F, 0x09], " "),
    0x2019: "'",
}
LOOKALIKES = str.maketrans("Oo○ㅇIl", "000011")
SPOKEN = str.maketrans("공영일이삼사오육륙칠팔구", "001234566789")
SPOKEN_WORDS = {
    **{word: str(digit) for digit, word in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])},
    "oh": "0",
    **{word: str(digit) for digit, word in enumerate(["하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉"], 1)},
}
SPOKEN_WORD = re.compile("|".join(SPOKEN_WORDS), re.IGNORECASE)


class Span(NamedTuple):
    """Characters `start` up to `end` of a text are personal data of a kind."""

    start: int
    end: int
    kind: str


class Masked(NamedTuple):
    """A text with placeholders, and what they replaced: `spans` index the original text."""

    text: str
    spans: tuple[Span, ...]


def matches(
    kind: str, pattern: re.Pattern[str], text: str, group: int | str = 0, where: Callable[[re.Match[str]], object] = bool
) -> Iterator[Span]:
    """Where a pattern, or a group of it, matches, as spans of a kind; only those matches that `where` accepts."""
    return (Span(*match.span(group), kind) for match in pattern.finditer(text) if where(match))


def usual(text: str) -> str:
    """The text with full-width letters, unusual dashes and blanks as plain ones. Its length stays."""
    return text.translate(USUAL) if UNUSUAL.search(text) else text


@lru_cache(maxsize=16)
def small_words(text: str) -> frozenset[str]:
    """The words of ASCII letters in a text, in small letters: what a pattern needs is looked for here first."""
    return frozenset(SMALL_WORD.findall(text.lower()))


@lru_cache(maxsize=16)
def count_digits(text: str) -> int:
    """How many digits a text holds."""
    return len(DIGIT.findall(text))


def around(text: str, start: int, end: int, left: int = 40, right: int = 20) -> str:
    """What stands just before and after a span, with a hole between."""
    return text[max(0, start - left) : start] + HOLE + text[end : end + right]


def without_overlaps(spans: Iterable[Span]) -> list[Span]:
    """The spans that win, in order."""
    kept: list[Span] = []
    for span in sorted(spans):
        if kept and span.start < kept[-1].end:
            kept[-1] = min(kept[-1], span, key=lambda s: (RANK[s.kind], s.start - s.end, s.start))
        else:
            kept.append(span)
    return kept


def collapse(text: str, spans: Sequence[Span]) -> str:
    """The text with one hole for each span."""
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], HOLE]
        at = span.end
    return "".join(parts) + text[at:]


def original(found: Sequence[Span], spans: Sequence[Span]) -> list[Span]:
    """Spans found in a collapsed text, as spans of the text before `collapse`."""
    holes, shifts, shift = [0], [0], 0
    for span in spans:
        holes.append(span.start - shift + 1)
        shift += span.end - span.start - 1
        shifts.append(shift)
    moved = [shifts[bisect_right(holes, span.start) - 1] for span in found]
    return [Span(span.start + by, span.end + by, span.kind) for span, by in zip(found, moved, strict=True)]


@lru_cache(maxsize=4096)
def value_key(kind: str, value: str) -> str:
    """What makes two values of a kind the same: digits of a phone, letters and digits of anything else, whatever the case."""
    value = unicodedata.normalize("NFKC", value)
    if kind == "SECRET":
        return value
    if kind == "EMAIL":
        return "".join(value.casefold().split())
    if kind == "PHONE":
        return _phone_digits(value)
    return "".join(char for char in value.casefold() if char.isalnum() or char == "*")


def _phone_digits(value: str) -> str:
    if value[0] in "Oo○ㅇ" and not SPOKEN_WORD.match(value):
        value = value.translate(LOOKALIKES)
    spoken = SPOKEN_WORD.sub(lambda match: SPOKEN_WORDS[match[0].lower()], value).translate(SPOKEN)
    digits = "".join(char for char in spoken if char.isdigit() or char == "*")
    return re.sub(r"^(?:00)?820?(?=\d{8,10}$)", "0", digits)
