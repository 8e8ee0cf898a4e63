"""Numbers that identify a person, a firm or their money: RRN, BUSINESS_NUMBER, DRIVER_LICENSE, PASSPORT, SSN, CARD and BANK_ACCOUNT.

Our patterns find them and Presidio's recognizers check their digits (Luhn, IBAN, resident, foreigner and business registration, licence region).
Presidio's own patterns end at a word boundary, which is not there before a Korean particle ("1111로"): measured, they miss those.
Importing Presidio takes 6 s and 500 MB, so it waits for the first number that has something to check.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from data_tools.pii.spans import Span, around

DIGITS = re.compile(
    r"(?:\d[ .-]{0,3}){6}|[\dx*•-]{9}|[*xX•]{4}|\d\d-\d\d-\d\d|[A-Z]{1,2}\d{5}|[A-Z]\d{3}[A-Z]\d|여권|passport", re.IGNORECASE
)
"""What all numbers here contain."""

BIRTH = r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
RRN = re.compile(rf"(?<![\d-])({BIRTH}\s?-?\s?([1-8])(?:\d{{6}}|[*xX•]{{6}}))(?![\d*-])")
RRN_WORDS = re.compile(
    r"주민|외국인\s?등록|등록\s?번호|생년월일|resident (?:registration|number)|foreigner|alien|\brrn\b|\bfrn\b|\barc\b", re.IGNORECASE
)

BUSINESS = re.compile(r"(?<![\d-])(\d{3}(?:\s?-\s?\d\d\s?-\s?| \d\d |\d\d)\d{5})(?![\d-])")
BUSINESS_WORDS = re.compile(r"사업자|세금\s?계산서|business (?:registration|number|no)|\bbrn\b|tax (?:id|registration)", re.IGNORECASE)

LICENSE = re.compile(
    r"(?<![\d-])((?:\d\d|(?:서울|부산|경기|강원|충[북남]|전[북남]|경[북남]|제주|대구|인천|광주|대전|울산)\s?\d\d)[- ]?\d\d[- ]?\d{6}[- ]?\d\d)(?![\d-])"
)
REGIONAL_LICENSE = re.compile(
    r"(?<![가-힣\d-])((?:서울|부산|경기|강원|충[북남]|전[북남]|경[북남]|제주|대구|인천|광주|대전|울산)\s?\d\d-\d{6}-\d\d)(?![\d-])"
)
FOREIGN_LICENSE = re.compile(r"(?<![A-Za-z\d])([A-Za-z]{0,2}\d[\d -]{4,16}\d|[A-Z]{5}\d{6}[A-Z\d]{5})(?![A-Za-z\d-])")
LICENSE_WORDS = re.compile(r"면허|driv\w+'?s?\W{1,2}licen[cs]e|licen[cs]e (?:number|no)", re.IGNORECASE)

PASSPORT = re.compile(r"(?<![A-Za-z\d-])([A-Za-z]\d{3}[A-Za-z]\d{4}|[A-Za-z]{0,2}\d{6,9}|(?=(?:[A-Z]*\d){4})[A-Z\d]{8,9})(?![A-Za-z\d-])")
PASSPORT_WORDS = re.compile(r"여권|passport", re.IGNORECASE)

SSN = re.compile(r"(?<![\d-])((?!000|666|9)\d{3}([- .]?)(?!00)\d\d\2(?!0000)\d{4})(?![\d-])")
SSN_WORDS = re.compile(r"\bssn\b|social\s+sec|\bsocial\b", re.IGNORECASE)

CARD = re.compile(
    r"(?<![\d*.-])(\d{4}(?:\s?-\s?\d{4}){2}\s?-\s?\d{1,7}|\d{4}(?: \d{4}){2} \d{1,7}|\d{4}(?:\.\d{4}){3}|3\d{3}([ -])\d{6}\2\d{4,5}|\d{13,19})(?![\d*]|[.-]\d)"
)
BRANDS = re.compile(r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7]|35|6\d|9\d)\d{14}|3[47]\d{13}|3[068]\d{12}|6\d{16,18}")
STARRED_CARD = re.compile(
    r"(?<![A-Za-z\d*])((?:[\d*xX•]{4}[ -]?){3}[\d*xX•]{1,4}|[\d*xX•]{4}([ -])[\d*xX•]{6}\2[\d*xX•]{4,5})(?![A-Za-z\d*])"
)
CARD_WORDS = re.compile(r"카드|card|visa|master|amex|비자|신용|체크", re.IGNORECASE)

IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2}\d\d(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?)(?![A-Za-z0-9])")
LABELLED_IBAN = re.compile(r"\bIBAN\b\W{0,3}(?:is|number|no|:)?\W{0,3}([A-Z]{2}\d\d(?: ?[A-Z0-9]){10,30})(?![A-Z0-9])", re.IGNORECASE)

BANKS = (
    r"(?:국민|신한|우리|하나|농협|기업|수협|신협|우체국|새마을|산업|부산|대구|광주|전북|경남|제주|(?:SC\s?)?제일|씨티|카카오|토스|케이|외환|저축)\s?(?:은행|뱅크|금고)|"
    r"(?:국민|신한|우리|하나|농협|기업|수협|신협|우체국|카뱅|SC제일|KB|NH|IBK|SC|iM)(?![가-힣A-Za-z])"
)
ACCOUNT = re.compile(r"(?<![\w.-])(\d{2,6}(?:\s?-\s?\d{1,8}){1,4}|\d{2,6}(?: \d{2,7}){1,3}|\d{8,16})(?![A-Za-z\d]|-\d)")
ACCOUNT_LABEL = re.compile(rf"(?:계좌|통장|{BANKS})[^\d\n.?!]{{0,12}}$", re.IGNORECASE)
ACCOUNT_NUMBER = re.compile(r"(?:계좌|통장)\s?(?:번호)?\s?(?:는|은|가|:)?\s*$")
ASKED_ACCOUNT = re.compile(r"(?:account|acct)\.? (?:number|no)|bank (?:details|account)|계좌|통장|iban", re.IGNORECASE)
SHORT = 60
"""An answer to a question for an account is no longer than this."""

ACCOUNT_WORDS = re.compile(rf"계좌|통장|입금|송금|이체|예금주|환불\s?받을|{BANKS}", re.IGNORECASE)
ENGLISH_ACCOUNT = re.compile(
    r"\b(?:(?:bank|checking|savings?|deposit|refund)\s+(?:account|acct)|(?:account|acct|routing|aba|a/c)\s*(?:number|no\.?|num\b|nr\.?|#)|sort code(?: and account)?|routing|iban|(?:account|acct)(?=\s*:?\s*(?:\d[ -]?){8}))"
    r"(?:\s+(?:number|no\.?|#))?(?:\s+(?:is|was|to|ending|at\s+[A-Z]\w+))*\s*[:=#]?\s*((?:\d[ -]?){5,16}\d)(?![\d-])",
    re.IGNORECASE,
)
MOBILE = re.compile(r"0?1[016789]\D{0,3}\d{3,4}\D{0,3}\d{4}")
DATE = re.compile(r"(?:19|20)\d\d\D?(?:0[1-9]|1[0-2])\D?(?:0[1-9]|[12]\d|3[01])")


@cache
def presidio() -> dict[str, Any]:
    """Presidio's recognizers whose check digits serve here, by entity."""
    from presidio_analyzer import predefined_recognizers as known

    return {
        "card": known.CreditCardRecognizer(),
        "iban": known.IbanRecognizer(),
        "resident": known.KrRrnRecognizer(),
        "foreigner": known.KrFrnRecognizer(),
        "business": known.KrBrnRecognizer(),
        "license": known.KrDriverLicenseRecognizer(),
    }


