"""Whether a drafted question may be used: one question in the entry's language that names nothing its text does not name."""

import re
from collections.abc import Sequence

from frontdesk.answers.languages import foreign
from frontdesk.facts.entries import Entry
from frontdesk.facts.language import language
from frontdesk.facts.sources import company, invented
from frontdesk.facts.words import topics

LONGEST = 160  # characters
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_OTHER = re.compile(r"[^\W\d_a-zA-ZÀ-ɏ가-힣]")
"""A letter that is neither Latin nor Hangul: models of many languages slip into another one."""
_HANGUL, _LATIN = re.compile("[가-힣]"), re.compile("[A-Za-z]")


def fault(question: str, entry: Entry, company_name: str, languages: Sequence[str]) -> str:
    """What is wrong with a question drafted for the entry, "" if nothing is. `languages`: those of the FAQ (spoken_by)."""
    if not (question.isprintable() and len(question) <= LONGEST and question.endswith(("?", "？")) and topics(question)):
        return "no question"
    text = " \n".join((company_name, entry.origin.title, entry.origin.heading, *entry.texts))
    if language(question) != spoken(entry) or foreign(question, languages) or set(_OTHER.findall(question)) - set(text):
        return "in another language"
    known, numbers = set(topics(text)), set(_NUMBER.findall(question)) - set(_NUMBER.findall(text))
    if numbers or _names(question) - known or invented(question, company((text,)), []):
        return "naming what the text does not name"
    return "" if known.intersection(topics(question)) else "about something else"


def spoken(entry: Entry) -> str:
    """The language of an entry's text, "ko" or else "en": of most of its letters, for a text may quote the other."""
    text = entry.answers[0]
    return "ko" if 2 * len(_HANGUL.findall(text)) > len(_LATIN.findall(text)) else "en"


def _names(question: str) -> set[str]:
    """The topics of the words that may be names: those with a capital, and in a Korean question all in Latin letters."""
    korean = language(question) == "ko"
    return {topic for word in _WORD.findall(question) if korean or word != word.lower() for topic in topics(word)}
