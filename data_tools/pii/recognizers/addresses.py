"""ADDRESS: Korean road-name and lot addresses with building, 동 and 호; English and continental street addresses with city and postcode."""

import re
from collections.abc import Iterator

from data_tools.pii.patterns import either, phrases
from data_tools.pii.spans import Span, around, matches

CITY = (
    rf"(?:{either('서울 부산 대구 인천 광주 대전 울산 세종 제주')}(?:특별자치시|특별자치도|특별시|광역시|시|도)?"
    r"|(?:경기|강원|(?:충|충청|전|전라|경|경상)[북남])(?:특별자치도|도)?)"
)
DISTRICT = r"(?:[가-힣]{1,5}[시군구]\s?)"
TOWN = r"[가-힣\d]{1,8}[읍면동가]"
REGION = rf"(?:(?:{CITY}\s)?{DISTRICT}{{1,2}}(?:{TOWN}\s)?|{CITY}\s(?:{TOWN}\s)?|[가-힣]{{1,6}}[읍면동]\s)"
ROAD = r"(?P<road>(?:[가-힣A-Za-z][가-힣A-Za-z\d·.]{0,12}?(?:대로|로|길)(?:\s?\d{1,4}\s?번?[가-힣]?길)?|\d{1,3}번길))"
NUMBER = r"(?:지하\s?)?\d{1,4}(?:\s?-\s?\d{1,4})?(?:번지)?"
BUILDINGS = "아파트 빌라 빌딩 타워 오피스텔 맨션 하이츠 하우스 주택 원룸 마을 단지 연립 자이 래미안 푸르지오 힐스테이트 아이파크 캐슬 팰리스 파크 스퀘어 센터 상가 캠퍼스 기숙사 빌 타운 편한세상"
BUILDING = rf"[가-힣A-Za-z\d]{{1,14}}{either(BUILDINGS)}(?:\s?\d{{1,2}}(?:차|단지))?"
FLAT = r"\d{1,4}동\s?\d{1,5}호"
ROOM = (
    rf"(?:제?{FLAT}|제?\d{{1,4}}동(?:\s?\d{{1,2}}층)?|[A-Za-z](?:동|관)(?![가-힣])(?:\s?\d{{1,5}}호)?|반지하|옥탑방?|[A-Za-z가-하]동\s?\d{{1,5}}호"
    r"|(?:지하\s?)?[A-Z]?-?\d{1,5}호|(?:지하\s?|[Bb])?\d{1,3}층(?:\s?\d{1,5}호)?|[1-9]\d{0,3}-\d{1,5}(?![\d-]))"
)
WORD = r"[가-힣A-Za-z\d]{1,12}\s"
DETAIL = rf"(?:[\s,]{{0,3}}(?:\([가-힣\d\s,.A-Za-z]{{2,30}}\)|(?:{WORD}){{0,2}}{BUILDING}|(?:{WORD})?{FLAT}|{ROOM})){{0,5}}"
COUNTERS = (
    "(?:만 ?)?원, 개, 명, 분, 시, 일, 월, 년, 박, 번(?!지|길), 회, 장, 벌, 켤레, 세트, 위, 살(?!아|고|았|던), 세\\b, 대\\b, 퍼센트, %, 인, 주, 달, 시간, km, m\\b, 미터, 초, "
    "곳, 가지, 건, 줄, kg, g\\b, 포인트, 점\\b, 평, 배, 차(?! ?\\d)"
)
NOT_COUNTED = rf"(?!\d|-\d|{phrases(COUNTERS)}|\s{phrases(COUNTERS)}(?![가-힣]{{2}}))"
START = r"(?<![가-힣A-Za-z\d])(?:[(\[]?(?<!\d)\d{5}[)\]]?\s?,?\s?)?"

REGION_ROAD = re.compile(rf"{START}{REGION}{ROAD}\s?{NUMBER}{NOT_COUNTED}{DETAIL}")
BARE_ROAD = re.compile(rf"{START}{ROAD}\s?{NUMBER}{NOT_COUNTED}(?P<detail>{DETAIL})")
LOT = re.compile(
    rf"{START}(?:{CITY}\s)?(?:{DISTRICT}{{1,2}}(?:{TOWN}\s?)(?:[가-힣]{{1,6}}리\s?)?(?:산\s?)?{NUMBER}{NOT_COUNTED}"
    rf"|{DISTRICT}{{0,2}}[가-힣]{{1,6}}[동읍면리가]\s?(?:산\s?)?(?:\d{{1,4}}(?:-\d{{1,4}})?\s?번지|(?<=[동리]\s)\d{{1,4}}-\d{{1,4}}(?![\d-]))){DETAIL}"
)
APARTMENT = re.compile(
    rf"(?<![가-힣A-Za-z\d]){REGION}?(?:[가-힣A-Za-z\d]{{1,10}}\s)?{BUILDING}[\s,]{{0,2}}(?:\d{{1,4}}동\s?)?\d{{1,5}}호|{BUILDING}\s\d{{2,4}}-\d{{2,5}}(?![\d-])|(?<![\d-]){FLAT}"
)
PARTICLE = re.compile(
    either(
        "으로 [가-힣]도로 바로 별로 서로 새로 따로 진짜로 그대로 이대로  제대로 마음대로 실제로 대체로 주로 절대로 추가로 무료로 유료로 최대로"
    )
    + "$"
)
PLACE_WORDS = re.compile(
    phrases("주소, 배송지, 보내 ?주, 받는 ?곳, 살아, 사는, 거주, 도로명, 수령지, 배달, 회수지, 픽업, address, deliver, ship"), re.IGNORECASE
)

