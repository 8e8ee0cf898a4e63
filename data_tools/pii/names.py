"""Finds who says their name: introductions, labels ("예금주 …", "name: …"), greetings, and bare answers to a question for the name."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from data_tools.pii.words import ENGLISH_WORDS, KOREAN_WORDS, SURNAMES, TITLES


class Named(NamedTuple):
    """Characters `start` up to `end` of a text are a name."""

    start: int
    end: int


LETTER = "A-Za-zÀ-ÖØ-öø-ɏ"
CAP = rf"[A-ZÀ-ÖØ-Þ][{LETTER}'-]*"
FULL = rf"{CAP}(?:[ ](?:(?:de|van|von|der|da|del|la|bin|al|el|di|du)[ ])*(?:{CAP}|[A-Z]\.)){{0,3}}"
ANY = rf"[{LETTER}][{LETTER}'.-]*(?:[ ]+[{LETTER}][{LETTER}'.-]*){{0,4}}"
EDGE = rf"(?<![{LETTER}\d_.@-])"

# --- English -----------------------------------------------------------------------------------------------------------------------

LABELLED = re.compile(
    rf"{EDGE}(?:(?P<of>[a-z']+)\s+)?name(?:\s+(?:on|for|of|in)\s+(?:the|my|this|that)\s+(?:card|account|order|booking|reservation|ticket|passport|id|package|invoice))?"
    rf"(?:\s*(?:'s|is|was|:|=|-|should be|to)(?=[\s:'\"]))+[\s\"']*(?P<name>{ANY})",
    re.IGNORECASE,
)
NOT_OF_PERSONS = frozenset(
    "user product item file brand company store shop model street domain plan hotel restaurant business city country bank school wifi network app game host computer device channel project color colour category file event airline movie book variable field column group team server class path table".split()
)
HOLDER = re.compile(
    rf"{EDGE}(?:(?:recipient|consignee|passenger|guest|card\s?holder|account\s?holder|beneficiary|customer|contact(?: person)?|receiver|sender)"
    rf"(?:'s name)?\s*(?::|=|\bis\b)\s*|(?:attn:?|attention:?|addressed to|registered to|belongs to|made out to|(?:under|in) the name(?: of)?)\s+)"
    rf"(?-i:(?P<name>{FULL}))",
    re.IGNORECASE,
)
INTRODUCED = re.compile(
    rf"(?:{EDGE}(?:I ?['`]?m|I am|call me|you(?:'re| are) (?:chatting|speaking|talking) (?:with|to)|(?:chatting|speaking|talking) (?:with|to))\s+)(?-i:(?P<name>{FULL}))",
    re.IGNORECASE,
)
LOWER_INTRODUCED = re.compile(
    rf"{EDGE}(?:i ?['`]?m|i am|this is)\s+(?P<name>[a-z]{{3,15}}(?:\s[a-z]{{3,15}})?)(?=\s+(?:from|speaking|calling|here)\b)", re.IGNORECASE
)
THIS_IS = re.compile(
    rf"{EDGE}this is\s+(?-i:(?P<name>{FULL}))(?=\s*(?:$|[.,!;?\n-]|(?:from|with|at|here|speaking|again|calling|and|I|I'm|for|on|in|regarding|about|again|writing|contacting)\b))",
    re.IGNORECASE,
)
HERE = re.compile(rf"(?:^|[.!?,\n]\s*)(?P<name>{FULL})\s+(?:here|speaking)\b")
TITLED = re.compile(rf"{EDGE}(?:Mr|Mrs|Ms|Miss|Dr|Prof|MR|MRS|MS)\b\.?\s+(?P<name>{FULL})")
GREETED = re.compile(
    rf"(?:{EDGE}(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|welcome(?: back)?|nice to meet you|thanks(?: so much| a lot| again)?|thank you(?: so much| very much| again)?|thx|sorry|bye|goodbye)[ ,]+)"
    rf"(?-i:(?P<name>{FULL}))(?=\s*(?:$|[.,!;?\n-]|[^\x00-\x7f]))",
    re.IGNORECASE,
)
SIGNED = re.compile(
    rf"(?:(?:regards|sincerely|cheers|best|wishes|thanks|thank you|truly|love)[,.!]?\s*\n\s*|[\n ][-–—~]\s?)(?P<name>{FULL})\s*$",
    re.IGNORECASE,
)

INTRODUCTIONS = (
    (("name",), LABELLED),
    (
        ("attn", "attention", "recipient", "consignee", "passenger", "guest", "holder", "beneficiary", "customer", "contact", "receiver")
        + ("sender", "addressed", "registered", "belongs", "made out", "the name"),
        HOLDER,
    ),
    (("i'm", "i`m", "im ", "i 'm", "i am", "call me", "ing with", "ing to"), INTRODUCED),
    (("i'm", "i`m", "im ", "i 'm", "i am", "this is"), LOWER_INTRODUCED),
    (("this is",), THIS_IS),
    ((" here", " speaking"), HERE),
    (("mr", "miss", "ms", "dr", "prof"), TITLED),
    (("hi", "hello", "hey", "dear", "good ", "welcome", "meet you", "thank", "thx", "sorry", "bye"), GREETED),
    (("\n", " -", " ~"), SIGNED),
)
"""English patterns, each with strings (small letters) that every match contains one of: looking for those first is much faster."""

ASK_CUES = ("name", "who", "성함", "존함", "성명", "이름", "예금주", "누구", "주문자", "예약자", "구매자", "신청자", "입금자")
ASKS_ENGLISH = re.compile(
    r"(?:your|the|full|first|last|sur|holder's|caller's|customer's|guest's)\s*(?:\w+\s+){0,2}?names?\b|\bname(?:,? please)?\s*\?|who am i (?:speaking|talking|chatting)|who(?:m)? (?:do i|am i|is this|are you)|name and |and name|names? (?:of the|on the)\s+(?:account|guest|passenger|card|order|booking|reservation)",
    re.IGNORECASE,
)
OTHER_NAMES = re.compile(
    r"\b(?:hotel|restaurant|product|item|company|street|user|file|brand|shop|store|airline|city|bank|business|model|plan|event|doctor|driver)(?:'s)?\s*names?\b|names? of (?:the |your |a )?(?:hotel|restaurant|product|item|company|street|shop|store|airline|city|bank|model|place)",
    re.IGNORECASE,
)
LEAD = re.compile(
    r"(?:(?:hi|hello|hey|yes|yeah|yep|yup|sure|sure thing|okay|ok|of course|certainly|absolutely|no problem|oh|ah|um|uh|well|thanks|thank you|great|good|alright|it ?'?s|it is|that ?'?s|that would be|that is|that'd be|this is|i ?'?m|i am|my name(?:'s| is)?|my full name(?:'s| is)?"
    r"|(?:full |first |the )?name(?:'s| is)?|call me|mr|mrs|ms|miss|dr|please use|under|the name is)(?![A-Za-z'])[\s,.!:-]*){0,6}",
    re.IGNORECASE,
)
ANSWER_ENGLISH = re.compile(rf"(?P<name>{ANY})(?=\s*(?:$|[.,;!?\n(/:&+-]|[^\x00-ɏ])|\s+\d)")

# --- Korean ------------------------------------------------------------------------------------------------------------------------

SHAPE = rf"(?:{SURNAMES})[가-힣]{{1,2}}"
HANGUL = re.compile(r"[가-힣]")
OPEN = r"(?<![가-힣])"
COPULA = r"(?:이라고|라고|입니다|이에요|예요|에요|이예요|이고|이며|인데|이요|요(?![가-힣])|임(?![가-힣])|이야|야(?![가-힣])|이구요|구요|고요|이고요|이라|였|이었|으로\s|로\s|맞)"
IS = r"(?:입니다|이에요|예요|이라고|라고\s?합|인데요|이고요)"
STOP = r"(?=$|[^가-힣A-Za-z]|님|씨|고객|본인|" + COPULA + ")"
WHO = r"(?:예금주|받는\s?(?:사람|분)|받으시는\s?분|수령인|수령자|수취인|보내는\s?(?:사람|분)|발신인|주문자|예약자|구매자|신청자|입금자|투숙객|투숙자|탑승객|탑승자|대표자|명의자|명의|고객|회원|담당자|연락인|성함|성명|존함|이름|영문\s?이름)"
KOREAN_LABEL = re.compile(
    rf"{WHO}(?:명|\s?이름|\s?성함|\s?성명)?(?:(?P<link>(?:\s?(?:은|는|이|가|:|=|\(|-)){{1,3}})\s?|\s)"
    rf"(?P<name>{SHAPE}|(?<=[:=]\s)[가-힣]{{2,4}}?|(?<=[:=])[가-힣]{{2,4}}?|[가-힣]{{2,3}}?(?={IS})){STOP}"
)
LATIN_LABEL = re.compile(rf"{WHO}(?:명|\s?이름|\s?성함)?(?:\s*(?:은|는|이|가|:|=|\())*\s*(?P<name>{FULL})")
LATIN_INTRODUCED = re.compile(
    rf"(?:저는|전|제가|나는|안녕하세요[,.!\s]*)\s*(?P<name>{FULL})(?=이라고|라고|입니다|이에요|예요|인데|이고|고요)"
)
SAID = re.compile(
    rf"(?:저는|전|제가|나는|본인은|안녕하세요[,.!~\s]*)\s*(?P<name>[가-힣]{{2,4}}?)(?:이라고|라고)\s?(?:합니다|해요|하는데|하고|하는|불러|함|부르)"
)
INTRODUCED_KOREAN = re.compile(
    rf"(?:{OPEN}(?:저는|저|전|제가|나는|난|안녕하세요|안녕하십니까|반갑습니다|수고하세요|여보세요|고객|주문자|예약자|주문한|예약한|구매한|전화드린|문의드린|문의했던|연락드린|신청한|상담원|상담사|상담|매니저|담당자?|고객센터|담당\s?상담원|예약했던|주문했던|결제한|입금한|문의한|고객지원팀|지원팀)[\s,.!~:]*)"
    rf"(?P<name>(?:{SHAPE}))(?:입니다|이에요|예요|에요|이예요|인데|이고|이라고|라고|이구요|이며|이요)"
)
HONORED = re.compile(
    rf"{OPEN}(?P<name>(?:{SURNAMES})[가-힣]{{2}})(?:\s?고객님|\s?회원님|\s?님|\s?씨)(?![가-힣](?<![은는이가을를께도의과와으로,]))"
)
PARTICLES = frozenset("이 가 은 는 을 를 도 의 에 로 해 하 하고 만 와 과 한 된 될 할 으로 에서 이요 건 들 분 님".split())
VERB_ENDS = ("게", "고", "를", "는", "에", "면", "로", "요", "까", "다", "죠")
NO_NAME = ("없어", "없음", "모르", "그건", "그냥", "잠시", "어떻", "무엇", "누구", "왜요")
ASKS_KOREAN = re.compile(
    r"(?:성함|존함|성명|이름|예금주|(?:주문|예약|구매|신청|입금)자\s?분?)[^.\n]{0,24}?(?:어떻|무엇|뭐|뭔|알려|말씀|부탁|여쭤|여쭙|확인|남겨|적어|입력|주시|주세요|\?)|누구(?:신|세|실|시)"
)
OTHER_NAMES_KOREAN = re.compile(
    r"(?:상품|제품|모델|매장|지점|회사|브랜드|업체|은행|파일|호텔|가게|상호|강아지|반려\S{0,2})\s?(?:의\s?)?(?:이름|명)"
)
LEAD_KOREAN = re.compile(
    r"(?:(?:네네|네|넵|넹|예|아|어|음|안녕하세요|저는|전|저|제\s?이름은|이름은|성함은|제가|예금주는?|예약자는?|주문자는?|본인|받는\s?사람은?|영문으로)(?![가-힣])[\s,.!~:]*){0,5}"
)
ANSWER_KOREAN = re.compile(
    r"(?P<name>[가-힣]{2,4}?)(?:"
    r"\s?(?:입니다|이에요|예요|에요|이예요|이요|요|이고요|이구요|이고|고요|구요|인데요|이라고|라고|님이요|님|이며|이야|임|이랑|이였|였|드림|본인)(?:\s?(?:합니다|해요|입니다|습니다|하는데요))?(?=$|[^가-힣])"
    r"|(?=\s*(?:$|[^\s가-힣A-Za-z])))"
)
ANSWER_LATIN = re.compile(rf"(?P<name>{FULL})(?=\s*(?:$|[.,;!?\n(/]|입니다|이에요|예요|이요|요|이고|고요|이라고|라고|\d))")


@lru_cache(maxsize=64)
def asks_name(text: str) -> bool:
    """Whether a text asks for a person's name."""
    if not any(word in text.lower() for word in ASK_CUES):
        return False
    english = bool(ASKS_ENGLISH.search(text)) and not OTHER_NAMES.search(text)
    return english or (bool(ASKS_KOREAN.search(text)) and not OTHER_NAMES_KOREAN.search(text))


