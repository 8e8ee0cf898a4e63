"""Names in Korean texts, by what stands around them: a surname alone proves little, for most begin common words, too."""

import re
from collections.abc import Iterator
from functools import lru_cache

from data_tools.pii.names.cues import CAP, EDGE, FULL
from data_tools.pii.names.english import name_words
from data_tools.pii.names.words import KOREAN_GIVEN_WORDS, KOREAN_THINGS, KOREAN_WORDS, SURNAMES, TITLES, given_names, korean_syllables
from data_tools.pii.patterns import either, phrases, words
from data_tools.pii.spans import Span

HANGUL, LATIN = re.compile(r"[가-힣]"), re.compile("[A-ZÀ-Þ]")
OPEN = r"(?<![가-힣])"
SHAPE = rf"{SURNAMES}[가-힣]{{1,2}}"
TOKEN = rf"(?P<name>{SURNAMES}[가-힣]{{2}})"
END = r"(?![가-힣])"
IS = phrases("입니다, 이에요, 예요, 이라고, 라고 ?합, 인데요?, 이고요, 이세요, 이신데, 이십니다, 이시고")
COPULA = rf"(?:{IS}|{either('라고 에요 이예요 이고 이며 인데 이요 이야 이구요 구요 고요 이라 라서 라는 라구 였 이었 맞')}|[요임야]{END}|(?:으로|(?<!으)로)\s)"
STOP = rf"(?=$|[^가-힣A-Za-z]|님|씨|고객|본인|{COPULA})"
DONE = either("되 돼 예약 주문 했 해 등록 가입 접수 합니다 부탁")

FULL_PARTICLES = (
    "님 씨 군 양(?![가-힣]) 고객 선생 회원 대리 과장 차장 부장 팀장 실장 사장 대표 매니저 사원 주임 엄마 아빠 어머 아버 이(?!상|하|후|전|내|미) 가(?!방|격) 은 는 을 를 의 에게 한테 께 와 과 랑 하고 "
    "도(?!시) 만 로(?!고) 으로 라 입 예 에요 요 야 드림 올림 보다 처럼 까지 부터 네 였 인 임 맞 측 본인 명의 이?라서 이?라는 이?라구 이구 이에게 말고 아니 됐 됩 되 된 올림 군 양 및 님께 어린이 학생 환자 보호자 "
    "(?:기사|배송원)"
)
AFTER_FULL = rf"(?=$|[^가-힣]|{either(FULL_PARTICLES)})"
GIVEN_PARTICLES = (
    " ?(?:고객님|회원님), 님, 씨, 쌤, 선생, 언니, 오빠, 누나, 이형, 대리, 과장, 팀장, 매니저, 어머니, 아버지, 엄마, 아빠, 아(?![가-힣]), 야(?![가-힣]), 이에요, 이예요, 예요, 이요, 입니다, "
    "이라고, 라고, 이야(?![가-힣]), 인데요, 이가, 이는, 이랑, 이한테, 한테, 에게, 께서, 이도, 이를, 이의, 이네, 드림, 올림, 라서, 이라서, 이라는, 이라구, 이꺼, 이거, 군(?![가-힣]), "
    "양(?![가-힣]), 이 (?:번호|이름|폰|전화|생일|가방|옷|주소|학교|유치원|앞)"
)
AFTER_GIVEN = rf"(?={phrases(GIVEN_PARTICLES)})"