def valid(entity: str, value: str) -> bool:
    """Whether the check digit is right."""
    alphanumeric = "".join(char for char in value if char.isalnum())
    return presidio()[entity].validate_result(alphanumeric) is True


def find_identity(text: str, asked: str) -> Iterator[Span]:
    """All numbers of these kinds. `asked` is what the other side said just before."""
    if not DIGITS.search(text):
        return
    for find in (_rrn, _business, _license, _passport, _ssn, _cards, _accounts):
        yield from find(text, asked)


def _beside(words: re.Pattern[str], text: str, match: re.Match[str], asked: str) -> bool:
    return bool(words.search(around(text, *match.span(1))) or words.search(asked))


def _rrn(text: str, asked: str) -> Iterator[Span]:
    """Numbers issued since October 2020 have no check digit: they need a word beside them."""
    for match in RRN.finditer(text):
        entity = "resident" if match[2] in "1234" else "foreigner"
        if _beside(RRN_WORDS, text, match, asked) or not match[1][-1].isdigit() or valid(entity, match[1]):
            yield Span(*match.span(1), "RRN")


def _business(text: str, asked: str) -> Iterator[Span]:
    for match in BUSINESS.finditer(text):
        if _beside(BUSINESS_WORDS, text, match, asked) or ("-" in match[1] and valid("business", match[1])):
            yield Span(*match.span(1), "BUSINESS_NUMBER")


