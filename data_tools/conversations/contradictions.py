"""Agent answers in logs that contradict the current FAQ: another price, number of days, time, percentage or address for one thing.

Precision comes first, since a reviewer reads each one: what belongs to one customer's order, what the customer has said and
what speaks of another thing is left alone.
"""

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from frontdesk.facts.values import Value, values

LIKE = 0.2  # likeness from which an answer is about an entry
NEAR = 0.6  # share of the best entry's likeness down to which others are compared
COMMON = 0.2  # share of the entries from which a feature is not looked up: it tells little and costs most
MOST = 0.5  # share of an answer's words from which another one gives it away
AHEAD = 1.1  # how far an entry is before the next that says something else


class Known(NamedTuple):
    """An FAQ entry. Questions of one subject begin with it: `Hotel Alma: When is breakfast?`."""

    id: str
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    source: str


class Conflict(NamedTuple):
    """What an agent said and what the FAQ says, in their own spelling, for a reviewer."""

    entry: str
    entry_source: str
    said: str
    known: str
    kind: str


_Key = tuple[str, str, str]  # of a value: kind, value, unit
_Family = tuple[str, str]  # values that can be compared: the kind, and the unit, host or thing counted


class _Said(NamedTuple):
    family: _Family
    value: Value
    text: str
    words: frozenset[str]  # of the clause it stands in
    bound: str  # whether it is a least or a most, where that is said
    sentence: str


class _Entry(NamedTuple):
    known: Known
    subject: str
    said: tuple[_Said, ...]
    families: frozenset[_Family]  # those of which each answer has a value
    answers: tuple[frozenset[_Key], ...]  # the values of each answer
    asked: frozenset[str]
    words: frozenset[str]
    text: str


