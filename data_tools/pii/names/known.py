"""Names that are known as such: given names of names.txt, wherever they stand, with the surname beside them."""

import re
from collections.abc import Iterator
from functools import lru_cache

from data_tools.pii.names.cues import CAP, CAPITAL, FULL, LETTER
from data_tools.pii.names.english import is_brand, name_words, second
from data_tools.pii.names.korean import KIN, OPEN, could_be_given, ends_in_consonant, is_korean_name
from data_tools.pii.names.words import (
    ENGLISH_WORDS,
    KOREAN_GIVEN_WORDS,
    KOREAN_WORDS,
    LATIN_SURNAMES,
    NAMES_THAT_ARE_WORDS,
    SURNAMES,
    THINGS,
    given_names,
    is_given,
    korean_syllables,
)
from data_tools.pii.patterns import either, phrases, words
from data_tools.pii.spans import Span, matches, small_words

TOKEN = re.compile(rf"(?<![{LETTER}\d_./#-])(?<!\w@)[{LETTER}]+(?:-[{LETTER}]+)?(?![{LETTER}\d_@/]|\.[a-z])")
LATIN = re.compile(r"[A-Za-zÀ-ɏ]{2,}")
FROM_HERE = re.compile(rf"(?P<name>{FULL})")
BEFORE = re.compile(rf"(?:^|[^{LETTER}\d.])(?P<name>{CAP}) $")
NO_LOWER = words(
    "till alma beau camp dulce else ember faye gale genie goran jett lane mason merle mint polly reed rosa salma sena siri tate tory vita"
)
"""Given names that are words or parts of spellings where they are written small."""

PLACE = re.compile(r"\b(?:San|Santa|St\.?|Saint|Sao|Port|Fort|Lake|Mount|Mt\.?|New|Los|Las|El|La|Le|Point|Hotel|Café|Cafe) $")
PET = re.compile(
    r"(?i)\b(?:dog|cat|puppy|kitten|pup|hamster|rabbit|bunny|parrot|horse|pony)(?:'s name is|,? (?:is )?(?:called|named))?,? $"
)
ARTICLE = re.compile(r"\b(?:the|an?|this|that|these|those|\d+) $", re.IGNORECASE)
NOUN = re.compile(r" [a-z]+(?<!n't)\b(?<! is)(?<! was)(?<! said)(?<! who)(?<! from)(?<! and)(?<! or)(?<! has)")
BRAND = re.compile(r"[A-Z][a-z]+ $")
PRODUCT = re.compile(
    r" (?:[a-z]+ )?(?:collection|edition|range|model|chair|table|sofa|lamp|dress|bag|print|jacket|pattern|size|speaker|scarf|belt|shoe|boot|sneaker"
    r"|trainer|perfume|cologne|watch|sunglasses|jeans|coat|sweater|jumper|hoodie|shirt|skirt|wallet|purse|backpack|lipstick|rug|vase|mug|candle|desk|stool"
    r"|shelf|kettle|biography|album|novel|movie|film)s?\b"
)
INTRODUCES = re.compile(r"\b(?:i ?'?m|i am|name is|name's|this is|it'?s) $", re.IGNORECASE)
LOWER_SURNAME = re.compile(r" ([a-z]{2,15})(?=$|[,.!;\n]| (?:and|from|here|again|calling|my|i|order|at|with)\b)")


def known_english(text: str) -> Iterator[Span]:
    """Given names in Latin letters: with a capital unless a thing is called so; in small letters only long ones that are no words."""
    if not CAPITAL.search(text) and given_names()["english"].isdisjoint(small_words(text)):
        return
    for match in TOKEN.finditer(text):
        if _is_known(match[0]) and not _is_thing(text, match):
            span = _with_surname(text, match)
            if not PRODUCT.match(text, span.end):
                yield from (one for one in (span, *second(text, span)) if not is_brand(text, one))


@lru_cache(maxsize=1 << 16)
def _is_known(word: str) -> bool:
    low = word.lower()
    if len(low) < 3 or low in ENGLISH_WORDS or low in NAMES_THAT_ARE_WORDS:
        return False
    return is_given(word) if word[0].isupper() else len(low) > 3 and low not in NO_LOWER and low in given_names()["english"]


