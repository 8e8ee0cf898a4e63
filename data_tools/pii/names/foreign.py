"""Names of other countries in Hangul: "마리아 곤잘레스", "응우옌 반 안". Their words stand apart, and no surname tells where they begin."""

import re
from collections.abc import Iterator
from functools import lru_cache

from data_tools.pii.names.korean import (
    CALLER,
    GREETING,
    IS,
    KIN,
    LEAD,
    NOT_OF_PERSONS,
    OPEN,
    WHO,
    ends_in_consonant,
    is_korean_name,
    says_who,
)
from data_tools.pii.names.words import KOREAN_WORDS, SURNAME, given_names
from data_tools.pii.patterns import either, phrases, words
from data_tools.pii.spans import Span

HANGUL = re.compile(r"[가-힣]+")
COPULA = rf"(?:{IS}|{either('라고 에요 이예요 고요 이며 이요 이야 이구요 인데 이고')})"
ENDS = (
    "님 씨 이 가 은 는 을 를 의 에게 한테 께 와 과 랑 이랑 하고 도 로 으로 이? 이?에서 이?라는 이?라서 명의 앞 본인 고객님? "
    "이?였[가-힣]{1,3} 이?라고[가-힣]{0,4} 이?에요 예요 이?예요 이?요 이?고요? 이?구요 이며 인데요? 입니다 이?야 임 맞[가-힣]{1,4} 드림 올림"
)
END = re.compile(either(ENDS))  # what stands behind a name in the same word
CALLED = re.compile(either("님 씨 이?라고 이?에요 예요 이?예요 입니다 인데요? 이?고요? 이며 이?요 한테 에게 께 드림 올림"))
SURNAME_BEHIND = re.compile(
    r" (?P<last>리|킴|초이|팍|[가-힣]{2,5}?)(?:(?P<called>님|씨(?![가-힣])|(?<=[리킴이팍])(?= 이름)|(?<= [리킴팍])(?=이?에요|예요|입니다|이?고|인데))|(?=이?라고|이?에요|예요|입니다|인데요))"
)
VIETNAMESE = re.compile(
    rf"{OPEN}(?P<name>(?:응우[옌엔](?: [가-힣]{{1,3}}){{0,2}}|(?:쩐|팜|부이|쯔엉|호앙|후인|레|도|당|보|즈엉|판|응오)(?: [가-힣]{{1,3}})? (?:티|반|득|꾸옥|투|응옥))"
    rf" [가-힣]{{1,4}}?)(?={either(ENDS)}(?![가-힣])|(?![가-힣]))"
)
VIETNAMESE_WORDS = ("응우", " 티 ", " 반 ", " 득 ", " 꾸옥 ", " 투 ", " 응옥 ")
SELF = rf"(?:저는|저|전|제가|나는|난|본인은|{GREETING}|{either(CALLER)}|[가-힣]{{1,4}}(?:했던|한|드린|드렸던)(?=\s))"
BESIDE = re.compile(rf"{KIN}\s$")
BEFORE = re.compile(rf"(?:^|[.!?~\n]\s?|(?<![가-힣]){SELF}[\s,.!~:]{{1,3}})$")
SAID = re.compile(
    rf"(?<![가-힣])(?=(?:(?P<self>{SELF})[\s,.!~:]{{1,3}}|(?<!.))(?P<name>[가-힣]{{1,6}}(?: [가-힣]{{1,6}}){{0,2}}? [가-힣]{{1,6}}?)이?라고\s?{either('합니다 하는데 해요 불러 하고')})"
)
NAMED = re.compile(
    rf"(?:{phrases(WHO)}(?:명|\s?이름|\s?성함)?(?:은|는|이|가|:|\s?=)\s{{0,2}}|이름(?:은|이|:)\s{{0,2}})"
    rf"(?P<name>[가-힣]{{1,6}}(?: [가-힣]{{1,6}}){{0,2}}? [가-힣]{{1,6}}?)(?={COPULA}|인지|이?었|이?였|으?로\s?(?:되|돼|나오|나와|적|찍|등록|예약|변경|바)|\s{{0,2}}(?:[,/(\n]|$))"
)
ANSWER = re.compile(
    rf"(?P<name>[가-힣]{{1,6}}(?: [가-힣]{{1,6}}){{0,2}}? [가-힣]{{1,6}}?)(?:{COPULA}|요)?(?![가-힣ㄱ-ㅎ])\s{{0,2}}(?=$|[.,!/(\n\d])"
)
NO_FIRST = words(
    "저희 제 저 내 나 우리 같은 다른 이 그 저기 아직 아까 둘 다 안 못 잘 영문 한글 실제 본명 회사 법인 여자 남자 큰 작은 새 여러 두 세 네 한 "
    "전부 이미 지금 오늘 어제 혹시 그게 이게 음 아 어 엄마 아빠 남편 아내 아들 딸 동생 언니 누나 오빠 친구 어머니 아버지 부모님 성 이름 성이랑"
)
NO_LAST = words(
    "거 것 분 건 명 쪽 중 사람 이름 성함 번호 성 님 씨 본인 대표 대리 과장 팀장 실장 사장 선생 사모 매니저 기사 상담원 상담사 직원 동료 가족 부부 "
    "맞는 틀린 없음 있음 완료 불가 가능 예정 중복 오류 아님 비밀 뭐 누구 어디 언제 동일 그대로 영문 한글 전체"
)
"""Words that begin or end what is no name but a phrase."""

