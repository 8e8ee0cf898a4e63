"""Whether an answer states the facts of an FAQ entry: typed values, plain strings, yes or no. No model involved.

A fact that holds values (`frontdesk/values.py`) is stated by the same values in any spelling, with the fact's other words anywhere in the
answer: `5 to 8 working days` by `5–8 business days`, `3만원` by `₩30,000`. `yes`, `no`, `네` and `아니요` are compared with what the answer
says as a whole. Any other fact has to stand there word for word, but for case, dashes, plurals and, in Korean, spaces.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from frontdesk.values import Value, polarity, values

Key = tuple[str, str, str]
"""Kind, value and unit of a value after `meaning`."""


class Reading(NamedTuple):
    """A text as the scorer sees it."""

    text: str  # words that stand twice in a row once
    lower: str  # the same in lower case
    normal: str
    words: str  # stems between single spaces, the first and last too
    squeezed: str  # without spaces: Korean spacing is free
    values: tuple[Value, ...]


class Fact(NamedTuple):
    """One alternative of a fact."""

    normal: str
    values: tuple[tuple[Key, str, str], ...]  # the value; the hour that `1시` may be too; what stands right behind it, the kg of 15kg
    words: tuple[str, ...]  # stems beside the values, or of the whole fact where it has no value
    answer: Literal["yes", "no"] | None


def normalize(text: str) -> str:
    """Lower case, one spelling of negations and weekdays, no thousands separators, single spaces, plain dashes and quotes."""
    text = re.sub(r"[‐-―−]", "-", text.lower().replace("’", "'"))
    if "'" in text:
        text = re.sub("n't(?![a-z])", " not", re.sub("can't(?![a-z])", "cannot", re.sub("won't(?![a-z])", "will not", text)))
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = _WEEKDAY.sub(lambda match: _WEEKDAYS[match[1][:3]], text)
    text = _HYPHEN.sub(r"\1", text).replace("can not ", "cannot ")
    return " ".join(text.split())


_WEEKDAY = re.compile(r"\b(mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)(?![a-z])\.?")
_WEEKDAYS = {day[:3]: day for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]}
_HYPHEN = re.compile(r"\b(e|wi)-(?=mail|fi\b)")
_WEEK = re.compile(r"\bmonday ?(?:-|to|through|until|till) ?friday|\b(?:week|working[ -]|business[ -]|work)days?\b")
_KOREAN_WEEK = re.compile(r"월(?:요일)?(?:부터| ?[-~]|에서) ?금(?:요일)?")


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    if len(word) < 4 or word.endswith(("ss", "us", "is")) or not word.endswith("s"):
        return word
    return word[:-3] + "y" if word.endswith("ies") else word[:-2] if re.search("(?:[sx]|ch|sh)es$", word) else word[:-1]


def stems(text: str) -> list[str]:
    """The words of a normalized text without the endings of plurals."""
    return [_stem(word) for word in re.findall(r"[a-z0-9]+(?:'[a-z]+)?|[가-힣]+", text)]


_STUTTER = re.compile(r"\b([^\W\d_]{2,})(?: \1\b)+")


@lru_cache(maxsize=4096)
def read(text: str) -> Reading:
    """A text's words and values; remembered, so that several scores of an answer read it once."""
    text = _STUTTER.sub(r"\1", text).replace("İ", "I")  # the one letter that is two in lower case
    normal = _KOREAN_WEEK.sub(r"\g<0> 평일", _WEEK.sub(r"\g<0> business days", normalize(text)))
    return Reading(text, text.lower(), normal, f" {' '.join(stems(normal))} ", normal.replace(" ", ""), tuple(values(text)))


# Values ---------------------------------------------------------------------------------------------------------------

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_MONTHS = {"month": 1, "year": 12}


