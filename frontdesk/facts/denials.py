"""Which facts an answer contradicts: another value where the fact has one, a no where the FAQ has none. No
model involved.

`It costs $4.90. No, $14.50.` states $4.90 and says something else, too; `We do not accept Visa` has the word
and denies it. An answer may name every value that the entry's own answers have, and those that were named
before, by the customer or by itself.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from frontdesk.facts.claims import thing_counted
from frontdesk.facts.sources import company, spoken, trivial
from frontdesk.facts.statements import Fact, Reading, alternatives, read, says_no
from frontdesk.facts.values import Value
from frontdesk.facts.values.meaning import denied, meaning
from frontdesk.facts.words import stem

_KINDS = frozenset(["price", "percent", "duration", "date", "time", "number"])


def contradicted(answer: str, facts: Sequence[str], references: Sequence[str], before: Sequence[str]) -> list[bool]:
    """For each fact, whether the answer contradicts it. `references` are the answers of the FAQ that hold the
    facts (without any, none is), `before` the turns until then."""
    if not references:
        return [False] * len(facts)
    said, texts = read(answer), tuple(references)
    more = _more(said, texts, before)
    return [bool(more & _wanted(fact)) or _all_denied(said, alternatives(fact), texts) for fact in facts]


# Another value ----------------------------------------------------------------------------------------------

Sort = tuple[str, str]  # what values must share to be rivals: the kind, and the unit or what is counted


def _more(said: Reading, references: tuple[str, ...], before: Sequence[str]) -> set[Sort]:
    """The sorts of the answer's values that neither the FAQ's answers nor the turns before have."""
    found = [value for value in said.values if value.kind in _KINDS and not trivial(value, said.text)]
    if not found:
        return set()
    known = (company(references), spoken(tuple(before)))
    strange = [value for value in found if not any(one.has(value, said.lower) for one in known) and not denied(value, said.lower)]
    return {sort for value in strange if (sort := _sort(value, said.lower))}


@lru_cache(maxsize=8192)
def _wanted(fact: str) -> frozenset[Sort]:
    found = read(fact)
    return frozenset(sort for value in found.values if (sort := _sort(value, found.lower)))


def _sort(value: Value, text: str) -> Sort | None:
    """None for what is no rival of another: a phone, a bare number."""
    kind, _, unit = meaning(value)
    if kind == "number" and not unit:
        thing = thing_counted(value, text)
        return (kind, thing) if thing else None
    return (kind, unit if kind in ("duration", "number") else "") if kind in _KINDS else None


# A no -------------------------------------------------------------------------------------------------------

_POLITE = re.compile(  # a no that denies nothing, and what is so only under a condition
    r"\b(?:do not|never) (?:worry|hesitate|forget|be shy)|\bno (?:problem|worries|trouble|issues?|matter|doubt|hassle"
    r"|need to worry|later than|(?:extra |additional )?(?:charges?|fees?|costs?|limits?|minimum|maximum))\b"
    r"|\bno \w+ (?:is |are )?(?:needed|required|necessary)\b"
    r"|\bnot (?:only|an? (?:problem|issue))\b|\bwhy not\b|^no,|\b(?:if|when|in case)\b[^,.;]*(?:,|$)"
    r"|문제 ?없|걱정 ?(?:하지 ?)?(?:마|않|없)|없이|뿐(?:만)? 아니라|않으시?면|못하시?면|없으시?면|아니시?[면라]"
)
_NO = re.compile(r"\b(?:not|cannot|never|neither|nor|nobody)\b(?:(?!\bbut\b).)*$|\b(?:no|unable to|stopped|without) (?:\w+ ){0,2}$")
_IS = r"\b(?:is|are|was|were|can|will|do|does|could|would|may|has|have|be)(?: \w+ly)?"
_NO_AFTER = re.compile(rf"^[^,]*?(?:{_IS} (?:not|never|no longer|un(?:available|able))|\bcannot)\b")
_KOREAN_NO = re.compile(r"불가|안 ?(?:됩|돼|되|합|해|받)|없|않|못|어렵|어려|아니|아닙|금지|말아|마세요|마십시오|중단|제외")
_ANY_NO = re.compile(
    r"\b(?:no|not|cannot|never|nor|neither|nobody|none|unable|unavailable|impossible|except\w*|exclud\w*|instead|rather)\b"
    r"|불가|안 |안[됩돼되]|없|않|못|어렵|어려|아니|아닙|금지|마[시세십]|말[아고]|제외|대신"
)
_HEDGES = re.compile(rf"{_ANY_NO.pattern}|\b(?:avoid\w*|only|sorry|unfortunately|but|however|must|without)\b|만 |죄송|삼가|피해")
"""What an answer says that denies something, in whatever words."""
_CLAUSE = re.compile(
    r"(?<=[.!?])\s|[;:\n()–—]| - |,? (?=(?:but|however|although|though|because|since|so|if|when|unless|while|whereas|which|who)\b)"
    r"|,? and (?=(?:you|we|it|they)\b)|, (?=(?:you|we|it|they|this|please|just|simply|and|then|only)\b)"
)
_KOREAN_CLAUSE = re.compile(r"(?<=[.!?])\s|\n|지만|는데|은데|(?<=[하되있없않이시으]고)[ ,]|(?<=[며니])[ ,]|면 (?!안|못)|[아어해]서 ")


def _all_denied(said: Reading, ways: tuple[Fact, ...], references: tuple[str, ...]) -> bool:
    """Whether the answer denies each alternative of a fact that it has."""
    found = {_denies(said, one, references) for one in ways}
    return True in found and False not in found


def _denies(said: Reading, fact: Fact, references: tuple[str, ...]) -> bool | None:
    """Whether the answer says no to a fact of words where the FAQ does not, or nowhere says no where the FAQ
    does. None where the answer lacks it, the FAQ is of two minds, or the fact is a value, a yes or a no."""
    if fact.values or fact.answer or not fact.words or says_no(fact):
        return None
    faq_says = _faq_says(fact.normal, references)
    if faq_says is None or not (found := list(_pattern(fact.normal).finditer(said.normal))):
        return None
    if faq_says == "no":
        return not _HEDGES.search(said.normal)
    return all(_in_a_no(said.normal, *match.span()) for match in found)


@lru_cache(maxsize=8192)
def _faq_says(fact: str, references: tuple[str, ...]) -> Literal["yes", "no"] | None:
    """`no` if the FAQ's answers always deny the fact, `yes` if no sentence with it has any no; else None."""
    sentences = [one for text in references for one in re.split(r"(?<=[.!?])\s", read(text).normal) if _pattern(fact).search(one)]
    if not sentences:
        return None
    if all(_in_a_no(one, *match.span()) for one in sentences for match in _pattern(fact).finditer(one)):
        return "no"
    return None if any(_ANY_NO.search(_pattern(fact).sub(" ", _POLITE.sub(" ", one))) for one in sentences) else "yes"


@lru_cache(maxsize=8192)
def _pattern(fact: str) -> re.Pattern[str]:
    if fact.isascii():
        words = [re.escape(stem(word).rstrip("y")) + ("[a-z]{0,3}" if word.isalpha() else "") for word in fact.split()]
        return re.compile(rf"(?<![a-z0-9]){' '.join(words)}(?![a-z0-9])")
    return re.compile(" ?".join(re.escape(letter) for letter in fact.replace(" ", "")))


def _in_a_no(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] is what a clause denies: a no before it in English, behind it in Korean."""
    before = _POLITE.sub(" ", _CLAUSE.split(text[:start])[-1])
    after = _POLITE.sub(" ", _CLAUSE.split(text[end:])[0])
    if _NO.search(before) or _NO_AFTER.search(after):
        return True
    return not text.isascii() and bool(_KOREAN_NO.search(_POLITE.sub(" ", _KOREAN_CLAUSE.split(text[end:])[0])))
