"""ADDRESS: Korean road-name and lot addresses with building, 동 and 호; English street addresses with unit, city and ZIP."""

import re
from collections.abc import Iterator

from data_tools.pii.spans import Span, around

CITY = r"(?:서울|부산|대구|인천|광주|대전|울산|세종|제주)(?:특별자치시|특별자치도|특별시|광역시|시|도)?|(?:경기|강원|충청?[북남]|전라?[북남]|경상?[북남]|충청[북남]|전라[북남]|경상[북남])(?:특별자치도|도)?"
REGION = rf"(?:(?:{CITY})\s+)?(?:[가-힣]{{1,5}}[시군구]\s*){{1,2}}(?:[가-힣\d]{{1,6}}[읍면동가]\s+)?|(?:{CITY})\s+(?:[가-힣\d]{{1,6}}[읍면동]\s+)?|[가-힣]{{1,6}}[읍면동]\s+"
ROAD = r"(?:[가-힣A-Za-z][가-힣A-Za-z\d·.]{0,12}?(?:대로|로|길)(?:\s?\d{1,4}\s?번?[가-힣]?길)?|\d{1,3}번길)"
NUMBER = r"(?:지하\s?)?\d{1,4}(?:\s?-\s?\d{1,4})?(?:번지)?"
LOT = r"(?:[가-힣\d]{1,8}(?:동|읍|면|가)\s?)?(?:[가-힣]{1,6}리\s?)?(?:산\s?)?\d{1,4}(?:\s?-\s?\d{1,4})?(?:번지)?(?:\s?\d{1,3}호)?"
BUILDING = r"(?:[가-힣A-Za-z\d]{1,14}(?:아파트|빌라|빌딩|타워|오피스텔|맨션|하이츠|하우스|주택|원룸|마을|단지|연립|자이|래미안|푸르지오|힐스테이트|아이파크|캐슬|팰리스|파크|스퀘어|센터|상가|캠퍼스|기숙사|빌|타운|편한세상))"
ROOM = r"(?:제?\d{1,4}동\s?(?:\d{1,5}호|\d{1,2}층)?|[A-Za-z](?:동|관)(?![가-힣])(?:\s?\d{1,5}호)?|[A-Za-z가-하]동\s?\d{1,5}호|(?:지하\s?)?[BbA-Z]?-?\d{1,5}호|(?:지하\s?|[Bb])?\d{1,3}층(?:\s?\d{1,5}호)?|[1-9]\d{0,3}-\d{1,5}(?![\d-]))"
DETAIL = rf"(?:[\s,]{{0,3}}(?:\([가-힣\d\s,.A-Za-z]{{2,30}}\)|(?:[가-힣A-Za-z\d]{{1,10}}\s){{0,2}}{BUILDING}(?:\s?\d{{1,2}}(?:차|단지))?|(?:[가-힣A-Za-z\d]{{2,12}}\s)?\d{{1,4}}동\s?\d{{1,5}}호|{ROOM}))"
ZIP = r"(?:[(\[]?(?<!\d)\d{5}[)\]]?\s?,?\s?)?"
NOT_COUNTED = r"(?!\d|-\d|\s?(?:만\s?)?원|\s?(?:개|명|분|시|일|월|년|박|번(?!지|길)|회|장|벌|켤레|세트|위|살(?!아|고|았|던)|세\b|대\b|퍼센트|%|인|주|달|시간|km|m\b|미터|초|곳|가지|건|줄|kg|g\b|포인트|점\b|평|배|차(?!\s?\d)))"

