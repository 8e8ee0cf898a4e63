"""ORDER: numbers of orders, bookings, shipments, invoices, tickets and members, beside a word that says so or in a form of their own."""

import re
from collections.abc import Iterator
from string import ascii_letters

from data_tools.pii.patterns import either, phrases
from data_tools.pii.recognizers.identity import MOBILE
from data_tools.pii.spans import Span, count_digits, matches

VALUE = r"(?:[A-Z]{0,3}#)?[A-Z0-9](?:[A-Z0-9]|[-_/](?=[A-Z0-9])|(?<=\d) (?=\d{2,4}(?!\d))){1,28}"
BOUND = r"(?![A-Z0-9_*]|[-./]\d|:\d)"
STRONG = either(
    "conf(?:irm)? orde?r booking reservation tracking invoice confirmation reference shipment waybill ticket receipt transaction pnr rma itinerary membership policy"
)
"""With one of these a long number needs no "number" between."""

THING = either(
    "conf(?:irm)? order booking reservation tracking invoice confirmation reference shipment shipping parcel package waybill delivery ticket case "
    "return rma receipt "
    "transaction purchase refund pnr itinerary membership member customer claim quote subscription payment flight ride trip loyalty repair"
)
NUMBER = r"(?:number|numbers|no\.?|num|nr\.?|id|ids|code|ref(?:erence)?|#|№)"
LINKS = "is, was, are, it's, would be, should be, here, starts with, ends with, ending in, [:=,-]"
LINK = rf"(?:\s{{0,2}}{phrases(LINKS)}(?=\W|\d)){{0,4}}\s{{0,3}}"
NAMED_ENGLISH = re.compile(rf"(?<![A-Za-z]){THING}s?(?:'s)?\s?(?:{THING}\s?)?{NUMBER}(?![a-z]){LINK}({VALUE}){BOUND}", re.IGNORECASE)
BARE_ENGLISH = re.compile(rf"(?i)(?<![A-Za-z]){STRONG}s?(?![A-Za-z])(?:\s\d(?=\s?(?:is|:)))?\s?(?:[:#(]|is|was)?\s?({VALUE}){BOUND}")
CARRIER = r"(?:\b(?:PNR|locator|ref|DHL|UPS|FedEx|USPS|EMS|PO|CJ|(?:Royal Mail|Evri|Hermes|DPD|GLS|TNT)(?: parcel)?)|대한통운|택배|등기|한진|로젠|쿠팡)"
CARRIED = re.compile(rf"{CARRIER}(?:\s?(?:is|:|no\.?|number|번호)){{0,2}}\s{{0,2}}({VALUE}){BOUND}", re.IGNORECASE)

KOREAN_THING = either(
    "주문 예약 송장 운송장 접수 배송 조회 결제 승인 영수증 거래 거래명세서 티켓 항공권 예매 확인 교환 반품 환불 문의 회원 고객 멤버십 구매 발주 견적 인보이스 수리 택배 등기 상담 이용권 청구서 증권 픽업 PNR"
)
KOREAN_LINK = rf"(?:\s{{0,2}}{either('가 는 은 이 를 을 : = 요 여기 이거 이건 이거고 입니다 , [(] -')}){{0,4}}\s{{0,3}}"
NAMED_KOREAN = re.compile(rf"{KOREAN_THING}\s?(?:번호|넘버|코드|ID|아이디|No\.?|#){KOREAN_LINK}({VALUE}){BOUND}", re.IGNORECASE)
BARE_KOREAN = re.compile(rf"{KOREAN_THING}(?:건|내역)?\s?[:#(]?\s?({VALUE}){BOUND}", re.IGNORECASE)
FOLLOWED = re.compile(
    rf"(?i)(?<![A-Z0-9#.,/:-])({VALUE}){BOUND}\s?(?:번|건|으로|로|이거?|요거?|이건|이요)?\s?(?:주문|예약|송장|운송장|접수)(?!\s?(?:가능|하|할|했|되))"
)
HANDLED = (
    r"(?=(?:[A-Z_-]{0,6}\d){5})(\d{5,14}(?:-[A-Z0-9]{1,10}){0,3}|[A-Z]{1,4}-?\d{3,14}(?:-[A-Z0-9]{1,10}){0,3}|[A-Z]{1,4}(?:-\d{2,8}){1,3}(?:-[A-Z]{1,3})?"
    r"|\d{4,6}-\d{3,8}(?:-\d{1,8})?|\d{2,3}-\d{3,8}-\d{1,8})"
)
STATED = re.compile(
    rf"(?i)(?<![A-Z0-9#.,/:@-]){HANDLED}"
    rf"{BOUND}(?:(?<=[A-Z0-9])\s?(?:번|건|이거?|요거?|이건|이요|요)?,?\s{{0,2}}(?:(?:티켓|상품|제품|택배)\s)?(?:배송|취소|환불|교환|반품|조회|합배송|출고|발송|언제\s?(?:와|오|도착|배송|출고)|어디|도착)"
    r"|,?\s(?:please |pls |can you |(?:is|was) )?(?:cancel|refund|track|hasn'?t|has not|still (?:not|hasn'?t|says|pending)|never|(?:is )?late\b|not (?:arrived|here)|says?\b"
    r"|shows?\b|didn'?t (?:arrive|come)|delivered|shipped|lost\b|missing\b|delayed|arrived))"
)
"""A number that things happen to that happen to orders."""