class Facts:
    """The values in FAQ entries, against which answers are held. Can be pickled."""

    def __init__(self, entries: Iterable[Known]) -> None:
        self._entries = [_entry(known) for known in entries]
        self._questions = _Index([" ".join(entry.known.questions) for entry in self._entries])
        self._answers = _Index([" ".join(entry.known.answers) for entry in self._entries])
        subjects = sorted({entry.subject for entry in self._entries} - {""})
        self._wider = {name: [other for other in subjects if name in other and name != other] for name in subjects}
        self._stating: dict[_Family, list[_Said]] = {}
        for entry in self._entries:
            for said in entry.said:
                self._stating.setdefault(said.family, []).append(said)
        self._tells = {entry.known.id: [self._weights(answer) for answer in entry.known.answers] for entry in self._entries}

    def conflict(self, question: str, answer: str) -> Conflict | None:
        """The first value of the answer that contradicts the entry it is about; None where there is none, or where that is not sure."""
        return self._conflict(question, answer, self._near(question, answer)) if self._stating and _MAYBE.search(answer) else None

    def compare(self, question: str, answer: str) -> tuple[Conflict | None, tuple[str, ...]]:
        """`conflict`, and the ids of the entries that the answer gives away: those that it is like, and all of whose values it states
        or, of an entry without values, most of the words.
        """
        if not self._entries or not (near := self._near(question, answer)):
            return None, ()
        found = self._conflict(question, answer, near) if _MAYBE.search(answer) else None
        words = frozenset(_stems(answer))
        return found, tuple(entry.known.id for _, entry in near if self._told(answer, words, entry))

    def _conflict(self, question: str, answer: str, near: list[tuple[float, _Entry]]) -> Conflict | None:
        if not any(entry.families for _, entry in near):  # found sooner than values
            return None
        stated = [said for said in _said(answer) if said.family in self._stating]
        asked = frozenset(_stems(question))
        for said in stated:
            entry = self._contradicted(said, stated, asked, near)
            if entry and not _particular(said, entry) and not _customers_own(said, entry, question, answer):
                known = ", ".join(dict.fromkeys(one.text for one in entry.said if one.family == said.family))
                return Conflict(entry.known.id, entry.known.source, said.text, known, said.value.kind)
        return None

    def _told(self, answer: str, words: frozenset[str], entry: _Entry) -> bool:
        if entry.families:
            said = {one.value.key for one in _said(answer)}
            return any(keys <= said for keys in entry.answers)
        return any(
            sum(weight for stem, weight in theirs.items() if stem in words) >= MOST * whole for theirs, whole in self._tells[entry.known.id]
        )

    def _weights(self, answer: str) -> tuple[dict[str, float], float]:
        """The words of an entry's answer with what each tells, and the sum of that."""
        theirs = {stem: self._weight(stem) for stem in _stems(answer)}
        return theirs, sum(theirs.values()) or 1.0

    def _near(self, question: str, answer: str) -> list[tuple[float, _Entry]]:
        """The entries that question and answer may be about, with their likeness, best first.

        What an agent says in answer to a follow-up tells more than the question: it counts twice.
        """
        likeness = (2 * self._answers.cosines(answer) + self._questions.cosines(question)) / 2
        best = float(likeness.max())
        if best < LIKE:
            return []
        near = (likeness >= max(LIKE, NEAR * best)).nonzero()[0].tolist()
        ranked = sorted(((float(likeness[i]), i) for i in near), key=lambda pair: (-pair[0], pair[1]))
        text = _flat(f"{question} {answer}")
        entries = [(score, self._entries[i]) for score, i in ranked]
        return [(score, entry) for score, entry in entries if not entry.subject or self._names(text, entry.subject)]

    def _names(self, text: str, subject: str) -> bool:
        """Whether the text names the subject, and not only another one whose name holds it."""
        for other in self._wider[subject]:
            text = text.replace(other, " ")
        return subject in text

    def _contradicted(self, said: _Said, stated: list[_Said], asked: frozenset[str], near: list[tuple[float, _Entry]]) -> _Entry | None:
        if self._confirmed(said, stated, asked, near):
            return None
        rivals = [(score, entry) for score, entry in near if said.family in entry.families and self._one_thing(said, asked, entry)]
        if not rivals:
            return None
        best, first = rivals[0]
        others = [score for score, entry in rivals[1:] if _keys(entry, said.family) != _keys(first, said.family)]
        return first if best >= AHEAD * max(others, default=0.0) else None

    def _confirmed(self, said: _Said, stated: list[_Said], asked: frozenset[str], near: list[tuple[float, _Entry]]) -> bool:
        """Whether an entry that is near has one of the answer's values of this family, or any entry has this value for this thing."""
        mine = [one.value for one in stated if one.family == said.family]
        theirs = [one.value for _, entry in near for one in entry.said if _comparable(one, said)]
        return any(_agree(one.key, other.key) for one in mine for other in theirs) or any(
            _agree(said.value.key, other.value.key) and said.words & other.words and other.words & _APART <= said.words | asked
            for other in self._stating[said.family]
        )

    def _one_thing(self, said: _Said, asked: frozenset[str], entry: _Entry) -> bool:
        """Whether the clause of the value and a clause of the entry with such a value speak of the same thing."""
        return any(
            self._alike(said.words, asked, other.words, entry)
            for other in entry.said
            if other.family == said.family and {said.bound, other.bound} != {"least", "most"}
        )

    def _alike(self, mine: frozenset[str], asked: frozenset[str], theirs: frozenset[str], entry: _Entry) -> bool:
        apart = mine & _APART or asked & _APART
        if apart - entry.words or any(about and apart and not about & apart for about in (theirs & _APART, entry.asked & _APART)):
            return False
        if len(mine) < 2:  # 14 days. It is 14 days.
            mine, theirs = mine | asked, theirs | entry.asked
        whole = sum(self._weight(word) for word in mine)
        common = sum(self._weight(word) for word in mine & theirs)
        plain = not theirs & _APART or theirs & apart
        return common >= (max(0.35 * whole, 1.0) if plain else max(0.5 * whole, 6.0))

    def _weight(self, stem: str) -> float:
        """How much a word tells. One that the FAQ does not have may be a name or another thing: half of what the rarest one tells."""
        return max(self._answers.weight(stem), self._questions.weight(stem)) or math.log(1 + len(self._entries)) / 2


