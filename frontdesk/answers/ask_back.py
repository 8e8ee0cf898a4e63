"""A question back: which of the likeliest entries the customer means; and what the customer answers to it.

It is plain text in the conversation, so a client that sends whole conversations needs to keep nothing else.
"""

import re
from collections.abc import Sequence

from frontdesk.facts.entries import Entry

MOST = 3  # entries that a question back names
HEADING = 60  # characters of a question that fit on a button
LONGEST = 100  # of a question as it is quoted: a passage has its title, heading and first words for one
_ASKS = {"en": "Do you mean {}?", "ko": "혹시 {} 중에 궁금하신 내용이 있나요?"}
_ONE = {"en": "Do you mean {}?", "ko": "혹시 {} 내용이 궁금하신가요?"}
_BESIDES = {"en": ("Do you", "About your other question: do you"), "ko": ("혹시", "다른 질문은 혹시")}
_OR = {"en": " or ", "ko": ", "}
_QUOTED = re.compile(r"“([^”]+)”")
_BACK = re.compile(
    r"(?:Do you mean|About your other question: do you mean|혹시|다른 질문은 혹시) “.+”"
    r"(?:\?| 중에 궁금하신 내용이 있나요\?| 내용이 궁금하신가요\?)",
    re.DOTALL,
)
_NONE = re.compile(
    r"\b(?:no|nope|nah|neither|none|nothing|not|something else|other|different)\b|아니|아닙|아뇨|없|다른|말고", re.IGNORECASE
)
_YES = re.compile(
    r"\W*(?:(?:yes|yeah|yep|yup|right|correct|exactly|sure|that(?:['’]s| is)? (?:one|it|right)|네+|넵|예|응+|그거요?)\b|맞|그렇)",
    re.IGNORECASE,
)
_PLACES = (
    re.compile(r"\b(?:first|former|1|1st|number one)\b|첫|1번|일번", re.IGNORECASE),
    re.compile(r"\b(?:second|2|2nd|number two)\b|두\s?번|둘째|2번|이번 거", re.IGNORECASE),
    re.compile(r"\b(?:third|3|3rd|number three)\b|세\s?번|셋째|3번", re.IGNORECASE),
)
_LAST = re.compile(r"\b(?:last|latter)\b|마지막|후자", re.IGNORECASE)
SHORT = 6  # words of an answer that only points at a choice


def heading(questions: Sequence[str]) -> str:
    """A wording for a button: the first that is short and ends in a question mark, or else the first."""
    return next((one for one in questions if len(one) <= HEADING and one.endswith(("?", "？"))), questions[0] if questions else "")


def quoted(question: str) -> str:
    """A question as it stands between the quotation marks of a question back: on one line, with none of that kind
    in it, and a long one without its middle, for passages of one page begin alike and end apart."""
    line = " ".join(question.split()).replace("“", "‘").replace("”", "’")
    if len(line) <= LONGEST:
        return line
    half = LONGEST // 2 - 2
    first, last = line[:half], line[-half:]
    return f"{first.rpartition(' ')[0] or first} … {last.partition(' ')[2] or last}"


def ask_back(entries: Sequence[Entry], spoken: str, besides: bool = False) -> str:
    """The question back, in the language `spoken`, that names the entries by their own questions. `besides`:
    another question of the customer's is answered."""
    choices = _OR[spoken].join(f"“{quoted(heading(entry.questions))}”" for entry in entries)
    pattern = (_ASKS if len(entries) > 1 else _ONE)[spoken]
    return (pattern.replace(*_BESIDES[spoken], 1) if besides else pattern).format(choices)


def choices(said: str) -> list[str]:
    """The questions that a question back named, as `quoted` has them; none where the last line of what was said
    is no question back."""
    last = said.strip().rsplit("\n", 1)[-1]
    return _QUOTED.findall(last) if _BACK.fullmatch(last) else []


def picked(answer: str, offered: Sequence[str]) -> int | None:
    """Which of the choices offered the customer points at, from 0; -1 if at none of them. None: it is not that
    kind of answer."""
    if quoted(answer) in offered:
        return offered.index(quoted(answer))
    if len(answer.split()) > SHORT:
        return None
    if _NONE.search(answer):
        return -1
    places = {place for place, pattern in enumerate(_PLACES[: len(offered)]) if pattern.search(answer)}
    places |= {len(offered) - 1} if _LAST.search(answer) else set()
    if len(places) == 1:
        return places.pop()
    return 0 if len(offered) == 1 and _YES.match(answer) else None