def find_names(text: str, asked: str) -> Iterator[Named]:
    """The names a text introduces. `asked` is what the other side said just before: a bare answer to a question for the name counts."""
    low = text.lower()
    for cues, pattern in INTRODUCTIONS:
        if any(cue in low for cue in cues):
            for match in pattern.finditer(text):
                if (match.groupdict().get("of") or "").lower() not in NOT_OF_PERSONS:
                    yield from _words(match, lower=pattern in {LABELLED, LOWER_INTRODUCED})
    if HANGUL.search(text):
        yield from _korean(text)
    if asked and asks_name(asked):
        yield from _answers(text)


def _words(match: re.Match[str], lower: bool) -> Iterator[Named]:
    """The words of a match that make a name: from the first on, until a word that is no name."""
    end = start = match.start("name")
    capital = match["name"][0].isupper()
    if not capital and not lower:
        return
    for count, word in enumerate(re.finditer(r"\S+", match["name"])):
        bare = re.sub(r"'s?$", "", word[0].rstrip("-'")) if not re.fullmatch(r"[A-Z]\.", word[0]) else word[0]
        part = bare.rstrip(".") if not re.fullmatch(r"[A-Z]\.", bare) else bare
        if (
            not _can_be_name(part)
            or (capital and count and not (part[0].isupper() or part in {"de", "van", "von", "der", "da", "del", "la", "bin", "al"}))
            or (not capital and count == 2)
        ):
            break
        end = match.start("name") + word.start() + len(part)
        if part != word[0]:
            break
    value = match.string[start:end]
    if len(value) >= 2:
        yield Named(start, end)