def _entry(known: Known) -> _Entry:
    said = [_said(answer) for answer in known.answers]
    families = [{one.family for one in of_answer} for of_answer in said]
    asked = frozenset(_stems(" ".join(known.questions)))
    return _Entry(
        known,
        _subject(known.questions),
        tuple(one for of_answer in said for one in of_answer),
        frozenset(set.intersection(*families)) if families else frozenset(),
        tuple(frozenset(one.value.key for one in of_answer) for of_answer in said),
        asked,
        asked.union(_stems(" ".join(known.answers))),
        " ".join(known.answers).casefold(),
    )


def _subject(questions: tuple[str, ...]) -> str:
    """What stands before a colon in one of the questions and somewhere in each of them: `Quick one: …` is no subject."""
    lines = [_flat(question) for question in questions]
    begins = [line.partition(": ")[0] for line in lines if ": " in line]
    return next((name for name in begins if all(name in line for line in lines)), "")


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())


# Values and what they are about ---------------------------------------------------------------------------------------

_MAYBE = re.compile(
    r"\d|@|\w\.\w|\b(?i:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety|hundred|once|twice|noon|midday|midnight|an? (?:second|minute|hour|day|week|month|year|hundred|thousand)\w*)\b"
    r"|[한두세석네넉섯곱덟홉열물무른흔쉰순든백천만십] ?[가-힣]|[일이삼사오육칠팔구] ?(?:일|주|개|년|분|박|퍼)"
    r"|하루|이틀|흘|닷새|엿새|보름|이레|여드레|정오|자정|하나|둘|셋|넷"
)
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n")
_CLAUSES = re.compile(r"[,;]\s|\s[-–—]\s")
_CONDITION = re.compile(r"\W*(?:for|if|when|as|with|in)\b[^,;]*, $", re.IGNORECASE)  # For members, shipping costs …


@lru_cache(8192)  # agents repeat themselves
def _said(answer: str) -> tuple[_Said, ...]:
    """The values of an answer that can be compared. Dates and what is free depend on too much."""
    return tuple(_stated(answer))


def _stated(answer: str) -> Iterator[_Said]:
    found = values(answer)
    if not found:
        return
    bare = list(answer)
    for value in found:
        bare[value.start : value.end] = " " * (value.end - value.start)
    plain = "".join(bare)
    for value in found:
        family = _family(value, answer)
        if family:
            start, end = _around(_SENTENCES, answer, 0, len(answer), value)
            first, last = _around(_CLAUSES, answer, start, end, value)
            words = frozenset(_stems(plain[first:last]))
            if len(words) < 2 or _CONDITION.match(answer, start, first):
                words = frozenset(_stems(plain[start:end]))
            yield _Said(family, value, answer[value.start : value.end], words - {family[1]}, _bound(answer, value), answer[start:end])


_LEAST = re.compile(
    r"(?:minimum|at least|from|over|above|more than|starts? at|최소|최저)\W+(?:\w+\W+){0,2}$"
    r"|^ ?(?:이상|부터|or more|minimum|at least|를? ?넘)"
)
_MOST = re.compile(
    r"(?:maximum|at most|up to|no more than|under|below|최대|최장)\W+(?:\w+\W+){0,2}$|^ ?(?:이하|미만|maximum|at most|or less)"
)


def _bound(answer: str, value: Value) -> str:
    before, after = answer[: value.start].lower(), answer[value.end :].lower()
    least, most = (border.search(before[-40:]) or border.match(after) for border in (_LEAST, _MOST))
    return "least" if least and not most else "most" if most and not least else ""