def meaning(value: Value) -> Key:
    """A value's key, where 24 hours are a day, 12 months a year, and a phone number is written as at home."""
    kind, number, unit = value.key
    if kind == "duration":
        for units, base in ((_SECONDS, "second"), (_MONTHS, "month")):
            if unit in units:
                return kind, "-".join(_plain(Decimal(part) * units[unit]) for part in number.split("-")), base
    if kind == "phone" and number.startswith("82") and len(number) > 9:
        return kind, "0" + number[2:].removeprefix("0"), unit
    return kind, number.removeprefix("www.") if kind == "url" else number, unit


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def ends(key: Key) -> list[Key]:
    """The two ends of a range of durations; of anything else, nothing."""
    kind, value, unit = key
    parts = value.split("-")
    return [(kind, part, unit) for part in parts] if kind == "duration" and len(parts) == 2 else []


_MARKED = re.compile("[ap]\\.?m|오전|오후|새벽|아침|저녁|밤|낮|점심|noon|midnight|정오|자정|^0\\d")


def open_half(value: Value, text: str) -> str | None:
    """The same time twelve hours on where the text leaves the half of the day open, as `6시` or `2:30` do."""
    if value.kind != "time" or _MARKED.search(text[value.start : value.end]):
        return None
    hour, minute = value.value.split(":")
    if int(hour) > 12:
        return None
    return f"{(int(hour) + 12) % 24:02}:{minute}"


_DENIED = re.compile(
    r"(?:\bnot|n't|n’t|\bnever|\bno longer|\binstead of|\brather than) (?:(?:cost|costs|take|takes|be|for|in|at|on|the|a) )?$"
)
_DENIED_AFTER = re.compile(r"(?:이|가|은|는)? ?(?:아니|아닌|아닙)")


def _denied(value: Value, text: str) -> bool:
    """Whether the value is named only to say that it is another."""
    return bool(_DENIED.search(text[max(0, value.start - 30) : value.start]) or _DENIED_AFTER.match(text[value.end :]))


def _same(key: Key, later: str, tail: str, value: Value, text: str) -> bool:
    found = meaning(value)
    kind, number, unit = found
    if found != key:
        counted = kind == key[0] == "number" and number == key[1] and "" in (unit, key[2])
        if not (counted or (kind == key[0] == "time" and (number == later or open_half(value, text) == key[1]))):
            return False
    return tail in text[value.start : value.end + 1 + len(tail)].replace(" ", "") and not _denied(value, text)


def _has(said: Reading, key: Key, later: str, tail: str) -> bool:
    if any(_same(key, later, tail, value, said.lower) for value in said.values):
        return True
    if key[0] == "phone" and re.search(rf"(?<!\d){'[ ().-]*'.join(key[1])}(?!\d)", said.lower):
        return True
    return bool(ends(key)) and all(_has(said, end, later, tail) for end in ends(key))  # between 5 days and 8 days


# Facts ----------------------------------------------------------------------------------------------------------------

_YES_NO: dict[str, Literal["yes", "no"]] = {
    "yes": "yes",
    "네": "yes",
    "예": "yes",
    "no": "no",
    "아니요": "no",
    "아니오": "no",
    "아뇨": "no",
}
_SMALL = set(
    re.findall(
        r"\w+",
        "a an the of in at on to for from per by up within about around between and or until till is are be it with our your each every "
        "than 약 이내 안 까지 부터 정도 에서 동안",
    )
)
_TAIL = re.compile(r"(?:[가-힣]+| ?(?:kgs?|g|mm|cm|m|km|ml|l|lbs?|oz|gb|mb|w|v|mah|inch|ft)(?![a-z]))")


@lru_cache(maxsize=8192)
def _alternatives(fact: str) -> tuple[Fact, ...]:
    return tuple(_fact(one.strip()) for one in fact.split("|") if one.strip())