def _can_be_name(word: str) -> bool:
    plain = word.lower().strip("'.-")
    ending = len(plain) > 5 and plain.endswith(("ing", "tion")) and plain not in {"sterling", "fleming", "browning"}
    return bool(plain) and plain not in ENGLISH_WORDS and not ending and not plain.endswith(("n't", "'ll", "'ve", "'re", "'m", "'d"))


def _korean(text: str) -> Iterator[Named]:
    for match in KOREAN_LABEL.finditer(text):
        said = match["link"] or len(match["name"]) == 3 or re.match(IS, text[match.end() :][:4])
        if said and is_korean_name(match["name"]):
            yield Named(*match.span("name"))
    for pattern in (SAID, INTRODUCED_KOREAN, HONORED):
        for match in pattern.finditer(text):
            if is_korean_name(match["name"]):
                yield Named(*match.span("name"))
    for pattern in (LATIN_LABEL, LATIN_INTRODUCED):
        for match in pattern.finditer(text):
            yield from _words(match, lower=False)


def is_korean_name(name: str) -> bool:
    """Whether Hangul in a name's place is a name rather than a common word, one with a particle, or a surname with a title."""
    word = name in KOREAN_WORDS or (len(name) > 2 and name[:2] in KOREAN_WORDS and name[2:] in PARTICLES)
    return not word and name[1:] not in TITLES and not name.endswith(VERB_ENDS) and not name.startswith(NO_NAME)


def _answers(text: str) -> Iterator[Named]:
    lead = LEAD.match(text)
    assert lead
    match = ANSWER_ENGLISH.match(text, lead.end())
    if match and (match["name"][0].isupper() or len(match["name"].split()) <= 3):
        found = list(_words(match, lower=True))
        whole = bool(found) and found[0].end == match.end("name")
        if whole or (found and match["name"][0].isupper()):
            yield from found
    lead = LEAD_KOREAN.match(text)
    assert lead
    if (match := ANSWER_KOREAN.match(text, lead.end())) and is_korean_name(match["name"]):
        yield Named(*match.span("name"))
    elif match := ANSWER_LATIN.match(text, lead.end()):
        yield from _words(match, lower=False)