WHO = (
    "예금주, 받는 ?(?:사람|분), 받으시는 ?분, 수령인, 수령자, 수취인, 보내는 ?(?:사람|분), 발신인, 수신인, 주문자, 예약자, 구매자, 신청자, 신청인, 입금자, 투숙객, 투숙자, 탑승객, 탑승자, 대표자?, 명의자?, "
    "운전자, 동행자, 동행인, 동반자, 대리인, 배우자, 보호자, 환자, 계약자, 피보험자, 세입자, 입주자, 작성자, 영문명?, 여권 ?이름, 영문 ?이름, 고객, 회원, 담당자?, 연락인, 성함, 성명, 존함, 이름, 보낸 "
    "?(?:사람|분), 받는 ?이, 보내는 ?이, 받으실 ?분, 보내시는 ?분, 방문자, 방문인, 이용자, 접수자, 결제자, 참석자, 참가자, 탑승자명, 승객, 동승자, 기사, 대표자?, 작성, 문의자, 요청자, 발송인, 회신인, "
    "추천인, 피보험자, 가입자, 명의"
)
LABEL = re.compile(
    rf"{phrases(WHO)}(?:명|\s?이름|\s?성함|\s?성명)?(?:(?P<link>(?:\s?(?:은|는|이|가|을|를|:|=|\(|-)){{1,3}})\s?|\s)"
    rf"(?P<name>{SHAPE}|(?<=[:=]\s)[가-힣]{{2,4}}?|(?<=[:=])[가-힣]{{2,4}}?|[가-힣]{{2,3}}?(?={IS})){STOP}"
)
WHO_WORDS = re.compile(phrases(WHO))
KIN = either(
    "딸 아들 조카 손자 손녀 사촌 룸메 룸메이트 여친 남친 여자친구 남자친구 신랑 신부 막내 첫째 둘째 아기 아이 선배 후배 남편 아내 와이프 어머니 아버지 엄마 아빠 동생 언니 누나 오빠 친구 가족 동료 할머니 할아버지 보호자 대리인"
)
KIN_NAMED = re.compile(rf"{KIN}(?:\s?이름[은이]?|,)?\s{TOKEN}(?=$|[,.)\d]|\s\d|님|씨|입니다|이에요|이고|인데|이라고)")
I_AM = either("저는 저 전 제가 나는 난 본인은")
GREETING = either("안녕하세요 안녕하십니까 반갑습니다 수고하세요 여보세요")
CALLER = "고객 주문자 예약자 주문한 예약한 구매한 전화드린 문의드린 문의한 문의했던 연락드린 신청한 예약했던 주문했던 결제한 입금한 상담원 상담사 상담 매니저 담당자? 고객센터 고객지원팀 지원팀"
SAID = re.compile(
    rf"(?:(?P<self>{I_AM}|{GREETING}[,.!~\s]{{0,3}})|^)\s?(?P<name>[가-힣]{{2,4}}?)(?:이라고|라고)"
    rf"\s?{either('합니다 해요 하는데 하고 하는 불러 함 부르')}"
)
INTRODUCED = re.compile(
    rf"{OPEN}(?:{I_AM}|{GREETING}|{either(CALLER)})[\s,.!~:]{{0,3}}(?P<name>{SHAPE})"
    rf"{either('입니다 이에요 예요 에요 이예요 인데 이고 이라고 라고 이구요 이며 이요')}"
)
STARTS = re.compile(rf"^{TOKEN}(?=이고)|^(?P<short>{SURNAMES}[준혁훈욱빈율별솔결린웅찬윤])(?=입니다|이에요|예요|인데요|이라고)")
CALLED_SO = re.compile(rf"{OPEN}(?P<name>{SURNAMES}[가-힣]{{1,2}}?)(?=이?라는\s(?:이름|분[이께은을의]|사람|고객|직원|상담))")
IN_NAME_OF = re.compile(rf"{OPEN}{TOKEN}(?=\s(?:이름으|명의)로\s)")
HONORED = re.compile(rf"{OPEN}{TOKEN}(?:\s?고객님|\s?회원님|\s?님|\s?씨)(?![가-힣](?<![은는이가을를께도의과와으로,]))")
TITLED = re.compile(
    rf"{OPEN}{TOKEN}(?=\s?{either('팀장 과장 차장 부장 대리 실장 매니저 기사 선생 원장 대표 이사 교수 간호사 상담사 상담원 사원 주임 소장 본부장 강사 코치 사장 과장 변호사 주무관 담당')}"
    r"(?:님|께|이|한|입|인|과|은|에|이고|[^가-힣]|$))"
)
RELATED = re.compile(rf"{OPEN}{TOKEN}(?=[은는이가]\s(?:제|저의|우리|저희)\s{KIN}|의\s{KIN}|한테|에게|께\s|께서|\s?앞(?:으로)?{END})")
CORRECTED = re.compile(
    rf"{OPEN}{TOKEN}(?=(?:이|가)?\s?{either('아니라 아니고 말고')}|(?:으로|로)\s?{either('바꿔 바꾸 변경 수정 정정 개명 고쳐 표기 적혀 적어 나와 나오 찍혀 되어 돼 했 해')})"
)
NAMES_MEANT = re.compile(either("입금자 받는 이름 성함 예약자 명의 개명 주문자 수령인 예금주 신청자 영문 한글 여권 보내는 가입자 탑승"))
QUOTED = re.compile(
    r"(?:이름|성함|성명|이니셜|각인|자수)\s?(?:은|는|을|를|자수|각인|스티커|표기|표시|란에?|에)?\s?['\"‘“](?P<name>[가-힣]{2,4})['\"’”]"
)
NAMED_AS = re.compile(rf"(?:주문|예약|입금|명의|이름|수령|가입)[은는이가도]?\s{TOKEN}(?=(?:으로|로)\s{DONE})")
BESIDE_NUMBER = re.compile(
    rf"(?<![\w-])[A-Z\d][A-Z\d-]{{6,24}}[\s,/():]{{1,3}}{TOKEN}"
    rf"(?=\s{{0,2}}(?:$|[,./)(\n\d]|{either('입니다 이에요 예요 님 이요 요 고객 본인 성인 앞 여기 명의 추가 으로 로 예금주')}))"
)
BEFORE_NUMBER = re.compile(rf"{OPEN}{TOKEN}[\s,/():]{{1,3}}(?=\d[\d-]{{8,24}}(?![A-Za-z]))")