ENDINGS = (*"는은을를에의면서데고요다까죠게도로만던된할한야",)  # ends of words that are no nouns. A known name may end so.
LONGEST = 12  # syllables of a word with a name and its particles


def foreign_korean(text: str) -> Iterator[Span]:
    """Names of which two words are known, or one beside what announces a name, or none where somebody says "my name is"."""
    yield from _by_words(text)
    for match in VIETNAMESE.finditer(text) if any(word in text for word in VIETNAMESE_WORDS) else ():
        yield _whole(text, match)
    for pattern in [NAMED] * says_who(text) + [SAID] * ("라고" in text):
        for match in pattern.finditer(text):
            if pattern is SAID and not match["self"] and given_names()["foreign"].isdisjoint(match["name"].split()):
                continue
            if not NOT_OF_PERSONS.search(text[max(0, match.start() - 8) : match.start("name")]) and _is_phrase_of_names(match["name"]):
                yield _whole(text, match)


def answered_foreign(text: str) -> Iterator[Span]:
    """The name in an answer to a question for it."""
    lead = LEAD.match(text)
    match = ANSWER.match(text, lead.end() if lead else 0)
    if match and _is_phrase_of_names(match["name"]):
        yield _whole(text, match)
    elif (word := HANGUL.match(text, lead.end() if lead else 0)) and (size := _known(word[0])):
        yield Span(word.start(), word.start() + size, "NAME")


def _by_words(text: str) -> Iterator[Span]:
    past = 0
    for word in HANGUL.finditer(text):
        start, end = word.start(), word.start() + _known(word[0])
        if start < past or start == end:
            continue
        first = end
        whole = word.end()
        while end == whole and (after := HANGUL.match(text, end + 1)) and text[end] == " " and (size := _known(after[0])):
            end, whole = after.start() + size, after.end()
        announced = BEFORE.search(text[max(0, start - 24) : start])
        if (last := SURNAME_BEHIND.match(text, end)) and (last["called"] is not None or announced):
            end = last.end("last")
        kin = BESIDE.search(text[max(0, start - 8) : start])
        with_surname = text[start + 1 : end] in given_names()["foreign"]  # "김마리아"
        if end > first or kin or with_surname or (announced and CALLED.match(text, end)):
            yield Span(start, end, "NAME")
            past = end


def _whole(text: str, match: re.Match[str]) -> Span:
    """The name, with a last syllable that the pattern took for a particle's: behind a vowel it is "…라고", never "…이라고"."""
    start, end = match.span("name")
    return Span(start, end + (text.startswith("이", end) and not ends_in_consonant(match["name"])), "NAME")


@lru_cache(maxsize=1 << 16)
def _known(word: str) -> int:
    """How much of a word of Hangul is a known foreign name, also behind a Korean surname ("김마리아"); what follows must be a particle."""
    names = given_names()["foreign"]
    for size in range(len(word), 1, -1) if len(word) <= LONGEST else ():
        if (word[:size] in names or (size > 3 and word[1:size] in names and SURNAME.match(word))) and (
            size == len(word) or END.fullmatch(word, size)
        ):
            return size
    return 0


def _is_phrase_of_names(name: str) -> bool:
    """Whether words of Hangul can be a name: one is known, or none is a common word or ends like a verb or a particle."""
    *before, last = parts = name.split()
    foreign = given_names()["foreign"]
    if len(name) < 4 or last in NO_LAST or any(part in NO_FIRST or re.fullmatch(KIN, part) for part in parts):
        return False
    if foreign.isdisjoint(parts):
        return not any(part.endswith(ENDINGS) or part in KOREAN_WORDS or not is_korean_name(part) for part in parts if len(part) > 1)
    return not any(part.endswith(ENDINGS) or part in KOREAN_WORDS for part in before if part not in foreign)
