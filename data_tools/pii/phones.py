"""PHONE: Korean, American and international telephone numbers, in digits, full-width digits and spoken digits.

Plain patterns: Presidio's PhoneRecognizer takes 270 us a message and misses "(977) 625-2661", "공일공 …" and "010 1234에 5678" (measured).
"""

import re
from collections.abc import Iterator

from data_tools.pii.spans import Span, around

JOIN = r"(?:\s?(?:[-.·/~_]|에|의|다시|국에)\s?|\s{1,2})?"
COUNTRY = r"\(?(?:\+|00)?82[\s.)-]{0,3}\(?0?\)?"
HIDDEN = r"(?:\d{3,4}|\*{3,4})"
SPOKEN = r"(?:[\d공영일이삼사오육륙칠팔구]|하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉)\s?"
WORD = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
END = r"(?![\d*]|[-.]\d)"
EXTENSION = r"(?:\s?(?:ext\.?|x|내선)\s?\d{1,5})?"

CERTAIN = re.compile(
    rf"(?<![\d*+])(?<!\d[-.])(?:"
    rf"(?:{COUNTRY}|\(?0)1[016789]\)?{JOIN}{HIDDEN}{JOIN}(?:\d{{4}}|\*{{4}})"  # mobile
    rf"|{COUNTRY}(?:2|[3-6][1-5]|70|50\d){JOIN}\d{{3,4}}{JOIN}\d{{4}}"
    rf"|\(?0(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|80|50\d)(?:\){JOIN}|{JOIN})\d{{3,4}}{JOIN}\d{{4}}"  # land line, internet, free and safe numbers
    rf"|1(?:5(?:22|33|44|66|77|88|99)|6(?:00|44|61|66|70|88)|8(?:00|11|33|55|77|99))(?:\s?-\s?| )\d{{4}}"  # hotlines
    rf"|(?:\+?1[-. ]?)?\(\d{{3}}\)[-. ]?\d{{3}}[-. ]?\d{{4}}|(?:\+?1[-. ])?\d{{3}}([-. ])\d{{3}}\1\d{{4}}"  # American
    rf"|0\d{{2,4}}[ -]\d{{3,4}}[ -]\d{{3,4}}|07\d{{3}} ?\d{{6}}"  # British and the like
    rf"){EXTENSION}{END}"
)
INTERNATIONAL = re.compile(rf"(?<![\d+])(?:\+|00(?=[1-9]))(?:\d[-. ()]{{0,2}}){{7,14}}\d{EXTENSION}(?!\d)")
LIKELY = re.compile(rf"(?<![\w+*#])(?<!\w[-./])(?:\d{{3,4}}[-. ]\d{{4}}|[2-9]\d{{9}}|1[568]\d{{6}}|\d{{7,8}}){END}(?![A-Za-z])")
"""A phone only beside a word that says so."""

WORDS = re.compile(
    r"전화|번호|연락|핸드폰|휴대폰|휴대전화|폰\b|문자|콜센터|고객센터|대표|내선|phone|mobile|\bcell|\bcall|\btel\b|\btext (?:me|to|at|us)|\bring\b|reach|\bcontact|\bdial|hotline|\bfax|팩스|whatsapp|\bsms\b|number|in service|voicemail|gave (?:me|you)|pick(?:ed)? up|\bline\b",
    re.IGNORECASE,
)
ASKED = re.compile(r"전화|연락|핸드폰|휴대폰|폰\s?번호|phone|mobile|\bcell|\btel\b|contact number|reach you|call you", re.IGNORECASE)
OTHER = re.compile(
    r"(?:주문|예약|송장|운송장|접수|모델|상품|제품|인증|회원|계좌|쿠폰|바코드)\s?(?:번호|코드)?[^\d,.]{0,8}$"
    r"|\b(?:order|booking|reservation|tracking|invoice|confirmation|reference|ref|ticket|case|account|serial|model|product|item|isbn|sku|id|routing|acct)\b[^\d,.;]{0,14}$",
    re.IGNORECASE,
)
SPOKEN_KOREAN = re.compile(
    rf"(?<![가-힣])(?:[공영]\s?일\s?[공영일육륙칠팔구]\s?(?:{JOIN})|01[016789]{JOIN})(?:{SPOKEN}){{3,4}}(?:{JOIN})(?:{SPOKEN}){{4}}(?<!\s)(?![\d공영일이삼사오육륙칠팔구](?!\s?(?:입|이|예|요)))"
)
SPOKEN_ENGLISH = re.compile(rf"\b{WORD}(?:[\s,-]{{1,3}}{WORD}){{6,14}}\b", re.IGNORECASE)
DIGIT_WORDS = tuple("zero oh one two three four five six seven eight nine double triple".split())
DATE = re.compile(r"(?:19|20)\d\d[-. ]?(?:0[1-9]|1[0-2])(?:[-. ]?(?:[0-2]\d|3[01]))?|(?:19|20)\d\d[-. ](?:19|20)\d\d")


def find_phones(text: str, asked: str) -> Iterator[Span]:
    """All phone numbers. `asked` is what the other side said just before."""
    for pattern in (CERTAIN, INTERNATIONAL):
        for match in pattern.finditer(text):
            if match[0].startswith(("+", "0", "(0", "(+", "(8")) or not OTHER.search(text[max(0, match.start() - 30) : match.start()]):
                yield Span(*match.span(), "PHONE")
    for match in LIKELY.finditer(text):
        if not DATE.fullmatch(match[0]) and _said_to_be_phone(text, match, asked):
            yield Span(*match.span(), "PHONE")
    if speaks_digits(text):
        for pattern in (SPOKEN_KOREAN, SPOKEN_ENGLISH):
            for match in pattern.finditer(text):
                yield Span(match.start(), match.start() + len(match[0].rstrip()), "PHONE")


def speaks_digits(text: str) -> bool:
    """Whether a text may hold a number in words; cheap."""
    if "공" in text or "영" in text or "01" in text:
        return True
    low = text.lower()
    return sum(low.count(word) for word in DIGIT_WORDS) >= 6


def _said_to_be_phone(text: str, match: re.Match[str], asked: str) -> bool:
    before = text[max(0, match.start() - 40) : match.start()]
    return not OTHER.search(before) and bool(WORDS.search(around(text, *match.span(), left=40, right=16)) or ASKED.search(asked))