CUED = (
    *(SAID, INTRODUCED, STARTS, CALLED_SO, IN_NAME_OF, HONORED, TITLED, KIN_NAMED, RELATED, NAMED_AS, CORRECTED, QUOTED),
    *(BESIDE_NUMBER, BEFORE_NUMBER),
)

LATIN_LABEL = re.compile(rf"{phrases(WHO)}(?:명|\s?이름|\s?성함)?(?:\s?(?:은|는|이|가|:|=|\()){{0,3}}\s?(?P<name>{FULL})")
LATIN_INTRODUCED = re.compile(
    rf"(?:{I_AM}|{GREETING}[,.!\s]{{0,3}})\s?(?P<name>{FULL})(?={either('이라고 라고 입니다 이에요 예요 인데 이고 고요')})"
)
LATIN_GIVEN = re.compile(rf"{EDGE}(?P<name>{CAP} {CAP})(?=님|씨|한테|에게|(?:으로|로|이라고|라고)\s{DONE})")

ASKS = re.compile(
    r"(?:성함|존함|성명|이름|예금주|(?:주문|예약|구매|신청|입금)자\s?분?)[^.\n]{0,24}?"
    rf"(?:{either('어떻 무엇 뭐 뭔 알려 말씀 부탁 여쭤 여쭙 확인 남겨 적어 입력 주시 주세요')}|으로\s?(?:예약|주문)|\?)|누구(?:신|세|실|시)"
)
NOT_OF_PERSONS = re.compile(
    either("상품 제품 모델 매장 지점 회사 브랜드 업체 은행 파일 호텔 가게 상호 강아지 고양이 반려동물 반려견 반려묘")
    + r"\s?(?:의\s?)?(?:이름|명)"
)
LEADS = "네네, 네, 넵, 넹, 예, 아, 어, 음, 안녕하세요, 저는, 전, 저, 제 ?이름은, 이름은, 성함은, 제가, 예금주는?, 예약자는?, 주문자는?, 본인, 받는 ?사람은?, 영문으로"
LEAD = re.compile(rf"(?:{phrases(LEADS)}{END}[\s,.!~:]{{0,4}}){{0,5}}")
ENDING = either(
    "입니다 이에요 예요 에요 이예요 이요 요 이고요 이구요 이고 고요 구요 인데요 이라고 라고 님이요 님 이며 이야 임 이랑 이였 였 으로 로 드림 본인"
)
ANSWER = re.compile(
    rf"(?P<name>[가-힣]{{2,4}}?)(?:\s?{ENDING}(?:\s?{either('합니다 해요 입니다 습니다 하는데요')}|\s{DONE}[가-힣]{{0,8}})?{END}"
    rf"|(?=\s{{0,3}}(?:$|[^\s가-힣A-Za-z])))"
)
ANSWER_ENDS = re.compile(rf"{OPEN}(?<=[\s,.]){TOKEN}(?=\s?{ENDING}{END}|\s{{0,3}}$)")
LATIN_ANSWER = re.compile(
    rf"(?P<name>{FULL})(?=\s{{0,3}}(?:$|[.,;!?\n(/]|\d|{either('입니다 이에요 예요 이요 요 이고 고요 이라고 라고')}))"
)

AFTER_CONSONANT, AFTER_VOWEL = words("은 을 과 으"), words("는 를 와")
PARTICLES = words("으 이 가 은 는 을 를 도 의 에 로 해 하 하고 만 와 과 한 된 될 할 으로 에서 이요 건 들 분 님")
NO_ENDS = ("으", "게", "고", "를", "는", "에", "면", "로", "요", "까", "다", "죠", "팀", "부서", "님")
NO_STARTS = ("라서", "라고", "라는", "라도", "라면", "없어", "없음", "모르", "그건", "그냥", "잠시", "어떻", "무엇", "누구", "왜요")
BESIDE_ENDS = ("해", "은", "을", "만", "데", "와", "의", "도", "번", "건", "시", "원")
"""Ends of common words; beside a number, where words of all kinds stand, of more."""


