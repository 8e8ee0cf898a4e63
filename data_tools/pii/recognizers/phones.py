"""PHONE: Korean, American and international numbers, in digits and in spoken digits.

Presidio takes 270 us a message and misses "(977) 625-2661", "공일공 …" and "010 1234에 5678" (measured).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from data_tools.pii.patterns import either, phrases
from data_tools.pii.spans import Span, around, count_digits, matches

JOIN = r"(?:\s?(?:[-.·/~_]|에|의|다시|국에)\s?|\s{1,2})?"
COUNTRY = r"\(?(?:\+|00)?82[\s.)-]{0,3}\(?0?\)?"
LAND = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|80|50\d)"
HOTLINE = r"1(?:5(?:22|33|44|66|77|88|99)|6(?:00|44|61|66|70|88)|8(?:00|11|33|55|77|99))"
REST = rf"{JOIN}(?:\d{{3,4}}|\*{{3,4}}){JOIN}(?:\d{{4}}|\*{{4}})"
EXTENSION = r"(?:\s?(?:ext\.?|x|내선)\s?\d{1,5})?"
END = r"(?![\d*]|[-.]\d)"

APART = r"(?:[ .·/~_:,*ㅡ=|)(+-]|에|의|다시|국에){0,4}"
MOBILE = re.compile(
    rf"(?<![\d*+A-Za-z])(?<!\w[-.])(?:[0Oo○ㅇ][1Il][0Oo○ㅇ]|01[16789]){APART}(?:\d{APART}){{7}}\d{END}|(?<![\d.,+-])(?<!\d )0(?: \d){{9,10}}(?! ?\d)"
    rf"|(?<![\w.,+-])07(?: ?\d){{9}}{END}|(?<![\w-])\(0\d{{2,4}}\) ?\d{{3,4}}[ -]?\d{{3,4}}{END}|(?<![\w-])10([- ])\d{{4}}\1\d{{4}}{END}"
)
"""Korean mobiles, however they are split; any number in single digits; British ones; Korean ones without their zero."""

CERTAIN = re.compile(
    r"(?<![\d*+])(?<!\w[-.])(?<!\d{4} \d{4} )(?:"
    rf"(?:{COUNTRY}|\(?0)(?:1[016789]|{LAND})\)?{REST}"
    rf"|{HOTLINE}(?:\s?-\s?| )\d{{4}}"
    r"|0\d(?:([ .])\d\d)(?:\1\d\d){3}|0\d \d{4} \d{4}"  # French, Australian
    r"|(?:\+?1[-. ]?)?\(\d{3}\)[-. ]?\d{3}[-. ]?\d{4}|(?:\+?1[-. ])?\d{3}([-. ])\d{3}\2\d{4}"  # American
    rf"|0\d{{2,4}}[ -]\d{{3,4}}[ -]\d{{3,4}}|07\d{{3}} ?\d{{6}}){EXTENSION}{END}"  # British and the like
)
INTERNATIONAL = re.compile(rf"(?<![\w+])(?:\+|00(?=[1-9]))(?:\d[-. ()]{{0,2}}){{7,14}}\d{EXTENSION}(?!\d)")
LIKELY = re.compile(
    rf"(?<![\w+*#])(?<!\w[-./])(?:(?<!\d{{4}} )\d{{3,4}}[-. ]\d{{4}}(?! \d{{4}})|\d{{3}}(?: ?[-./ ] ?)\d{{3}}(?: ?[-./ ] ?)?\d{{4}}|\d(?: \d){{8,10}}|0\d{{2,4}} ?/ ?\d{{2,4}}(?: ?\d{{2,4}}){{1,3}}|[6-9]\d{{4}} \d{{5}}|\d{{3}} \d{{3}} \d\d \d\d|[2-9]\d{{9}}|1[568]\d{{6}}|\d{{7,8}}){END}(?![A-Za-z])"
)
"""A phone only beside a word that says so."""

ALONE = re.compile(r"\W{0,3}([2-9]\d\d[2-9]\d{6})\W{0,3}")  # a message that holds an American number and nothing else
DIGITS = re.compile(r"\d{3}|\*{4}|\+\d|\d\d([ .])\d\d\1\d\d|\d \d \d")
PHONE_WORDS = (
    "전화, 전번, 뒷번호, 연락, 핸드폰, 휴대폰, 휴대전화, 폰\\b, 문자, 콜센터, 고객센터, 대표, 내선, 팩스, phone, mobile, \\bcell, \\bcall, \\btel\\b, "
    "\\btext (?:me|to|at|us), \\bring\\b, "
    "\\btext \ufffc, \\bmy no\\b, reach, \\bcontact, \\bdial, hotline, \\bfax, whatsapp, \\bsms\\b, in service, voicemail, gave (?:me|you), pick(?:ed)? up, \\bline\\b"
)
WORDS = re.compile(phrases(PHONE_WORDS + ", 번호, number"), re.IGNORECASE)
ASKED = re.compile(
    r"(?i)전화|연락|핸드폰|휴대폰|폰\s?번호|phone|mobile|\bcell|\btel\b|contact number|reach you|call you|(?:which|what) number (?:can|should|do|shall|would)|(?:best|callback|good) "
    r"number|number (?:to|we can)"
)
ENGLISH_OTHER = (
    "order booking reservation tracking invoice confirmation reference ref ticket case account serial model product item isbn sku "
    "routing part component serial pin receipt claim rma shipment parcel package waybill transaction acct"
)
CHANGED = re.compile(r"\b(?:phone|number|mobile|cell|contact)\b|\b(?:chan?ge?d?|updated?|switch(?:ed)?|set)\b.{0,30}\bto $", re.IGNORECASE)
"""What says that a number behind "my account" is a phone."""

OTHER = re.compile(
    rf"(?i){either('주문 예약 송장 운송장 접수 모델 상품 제품 인증 회원 계좌 쿠폰 바코드 고객번호 멤버십번호 조회번호 예매번호')}\s?(?:번호|코드)?[^\d,.]{{0,8}}$"
    rf"|\b{either(ENGLISH_OTHER)}\b[^\d,.;]{{0,14}}$"
)
OTHER_ASKED = re.compile(r"\b(?:id|order|booking|tracking|invoice|account|code)\b|주문|예약|송장|계좌|접수|코드", re.IGNORECASE)
"""Words for other numbers, before a number and in a question."""

DIGIT = r"(?:[\d공영일이삼사오육륙칠팔구]|하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉)\s?"
SPOKEN_KOREAN = re.compile(
    rf"(?<![가-힣\d])(?:(?=.{{0,16}}[공영일이삼사오육륙칠팔구])[공영0]\s?[일1하]나?\s?[공영일육륙칠팔구016789]\s?{JOIN}|01[016789]{JOIN})(?:{DIGIT}){{3,4}}{JOIN}(?:{DIGIT}){{4}}(?<!\s)"
    r"(?![\d공영일이삼사오육륙칠팔구](?!\s?[입이예요]))"
)
SPOKEN = re.compile(r"[공영]|0\s?[일1하]|01[016789].{0,16}[공영일이삼사오육륙칠팔구하둘셋넷다여아]", re.DOTALL)
LEAST = 7  # digits of the shortest number
DIGIT_WORDS = "zero oh one two three four five six seven eight nine double triple"
SPOKEN_ENGLISH = re.compile(rf"\b{either(DIGIT_WORDS)}(?:[\s,-]{{1,3}}{either(DIGIT_WORDS)}){{6,14}}\b", re.IGNORECASE)
DATE = re.compile(r"(?:19|20)\d\d[-. ]?(?:0[1-9]|1[0-2])(?:[-. ]?(?:[0-2]\d|3[01]))?|(?:19|20)\d\d[-. ](?:19|20)\d\d")


def find_phones(text: str, asked: str) -> Iterator[Span]:
    """All phone numbers. `asked` is what the other side said just before."""
    if count_digits(text) >= LEAST or "***" in text:
        yield from _in_digits(text, asked)
    if speaks_digits(text):
        for pattern in [SPOKEN_KOREAN] * (SPOKEN.search(text) is not None) + [SPOKEN_ENGLISH]:
            for match in pattern.finditer(text):
                kind = "ORDER" if OTHER.search(text[max(0, match.start() - 30) : match.start()]) else "PHONE"
                yield Span(match.start(), match.start() + len(match[0].rstrip()), kind)


def _in_digits(text: str, asked: str) -> Iterator[Span]:
    yield from matches("PHONE", MOBILE, text)
    for pattern in (CERTAIN, INTERNATIONAL) if DIGITS.search(text) else ():
        for match in pattern.finditer(text):
            if (match[0].startswith(("+", "0", "(0", "(+", "(8")) and not match[0].startswith("00")) or not _is_other(text, match.start()):
                yield Span(*match.span(), "PHONE")
    for match in LIKELY.finditer(text) if DIGITS.search(text) else ():
        other = DATE.fullmatch(match[0]) or OTHER.search(text[max(0, match.start() - 40) : match.start()])
        if not other and (WORDS.search(around(text, *match.span(), right=16)) or ASKED.search(asked)):
            yield Span(*match.span(), "PHONE")
    if (alone := ALONE.fullmatch(text)) and not OTHER_ASKED.search(asked):
        yield Span(*alone.span(1), "PHONE")


def _is_other(text: str, start: int) -> bool:
    """Whether a word for another number stands just before one."""
    other = OTHER.search(text[max(0, start - 30) : start])
    return other is not None and not (other[0].lower().startswith(("account", "acct")) and CHANGED.search(text[max(0, start - 50) : start]))


@lru_cache(maxsize=16)
def speaks_digits(text: str) -> bool:
    """Whether a text may hold a number in words; cheap."""
    if "공" in text or "영" in text or "01" in text:
        return True
    low = text.lower()
    return "e" in low and sum(low.count(word) for word in DIGIT_WORDS.split()) >= 6