def _around(border: re.Pattern[str], text: str, start: int, end: int, value: Value) -> tuple[int, int]:
    for match in border.finditer(text, start, end):
        if match.end() <= value.start:
            start = match.end()
        elif match.start() >= value.end:
            return start, match.start()
    return start, end


def _family(value: Value, text: str) -> _Family | None:
    if value.kind == "date" or (value.kind == "price" and not value.unit):
        return None
    if value.kind == "url":
        return "url", value.value.partition("/")[0].removeprefix("www.")
    if value.kind != "number" or value.unit:
        return value.kind, value.unit
    thing = re.match(r"[- ]?([A-Za-z]{2,})|([가-힣])", text[value.end :])
    return ("number", _stem(thing[1].lower()) if thing[1] else thing[2]) if thing else None


_LENGTHS = {
    "minute": ("hour", 60),
    "hour": ("hour", 1),
    "day": ("hour", 24),
    "week": ("hour", 168),
    "month": ("month", 1),
    "year": ("month", 12),
}


def _span(value: str, unit: str) -> tuple[str, Decimal, Decimal]:
    """A number or range on a scale that hours and days, months and years share."""
    scale, factor = _LENGTHS.get(unit, (unit, 1))
    low, _, high = value.partition("-")
    times = Decimal(1) / factor if unit == "minute" else Decimal(factor)
    return scale, Decimal(low) * times, Decimal(high or low) * times


@lru_cache(65536)
def _agree(one: _Key, two: _Key) -> bool:
    """Whether two values of one kind do not contradict: equal, one range within the other, a page below a page, 9 and 21 o'clock."""
    if one == two:
        return True
    (kind, mine, unit), (_, theirs, other_unit) = one, two
    if kind == "duration":
        (scale, low, high), (other, lowest, highest) = _span(mine, unit), _span(theirs, other_unit)
        return scale == other and ((low >= lowest and high <= highest) or (low <= lowest and high >= highest))
    if kind == "time":
        return (int(mine[:2]) - int(theirs[:2])) % 12 == 0 and mine[2:] == theirs[2:]
    if kind == "phone":
        return mine[-8:] == theirs[-8:]
    page, above = (f"{value.lower().removeprefix('www.')}/" for value in (mine, theirs))
    return kind == "url" and page.startswith(above)


def _comparable(one: _Said, two: _Said) -> bool:
    return one.family == two.family or one.value.kind == two.value.kind == "duration"


def _keys(entry: _Entry, family: _Family) -> set[_Key]:
    return {said.value.key for said in entry.said if said.family == family}


_PARTICULAR = re.compile(
    r"\byour (?:order|booking|parcel|package|reservation|refund|appointment|ticket|total|bill|balance|stay|room|account)\b"
    r"|\b(?:total|altogether|comes? to|booked|scheduled|confirmed|left|ago|former|delay\w*|goodwill|exception\w*|due to|because of)\b"
    r"|\bi(?:'ve|'ll| have| will| just)\b|\bwe(?:'ve|'ll| have| will) (?:just |already )?\w+(?:ed|nt|ok)\b|\bwe \w+ed\b"
    r"|\b(?:today|tomorrow|yesterday|tonight|currently|right now|at the moment|instead of|used to|other (?:shop|store|compan)\w*)\b"
    r"|\b(?:this (?:week|time|once|order|month)|(?:last|next) (?:week|month|year|time))\b"
    r"|주문하신|결제하신|예약하신|구매하신|고객님(?:의|께서)? ?(?:주문|결제|예약)|총 |합계|합쳐|오늘|내일|어제|모레|지금|현재|이번"
    r"|지연|예정|예외|특별히|남[은았으]|조회|예전|작년|지난|다른 (?:곳|매장|업체)|\[[A-Z_]+\d*\]|#\d|\b[A-Z]{1,4}-?\d{3,}",
    re.IGNORECASE,
)


