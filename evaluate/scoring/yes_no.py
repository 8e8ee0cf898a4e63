"""Yes or no: what an answer says as a whole, in English or Korean."""

import re
from functools import lru_cache
from typing import Literal

from frontdesk.facts.values import polarity

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