KOREAN_ROAD = re.compile(
    rf"(?<![가-힣A-Za-z\d]){ZIP}(?P<region>{REGION})(?P<road>{ROAD})\s?{NUMBER}{NOT_COUNTED}(?P<detail>{DETAIL}{{0,5}})"
)
BARE_ROAD = re.compile(rf"(?<![가-힣A-Za-z\d]){ZIP}(?P<road>{ROAD})\s?{NUMBER}{NOT_COUNTED}(?P<detail>{DETAIL}{{0,5}})")
KOREAN_LOT = re.compile(
    rf"(?<![가-힣A-Za-z\d]){ZIP}(?:(?:{CITY})\s+)?(?:[가-힣]{{1,5}}[시군구]\s*){{1,2}}(?=[가-힣\d])(?:[가-힣\d]{{1,8}}(?:동|읍|면|가)\s?)(?:[가-힣]{{1,6}}리\s?)?(?:산\s?)?{NUMBER}{NOT_COUNTED}(?:{DETAIL}{{0,5}})"
    rf"|(?<![가-힣A-Za-z\d]){ZIP}(?:(?:{CITY})\s+)?(?:[가-힣]{{1,5}}[시군구]\s*){{0,2}}[가-힣]{{1,6}}(?:동|읍|면|리|가)\s?(?:산\s?)?\d{{1,4}}(?:-\d{{1,4}})?\s?번지(?:{DETAIL}{{0,5}})"
)
APARTMENT = re.compile(
    rf"(?<![가-힣A-Za-z\d])(?:(?:{REGION}))?(?:[가-힣A-Za-z\d]{{1,10}}\s)?{BUILDING}(?:\s?\d{{1,2}}(?:차|단지))?[\s,]{{0,2}}(?:\d{{1,4}}동\s?)?\d{{1,5}}호"
    r"|(?<![\d-])\d{1,4}동\s?\d{1,5}호"
)
POSTCODE = re.compile(
    r"(?:우편\s?번호|zip(?:\s?code)?|post(?:al)?\s?code)(?:\s*(?:is|was|는|은|:))*\s*(\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})(?![\d-])",
    re.IGNORECASE,
)
PLACE_WORDS = re.compile(
    r"주소|배송지|보내\s?주|받는\s?곳|살아|사는|거주|도로명|수령지|배달|회수지|픽업|address|deliver|ship", re.IGNORECASE
)
PARTICLE = re.compile(
    r"(?:으로|[가-힣]도로|바로|별로|서로|새로|따로|진짜로|그대로|이대로|제대로|마음대로|실제로|대체로|주로|절대로|추가로|무료로|유료로|기준으로|최대로)$"
)

