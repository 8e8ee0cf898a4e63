"""Names that are known as such: given names of names.txt, wherever they stand, with the surname beside them."""

import re
from collections.abc import Iterator

from data_tools.pii.names_cues import CAP, CAPITAL, FULL, LETTER, WORD
from data_tools.pii.names_english import name_words
from data_tools.pii.names_korean import KIN, OPEN, ends_in_consonant, is_korean_name
from data_tools.pii.spans import Span
from data_tools.pii.words import (
    ENGLISH_WORDS,
    KOREAN_GIVEN_WORDS,
    KOREAN_WORDS,
    NAMES_THAT_ARE_WORDS,
    SURNAMES,
    THINGS,
    either,
    given_names,
    is_given,
    korean_syllables,
    words,
)

TOKEN = re.compile(rf"(?<![{LETTER}\d_.@/#-])[{LETTER}]+(?:-[{LETTER}]+)?(?![{LETTER}\d_@/]|\.[a-z])")
LATIN = re.compile(r"[A-Za-zÀ-ɏ]{2,}")
FROM_HERE = re.compile(rf"(?P<name>{FULL})")
BEFORE = re.compile(rf"(?:^|[^{LETTER}\d.])(?P<name>{CAP}) $")
NO_LOWER = words(
    "till alma beau camp dulce else ember faye gale genie goran jett lane mason merle mint polly reed rosa salma sena siri tate tory vita"
)
"""Given names that are words or parts of spellings where they are written small."""

PLACE = re.compile(r"\b(?:San|Santa|St\.?|Saint|Sao|Port|Fort|Lake|Mount|Mt\.?|New|Los|Las|El|La|Le|Point|Hotel|Café|Cafe) $")
ARTICLE = re.compile(r"\b(?:the|an?|this|that|these|those|\d+) $", re.IGNORECASE)
NOUN = re.compile(r" [a-z]+(?<!n't)\b(?<! is)(?<! was)(?<! said)(?<! who)(?<! from)(?<! and)(?<! or)(?<! has)")
BRAND = re.compile(r"[A-Z][a-z]+ $")
PRODUCT = re.compile(
    r"(?:'s)? (?:[a-z]+ )?(?:collection|edition|range|model|chair|table|sofa|lamp|dress|bag|print|jacket|pattern|size|speaker)s?\b"
)
INTRODUCES = re.compile(r"\b(?:i ?'?m|i am|name is|name's|this is|it'?s) $", re.IGNORECASE)
LOWER_SURNAME = re.compile(r" ([a-z]{2,15})(?=$|[,.!;\n]| (?:and|from|here|again|calling|my|i|order|at|with)\b)")
LATIN_SURNAMES = words(
    "kim lee park choi jung jeong chung kang cho jo yoon yun jang lim han oh seo shin kwon hwang ahn an song ryu yoo yu hong ko go moon yang son "
    "bae baek heo nam sim noh no ha kwak sung cha joo woo koo min na jin ji um won chae cheon bang kong hyun byun yeo chu do so seok sun ma pyo ki "
    "ban myung wang nguyen tran le pham li wang zhang chen liu tanaka sato suzuki wi ok"
)
"""Of Korea and its neighbours: they stand before the given name."""


def known_english(text: str) -> Iterator[Span]:
    """Given names in Latin letters: with a capital unless a thing is called so; in small letters only long ones that are no words."""
    if not CAPITAL.search(text) and given_names()["english"].isdisjoint(WORD.findall(text)):
        return
    for match in TOKEN.finditer(text):
        if _is_known(match[0]) and not _is_thing(text, match):
            yield _with_surname(text, match)


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
    if PLACE.search(before) or PRODUCT.match(after):
        return True
    following = LATIN.match(after[1:])
    return (ARTICLE.search(before) and NOUN.match(after)) is not None or bool(
        following and after[0] == " " and following[0].lower() in THINGS
    )


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


PARTICLES = (
    "이 가 은 는 을 를 의 에게 한테 께 께서 에서 와 과 랑 이랑 하고 도 만 로 으로 요 이요 야 이야 네 처럼 보다 까지 부터 드림 올림 임 및 에요 예요 이에요 이예요 이고 이고요 이구요 구요"
    " 고요 이며 인데 인데요 입니다 입니당 이라 이라고 이라는 이라서 이라도 라고 라는 라서 (?:이)?였[가-힣]{1,3} (?:이)?라고[가-힣]{1,4} 이었[가-힣]{1,3} 이시 앞 이네 이꺼 것 거"
)
TITLE = "님 씨 군(?![가-힣]) 양(?![가-힣]) _?고객 _?회원 _?어린이 _?학생 _?환자 _?선생 _?대리 _?과장 _?차장 _?부장 _?팀장 _?실장 _?사장 _?대표 _?매니저 _?사원 _?주임 _?기사"
FULL_KOREAN = re.compile(
    rf"{OPEN}(?P<name>{SURNAMES}(?P<given>[가-힣]{{2}}))(?=$|[^가-힣]|{either(TITLE)}|{either(PARTICLES)}(?![가-힣])|으?로_?{either('바꿔 변경 예약 주문')})"
)
CALLED = (
    "님 씨 군(?![가-힣]) 양(?![가-힣]) 이(?=_)(?!_(?:필요|안|없|있|아니|되|돼|가능)) 이(?:가|는|랑|한테|네|도|를|의|꺼|에게)(?![가-힣]{2}) 에게 한테 께(?:서|$|_) _?(?:언니|오빠|누나|선배|형(?![가-힣])|고객님"
    "|회원님|엄마|아빠|어머니|어머님|아버님|이모|삼촌|매니저|대리님|과장님|팀장님|선생님|쌤|올림|드림)"
)
GIVEN_KOREAN = re.compile(rf"{OPEN}(?P<name>[가-힣]{{2}})(?:(?P<call>[아야])(?![가-힣])|(?={either(CALLED)}))")
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
    for match in GIVEN_KOREAN.finditer(text):
        if match["name"] in given and _is_called(match):
            yield Span(*match.span("name"), "NAME")
    for match in KIN_KOREAN.finditer(text):
        if (
            (match["name"] in given or match["name"] in KOREAN_GIVEN_WORDS)
            and (not match["our"] or match["soft"])
            and match["name"] not in KOREAN_WORDS - given
        ):
            yield Span(*match.span("name"), "NAME")
    for match in BETWEEN.finditer(text):
        if _could_be_given(match["given"]) and is_korean_name(match["name"]):
            yield Span(*match.span("name"), "NAME")
    for match in SIGNED_KOREAN.finditer(text):
        if match["name"] in given or (match["name"][1:] in given and is_korean_name(match["name"])):
            yield Span(*match.span("name"), "NAME")


def _is_called(match: re.Match[str]) -> bool:
    """ "도윤아" and "민서야" call somebody; a name that is also a word is one only beside a person's title."""
    name = match["name"]
    if name in KOREAN_GIVEN_WORDS or name in KOREAN_WORDS:
        return match["call"] is None and match.string[match.end() :].startswith(("님", "씨", "언니", " 언니", " 오빠", " 고객님"))
    return match["call"] is None or ends_in_consonant(name) == (match["call"] == "아")


def _could_be_given(given: str) -> bool:
    """Whether both syllables occur in their places in known given names."""
    first, last = korean_syllables()
    return given[0] in first and given[1] in last