SOUGHT = re.compile(
    r"(?i)(?:\bwhere(?:'s| is| are|s)|\b(?:news|update|status|eta|going on|happening|up) (?:on|of|with|for|about)|\bcancel(?:led|ling)?|\btrack(?:ing)?|\brefund(?:ed)?(?: for)?"
    r"|\b(?:check|look|looking|chase|chasing)(?: on| up| into| at)?|\bfind|\bit'?s about|\bregarding|\bre:|\bfor number)\s{1,2}$"
)
SOUGHT_CODE = re.compile(rf"(?<![A-Z0-9#.,/:@-]){HANDLED}{BOUND}", re.IGNORECASE)
LABELLED = (
    *((NAMED_ENGLISH, 2), (NAMED_KOREAN, 2), (CARRIED, 6)),
    *((BARE_ENGLISH, 5), (BARE_KOREAN, 6), (FOLLOWED, 6)),
)
"""Each with the digits that a value must have: the weaker the words, the more."""

LONG = re.compile(r"\d{3}|1Z", re.IGNORECASE)
MAY_NAME = re.compile(r"#|[A-Z]{2}[-_/]?[A-Z]")
OWN_HINT = re.compile(r"[A-Z][-_#]?\d|\d{3}-\d{7}-|\d{12}|20\d{6}-|[A-Z] \d{3}", re.IGNORECASE)
HASH = re.compile(rf"(?<![\w#&/])(#\s?(?:[A-Z]{{1,5}}[-_]?)?\d(?:[A-Z0-9]|[-_](?=[A-Z0-9])){{2,24}}){BOUND}", re.IGNORECASE)
NOT_NUMBERED = re.compile(
    rf"(?i){either('room apt apartment suite unit gate platform floor part serial style sku lot item size page step version model color colour chapter track')}\s?$"
)
PREFIX = either("ORD ORDER ODR INV BK BKG RES RSV RV TRK PO SO RMA TKT REF CS CASE TICKET RET SHP BOOK CONF INVOICE PAY TXN")
OWN_FORM = re.compile(
    rf"(?i)(?<![A-Z0-9-])({PREFIX}[-_#]?(?:[A-Z0-9]{{1,12}}[-_]){{0,4}}[A-Z]{{0,3}}\d{{3,20}}(?:[-_][A-Z0-9]{{1,12}}){{0,4}}"
    r"|\d{3}-\d{7}-\d{7}|9[2-5]\d{20}|[A-Z]{1,4}[-_]?(?:20)?2\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[-_][A-Z0-9]{2,12}){1,3}"
    r"|[A-Z]{1,3}(?:20)?2\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[A-Z]?\d{2,8}"
    r"|20\d{6}-[A-Z0-9]{0,4}\d{3}[A-Z0-9]{0,12}(?:-\d{1,8})?|1Z[0-9A-Z]{16}|[A-Z]{2} ?\d{3} ?\d{3} ?\d{3} ?[A-Z]{2})(?![A-Z0-9])"
)
KOREAN_UNITS = (
    "원, 만 ?원, 개, 명, 분, 시, 일, 월, 년, 박, 번째, 자리, 회, 권, 장, 벌, 켤레, 세트, 박스, 병, 잔, 인분, 퍼센트, %, 포인트, 위, 층, 호"
)
ENGLISH_UNITS = (
    "items?, pieces?, pcs, units?, shirts?, pairs?, boxes, packs?, sets?, copies, days?, hours?, minutes?, mins?, weeks?, months?, years?, business, "
    "people, persons?, guests?, nights?, points?, "
    "or more, am, pm, times, kg, g, cm, mm, ml, gb, mb, krw, usd, won, dollars?, euros?, bucks"
)
MONEY = re.compile(r"\s?(?:원|만 ?원|%|포인트|won\b|krw\b|usd\b|dollars?\b|euros?\b|points?\b)", re.IGNORECASE)
UNIT = re.compile(rf"\s?(?:{phrases(KOREAN_UNITS)}|{phrases(ENGLISH_UNITS)}\b)", re.IGNORECASE)
DATE = re.compile(
    r"(?i)(?:19|20)\d\d(?P<sep>[-./ ]?)(?:0?[1-9]|1[0-2])(?:(?P=sep)(?:0?[1-9]|[12]\d|3[01]))?"
    r"|\d{1,2}[-/.]\d{1,2}(?:[-/.]\d{2,4})?|\d{1,2}:\d\d"
    r"|\d{1,2}(?:st|nd|rd|th|am|pm|days?|hrs?|min)"
)
ASKED = re.compile(
    rf"(?i)\b(?:the|your|any|a) (?:(?:booking|order) )?(?:reference|ref|locator|pnr|rma)\b|(?<![A-Za-z]){THING}s?\s?(?:{THING}\s?)?{NUMBER}(?![a-z])|{KOREAN_THING}\s?(?:번호|코드|넘버)"
)
ANSWER = re.compile(rf"(?<![A-Z0-9#.,/:$₩€£-])({VALUE}){BOUND}", re.IGNORECASE)
NEXT = re.compile(rf"\s?(?:,|and|&|or|/|랑|이랑|와|과|하고|또는)\s?({VALUE}){BOUND}", re.IGNORECASE)
"""The other number in "orders 55102 and 55108"."""