STREET = r"(?:street|avenue|boulevard|road|lane|st|ave|blvd|rd|ln|pkwy|parkway|hwy|highway|terrace|crescent|cres)"
SOFT_STREET = r"(?:Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Circle|Cir|Close|Trail|Trl|Alley|Row|Mews|Walk|Loop|Plaza|Grove|Gardens|Hill|Heights|Run|Path|Broadway)"
MIDDLE = r"(?:(?!(?:on|in|of|the|a|an|to|my|your|our|and|for|at|or|is|was|from|with|minutes?|mins?|hours?|days?|miles?|km|items?|orders?|shirts?|people|times?|x)\b)[A-Za-z0-9][\w'.-]{0,20}\s+){0,4}?"
UNIT = r"(?i:,?\s*(?:(?:apt|apartment|unit|suite|ste|flat|floor|fl|rm|room|bldg|building)\.?\s*#?\s?[A-Za-z]?-?\d{0,5}[A-Za-z]?\b|#\s?\w{1,6}|\d{1,3}(?:st|nd|rd|th) floor))"
STATES = (
    r"(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]|NSW|VIC|QLD|TAS|ACT|ON|BC|AB|QC|MB|SK|NS"
    r"|(?i:california|texas|florida|new york|illinois|ohio|oregon|washington|georgia|michigan|colorado|arizona|virginia|massachusetts))"
)
TAIL = (
    rf"(?:,?\s+(?:[A-Za-z][A-Za-z.'-]{{1,20}}\s){{0,3}}?[A-Za-z][A-Za-z.'-]{{1,20}}(?:,\s*|\s+)(?i:{STATES}),?\s+(?:\d{{4,5}}(?:-\d{{4}})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)"
    rf"|,?\s+(?:[A-Z][A-Za-z.'-]{{1,20}}[\s,]+){{0,3}}(?:{STATES}(?:\s+\d{{5}}(?:-\d{{4}})?)?|\d{{5}}(?:-\d{{4}})?|[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}(?:\s\d{{4}})?)(?![A-Za-z\d])"
    r"|,\s+(?!(?:Thanks|Thank|Please|But|And|So|Can|I|It|My|The|We|You|Is|Do|If|Or|Also|Attn|Ph|Tel|Call)\b)[A-Z][a-z]{2,20}(?:\s[A-Z][a-z]{2,20})?(?:,\s[A-Z][a-z]{2,20}(?:\s[A-Z][a-z]{2,20})?)?(?:\s\d{4,6})?)"
)
ENGLISH = re.compile(
    rf"(?<![\w$#.,/-])(?:(?i:flat|unit|apt|apartment|suite)\.?\s*#?\w{{1,5}},\s*(?:[A-Z][\w' ]{{2,30}},\s*){{0,2}})?\d{{1,6}}[A-Z]?(?:-\d{{1,4}})?,?\s+(?:{MIDDLE}(?i:{STREET})\b\.?|(?:[A-Z0-9][\w'.-]{{0,20}}\s+){{1,4}}?{SOFT_STREET}\b\.?|Broadway\b)"
    rf"(?:\s(?:NW|NE|SW|SE|[NSEW])\b)?(?:{UNIT}){{0,2}}(?:{TAIL})?",
)
ENGLISH_UNIT_FIRST = re.compile(r"\bP\.?\s?O\.?\s?Box\s+\d{1,6}(?:,\s*[A-Z][a-z]+(?:\s[A-Z][a-z]+)?,?\s+[A-Z]{2}\s+\d{5})?", re.IGNORECASE)
BRITISH = re.compile(r"(?<![\w])(?:[A-Z\d][\w' .-]{2,30},\s){1,4}(?:[A-Z][A-Za-z ]{2,20}\s)?[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}(?![A-Za-z\d])")
CONTINENTAL = re.compile(
    r"(?<![\w])\d{1,4}(?:\s?bis)?,?\s(?i:rue|avenue|boulevard|place|via|viale|piazza|calle|rua|chemin|impasse)\s(?:[\w'-]{1,20}\s?){1,5}(?:,\s\d{4,5}\s[\w-]{2,20})?(?:,\s[A-Z][a-z]{2,15})?"
    r"|(?<![\w])(?:[A-ZÄÖÜ][\w-]{1,24}(?:straße|strasse|str\.|weg|platz|gasse|allee|laan|straat|gatan)|(?:[Cc]alle|[Rr]ua|[Vv]ia|[Pp]iazza)\s(?:[A-Z][\w'-]{1,20}\s?){1,3},?)\s\d{1,4}\s?[a-z]?\b(?:,\s\d{4,5}(?:\s[A-Z]{2})?\s[A-Z][\w-]{2,20})?(?:,\s[A-Z][a-z]{2,15})?"
)
ROMANIZED = re.compile(
    r"(?<![\w$#.-])(?:\d{1,4}(?:-\d{1,4})?(?:ho|F|th floor)?,\s*){0,2}\d{1,4}(?:-\d{1,4})?,?\s+[A-Z][A-Za-z]{1,20}(?:-?\d{0,3}(?:beon)?)?-(?:daero|ro|gil|dong)(?:\s?\d{1,3}(?:beon)?-gil)?(?:,\s*[A-Z][A-Za-z]{1,20}(?:-[a-z]{2,4})?){0,4}(?:\s\d{5})?"
)


def find_addresses(text: str, asked: str) -> Iterator[Span]:
    """All addresses. `asked` is what the other side said just before."""
    for pattern in (KOREAN_ROAD, BARE_ROAD):
        for match in pattern.finditer(text):
            if _is_road(text, match, asked):
                yield Span(*match.span(), "ADDRESS")
    for pattern in (KOREAN_LOT, APARTMENT, ENGLISH, ENGLISH_UNIT_FIRST, ROMANIZED, BRITISH, CONTINENTAL):
        for match in pattern.finditer(text):
            yield Span(*match.span(), "ADDRESS")
    for match in POSTCODE.finditer(text):
        yield Span(*match.span(1), "ADDRESS")


def _is_road(text: str, match: re.Match[str], asked: str) -> bool:
    """Without a region before it, "…로 12" is an address only with a building or room behind, or beside a word for addresses."""
    if PARTICLE.search(match["road"].split()[0]) or len(match["road"]) < 2:
        return False
    if "region" in match.re.groupindex or match["detail"].strip():
        return True
    return bool(PLACE_WORDS.search(around(text, *match.span())) or PLACE_WORDS.search(asked))