def _particular(said: _Said, entry: _Entry) -> bool:
    """Whether the sentence speaks of one customer's order or of one day, in words that the entry itself does not use."""
    return any(match[0].casefold() not in entry.text for match in _PARTICULAR.finditer(said.sentence))


def _customers_own(said: _Said, entry: _Entry, question: str, answer: str) -> bool:
    """Whether the customer said the value, or it is reckoned from theirs: three nights at the price of one."""
    theirs = values(question)
    if said.value.value in {value.value for value in theirs}:
        return True
    if said.value.kind != "price":
        return False
    amount = Decimal(said.value.value)
    counts = {Decimal(value.value) for value in (*theirs, *values(answer)) if re.fullmatch(r"[\d.]+", value.value)} - {amount}
    bases = {Decimal(one.value.value) for one in entry.said if one.family == said.family}
    return any(amount in {base * count, base + count, abs(base - count)} for base in bases for count in counts)


# Words and likeness ---------------------------------------------------------------------------------------------------


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAYS_NOTHING = _words("""
    a about after all also am an and any are as at be been before but by can could did do does for from get give go goes had has have he her
    hi him his how i if in into is it it's its just let like make may me more most much my need no not now of on once one only or our out
    over per please put shall she should so some take than thank that's the their them then there there's these they this those to too up us
    use usual very via want was we well were what when where which who why will with within would yes you your hello sorry sure course dear
    long many day hour week month year minute work business time won dollar approximate around upon until
""")
_KO_SAYS_NOTHING = _words("""
    고객 안녕 감사 죄송 부탁 있습 없습 됩니 되나 되는 입니 가능 하실 하시 해주 해요 드립 드려 드리 주세 주시 주실 수가 얼마 어떻 무엇
    언제 며칠 그리 저희 이상 이내 이하 안에 까지 부터 정도 보통 경우 대부 관련 통해 대해 문의 답변 확인 안내 말씀 바랍 받으 받아 하면
    하고 합니 입니다 영업 이후 동안 걸려 걸립 소요
""")
# What tells one thing from another: a value beside one of these is not held against an entry about other ones.
_KO_APART = _words("""
    배송 반품 교환 환불 취소 수리 보증 대여 적립 쿠폰 할인 포장 각인 예약 상담 매장 주차 입금 할부 결제 수령 픽업 출고 발송 도착 해외
    국내 제주 도서 당일 새벽 특급 일반 학생 단체 평일 주말 토요 일요 공휴 점심 어린이 성인 왕복 편도 회원 비회원 신규 최소 최대 보증금
    사진 체크인 체크아웃 조식 추가 연장 유효 영수증 세금계산 재입고 후기 충전 설치 기사 택배사 본인 불량 파손 멤버십
""")
_EN_APART = _words("""
    standard express overnight international domestic economy premium basic annual monthly weekly student child kid adult senior group
    family company member vip weekday weekend monday tuesday wednesday thursday friday saturday sunday holiday gift card online store
    showroom chat exchange return refund cancel delivery dispatch repair warranty deposit minimum maximum checkin checkout breakfast lunch
    dinner parking wifi pet pool invoice instalment voucher points label wrapping engraving rental balance expiry surcharge customs duty
    newsletter birthday review damage address password bulky lost track courier driver guest wholesale
""")
_SYNONYMS = {
    "ship": "deliver", "postag": "deliver", "arriv": "deliver", "money": "refund", "swap": "exchang", "mail": "email",
    "installment": "instalment", "rent": "rental", "telephon": "phon", "hotlin": "phon", "택배": "배송", "환급": "환불",
}  # fmt: skip