STREET = either("street avenue boulevard road lane st ave blvd rd ln pkwy parkway hwy highway terrace crescent cres")
SOFT_STREET = either(
    "Drive Dr Court Ct Way Place Pl Square Sq Circle Cir Close Trail Trl Alley Row Mews Walk Loop Plaza Grove Gardens Hill Heights Run "
    "Path Quay Wharf Gate Park View Green Bend Crossing Point Ridge Bay"
)
"""Words that are streets only with a capital, behind a capitalized name."""

NO_STREET = either(
    "on in of the a an to my your our and for at or is was from with minutes? mins? hours? days? miles? km items? orders? shirts? "
    "people times? x"
)
NAME = (
    rf"(?:(?:(?!{NO_STREET}\b)[A-Za-z0-9][\w'.-]{{0,20}}\s{{1,2}}){{1,4}}?(?i:{STREET})|"
    rf"(?:[A-Z0-9][\w'.-]{{0,20}}\s{{1,2}}){{1,4}}?{SOFT_STREET}|Broadway)\b\.?(?:\s(?i:{SOFT_STREET}|{STREET})\b\.?)?"
)
UNIT = (
    rf"(?i:,?\s{{0,2}}(?:{either('apt apartment unit suite ste flat floor fl rm room bldg building')}\.?\s?#?\s?[A-Z]?-?\d{{0,5}}[A-Z]?\b"
    r"|#\s?\w{1,6}|\d{1,3}(?:st|nd|rd|th) floor))"
)
LONG_STATES = "california, texas, florida, new york, illinois, ohio, oregon, washington, georgia, michigan, colorado, arizona, virginia, massachusetts"
STATES = (
    r"(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]"
    rf"|{either('NSW VIC QLD TAS ACT ON BC AB QC MB SK NS')}"
    rf"|(?i:{phrases(LONG_STATES)}))"
)
US_ZIP = r"\d{5}(?:-\d{4})?"
UK_CODE = r"(?i:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[AC-FHKNPRTV-Y]\d[\dW] ?[AC-FHKNPRTV-Y\d]{4})"
TOWN_WORD = r"[A-Z][a-z]{2,20}(?:\s[A-Z][a-z]{2,20})?"
NO_TOWN = rf"(?!{either('Thanks Thank Please But And So Can I It My The We You Is Do If Or Also Attn Ph Tel Call')}\b)"
TAIL = (
    rf"(?:,?\s{{1,2}}(?:[A-Za-z][A-Za-z.'-]{{1,20}}\s){{0,3}}?[A-Za-z][A-Za-z.'-]{{1,20}},?\s{{1,2}}(?i:{STATES}),?\s{{1,2}}"
    r"(?:\d{4,5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)"
    rf"|,?\s{{1,2}}(?:[A-Z][A-Za-z.'-]{{1,20}}[\s,]{{1,2}}){{0,3}}(?:{STATES}(?:\s{US_ZIP})?|{US_ZIP}|{UK_CODE}(?:\s\d{{4}})?)(?![A-Za-z\d])"
    rf"|(?:,?\s{{1,2}}[A-Za-z][A-Za-z.'-]{{1,20}}){{0,4}},?\s{{1,2}}{UK_CODE}(?![A-Za-z\d])"
    rf"|,\s{{1,2}}{NO_TOWN}{TOWN_WORD}(?:,\s{TOWN_WORD})?(?:\s\d{{4,6}})?)"
)
ENGLISH = re.compile(
    rf"(?<![\w$#.,/-])(?:\d{{1,4}}[A-Za-z]?/(?=\d)|(?i:flat|unit|apt|apartment|suite)\.?\s?#?\w{{1,5}},\s?(?:[A-Z][\w' ]{{2,30}},\s){{0,2}})?"
    rf"\d{{1,6}}[A-Z]?(?:-\d{{1,4}})?,?\s{{1,2}}{NAME}(?:\s(?:NW|NE|SW|SE|[NSEW])\b)?(?:{UNIT}){{0,2}}{TAIL}?"
)
PO_BOX = re.compile(rf"\bP\.?\s?O\.?\s?Box\s\d{{1,6}}(?:,\s{TOWN_WORD},?\s[A-Z]{{2}}\s{US_ZIP})?", re.IGNORECASE)
BRITISH = re.compile(rf"(?<!\w)(?:[A-Z\d][\w' .-]{{2,30}},\s){{1,4}}(?:[A-Z][A-Za-z ]{{2,20}}\s)?{UK_CODE}(?![A-Za-z\d])")
POST_TOWN = r"(?:,\s\d{4,5}(?:\s[A-Z]{2})?\s[A-Z][\w-]{2,20})?(?:,\s[A-Z][a-z]{2,15})?"
CONTINENTAL = re.compile(
    rf"(?<!\w)(?:\d{{1,4}}(?:\s?bis)?,?\s(?i:{either('rue avenue boulevard place via viale piazza calle rua chemin impasse')})"
    rf"\s(?:[\w'-]{{1,20}}\s?){{1,5}}{POST_TOWN}"
    r"|(?:[A-ZÄÖÜ][\w-]{1,24}(?:straße|strasse|str\.|weg|platz|gasse|allee|laan|straat|gatan)|(?:[Cc]alle|[Rr]ua|[Vv]ia|[Pp]iazza)"
    rf"\s(?:[A-Z][\w'-]{{1,20}}\s?){{1,3}},?)\s\d{{1,4}}\s?[a-z]?\b{POST_TOWN})"
)
ROMANIZED = re.compile(
    r"(?<![\w$#.-])(?:[A-Z][\w -]{1,20},\s){0,2}(?:#?\d{1,4}(?:-\d{1,4})?(?:-?ho|-?dong|F|th floor)?,\s?){0,2}\d{1,4}(?:-\d{1,4})?,?\s"
    r"[A-Z][A-Za-z]{1,20}(?:-?\d{0,3}(?:beon)?)?-(?:daero|ro|gil|dong)(?:\s?\d{1,3}(?:beon)?-gil)?"
    r"(?:,\s?[A-Z][A-Za-z]{1,20}(?:-[a-z]{2,4})?){0,4}(?:\s\d{5})?"
)
POSTCODE = re.compile(
    rf"(?i)(?:우편\s?번호|zip(?:\s?code)?|post(?:al)?\s?code)(?:\s{{0,2}}(?:is|was|는|은|:)){{0,2}}\s{{0,2}}({US_ZIP}|{UK_CODE})(?![\d-])"
)


