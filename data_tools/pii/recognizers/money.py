"""CARD and BANK_ACCOUNT: card numbers by their check digit, also partly starred; account numbers by bank, label or IBAN check digits."""

import re
from collections.abc import Iterator

from data_tools.pii.patterns import either, phrases
from data_tools.pii.recognizers.checks import valid
from data_tools.pii.recognizers.identity import DATE, MOBILE, beside
from data_tools.pii.spans import Span, around, count_digits, matches

DIGITS = re.compile(r"(?:\d[ .-]{0,3}){6}|[\dx*•-]{9}|[*xX•]{4}|\d\d-\d\d-\d\d", re.IGNORECASE)
"""What all numbers here contain."""

LEAST, STARS = 4, re.compile(r"[*xX•]{4}")
CARD = re.compile(
    r"(?<![\d*.-])(\d{4}(?:\s?-\s?\d{4}){2}\s?-\s?\d{1,7}|(?<!\d{4} )\d{4}(?: \d{4}){2} \d{1,7}(?! \d{4})|\d{4}(?:\.\d{4}){3}"
    r"|3\d{3}([ -])\d{6}\2\d{4,5}|\d{13,19})"
    r"(?![\d*]|[.-]\d)"
)
BRANDS = re.compile(r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7]|35|6\d|9\d)\d{14}|3[47]\d{13}|3[068]\d{12}|6\d{16,18}")
STARRED_CARD = re.compile(
    r"(?<![A-Za-z\d*])((?:[\d*xX•]{4}[ -]?){3}[\d*xX•]{1,4}|[\d*xX•]{4}([ -])[\d*xX•]{6}\2[\d*xX•]{4,5})(?![A-Za-z\d*])"
)
CARD_WORDS = re.compile(r"카드|card|visa|master|amex|비자|신용|체크", re.IGNORECASE)

IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2}\d\d(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?)(?![A-Za-z0-9])")
LABELLED_IBAN = re.compile(
    r"(?i)\bIBAN\b\W{0,3}(?:is|number|no|:)?\W{0,3}((?-i:[A-Z]{2}\d\d(?: ?[A-Z0-9]){10,30})|[a-z]{2}\d\d[a-z0-9]{10,30})(?![A-Z0-9])"
)

NAMED_BANK = (
    phrases(
        "국민, 신한, 우리, 하나, 농협, 기업, 수협, 신협, 우체국, 새마을, 산업, 부산, 대구, 광주, 전북, 경남, 제주, (?:SC ?)?제일, 씨티, 카카오, 토스, 케이, 외환, 저축"
    )
    + r"\s?(?:은행|뱅크|금고)"
)
SHORT_BANK = rf"(?:{either('국민 신한 농협 수협 신협 우체국 카뱅 SC제일')}(?![가-힣A-Za-z])|(?<![A-Za-z])(?:KB|NH|IBK|SC|iM)(?![A-Za-z]))"
WORD_BANK = r"(?<![가-힣])(?:우리|하나|기업)\s?:?\s?"
"""Banks whose short names are common words: only right before the number."""