def asks_korean(text: str) -> bool:
    """Whether a text asks for a person's name."""
    return bool(ASKS.search(text)) and not NOT_OF_PERSONS.search(text)


def introduced_korean(text: str) -> Iterator[Span]:
    """Names that a text introduces, addresses or sets beside a number."""
    if not HANGUL.search(text):
        return
    for match in LABEL.finditer(text) if says_who(text) else ():
        said = match["link"] or len(match["name"]) >= 3 or match["name"] in given_names()["korean"] or re.match(IS, text[match.end() :][:4])
        if said and not NOT_OF_PERSONS.search(text[max(0, match.start() - 8) : match.start("name")]):
            yield from _if_name(match)
            if match["name"] in KOREAN_GIVEN_WORDS & given_names()["korean"] and re.match(r"\s?(?:$|[,.)/\n])", text[match.end() :][:2]):
                yield Span(*match.span("name"), "NAME")
    for pattern in CUED:
        for match in pattern.finditer(text):
            if _goes_with(pattern, match):
                yield from _if_name(match)
    for pattern in (LATIN_LABEL, LATIN_INTRODUCED, LATIN_GIVEN) if LATIN.search(text) else ():
        for match in pattern.finditer(text):
            yield from name_words(match)


@lru_cache(maxsize=16)
def says_who(text: str) -> bool:
    """Whether a text has a word that labels a name."""
    return WHO_WORDS.search(text) is not None


def _goes_with(pattern: re.Pattern[str], match: re.Match[str]) -> bool:
    """Whether a match of a pattern that other words match, too, looks like a name."""
    if pattern is CORRECTED:
        given = match["name"][1:] in given_names()["korean"]
        return given or (NAMES_MEANT.search(match.string) is not None and could_be_given(match["name"][-2:]))
    if pattern is IN_NAME_OF or (pattern is SAID and not match["self"]):
        return could_be_given(match["name"][-2:])
    return (pattern is not BESIDE_NUMBER and pattern is not BEFORE_NUMBER) or not match["name"].endswith(BESIDE_ENDS)


def answered_korean(text: str) -> Iterator[Span]:
    """The name in an answer to a question for it."""
    for match in ANSWER_ENDS.finditer(text):
        if could_be_given(match["name"][-2:]) and not re.match(KIN, match["name"]):
            yield from _if_name(match)
    lead = LEAD.match(text)
    start = lead.end() if lead else 0
    if answer := ANSWER.match(text, start):
        yield from (span for span in _if_name(answer) if not re.fullmatch(KIN, answer["name"]))
    elif HANGUL.search(text) and (latin := LATIN_ANSWER.match(text, start)):
        yield from name_words(latin)


def is_korean_name(name: str) -> bool:
    """Whether Hangul in a name's place is a name rather than a common word, one with a particle, or a surname with a title."""
    if name in KOREAN_WORDS or name in KOREAN_THINGS:
        return False
    if len(name) > 2 and name[:2] in KOREAN_WORDS:  # "추가는"; a particle goes with the last sound, so "추가은" is none
        by_sound = AFTER_CONSONANT if ends_in_consonant(name[1]) else AFTER_VOWEL
        if name[2:] in by_sound or (name[2:] in PARTICLES and name[2:] not in AFTER_CONSONANT | AFTER_VOWEL):
            return False
    if len(name) == 3 and name.endswith(("어서", "아서", "워서", "려서")):  # "길어서"
        return False
    return name[1:] not in TITLES and not name.endswith(NO_ENDS) and not name.startswith(NO_STARTS)


def could_be_given(given: str) -> bool:
    """Whether both syllables occur in their places in known given names."""
    first, last = korean_syllables()
    return given[0] in first and given[1] in last


def ends_in_consonant(word: str) -> bool:
    """Whether the last syllable of a Hangul word has a final consonant."""
    return (ord(word[-1]) - 0xAC00) % 28 != 0


def _if_name(match: re.Match[str]) -> Iterator[Span]:
    group = match.lastgroup if match.lastgroup == "short" else "name"
    if is_korean_name(match[group]):
        yield Span(*match.span(group), "NAME")
