"""Whether an answer states the facts of an FAQ entry: typed values, plain strings, yes or no. No model
involved.

A fact that holds values (`frontdesk/facts/values/`) is stated by the same values in any spelling, with the
fact's other words anywhere in the answer: `5 to 8 working days` by `5–8 business days`, `3만원` by `₩30,000`.
`yes`, `no`, `네` and `아니요` are compared with what the answer says as a whole. Any other fact has to stand
there word for word, but for case, dashes, plurals and, in Korean, spaces.
"""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from frontdesk.facts.fold import lower
from frontdesk.facts.values import Value, values
from frontdesk.facts.values.meaning import Key, denied, ends, meaning, open_half
from frontdesk.facts.words import STOP, stem
from frontdesk.facts.yes_no import says


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
    """Lower case; one spelling of negations, weekdays, dashes, quotes and spaces; no thousands separators."""
    text = re.sub(r"[‐-―−]", "-", lower(text).replace("’", "'"))
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


def stems(text: str) -> list[str]:
    """The words of a normalized text as stems."""
    return [stem(word) for word in re.findall(r"[a-z0-9]+(?:'[a-z]+)?|[가-힣]+", text)]


_STUTTER = re.compile(r"\b([^\W\d_]{2,})(?: \1\b)+")


@lru_cache(maxsize=4096)
def read(text: str) -> Reading:
    """A text's words and values; remembered, so that several scores of an answer read it once."""
    text = _STUTTER.sub(r"\1", text)
    normal = _KOREAN_WEEK.sub(r"\g<0> 평일", _WEEK.sub(r"\g<0> business days", normalize(text)))
    return Reading(text, lower(text), normal, f" {' '.join(stems(normal))} ", normal.replace(" ", ""), tuple(values(text)))


def _same(key: Key, later: str, tail: str, value: Value, text: str) -> bool:
    found = meaning(value)
    kind, number, unit = found
    if found != key:
        counted = kind == key[0] == "number" and number == key[1] and "" in (unit, key[2])
        if not (counted or (kind == key[0] == "time" and (number == later or open_half(value, text) == key[1]))):
            return False
    return tail in text[value.start : value.end + 1 + len(tail)].replace(" ", "") and not denied(value, text)


def _has(said: Reading, key: Key, later: str, tail: str) -> bool:
    if any(_same(key, later, tail, value, said.lower) for value in said.values):
        return True
    if key[0] == "phone" and re.search(rf"(?<!\d){'[ ().-]*'.join(key[1])}(?!\d)", said.lower):
        return True
    return bool(ends(key)) and all(_has(said, end, later, tail) for end in ends(key))  # between 5 days and 8 days


# Facts ------------------------------------------------------------------------------------------------------

_YES_NO: dict[str, Literal["yes", "no"]] = {"yes": "yes", "네": "yes", "예": "yes"}
_YES_NO |= {"no": "no", "아니요": "no", "아니오": "no", "아뇨": "no"}
_TAIL = re.compile(r"(?:[가-힣]+| ?(?:kgs?|g|mm|cm|m|km|ml|l|lbs?|oz|gb|mb|w|v|mah|inch|ft)(?![a-z]))")


@lru_cache(maxsize=8192)
def alternatives(fact: str) -> tuple[Fact, ...]:
    return tuple(_fact(one.strip()) for one in fact.split("|") if one.strip())


def _fact(text: str) -> Fact:
    found, folded, kept = values(text), lower(text), []
    rest = folded
    for value in reversed(found):
        tail = _TAIL.match(rest[value.end :]) if value.kind == "number" and not value.unit else None
        later = open_half(value, folded) or ""
        kept.append((meaning(value), later if "13" <= later <= "18:59" else "", tail[0].strip() if tail else ""))
        rest = rest[: value.start] + " " + rest[value.end + (tail.end() if tail else 0) :]
    normal, rest = (_KOREAN_WEEK.sub("평일", _WEEK.sub("business days", normalize(part))) for part in (text, rest))
    words = [word for word in stems(rest) if not (found and word in STOP)]
    return Fact(normal, tuple(kept), tuple(words), _YES_NO.get(folded.strip(" .,!")))


