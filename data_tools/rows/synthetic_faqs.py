"""The reading practice: invented companies and their FAQs (data_tools/rows/reading/), on which a small model learns to read entries."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from frontdesk.facts.entries import Entry

READING = Path(__file__).with_name("reading")


class Company(NamedTuple):
    """An invented company of data_tools/rows/reading/."""

    name: str
    system: str
    entries: list[Entry]


def companies(language: str) -> tuple[list[Company], list[str]]:
    """Those of a language ("en" or "ko"), and questions that none of them answers."""
    read = content(language)
    made = []
    for company in read["companies"]:
        name, entries = company["name"], company["entries"]
        entries = [Entry(f"{name} {number}", tuple(one["questions"]), (one["answer"],)) for number, one in enumerate(entries, 1)]
        made.append(Company(name, company["system"], entries))
    return made, read["unanswerable"]


@cache
def content(language: str) -> dict[str, Any]:
    """What the file of a language has: companies, unanswerable, small_talk."""
    import yaml

    return dict(yaml.safe_load((READING / f"{language}.yaml").read_text(encoding="utf-8")))