def _fact(text: str) -> Fact:
    found, rest, kept = values(text), text.lower(), []
    for value in reversed(found):
        tail = _TAIL.match(rest[value.end :]) if value.kind == "number" and not value.unit else None
        later = open_half(value, text.lower()) or ""
        kept.append((meaning(value), later if "13" <= later <= "18:59" else "", tail[0].strip() if tail else ""))
        rest = rest[: value.start] + " " + rest[value.end + (tail.end() if tail else 0) :]
    normal, rest = (_KOREAN_WEEK.sub("평일", _WEEK.sub("business days", normalize(part))) for part in (text, rest))
    words = [word for word in stems(rest) if not (found and word in _SMALL)]
    return Fact(normal, tuple(kept), tuple(words), _YES_NO.get(text.lower().strip(" .,!")))


def states(answer: str, facts: list[str]) -> bool:
    """True if every fact stands in the answer. A fact's alternatives are separated by `|`; `$5` does not stand in `$50`."""
    return all(stated(answer, facts))


def stated(answer: str, facts: list[str]) -> list[bool]:
    """For each fact, whether the answer states one of its alternatives."""
    said = read(answer)
    return [_stated(said, answer, _alternatives(fact)) for fact in facts]


_NO_WORDS = {"no", "no,", "not", "cannot", "no price", "아니요", "불가", "안"}


def _stated(said: Reading, answer: str, alternatives: tuple[Fact, ...]) -> bool:
    if all(fact.normal in _NO_WORDS for fact in alternatives) and says(answer) == "yes":
        return False
    return any(_stands(said, answer, fact, alone=len(alternatives) == 1) for fact in alternatives)


def _stands(said: Reading, answer: str, fact: Fact, alone: bool) -> bool:
    if fact.answer and (says(answer) == fact.answer or alone):
        return says(answer) == fact.answer
    if not fact.values:
        return _written(fact.normal, said.normal) or _spelled(fact, said)
    kinds = {value.kind for value in said.values}
    if not any(key[0] in kinds or key[1] == "0" for key, _, _ in fact.values) and _written(fact.normal, said.normal):
        return True  # a context in which the value is not recognized; but "not free" is not free
    return all(_word(word, said) for word in fact.words) and all(_has(said, *value) for value in fact.values)


def _word(word: str, said: Reading) -> bool:
    return f" {word} " in said.words if word.isascii() else word in said.squeezed


def _written(fact: str, text: str) -> bool:
    if fact not in text:
        return False
    before = r"(?<![a-z0-9.])" if fact[0].isascii() and fact[0].isalnum() else ""
    after = r"(?![a-z0-9]|[.,]\d)" if fact[-1].isascii() and fact[-1].isalnum() else ""
    return re.search(before + re.escape(fact) + after, text) is not None


def _spelled(fact: Fact, said: Reading) -> bool:
    """Whether the words of a fact without signs stand in this order, `gift card` in `gift cards` and `재입고 알림` in `재입고알림`."""
    if not fact.words or not re.fullmatch(r"[a-z가-힣 '>&-]+", fact.normal):
        return False
    return f" {' '.join(fact.words)} " in said.words or (not fact.normal.isascii() and fact.normal.replace(" ", "") in said.squeezed)


# Yes or no ------------------------------------------------------------------------------------------------------------