def _is_thing(text: str, match: re.Match[str]) -> bool:
    """Whether a place or product bears the name: "San Diego", "the Olivia chair", "Ralph Lauren"."""
    before, after = text[max(0, match.start() - 12) : match.start()], text[match.end() : match.end() + 24]
    if match[0].lower() in THINGS and BRAND.search(before):
        return True
    if PLACE.search(before) or PET.search(text[max(0, match.start() - 24) : match.start()]) or PRODUCT.match(after):
        return True
    if ARTICLE.search(before) and NOUN.match(after):
        return True
    following = LATIN.match(after[1:])
    if not following or after[0] != " " or following[0].lower() not in THINGS:
        return False
    return following[0].lower() not in LATIN_SURNAMES or match[0].lower() in given_names()["english"]  # "Eun-ji Park"


def _with_surname(text: str, match: re.Match[str]) -> Span:
    start, end = match.span()
    if match[0].islower() and INTRODUCES.search(text[max(0, start - 12) : start]) and (last := LOWER_SURNAME.match(text, end)):
        return Span(start, last.end() if last[1] not in ENGLISH_WORDS else end, "NAME")
    if match[0][0].isupper():
        ends = [span.end for whole in [FROM_HERE.match(text, start)] if whole for span in name_words(whole)]
        end = max([end, *ends])
        if (before := BEFORE.search(text[max(0, start - 24) : start])) and before["name"].lower() in LATIN_SURNAMES:
            start -= len(before["name"]) + 1
    return Span(start, end, "NAME")


TRADES = words(
    "고객 회원 사장 팀장 과장 부장 차장 실장 대리 기사 선생 작가 대표 원장 교수 부모 어머 아버 이모 고모 삼촌 담당 점주 집사 배우 감독 의사 간호 약사 변호 목사 신부 수녀 하느 소장 국장 이사 전무 상무 회장 총무 주임 계장 "
    "반장 조장 강사 관장 총장 학장 박사 여사 사모 장모 장인 도련 아가 서방 사위 대장 본부 지점 상담 예약 주문 구매 이용 방문 신청 수령 관리 경비 이웃 동료 선배 후배 친구 어르 주인 점장 사원 직원 마음 솜씨 기자 형사 검사 "
    "판사 신랑 신부 공주 왕자 도사 도령 선수 해설 시인 화가 가수 주방 조교 조리 강의 은인 하객 주교 사제 수사 유저 지원 서장 원생 시공 소비 진행 기획 영업 경리 인사 총괄 홍보 의원 시장 도민 시민 성도"
)
"""Words that "님" stands behind, in the shape of a given name."""

PARTICLES = (
    "이, 가, 은, 는, 을, 를, 의, 에게, 한테, 께, 께서, 에서, 와, 과, 랑, 이랑, 하고, 도, 만, 로, 으로, 요, 이요, 야, 이야, 네, 처럼, 보다, 까지, 부터, 드림, 올림, 임, 및, 에요, 예요, 이에요, 이예요, 이고, 이고요, 이구요, 구요"
    ", (?<!라)고(?= ), 고요, 이며, 인데, 인데요, 입니다, 입니당, 이라, 이라고, 이라는, 이라서, 이라도, 라고, 라는, 라서, (?:이)?였[가-힣]{1,3}, (?:이)?라고[가-힣]{1,4}, 이었[가-힣]{1,3}, 이시, 앞, 이네, 이꺼, 것, 거"
)
TITLE = "님, 씨, 군(?![가-힣]), 양(?![가-힣]),  ?고객,  ?회원,  ?어린이,  ?학생,  ?환자,  ?선생,  ?대리,  ?과장,  ?차장,  ?부장,  ?팀장,  ?실장,  ?사장,  ?대표,  ?매니저,  ?사원,  ?주임,  ?기사"
FULL_KOREAN = re.compile(
    rf"{OPEN}(?P<name>(?:{SURNAMES}|[경호예승창단범필])(?P<given>[가-힣]{{2}}))(?=$|[^가-힣]|{phrases(TITLE)}|{phrases(PARTICLES)}(?![가-힣])|으?로_?{either('바꿔 변경 예약 주문')})"
)
SPACED_KOREAN = re.compile(
    rf"{OPEN}(?P<name>(?![이전안한도정주내나제위])(?:{SURNAMES}) (?P<given>[가-힣]{{2}}))(?={phrases(TITLE)}|\s?앞|\s이름|{either('입니다 이에요 예요 이고 인데 이라고 라고 으로 로')}|\s?(?:[,.)/(\d]|$))"
)
CALLED = (
    "님, 씨, 군(?![가-힣]), 양(?![가-힣]), 이(?= )(?! (?:필요|안|없|있|아니|되|돼|가능)), 이(?:가|는|랑|한테|네|도|를|의|꺼|에게)(?![가-힣]{2}), 에게, 한테, 께(?:서|$| ), 이?었, 였, (?<=[가-힣][가거기나너노다더도라로루리마모무미바보비사서소수시아어여오우유이자제조주지채초카타태하해호후희])(?:가|랑)(?= ), 이?라고 ?(?:적|써|새겨|넣|각인|표기|부르|불러), 맘(?=이[에예구고]|입니|인데|님|$|[^가-힣]),  ?(?:상담사|상담원|간호사|강사|원장|실장|부장|대표|기사|디자이너|코치|여사),  ?(?:언니|오빠|누나|선배|형(?![가-힣])|고객님"
    "|회원님|엄마|아빠|어머니|어머님|아버님|이모|삼촌|매니저|대리님|과장님|팀장님|선생님|쌤|올림|드림)"
)
GIVEN_KOREAN = re.compile(rf"{OPEN}(?P<name>[가-힣]{{2}})(?:(?P<call>[아야])(?![가-힣])|(?={phrases(CALLED)}))")
KIN_KOREAN = re.compile(
    rf"(?:{KIN}|(?P<our>우리|울))\s(?P<name>[가-힣]{{2}})(?=이?(?:가|는|은|랑|한테|에게|네|도|를|을|의|야)?(?:\s|$|[,.!?~]))(?P<soft>이)?"
)
BETWEEN = re.compile(rf"(?:^|[(\[\"'/,|:\n-]|[\d)] )\s?(?P<name>{SURNAMES}(?P<given>[가-힣]{{2}}))\s?(?=[)\]\"'/,|?<\n]|$)")
SIGNED_KOREAN = re.compile(r"(?:[-~]\s?|from\.?\s)(?P<name>[가-힣]{2,4}?)(?:이가|가|올림|드림)?[\"'”)]?\s{0,2}$")


