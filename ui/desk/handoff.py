"""When to call a person, from what was said. Pure functions; English and Korean, and in other languages a yes to
what the desk offers in them (frontdesk/answers/languages.py).

Patterns, not a model. What they miss, the button "Talk to a person" does; a false match costs an agent's
time. So they look for a clear request ("I want to talk to a human", "상담원 연결해 주세요"), not for the mere word
("When is an agent there?", "상담원 근무 시간").
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING

from frontdesk.answers.languages import accepts, is_sentence
from frontdesk.facts.handoff import repeats
from frontdesk.store.tables import Reason
from ui.desk import phrases

if TYPE_CHECKING:
    from frontdesk.store.tables import Message

WISH_CHARACTERS = 120
LIKE = 0.8
"""Similarity from which two words differ only by a typo or an ending: "tent" and "tents", but not "tents"
and "stoves"."""
LONG, MANY = 300, 20
"""Characters and words beyond which texts must be equal: comparing each word with each takes time."""
BACK = 10
"""How many answered questions a new one is compared with."""

WIDE, NARROW = r"\s+", r"\s*"


def wants_person(text: str) -> bool:
    """Whether a customer's words ask for a person."""
    plain = _plain(text)
    return any(_wants(clause.strip()) or _wants_ko("".join(clause.split())) for clause in phrases.CLAUSES.split(plain) if clause.strip())


def _wants(clause: str) -> bool:
    found = phrases.WISHES.search(clause)
    return found is not None and not phrases.ASKS.search(clause) and not phrases.DENIES.search(clause[: found.start()])


def _wants_ko(clause: str) -> bool:
    found = phrases.WISHES_KO.search(clause)
    if found is None:
        return False
    return not phrases.AFTER_KO.search(clause[found.end() :]) and not phrases.BEFORE_KO.search(clause[: found.start()])


def says_yes(text: str) -> bool:
    """Whether a customer's words accept an offer."""
    plain = _plain(text).strip()
    words = re.findall(r"[\w']+", plain)
    if not words or phrases.NO.search(plain) or phrases.WHAT.fullmatch(plain):
        return False
    return words[0] in phrases.YES or bool(phrases.YES_BEGINS.search(" ".join(words)) or phrases.YES_BEGINS.search("".join(words)))


def topic_of(text: str, topics: Mapping[str, Sequence[str]]) -> str | None:
    """The first of the config's topics that has a word in the text."""
    plain = _plain(text)
    return next((topic for topic, words in topics.items() if any(_has(plain, _plain(word).split()) for word in words)), None)


def _has(plain: str, words: list[str]) -> bool:
    """Whether the text has these words: Latin ones whole or in plural, Korean ones with any ending."""
    parts = [re.escape(word) for word in words]
    pattern = rf"(?<!\w){WIDE.join(parts)}(?:e?s)?(?![a-z0-9_])" if re.search("[a-z]", "".join(words)) else NARROW.join(parts)
    return bool(words) and re.search(pattern, plain) is not None


def same_question(one: str, other: str) -> bool:
    """Whether two texts ask the same: in the same words but for typos and endings, with equal numbers."""
    first, second = _words(one), _words(other)
    if not first or not second or max(len(one), len(other)) > LONG or max(len(first), len(second)) > MANY:
        return bool(first) and one == other
    if "".join(first) == "".join(second):  # only the spaces differ
        return True
    return all(any(_alike(word, like) for like in others) for words, others in ((first, second), (second, first)) for word in words)


def _alike(one: str, other: str) -> bool:
    if one == other or re.search(r"\d", one + other):
        return one == other
    # Compare Korean by letters, not syllables: an ending often changes part of a syllable.
    first, second = unicodedata.normalize("NFD", one), unicodedata.normalize("NFD", other)
    return first[0] == second[0] and SequenceMatcher(None, first, second, autojunk=False).ratio() >= LIKE


def offers_person(answer: str) -> bool:
    """Whether a bot's answer ends by asking whether a person should take over."""
    last = re.split(r"(?<=[.!])\s+", _plain(answer).strip())[-1]
    return last.endswith(("?", "까요")) and phrases.OFFERS.search(last) is not None


def reason_to_call(messages: Sequence["Message"], topics: Mapping[str, Sequence[str]], offers: Sequence[str]) -> Reason | None:
    """Why the customer's last message, the last of `messages`, needs a person; None if the bot may answer.

    `offers` are the config's handoff sentences.
    """
    *before, last = messages
    if wants_person(last.text):
        return "wish"
    if before and before[-1].speaker == "bot" and _accepted(before[-1].text, last.text, offers):
        return "refusal"
    if topic_of(last.text, topics):
        return "topic"
    answered = [one.text for one, reply in pairwise(before) if one.speaker == "customer" and _answers(reply)]
    return "repeated" if any(same_question(last.text, one) for one in answered[-BACK:]) else None


def _accepted(answer: str, reply: str, offers: Sequence[str]) -> bool:
    """Whether a reply accepts the person that an answer offers."""
    if accepts(answer, reply):
        return True
    return says_yes(reply) and (repeats(answer, offers) or offers_person(answer) or is_sentence(answer))


def _answers(message: "Message") -> bool:
    return message.speaker == "bot" and not message.cut


def wish_of(messages: Sequence["Message"]) -> str:
    """What the customer wants, in one line: their last words beyond hello, yes or the call for a person."""
    before = ["", *(message.text for message in messages)]
    theirs = [one.text for one, last in zip(messages, before, strict=False) if one.speaker == "customer" and not accepts(last, one.text)]
    said = [" ".join(text.split()) for text in theirs]
    best = next((text for text in reversed(said) if says_more(text)), said[-1] if said else "")
    return best if len(best) <= WISH_CHARACTERS else best[: WISH_CHARACTERS - 1].rstrip() + "…"


def says_more(text: str) -> bool:
    """Whether a text says what it is about."""
    if wants_person(text):  # "I want to talk to a human" does not; "… about my broken tent" does
        return phrases.MATTER.search(_plain(text)) is not None
    return bool(_words(text)) and not says_yes(text)


def _plain(text: str) -> str:
    """Lower case, one form of each letter, plain apostrophes."""
    return re.sub("[’‘`´]", "'", unicodedata.normalize("NFKC", text)).lower()


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[\w']+", _plain(text)) if word not in phrases.FILLERS]