_NO_MATTER = re.compile(r"\b(?:no|not an?) (?:problem|worries|trouble|issue)\b")
_FALSE = re.compile(r"\b(?:not|n't) (?:true|correct|the case)\b|사실이 아")
_EMPTY = re.compile(  # a sentence that only opens the answer
    r"\W*(?:i'?m |we'?re |we are |i am )?(?:so |very )?"
    r"(?:sorry|unfortunately|hello|hi|hey|thanks|thank you|good question|죄송합니다|안녕하세요)?\W*"
)
_MYSELF = re.compile(
    r"\bi(?:'m| am| can| could| do| have| will|'ll)? ?(?:not|n't|no|only)\b|\bnothing is known|\bno information|제가|저는|알지 못|모르겠"
)
_NEGATED = re.compile(
    r"\b(?:no|not|never|nothing|neither|none|cannot|prohibited|forbidden|unable|unavailable|closed)\b|n't\b|\bnon-"
    r"|않|없|안 ?(?:돼|됩|되|합|해|받)|못|불가|아니|아닙|어렵|어려|금지|말아|쉽니다|쉬는|쉬고"
)
_DOUBLE = re.compile(r"\b(?:no|not|never)\b.*\bwithout\b|않으면 안|않을 수 없|없지 않")
_NO_COST = re.compile(r"\bno (?:extra |additional )?(?:charge|fee|cost|limit|doubt|minimum|maximum|need)\b")
_AFFIRMED = re.compile(
    r"\b(?:is|are|has|have|can|may|do|does|will|we|offers?|provides?|serves?|accepts?|allows?|takes?|includes?|welcome|available|free"
    r"|needs?|requires?|must)\b"
    r"|있|가능|됩니다|돼요|되세요|드립니다|드려요|합니다|해요|하세요|습니다|입니다|에요|예요"
)


@lru_cache(maxsize=4096)
def says(answer: str) -> Literal["yes", "no"] | None:
    """Yes or no of the first sentence that says something; None where the desk speaks of itself or neither can be told."""
    text = " ".join(_NO_MATTER.sub(" ", answer.lower().replace("’", "'")).split())
    text = text.lstrip(" ,.!;:")
    first = next((one for one in re.split(r"(?<=[.!?])\s+", text) if not _EMPTY.fullmatch(one)), "")
    if _FALSE.search(first):
        return "yes" if _NEGATED.search(_FALSE.sub(" ", first)) else "no"
    if _DOUBLE.search(first):
        return "yes"
    if _MYSELF.search(first):
        return None
    if sure := polarity(text):
        return sure
    if _NO_COST.search(first):
        return None
    return "no" if _NEGATED.search(first) else "yes" if _AFFIRMED.search(first) else None


# Facts of entries that name none --------------------------------------------------------------------------------------

_ASKS = re.compile(
    r"(?:^|[.!?,] )(?:hi |hello |so |and |but )*"
    r"(?:is|are|am|was|were|do|does|did|can|could|may|will|would|should|shall|has|have|must)(?:n't)? "
    r"|(?:나요|까요|니까|인가요|은가요|한가요|있어|돼|되나|되죠|있나|있음|가능|되요|됩니까)\s*\??$"
)
_OPEN = re.compile(r"^\W*(?:what|which|how|when|where|who|why)\b|어떻|어떤|무엇|뭐|언제|어디|얼마|몇|누구|무슨|어느|며칠")
_NEEDS = re.compile(r"\b(?:need|needed|required?|have to|must|should|necessary)\b|필요|해야")
_COMMON = _SMALL | set(
    re.findall(
        r"\w+",
        "we you i they he she this that there here which who what when where how not no yes do does did have has had can may will would "
        "please get also all any some such as if then only very more most other both either during after before one offer provide "
        "available located use used include service following range option "
        "저희 고객 고객님 경우 이용 가능 제공 운영 안내 문의 이미 다음 아직 바로 모두 함께 잘못 그냥 직접",
    )
)
_PLACE = re.compile(  # the name of the place that the answer is about: The Larch Inn has …, … at Larch House
    r"(?:\b(?:at|by|for|from|in|of)\s+(?:the\s+)?|^(?:the\s+)?)"
    r"[A-Z][\w'-]*(?:\s+(?:(?:and|of|&)\s+)?[A-Z][\w'-]*)+(?=[.,;!\s]|$)|\bat\s+[A-Z][\w'-]*"
)
_PARTICLES = re.compile(
    r"(?:입니다|이에요|예요|이며|이고|이라|으로|에서|에게|까지|부터|처럼|보다|마다|께서|이나|뿐|대로|[은는이가을를에의로와과도만나])$"
)
_VERBS = re.compile(r"(?:[다요죠고서면니는게한할된될며지려]|니다|세요|[하되][실신여어]|으[실신]|[해돼])$")


