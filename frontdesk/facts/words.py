"""Words as they are compared: their stems, what says nothing, what tells one thing from another, and what a
word weighs.

One stemmer, one list of stop words and one weighting for all that compares texts by their words.
"""

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import snowballstemmer

from frontdesk.facts.fold import lower

COMMON = 0.2  # share of the texts from which a feature is not looked up: it tells little and costs most
FEW = 20  # texts in which a feature may always stand, however few there are


@lru_cache(65536)
def stem(word: str) -> str:
    """An English word, in lower case, without its ending: Snowball's "Porter2" (Porter 2001)."""
    return str(snowballstemmer.stemmer("english").stemWord(re.sub(r"'(?:s|re|ve|ll|d|m)?$", "", word)))  # a stemmer is for one thread


def _stemmed(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


STOP = _stemmed("""
    a about after all also am an and any are as at available be been before both but by can could did do does during each either every
    following for from get give go goes had has have he her here hi him his how i if in include into is it it's its just let like located
    make may me more most much my need no not now of offer on once one only option or other our out over per please provide put range
    service shall she should so some such take than thank that that's the their them then there there's these they this those till to too
    up us use used usual very via want was we well were what when where which who why will with within would yes you your hello sorry sure
    course dear long many day hour week month year minute work business time won dollar approximate around upon until between
    고객 고객님 안녕 감사 죄송 부탁 있습 없습 됩니 되나 되는 입니 가능 하실 하시 해주 해요 드립 드려 드리 주세 주시 주실 수가 얼마 어떻 무엇
    언제 며칠 그리 저희 이상 이내 이하 안에 까지 부터 정도 보통 경우 대부 관련 통해 대해 문의 답변 확인 안내 말씀 바랍 받으 받아 하면 있나
    있어 있는 있을 원입 하고 합니 입니다 영업 이후 동안 걸려 걸립 소요 안 약 에서 이용 제공 운영 이미 다음 아직 바로 모두 함께 잘못 그냥
    직접
""")
"""Says nothing of what a text is about. Korean words are compared by their first two syllables."""
_KOREAN_THINGS = _stemmed("""
    배송 반품 교환 환불 취소 수리 보증 대여 적립 쿠폰 할인 포장 각인 예약 상담 매장 주차 입금 할부 결제 수령 픽업 출고 발송 도착 해외
    국내 제주 도서 당일 새벽 특급 일반 학생 단체 평일 주말 토요 일요 공휴 점심 어린이 성인 왕복 편도 회원 비회원 신규 최소 최대 보증금
    사진 체크인 체크아웃 조식 추가 연장 유효 영수증 세금계산 재입고 후기 충전 설치 기사 택배사 본인 불량 파손 멤버십
""")
DISTINCT = _KOREAN_THINGS | _stemmed("""
    standard express overnight international domestic economy premium basic annual monthly weekly student child kid adult senior group
    family company member vip weekday weekend monday tuesday wednesday thursday friday saturday sunday holiday gift card online store
    showroom chat exchange return refund cancel delivery dispatch repair warranty deposit minimum maximum checkin checkout breakfast lunch
    dinner parking wifi pet pool invoice instalment voucher points label wrapping engraving rental balance expiry surcharge customs duty
    newsletter birthday review damage address password bulky lost track courier driver guest wholesale
""")
"""Tells things apart: a value beside one of these is not held against an entry about another."""
_SYNONYMS = {
    **{stem(one): stem(other) for one, other in {
        "ship": "delivery", "deliver": "delivery", "postage": "delivery", "arrive": "delivery", "money": "refund", "swap": "exchange",
        "mail": "email", "installment": "instalment", "rent": "rental", "telephone": "phone", "hotline": "phone",
    }.items()},
    "택배": "배송", "환급": "환불",
}  # fmt: skip
_KOREAN_NAMED = re.compile("|".join(sorted(_KOREAN_THINGS, key=lambda word: (-len(word), word))))
_WORD = re.compile(r"check[- ]?(?:in|out)(?![a-z])|[a-z]+(?:'[a-z]+)?|[가-힣]+")


@lru_cache(65536)
def _topics_of(word: str) -> tuple[str, ...]:
    """An English word's stem, or a Korean word's first two syllables and things in it: 왕복배송비는: 왕복, 배송."""
    stems = [stem(re.sub("[- ]", "", word))] if word[0] <= "z" else [word[:2], *_KOREAN_NAMED.findall(word)]
    stems = [_SYNONYMS.get(one, one) for one in stems]
    return tuple(one for one in dict.fromkeys(stems) if len(one) > 1 and one not in STOP)


def topics(text: str) -> list[str]:
    """What a text is about, in the order of its words: stems that say something, synonyms as one."""
    return list(chain.from_iterable(map(_topics_of, _WORD.findall(lower(text)))))


@lru_cache(65536)
def _features_of(word: str) -> tuple[str, ...]:
    """Topics, marked by two blanks, and the 3-grams of letters, which bear slips of typing."""
    line = f" {word} "
    return (*(f"{one}  " for one in _topics_of(word)), *(line[i : i + 3] for i in range(len(line) - 2)))


def features(text: str) -> dict[str, None]:
    """What texts are compared by: topics, and pieces of all words; each once and in order."""
    return dict.fromkeys(chain.from_iterable(map(_features_of, _WORD.findall(lower(text)))))


class Weights:
    """What words weigh among texts, by tf-idf (Salton and Buckley 1988), and a text's similarity to each."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._number = len(texts)
        of_texts = [features(text) for text in texts]
        seen = Counter(chain.from_iterable(of_texts))
        self._idf = {feature: math.log((1 + self._number) / number) for feature, number in seen.items()}
        rows: dict[str, list[tuple[int, float]]] = {name: [] for name, n in seen.items() if n <= max(COMMON * self._number, FEW)}
        for i, of_text in enumerate(of_texts):
            length = math.hypot(*(self._idf[name] for name in of_text)) or 1.0
            for name in of_text.keys() & rows.keys():
                rows[name].append((i, self._idf[name] ** 2 / length))
        self._rows = {name: (_packed("q", (i for i, _ in row)), _packed("d", (one for _, one in row))) for name, row in rows.items()}

    def of(self, topic: str) -> float:
        """The inverse document frequency of a topic, in nats; 0 for one that no text has."""
        return self._idf.get(f"{topic}  ", 0.0)

    def similarities(self, text: str) -> Any:
        """The cosine similarity of a text to each of the texts: an array of floats from 0 to 1."""
        import numpy as np

        names = [name for name in features(text) if name in self._rows]
        if not names:
            return np.zeros(self._number)
        places, weights = zip(*(self._rows[name] for name in names), strict=True)
        sums = np.bincount(np.frombuffer(b"".join(places), np.int64), np.frombuffer(b"".join(weights)), self._number)
        return sums / (math.hypot(*(self._idf[name] for name in names)) or 1.0)


def _packed(code: str, numbers: Iterable[float]) -> bytes:
    """As bytes, which are joined sooner than short arrays."""
    return array(code, numbers).tobytes()