def known_korean(text: str) -> Iterator[Span]:
    """Given names in Hangul: behind a surname, or alone where somebody is called or belongs to somebody."""
    given = given_names()["korean"]
    for match in FULL_KOREAN.finditer(text):
        if re.match("예요|하[는고지기여며면려게]", text[match.end() - 1 : match.end() + 1]):  # "하나예요", "차지하는"
            continue
        if match["given"][1] == "이" and not text.startswith(("님", "씨"), match.end()):  # "기한이 언제"
            continue
        called = match["name"].endswith(("이", "아", "야")) and match["name"][:2] in given  # "도현이", "도윤아"
        if match["given"] in given and not called and is_korean_name(match["name"]):
            yield Span(*match.span("name"), "NAME")
    for match in SPACED_KOREAN.finditer(text):
        if match["given"] in given - KOREAN_GIVEN_WORDS:
            yield Span(*match.span("name"), "NAME")
    yield from _alone(text, given)
    yield from matches("NAME", BETWEEN, text, "name", lambda match: could_be_given(match["given"]) and is_korean_name(match["name"]))
    for match in SIGNED_KOREAN.finditer(text):
        if match["name"] in given or (match["name"][1:] in given and is_korean_name(match["name"])):
            yield Span(*match.span("name"), "NAME")


def _alone(text: str, given: frozenset[str]) -> Iterator[Span]:
    for match in GIVEN_KOREAN.finditer(text):
        if (match["name"] in given or _is_titled(text, match)) and _is_called(match):
            yield Span(*match.span("name"), "NAME")
    for match in KIN_KOREAN.finditer(text):
        known = match["name"] in given or (match["name"] in KOREAN_GIVEN_WORDS and match["name"] not in KOREAN_WORDS)
        if known and (not match["our"] or match["soft"]):
            yield Span(*match.span("name"), "NAME")


def _is_called(match: re.Match[str]) -> bool:
    """ "도윤아" and "민서야" call somebody; a name that is also a word is one only beside a person's title."""
    name = match["name"]
    if name in KOREAN_GIVEN_WORDS or name in KOREAN_WORDS:
        return match["call"] is None and match.string[match.end() :].startswith(("님", "씨", "언니", " 언니", " 오빠", " 고객님"))
    return match["call"] is None or ends_in_consonant(name) == (match["call"] == "아")


def _is_titled(text: str, match: re.Match[str]) -> bool:
    """Whether "님" or "씨" stands behind what may be a name nobody lists ("은새님"), not behind a trade ("기사님")."""
    name = match["name"]
    if not re.match("님|씨(?![가-힣]{2})", text[match.end() :][:3]) or name in TRADES or name in KOREAN_WORDS:
        return False
    return could_be_given(name) or (text[match.end()] == "님" and name[0] in korean_syllables()[0])