BRIEF = re.compile(
    r"(?i)(?<![A-Za-z])(?:order|booking|ticket|case)\s(\d{4})(?=\s(?:hasn'?t|has|is|was|still|never|arrived|came|didn'?t|isn'?t|shows|says)\b)"
)
DICTATED = re.compile(r"(?<![\w.,-])\d(?: ?- ?\d| \d){4,15}(?![\w-])")
SHAPES = str.maketrans({**dict.fromkeys("0123456789", "9"), **dict.fromkeys(ascii_letters, "A")})
SHORT = 120  # an answer to a question for a number is no longer than this


CODE = re.compile(
    r"(?<![A-Za-z0-9#.,/:$₩€£@_-])(\d{3,4}(?: \d{3,4}){2,3}|#?(?=[A-Za-z-]{0,8}\d)[A-Z0-9]{1,20}(?:[-_/][A-Z0-9]{1,20}){0,4}|#?(?=[a-z-]{1,6}\d)[a-z0-9]{2,20}(?:-[a-z0-9]{1,20}){1,4}"
    r"|[A-Z]{2,3} \d{3,4} \d{2,4}|[A-Z]{6}(?=[^A-Z ]|$| [a-z]))(?![A-Za-z0-9_*@]|[-./:]\d| ?%)"
)
"""Letters and digits mixed, digits with dashes or in groups, or six capitals: a code, if a word for orders stands before it."""

NEAR_ENGLISH = (
    "orders?, bookings?, reservations?, tracking, invoices?, confirmations?, conf, references?, ref, pnr, claims?, tickets?, case(?! (?:for|of|in)), shipments?, parcels?, packages?, "
    "consignment, waybill, rma, itinerary, receipts?, transactions?, quotes?, locator, e-?ticket, job, enquiry, inquiry, policy, returns?, (?<!part )(?<!model )(?<!serial )number is, numbers are, deliver(?:y|ies)"
)
NEAR = re.compile(
    rf"(?i)(?:(?<!to )(?<!i )(?<!we )(?<!can )(?<!\bor )(?<!I'd )\b{phrases(NEAR_ENGLISH)}\b|{either('예약 예매 접수 운송장 송장 주문 발권 항공권 승인 교환 반품 환불 문의 영수증 인보이스 견적 발주 배송 택배 등기')}"
    r"\s?(?:번호|건|코드|내역|표|서|no\b|넘버)?)[^\n]{0,44}$"
)
OTHER_CODES = (
    "coupon promo discount voucher gift model part sku isbn error version serial size option colou?r product item gate seat flight platform "
    "room passport licen[cs]e account card iban vat wifi password zip postcode style series firmware bluetooth usb address street unit apt"
)
KOREAN_OTHER_CODES = "품번 시리얼 쿠폰 할인 프로모션 모델 제품 상품 옵션 에러 오류 버전 사이즈 색상 규격 여권 면허 계좌 카드 비번 비밀번호 편명 좌석 주소 바코드 사업자"
OTHER_CODE = re.compile(rf"(?:\b{either(OTHER_CODES)}\b|{either(KOREAN_OTHER_CODES)})[^.,!?\n]{{0,16}}$", re.IGNORECASE)
COUPON = re.compile(r"[A-Za-z]{4,20}\d{1,3}")
ORDERED_MODEL = re.compile(
    r"(?i)\b(?:(?:can|could|may|to|want|like|wanna|i|we|you|please|pls) order|ordered|buy|bought|for|fits?|compatible with|for (?:the|a|my)|with (?:the|a)|the|an?|my|new|another)\s$"
)


