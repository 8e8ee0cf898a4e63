"""Yes or no: what an answer says as a whole, in English or Korean."""

import re
from functools import lru_cache
from typing import Literal

from frontdesk.facts.fold import fold, lower

# A plain yes or no, with care --------------------------------------------------------------------------

_HELLO = r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day))\b[^.,!?]{0,30}[.,!] *"
_GREETING = rf"(?:{_HELLO}|안녕하세요[^.,!?]{{0,20}}[.,!]? *|고객님[,.]? *)*"
_BEGINS_NO = (
    r"(?:no(?=[,!;:-](?! (?:problem|worries))|\.? *$|\. \D| (?:it|we|you|they|there|that|this|i|sorry|unfortunately)\b)"
    r"|nope|of course not|(?:absolutely|definitely|certainly) not)(?![a-z])|(?:아니요|아니오|아뇨)(?![가-힣])"
)
_BEGINS_YES = (
    r"(?:yes(?! and no)|yeah|yep|yup)(?![a-z])|(?:absolutely|definitely|certainly|of course|sure)(?=[,.!]|$)(?!.*\?)"
    r"|(?:네+|넵|넹|예)(?=[\s,.!~]|$)(?! ?(?:개|명|번|시|분|가지|장)(?:[\s만씩를이에]|$))|그럼요|물론이?(?:에요|죠|지요|입니다)"
)
_THERE = r"(?:possible|available|offered|allowed|permitted|accepted|welcomed?|included|provided|supported|served)\b"
_DONE = "지원|제공|판매|운영|허용|취급|배송|출고|진행|포함|반품|교환|환불|취소|변경|이용|사용|할인|발송|작업|예약|수리"
_SAYS_NO = (
    rf"\b(?:is|are)(?: not|n't) (?:\w+ly )?{_THERE}|^(?:\W|sorry|unfortunately)*no [\w -]+ (?:is|are) {_THERE}|\bcan(?:not|'t) be \w+ed\b"
    r"|\b(?:do|does)(?: not|n't) (?:offer|provide|allow|have(?! to)|accept|serve|support|permit|include|ship|deliver|sell)\b"
    r"|^(?:\W|sorry|unfortunately)*there (?:is|are) no (?!(?:\w+ )?(?:charge|fee|cost|limit|need|problem|minimum|maximum|doubt))"
    r"|불가(?:능)?(?:합니다|해요|하십니다|입니다|예요)|안 ?(?:됩니다|돼요)|할 수 없(?:습니다|어요)"
    rf"|(?:{_DONE})\S{{0,2}} (?:어렵|힘들)|(?:{_DONE})\S*지 ?않(?:습니다|아요)"
)
_SAYS_YES = (
    rf"\b(?:is|are) (?:also |always )?{_THERE}|(?:가능|허용)(?:합니다|해요|하세요|하십니다|돼요|됩니다)"
    r"|(?<!않으셔)(?<!않아)도 (?:됩니다|돼요|괜찮)"
)
_UNSURE = (
    r"\b(?:if|unless|when|until|once|because|only|except|but|however|although|though|whether|otherwise|please)\b|\?"
    r"|만 (?:가능|허용|\S+(?:됩니다|돼요))|[다요]만\b|지만|[으하시]면 |경우"
    r"|\d\S* .*(?:가능|허용)|(?:까지|부터|동안|이후|전에|때) .*(?:가능|허용)"
)
_HAS_NO = r"\b(?:no|not|never|nothing|neither|none|cannot|without)\b|n't\b|지 않|안 |없"


def opening(answer: str) -> Literal["yes", "no"] | None:
    """`yes` or `no` where an answer begins with it, after a greeting, else None."""
    return _begins(_greeted(answer))


def _begins(said: str) -> Literal["yes", "no"] | None:
    return "no" if re.match(_BEGINS_NO, said) else "yes" if re.match(_BEGINS_YES, said) else None


def _greeted(answer: str) -> str:
    """The answer without what greets."""
    return re.sub(f"^{_GREETING}", "", " ".join(fold(answer).split()))


def polarity(answer: str) -> Literal["yes", "no"] | None:
    """`yes` or `no` where an answer begins with it or its first sentence plainly says so, else None."""
    said = _greeted(answer)
    if found := _begins(said):
        return found
    first = re.split(r"(?<=[.!?])\s", said)[0].rstrip(".!~ ")
    if re.search(_UNSURE, first):
        return None
    if re.search(_SAYS_NO, first):
        return "no"
    return "yes" if re.search(_SAYS_YES, first) and not re.search(_HAS_NO, first) else None


# As a whole, where a yes or no is asked for -----------------------------------------------------------------

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
    """Yes or no of the first sentence that says something; None where neither, or of the desk itself."""
    text = " ".join(_NO_MATTER.sub(" ", lower(answer).replace("’", "'")).split())
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
