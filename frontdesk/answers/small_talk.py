"""Small talk that the desk may say: greetings, thanks, and the like, each with one reply that a person wrote."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from frontdesk.facts.entries import Entry

SOURCE = "small talk"
"""The source of an entry that is none of the FAQ's."""


@cache
def small_talk(language: str) -> tuple[Entry, ...]:
    """What customers say that asks for no fact, as entries, in a language ("en" or "ko")."""
    kinds = yaml.safe_load(Path(__file__).with_name("small_talk.yaml").read_text(encoding="utf-8"))[language]
    return tuple(
        Entry(f"{SOURCE} {language} {number}", tuple(map(str, kind["questions"])), (kind["answer"],), "", SOURCE)
        for number, kind in enumerate(kinds, 1)
    )


def is_small_talk(entry: Entry) -> bool:
    """Whether an entry is of small_talk."""
    return entry.source == SOURCE


def faq_only(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that are the FAQ's."""
    return [entry for entry in entries if not is_small_talk(entry)]