def _license(text: str, asked: str) -> Iterator[Span]:
    for match in LICENSE.finditer(text):
        if _beside(LICENSE_WORDS, text, match, asked) or (match[1].count("-") == 3 and valid("license", match[1])):
            yield Span(*match.span(1), "DRIVER_LICENSE")
    for match in REGIONAL_LICENSE.finditer(text):
        yield Span(*match.span(1), "DRIVER_LICENSE")
    if LICENSE_WORDS.search(text) or LICENSE_WORDS.search(asked):
        for match in FOREIGN_LICENSE.finditer(text):
            if _beside(LICENSE_WORDS, text, match, asked) and not MOBILE.fullmatch(match[1]) and not DATE.match(match[1]):
                yield Span(*match.span(1), "DRIVER_LICENSE")


def _passport(text: str, asked: str) -> Iterator[Span]:
    if PASSPORT_WORDS.search(text) or PASSPORT_WORDS.search(asked):
        for match in PASSPORT.finditer(text):
            if _beside(PASSPORT_WORDS, text, match, asked) and not DATE.fullmatch(match[1]):
                yield Span(*match.span(1), "PASSPORT")


def _ssn(text: str, asked: str) -> Iterator[Span]:
    for match in SSN.finditer(text):
        if match[2] == "-" or _beside(SSN_WORDS, text, match, asked):
            yield Span(*match.span(1), "SSN")


def _cards(text: str, asked: str) -> Iterator[Span]:
    for match in CARD.finditer(text):
        digits = "".join(char for char in match[1] if char.isdigit())
        if len(digits) < 13 or DATE.match(digits) or digits.startswith(("978", "979")):
            continue
        grouped = len(digits) < len(match[1])
        named = _beside(CARD_WORDS, text, match, asked)
        if (named and (grouped or valid("card", digits))) or ((grouped or BRANDS.fullmatch(digits)) and valid("card", digits)):
            yield Span(*match.span(1), "CARD")
    for match in STARRED_CARD.finditer(text):
        if re.search(r"[*xX•]{4}", match[1]) and (re.search(r"\d", match[1]) or _beside(CARD_WORDS, text, match, asked)):
            yield Span(*match.span(1), "CARD")


def _accounts(text: str, asked: str) -> Iterator[Span]:
    for match in IBAN.finditer(text):
        value = match[1]
        while len(value) > 14 and not valid("iban", value):
            value = value[: max(value.rfind(" "), 0)]
        if len(value) > 14:
            yield Span(match.start(1), match.start(1) + len(value), "BANK_ACCOUNT")
    for pattern in (LABELLED_IBAN, ENGLISH_ACCOUNT):
        for match in pattern.finditer(text):
            yield Span(*match.span(1), "BANK_ACCOUNT")
    for match in ACCOUNT.finditer(text):
        if _is_account(text, match, asked):
            yield Span(*match.span(1), "BANK_ACCOUNT")


def _is_account(text: str, match: re.Match[str], asked: str) -> bool:
    value = match[1]
    size = sum(char.isdigit() for char in value)
    if not 8 <= size <= 16 or DATE.match(value):
        return False
    before = text[max(0, match.start() - 24) : match.start()]
    if MOBILE.fullmatch(value):
        return bool(ACCOUNT_NUMBER.search(before))
    labelled = bool(ACCOUNT_LABEL.search(before))
    if len(text) <= SHORT and ASKED_ACCOUNT.search(asked):
        return True
    return (labelled and size >= 9) or (size >= 10 and " " not in value and _beside(ACCOUNT_WORDS, text, match, asked))