def states(answer: str, facts: list[str]) -> bool:
    """True if every fact stands in the answer. `|` separates a fact's alternatives; `$5` is not in `$50`."""
    return all(stated(answer, facts))


@lru_cache(maxsize=4096)
def holding(facts: tuple[str, ...], texts: tuple[str, ...]) -> tuple[str, ...]:
    """The texts that state all facts; where none does, those that state any."""
    flags = {text: stated(text, list(facts)) for text in texts}
    return tuple(text for text in texts if all(flags[text])) or tuple(text for text in texts if any(flags[text]))


def stated(answer: str, facts: list[str]) -> list[bool]:
    """For each fact, whether the answer states one of its alternatives."""
    said = read(answer)
    return [_stated(said, answer, alternatives(fact)) for fact in facts]


_NO = re.compile(
    r"(?:no|not|never|cannot|no price|not (?:possible|available|offered|allowed|accepted)|impossible|아니\S*|아뇨"
    r"|불가(?:능)?(?:합니다|해요|입니다)?|안(?: ?(?:됩니다|돼요|되\S*))?|(?:어렵|어려|없|않|못)\S*)[,.]?"
)


def says_no(fact: Fact) -> bool:
    """Whether an alternative is nothing but a no."""
    return _NO.fullmatch(fact.normal) is not None


def mere(fact: str) -> bool:
    """Whether one alternative is only a yes or a no, which an escalation has too: `I cannot answer that`."""
    return any(one.answer or says_no(one) for one in alternatives(fact))


def _stated(said: Reading, answer: str, ways: tuple[Fact, ...]) -> bool:
    return any(_stands(said, answer, fact, alone=len(ways) == 1) for fact in ways if not (says_no(fact) and says(answer) == "yes"))


def _stands(said: Reading, answer: str, fact: Fact, alone: bool) -> bool:
    if fact.answer and (says(answer) == fact.answer or alone):
        return says(answer) == fact.answer
    if not fact.values:
        return _written(fact.normal, said.normal) or _spelled(fact, said)
    kinds = {value.kind for value in said.values}
    if not any(key[0] in kinds or key[1] == "0" for key, _, _ in fact.values) and _written(fact.normal, said.normal):
        return True  # a context in which the value is not recognized; but "not free" is not free
    return all(has_word(word, said) for word in fact.words) and all(_has(said, *value) for value in fact.values)


def has_word(word: str, said: Reading) -> bool:
    return f" {word} " in said.words if word.isascii() else word in said.squeezed


def _written(fact: str, text: str) -> bool:
    if fact not in text:
        return False
    return _around(fact).search(text) is not None


@lru_cache(maxsize=8192)
def _around(fact: str) -> re.Pattern[str]:
    """A fact between what may stand beside it. One Korean syllable begins a word: `안` is not in `안내`."""
    before = r"(?<![a-z0-9.])" if fact[0].isascii() and fact[0].isalnum() else r"(?<![가-힣])" if _SYLLABLE.fullmatch(fact) else ""
    after = r"(?![a-z0-9]|[.,]\d)" if fact[-1].isascii() and fact[-1].isalnum() else _BEHIND if _SYLLABLE.fullmatch(fact) else ""
    return re.compile(before + re.escape(fact) + after)


_SYLLABLE = re.compile("[가-힣]")
_BEHIND = r"(?:(?![가-힣])|(?=[은는이가을를에의로와과도만]|입니다|이에요|예요)|(?<=안)(?=[됩돼되합해하받팔]))"


def _spelled(fact: Fact, said: Reading) -> bool:
    """Whether a fact's words stand in this order: `gift card` in `gift cards`, `재입고 알림` in `재입고알림`."""
    if not fact.words or _SYLLABLE.fullmatch(fact.normal) or not re.fullmatch(r"[a-z가-힣 '>&-]+", fact.normal):
        return False
    return f" {' '.join(fact.words)} " in said.words or (not fact.normal.isascii() and fact.normal.replace(" ", "") in said.squeezed)
