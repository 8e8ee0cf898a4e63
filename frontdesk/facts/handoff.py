"""Whether an answer escalates to a person or refuses: one detector for the desk, its console and the
scorecard. No model involved."""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from frontdesk.facts.statements import read


def handoff_sentences(offers: Iterable[str], train: Path) -> tuple[str, ...]:
    """The sentences by which a run escalates: the config's `offers`, and the refusals among its rows."""
    rows = []
    if train.is_file():
        with train.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file if "refusal" in line]
    return tuple(dict.fromkeys([*offers, *(row["messages"][-1]["content"] for row in rows if row["kind"] == "refusal")]))


_TELL = "답변|답|안내|도움|도와|확인|조회|말씀|알려|조언|판단|추천|정보|의견|들어"
_REFUSES = re.compile(  # the desk speaks of itself as I; a no of the company is said by `we`
    r"\bi (?:\w+ )?(?:cannot|not|never|no|nothing)\b|\bi (?:am|can|could|do) (?:only|unable)\b|\bi only (?:know|answer|cover|help)\b"
    r"|\bi am only an? |\bnot something i\b|\b(?:outside|beyond) (?:of )?(?:what i|my|me)\b"
    r"|\bnot (?:my|part of my) (?:field|department|job|area)\b|\bnot visible to me\b|\bnot (?:covered by|in) (?:what i know|my)\b"
    r"|\bhave to pass\b|\bkeep to my role\b|\bnot able to help\b"
    r"|\bwe (?:do not|cannot|have no) (?:\w+ ){0,2}(?:information|details?|data|help (?:you )?with (?:that|this))\b"
    r"|\bno information (?:on|about|is available)\b|\b(?:needs?|for) a (?:person|human|colleague)\b"
    r"|\b(?:a colleague|the team|our team|an agent|a human|a person) (?:has to|must|needs to|will have to)\b"
)
_REFUSES_IN_KOREAN = re.compile(
    r"(?<![가-힣])(?:제가|저는|저도|저에게|제 )[^.!?]*(?:없|않|못|몰라|모르|아니|아닙|어렵|밖)|(?:모르겠|잘 몰라|알지 못)"
    rf"|(?:{_TELL})\S{{0,4}} ?\S{{0,4}}(?:드릴|할|볼|줄) 수 ?(?:있는 범위가 아|없)"
    rf"|(?:{_TELL})\S* ?(?:드리기|하기|주기) ?(?:가 )?(?:어렵|힘들|곤란)|(?:{_TELL})\S* ?드리지 ?(?:못|않)"
    r"|(?:정보|내용|자료)(?:가|는|를|은)? (?:없|가지고 있지 않|갖고 있지 않)|수 있는 \S+에 없"
    r"|(?:상담|안내|쇼핑\S*)만 (?:도와|할 수|해)|권한이 없"
)
_PERSON = r"(?:agents?|humans?|persons?|people|colleagues?|team|staff|someone|advis[oe]rs?|representatives?)"
_KO_PERSON = "(?:상담원|상담사|담당자|직원|담당 부서)"
_OFFERS = re.compile(
    r"\b(?:connect|transfer|pass|hand|put|forward|bring in|refer|direct|escalate)\b"
    rf"(?:.{{0,30}}\b{_PERSON}\b|.{{0,12}}\b(?:over|on|through)\b)"
    rf"|\b(?:talk|speak|chat) (?:to|with) .{{0,15}}\b{_PERSON}\b|\b(?:ask|let) (?:our|the|a|an) .{{0,10}}{_PERSON}\b"
    rf"|\b{_PERSON}\b (?:\w+ )?(?:can|could|will|would|has|must|should) "
    rf"|{_KO_PERSON}\S{{0,3}} .{{0,20}}(?:연결|전달|전해|이어|확인|도와|문의|넘겨|여쭤|물어)|연결해 ?(?:드|줄)|{_KO_PERSON} ?(?:연결|확인)"
)
_FILLS = re.compile(
    r"\b(?:sorry|apolog\w+|understand|thank|thanks|one moment|please (?:wait|hold)|good question|of course|sure|certainly|hello|hi)\b"
    r"|\b(?:no problem|happy to|glad to|frustrat\w+|can i help)\b|^(?:yes|okay|ok|네)\W*$"
    r"|죄송|양해|감사|잠시만|알겠습니다|불편|안녕하세요|남겨 ?주|기다려"
)


@lru_cache(maxsize=64)
def _compared(sentences: tuple[str, ...]) -> list[tuple[str, frozenset[str]]]:
    """Each sentence as it is compared, and its words."""
    return [(_ours(one), frozenset(read(one).words.split())) for one in sentences]


def _ours(text: str) -> str:
    normal = read(text).normal
    if "'" in normal:
        normal = normal.replace("i'm ", "i am ").replace("i'd ", "i would ").replace("i'll ", "i will ")
    return normal.strip(" .!?")


def is_handoff(answer: str, sentences: Iterable[str]) -> bool:
    """Whether the answer is a handoff or a refusal: one of the desk's own sentences or most of its words, or
    one that says as much. An answer that tells something and then offers help is none, nor is a plain no (`We
    cannot deliver to PO boxes`)."""
    text = _ours(answer)
    if not text:
        return False
    if repeats(answer, sentences):
        return True
    if not (_refuses(text) or _OFFERS.search(text)):
        return False
    parts = [part for part in re.split(r"(?<=[.!?;])\s+", text) if part]
    if any(_refuses(part) for part in parts[:2]):
        return True
    return all((_OFFERS.search(part) and not re.search(r"\d", part)) or _FILLS.search(part) for part in parts)


def _refuses(text: str) -> bool:
    return bool(_REFUSES.search(text) or (not text.isascii() and _REFUSES_IN_KOREAN.search(text)))


def repeats(answer: str, sentences: Iterable[str]) -> bool:
    """Whether the answer has one of the desk's sentences, or three quarters of its words and little else."""
    ours, said, text = _compared(tuple(sentences)), read(answer), _ours(answer)
    if any(sentence in text for sentence, _ in ours):
        return True
    if said.values:
        return False
    words = frozenset(said.words.split())
    near = [most for _, most in ours if len(most) > 3 and 0.75 * len(most) <= len(words) <= 1.5 * len(most)]
    return any(len(most & words) >= 0.75 * len(most) for most in near)