def find_orders(text: str, asked: str) -> Iterator[Span]:
    """All such numbers. `asked` is what the other side said just before."""
    if count_digits(text) < 2 and not MAY_NAME.search(text):
        return
    found = [*_in_own_form(text), *_labelled(text, asked), *_near(text), *_handled(text)]
    yield from found
    for span in found:
        if (match := NEXT.match(text, span.end)) and match[1].translate(SHAPES) == text[span.start : span.end].translate(SHAPES):
            yield Span(*match.span(1), "ORDER")
    shapes = {shape for span in found if len(shape := text[span.start : span.end].translate(SHAPES)) >= 6}
    if shapes:  # "A-12071 or A-12081": what has the shape of a number that was named is one, too
        yield from (Span(*match.span(1), "ORDER") for match in ANSWER.finditer(text) if match[1].translate(SHAPES) in shapes)


def _in_own_form(text: str) -> Iterator[Span]:
    for match in HASH.finditer(text) if "#" in text else ():
        if not NOT_NUMBERED.search(text[max(0, match.start() - 12) : match.start()]) and not _has_unit(text, match[1], match.end()):
            yield Span(*match.span(1), "ORDER")
    yield from matches("ORDER", OWN_FORM, text, 1) if LONG.search(text) and OWN_HINT.search(text) else ()


def _labelled(text: str, asked: str) -> Iterator[Span]:
    for pattern, least in LABELLED:
        for match in pattern.finditer(text):
            if _numbers(text, match, least):
                yield Span(*match.span(1), "ORDER")
    if len(text) <= SHORT and ASKED.search(asked):
        yield from matches("ORDER", ANSWER, text, 1, lambda match: _numbers(text, match, 3))
        yield from matches("ORDER", DICTATED, text)


def _near(text: str) -> Iterator[Span]:
    """Codes a little behind a word for orders, where no word for another code is nearer."""
    for match in CODE.finditer(text):
        if not _is_code(match[1]) or _has_unit(text, match[1], match.end()) or DATE.fullmatch(match[1]):
            continue
        before = text[max(0, match.start() - 60) : match.start()]
        if NEAR.search(before) and not OTHER_CODE.search(before) and not ORDERED_MODEL.search(before):
            yield Span(*match.span(1), "ORDER")


def _handled(text: str) -> Iterator[Span]:
    """Numbers without a word for them, that are tracked, cancelled, refunded or late."""

    def is_handled(match: re.Match[str]) -> bool:
        before = text[max(0, match.start() - 60) : match.start()]
        other = OTHER_CODE.search(before) or _has_unit(text, match[1], match.end(1)) or DATE.fullmatch(match[1]) or MOBILE.match(match[1])
        return not other and not match[1].startswith("1588")

    def is_sought(match: re.Match[str]) -> bool:
        return bool(SOUGHT.search(text[max(0, match.start() - 24) : match.start()])) and is_handled(match)

    if count_digits(text) >= 4:
        yield from matches("ORDER", STATED, text, 1, is_handled)
        yield from matches("ORDER", SOUGHT_CODE, text, 1, is_sought)
        yield from matches("ORDER", BRIEF, text, 1)


def _has_unit(text: str, value: str, end: int) -> bool:
    """Whether a number counts something: "3개", "49,900원". A long one counts money alone: "…8834 분실" is no minute."""
    return (MONEY if sum(map(str.isdigit, value)) > 6 else UNIT).match(text, end) is not None


def _is_code(value: str) -> bool:
    size, digits = sum(char.isalnum() for char in value), sum(char.isdigit() for char in value)
    if not digits:
        return True
    if COUPON.fullmatch(value):
        return False
    return size >= 5 and (digits >= 7 if digits == size else digits >= 2 or size == 6)


def _numbers(text: str, match: re.Match[str], least: int) -> bool:
    """Whether a value has enough digits (or is a booking code in capitals) and is no date, price, quantity or ordinary word."""
    value = match[1]
    digits = sum(char.isdigit() for char in value)
    named_day = digits == 8 == len(value) and least < 5  # "order number 20260227"
    if _has_unit(text, value, match.end(1)) or (DATE.fullmatch(value.lstrip("#")) and not named_day):
        return False
    if not digits:
        return least < 5 and 5 <= len(value) <= 8 and value.isupper()
    mixed = digits < len(value.replace("-", "")) and len(value) >= 5 and least < 6
    return digits >= least or (digits >= 2 and mixed)