def _stem(word: str) -> str:
    """An English word without its ending, so that returns, returned and returning are one."""
    word = re.sub(r"'s?$|'(?:re|ve|ll|d|m)$|[- ]", "", word)
    stem = re.sub(r"(?<=\w{3})(?:ations?|ings?|ied|ies|ed|es|s|ity|ly|y)$", "", word) if len(word) > 4 else word.removesuffix("s")
    stem = re.sub(r"([^aeious])\1$", r"\1", stem.removesuffix("e") if len(stem) > 4 else stem)
    return _SYNONYMS.get(stem, stem)


_STOP = frozenset(map(_stem, _SAYS_NOTHING)) | _KO_SAYS_NOTHING
_APART = frozenset(map(_stem, _EN_APART)) | _KO_APART
_KO_NAMED = re.compile("|".join(sorted(_KO_APART, key=lambda word: (-len(word), word))))
_TOKENS = re.compile(r"check[- ]?(?:in|out)(?![a-z])|[a-z]+(?:'[a-z]+)?|[가-힣]+")


@lru_cache(65536)
def _stems_of(word: str) -> tuple[str, ...]:
    """An English word's stem, or the first two syllables of a Korean word and the things named in it: 왕복배송비는 is 왕복 and 배송."""
    stems = [_stem(word)] if word[0] <= "z" else [_SYNONYMS.get(word[:2], word[:2]), *_KO_NAMED.findall(word)]
    return tuple(stem for stem in dict.fromkeys(stems) if len(stem) > 1 and stem not in _STOP)


def _stems(text: str) -> list[str]:
    return list(chain.from_iterable(map(_stems_of, _TOKENS.findall(text.lower()))))


def _packed(code: str, numbers: Iterable[float]) -> bytes:
    return array(code, numbers).tobytes()


class _Index:
    """An inverted index of texts by word stems and 3-grams of letters, weighted by tf-idf."""

    def __init__(self, texts: list[str]) -> None:
        self._number = len(texts)
        features = [_features(text) for text in texts]
        seen = Counter(feature for of_text in features for feature in of_text)
        self._weights = {feature: math.log((1 + self._number) / number) for feature, number in seen.items()}
        rows: dict[str, list[tuple[int, float]]] = {feature: [] for feature in seen}
        for i, of_text in enumerate(features):
            length = math.sqrt(sum(self._weights[feature] ** 2 for feature in of_text)) or 1.0
            for feature in of_text:
                rows[feature].append((i, self._weights[feature] ** 2 / length))
        self._rows: dict[str, tuple[bytes, bytes, float]] = {  # bytes: short arrays take longer to join
            feature: (_packed("q", (i for i, _ in pairs)), _packed("d", (weight for _, weight in pairs)), self._weights[feature] ** 2)
            for feature, pairs in rows.items()
            if len(pairs) <= max(COMMON * self._number, 20)
        }

    def weight(self, stem: str) -> float:
        """The inverse document frequency of a word, 0 for one that no text has."""
        return self._weights.get(f"{stem}  ", 0.0)

    def cosines(self, text: str) -> Any:
        """The likeness of a text to each of the index, an array of floats."""
        import numpy as np

        rows = [row for row in map(self._rows.get, _features(text)) if row]
        if not rows:
            return np.zeros(self._number)
        places, weights, squares = zip(*rows, strict=True)
        sums = np.bincount(np.frombuffer(b"".join(places), np.int64), np.frombuffer(b"".join(weights)), self._number)
        return sums / (math.sqrt(sum(squares)) or 1.0)


@lru_cache(65536)
def _features_of(word: str) -> tuple[str, ...]:
    """Stems, marked by two blanks, and the 3-grams of letters."""
    line = f" {word} "
    return (*(f"{stem}  " for stem in _stems_of(word)), *(line[i : i + 3] for i in range(len(line) - 2)))


def _features(text: str) -> dict[str, None]:
    """The features of the words of a text, each once and in order."""
    return dict.fromkeys(chain.from_iterable(map(_features_of, _TOKENS.findall(text.lower()))))