ACCOUNT = re.compile(r"(?<![\w.-])(\d{2,6}(?:\s?-\s?\d{1,8}){1,4}|\d{2,6}(?: \d{2,7}){1,3}|\d{8,16})(?![A-Za-z\d]|-\d)")
ACCOUNT_LABEL = re.compile(rf"(?:(?:계좌|통장|{NAMED_BANK}|{SHORT_BANK})[^\d\n.?!]{{0,12}}|{WORD_BANK})$")
ACCOUNT_NUMBER = re.compile(r"(?:계좌|통장)\s?(?:번호)?\s?(?:는|은|가|:)?\s?$")
PARCEL = re.compile(r"(?:등기|택배|송장|운송장|EMS)[^\d\n.?!]{0,8}$", re.IGNORECASE)  # the post is a bank, too
ACCOUNT_WORDS = re.compile(rf"(?i:bank account|account number)|계좌|통장|입금|송금|이체|예금주|환불\s?받을|{NAMED_BANK}|{SHORT_BANK}")
ASKED = re.compile(r"(?:account|acct)\.? (?:number|no)|bank (?:details|account)|계좌|통장|iban", re.IGNORECASE)
SHORT = 60  # an answer to a question for an account is no longer than this
ENGLISH_ACCOUNT = re.compile(
    r"(?i)\b(?:\w{1,20} bank(?=\s?:?\s?\d)|(?:bank|checking|savings?|deposit|refund)\s(?:account|acct)"
    r"|(?:account|acct|routing|aba|a/c)\s?(?:number|no\.?|num\b|nr\.?|#)"
    r"|sort code(?: and account)?|routing|iban|(?:account|acct)(?=\s?:?\s?(?:\d[ -]?){8}))"
    r"(?:\s(?:number|no\.?|#))?(?:\s(?:is|was|to|ending|at\s[A-Z]\w{1,20})){0,3}\s?[:=#]?\s{0,2}((?:\d[ -]?){5,16}\d)(?![\d-])"
)


SORTED_ACCOUNT = re.compile(r"(?<![\w-])(\d\d-\d\d-\d\d[ ,/]{1,3}\d{8})(?![\d-])")
"""A British sort code with its account number."""


def find_money(text: str, asked: str) -> Iterator[Span]:
    """All numbers of these kinds. `asked` is what the other side said just before."""
    if (count_digits(text) < LEAST and not STARS.search(text)) or not (DIGITS.search(text) or IBAN.search(text)):
        return
    yield from matches("CARD", CARD, text, 1, lambda match: _is_card(match[1], beside(CARD_WORDS, text, match, asked)))
    for match in STARRED_CARD.finditer(text):
        if STARS.search(match[1]) and (re.search(r"\d", match[1]) or beside(CARD_WORDS, text, match, asked)):
            yield Span(*match.span(1), "CARD")
    yield from _ibans(text)
    yield from matches("BANK_ACCOUNT", SORTED_ACCOUNT, text, 1)
    yield from matches("BANK_ACCOUNT", ENGLISH_ACCOUNT, text, 1)
    yield from matches("BANK_ACCOUNT", ACCOUNT, text, 1, lambda match: _is_account(text, match, asked))


def _is_card(value: str, named: bool) -> bool:
    """In groups, a number named a card is one whatever its check digit (people mistype). Without groups or name its form must be known."""
    digits = "".join(char for char in value if char.isdigit())
    if len(digits) < 13 or DATE.match(digits) or digits.startswith(("978", "979")):
        return False
    grouped = len(digits) < len(value)
    if named and grouped:
        return True
    return bool(named or grouped or BRANDS.fullmatch(digits)) and valid("card", digits)


def _ibans(text: str) -> Iterator[Span]:
    for match in IBAN.finditer(text):
        value = match[1]
        while len(value) > 14 and not valid("iban", value):  # the pattern may have taken a word in capitals that follows
            value = value[: max(value.rfind(" "), 0)]
        if len(value) > 14:
            yield Span(match.start(1), match.start(1) + len(value), "BANK_ACCOUNT")
    yield from matches("BANK_ACCOUNT", LABELLED_IBAN, text, 1)


def _is_account(text: str, match: re.Match[str], asked: str) -> bool:
    value = match[1]
    size = sum(char.isdigit() for char in value)
    before = text[max(0, match.start() - 24) : match.start()]
    if PARCEL.search(before):
        return False
    if not 8 <= size <= 16 or DATE.match(value):
        return False
    if MOBILE.fullmatch(value):
        return bool(ACCOUNT_NUMBER.search(before))
    if (len(text) <= SHORT and ASKED.search(asked)) or (size >= 9 and ACCOUNT_LABEL.search(before)):
        return True
    near = ACCOUNT_WORDS.search(around(text, *match.span(1), left=60)) or ACCOUNT_WORDS.search(asked)
    return bool(near) and size >= 10 and " " not in value