ASKED_POSTCODE = re.compile(r"post(?:al)?\s?code|\bzip\b|우편\s?번호", re.IGNORECASE)
ANSWERED_POSTCODE = re.compile(rf"(?<![\w#$-])(?:{UK_CODE}|{US_ZIP}(?!\s?[원개]))(?![\w-])")
ROAD_NUMBER = re.compile(r"[로길]\s?(?:지하\s?)?\d")
LOT_NUMBER = re.compile(r"[가-힣]\s?(?:산\s?)?\d")
FLAT_NUMBER = re.compile(r"\d호|[가-힣]\s\d{2,4}-\d{2}")
"""What the Korean patterns hold: each is looked for only where its number is."""

LATIN = (ENGLISH, PO_BOX, BRITISH, CONTINENTAL, ROMANIZED)

KOREAN_NUMBER = re.compile(r"\d\s?[동호층번]|[로길동리가읍면구군시]\s?(?:지하\s?|산\s?)?\d|[가-힣]\s\d{2,4}-\d|반지하")
DIGIT = re.compile(r"\d")  # what every Korean address holds: a number behind a word


def find_addresses(text: str, asked: str) -> Iterator[Span]:
    """All addresses. `asked` is what the other side said just before."""
    digits = DIGIT.search(text)
    if (digits or "반지하" in text) and KOREAN_NUMBER.search(text):
        yield from _korean(text, asked)
    if digits:
        for pattern in LATIN:
            yield from matches("ADDRESS", pattern, text)
        yield from matches("ADDRESS", POSTCODE, text, 1)
        if ASKED_POSTCODE.search(asked):
            yield from matches("ADDRESS", ANSWERED_POSTCODE, text)


def _korean(text: str, asked: str) -> Iterator[Span]:
    if ROAD_NUMBER.search(text):
        yield from matches("ADDRESS", REGION_ROAD, text, 0, lambda match: not PARTICLE.search(match["road"].split()[0]))
        yield from matches("ADDRESS", BARE_ROAD, text, 0, lambda match: _is_road(text, match, asked))
    yield from matches("ADDRESS", LOT, text) if LOT_NUMBER.search(text) else ()
    yield from matches("ADDRESS", APARTMENT, text) if FLAT_NUMBER.search(text) else ()


def _is_road(text: str, match: re.Match[str], asked: str) -> bool:
    """Without a region before it, "…로 12" is an address only with a building or room behind, or beside a word for addresses."""
    if PARTICLE.search(match["road"].split()[0]):
        return False
    return bool(match["detail"].strip() or PLACE_WORDS.search(around(text, *match.span())) or PLACE_WORDS.search(asked))
