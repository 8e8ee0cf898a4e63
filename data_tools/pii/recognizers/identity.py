"""Numbers of a person or a firm: RRN, BUSINESS_NUMBER, DRIVER_LICENSE, PASSPORT and SSN."""

import re
from collections.abc import Iterator

from data_tools.pii.patterns import either
from data_tools.pii.recognizers.checks import valid
from data_tools.pii.spans import Span, around, count_digits, matches

DIGITS = re.compile(r"(?:\d[ .-]{0,3}){6}|[A-Z]{1,2}\d{5}|[A-Z]\d{3}[A-Z]\d|여권|passport", re.IGNORECASE)
"""What all numbers here contain."""

LEAST = 4  # so many digits at least
START, END = r"(?<![\d-])", r"(?![\d*-])"
BIRTH = r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
RRN = re.compile(rf"{START}({BIRTH}\s?-?\s?([1-8])(?:\d{{6}}|[*xX•]{{6}})){END}")
RRN_WORDS = re.compile(
    r"(?i)주민|외국인\s?등록|등록\s?번호|생년월일|resident (?:registration|number)|foreigner|alien|\brrn\b|\bfrn\b|\barc\b"
)

BUSINESS = re.compile(rf"{START}(\d{{3}}(?:\s?-\s?\d\d\s?-\s?| \d\d |\d\d)\d{{5}}){END}")
BUSINESS_WORDS = re.compile(r"사업자|세금\s?계산서|business (?:registration|number|no)|\bbrn\b|tax (?:id|registration)", re.IGNORECASE)

ISSUER = either("서울 부산 경기 강원 충[북남] 전[북남] 경[북남] 제주 대구 인천 광주 대전 울산")
LICENSE = re.compile(rf"{START}((?:{ISSUER}\s?)?\d\d[- ]?\d\d[- ]?\d{{6}}[- ]?\d\d){END}")
REGIONAL_LICENSE = re.compile(rf"(?<![가-힣\d-])({ISSUER}\s?\d\d-\d{{6}}-\d\d){END}")
FOREIGN_LICENSE = re.compile(r"(?<![A-Za-z\d])([A-Za-z]{0,2}\d[\d -]{4,16}\d|[A-Z]{5}\d{6}[A-Z\d]{5})(?![A-Za-z\d-])")
LICENSE_WORDS = re.compile(r"면허|driv\w+'?s?\W{1,2}licen[cs]e|licen[cs]e (?:number|no)", re.IGNORECASE)

PASSPORT = re.compile(
    r"(?<![A-Za-z\d-])([A-Za-z]\d{3}[A-Za-z]\d{4}|[A-Za-z]{0,2}\d{6,9}|(?=(?:[A-Z]{0,9}\d){4})[A-Z\d]{8,9})(?![A-Za-z\d-])"
)
PASSPORT_WORDS = re.compile(r"여권|passport", re.IGNORECASE)

SSN = re.compile(rf"{START}((?!000|666|9)\d{{3}}([- .]?)(?!00)\d\d\2(?!0000)\d{{4}})(?![\d-])")
SSN_WORDS = re.compile(r"\bssn\b|\bsocial\b|\bss ?(?:#|no\b|number)|\bsoc\b", re.IGNORECASE)

MOBILE = re.compile(r"0?1[016789]\D{0,3}\d{3,4}\D{0,3}\d{4}")
DATE = re.compile(r"(?:19|20)\d\d\D?(?:0[1-9]|1[0-2])\D?(?:0[1-9]|[12]\d|3[01])")


def find_identity(text: str, asked: str) -> Iterator[Span]:
    """All numbers of these kinds. `asked` is what the other side said just before."""
    if count_digits(text) < LEAST or not DIGITS.search(text):
        return
    for match in RRN.finditer(text):  # those issued since October 2020 have no check digit: they need a word beside them
        entity = "resident" if match[2] in "1234" else "foreigner"
        if beside(RRN_WORDS, text, match, asked) or not match[1][-1].isdigit() or valid(entity, match[1]):
            yield Span(*match.span(1), "RRN")
    for match in BUSINESS.finditer(text):
        if beside(BUSINESS_WORDS, text, match, asked) or (not match[1].isdigit() and valid("business", match[1])):
            yield Span(*match.span(1), "BUSINESS_NUMBER")
    yield from _license(text, asked)
    for match in PASSPORT.finditer(text) if PASSPORT_WORDS.search(text) or PASSPORT_WORDS.search(asked) else ():
        if beside(PASSPORT_WORDS, text, match, asked) and not DATE.fullmatch(match[1]):
            yield Span(*match.span(1), "PASSPORT")
    for match in SSN.finditer(text):
        if match[2] == "-" or beside(SSN_WORDS, text, match, asked) or (match[2] and SSN_WORDS.search(text)):
            yield Span(*match.span(1), "SSN")


def beside(words: re.Pattern[str], text: str, match: re.Match[str], asked: str) -> bool:
    """Whether one of the words stands near a number, or in the question that it answers."""
    return bool(words.search(around(text, *match.span(1))) or words.search(asked))


def _license(text: str, asked: str) -> Iterator[Span]:
    for match in LICENSE.finditer(text):
        if beside(LICENSE_WORDS, text, match, asked) or (match[1].count("-") == 3 and valid("license", match[1])):
            yield Span(*match.span(1), "DRIVER_LICENSE")
    yield from matches("DRIVER_LICENSE", REGIONAL_LICENSE, text, 1)
    for match in FOREIGN_LICENSE.finditer(text) if LICENSE_WORDS.search(text) or LICENSE_WORDS.search(asked) else ():
        if beside(LICENSE_WORDS, text, match, asked) and not MOBILE.fullmatch(match[1]) and not DATE.match(match[1]):
            yield Span(*match.span(1), "DRIVER_LICENSE")