def derive_facts(question: str, answer: str, subject: str = "") -> list[str]:
    """What a right answer must state, for an FAQ entry that names no facts: the answer's values, or yes or no, or up to 4 of its words.

    What the question or the `subject` (the place or product that it is about) says already is no fact.
    """
    asked = read(f"{subject} {question}")
    known = {meaning(value) for value in asked.values}
    found = [_as_fact(value, answer) for value in values(answer) if meaning(value) not in known and not _trivial(value, answer)]
    facts = [fact for fact in dict.fromkeys(found) if states(answer, [fact])]  # not what is no value without the words around it
    wanted = question.lower()
    if facts or _OPEN.search(wanted):
        return facts or _content(answer, asked)
    word = polarity(answer) or (says(answer) if _ASKS.search(wanted) and not _ONLY.search(answer.lower()) else None)
    needs = _NEEDS.search(answer.lower()) and not _NEEDS.search(wanted)  # no account is needed: yes, guests can order
    return [word] if word and not needs else _content(answer, asked)


_ONLY = re.compile(r"\bonly\b|만 ")


def _as_fact(value: Value, answer: str) -> str:
    """A value as written, with the thing that a bare number counts: `34 countries`, `15 kg`, `6자`."""
    text = answer[value.start : value.end].strip()
    if value.kind == "time" and int(value.value[:2]) > 12 and not _MARKED.search(text.lower()) and not text.startswith(value.value[:2]):
        return value.value  # 1시 30분 in the afternoon
    if value.kind != "number" or value.unit:
        return text
    thing = re.match(r"[ -]?([A-Za-z]{1,2}\b|[A-Za-z][A-Za-z-]+|(?<! )[가-힣]+)", answer[value.end :])
    if not thing or (len(thing[1]) > 2 and _stem(thing[1].lower()) in _COMMON):
        return text
    return text + (thing[0] if thing[0].isascii() else _PARTICLES.sub("", thing[0]))


def _trivial(value: Value, answer: str) -> bool:
    """A number that only counts steps, or a single thing."""
    return value.kind == "number" and ((value.value == "1" and not answer[value.start].isdigit()) or listed(value, answer))


def listed(value: Value, text: str) -> bool:
    """Whether a number only begins an entry of a list: `1. Open Settings`, `2) …`, `step 3`."""
    before, after = text[max(0, value.start - 12) : value.start], text[value.end : value.end + 2]
    begins = re.search(r"(?:^|\n|[.!?:;] )\s*[(#]?$", before) and re.match(r"[.)](?:\s|$)", after)
    return bool(begins or re.search(r"(?:step|option|단계)\s*$", before.lower()))


def _content(answer: str, asked: Reading) -> list[str]:
    """Names of the answer that the question lacks, or other words of weight where it has fewer than two names."""
    text = " ".join(_PLACE.sub(" ", answer).split())
    names = [name for name in re.findall(r"\b[A-Z][\w'-]*(?: [A-Z][\w'-]*)*", text) if _new(name, asked)]
    if len(names) > 1:
        return list(dict.fromkeys(names))[:4]
    words = re.findall(r"[A-Za-z][\w'-]*|[가-힣]+", text)
    kept = [_PARTICLES.sub("", word) if not word.isascii() else word for word in words]
    return list(dict.fromkeys(word for word in kept if _new(word, asked) and states(answer, [word])))[:4]


def _new(word: str, asked: Reading) -> bool:
    parts = [stem for stem in stems(normalize(word)) if stem not in _COMMON and not _word(stem, asked)]
    if not word.isascii():
        return bool(parts) and len(word) > 1 and not _VERBS.search(word)
    return bool(parts) and len(word) > 2
