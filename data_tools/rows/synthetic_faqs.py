"""Synthetic FAQs: invented companies (data_tools/rows/companies/), on whose entries a small model learns to read."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from frontdesk.facts.entries import Entry

COMPANIES = Path(__file__).with_name("companies")


class Company(NamedTuple):
    """An invented company."""

    name: str
    system: str
    entries: list[Entry]


def companies(language: str) -> tuple[list[Company], list[str]]:
    """The companies of a language ("en" or "ko"), and questions that none of them answers."""
    read, made = content(language), []
    for company in read["companies"]:
        name, several = company["name"], enumerate(company["entries"], 1)
        entries = [Entry(f"{name} {number}", tuple(one["questions"]), (one["answer"],)) for number, one in several]
        made.append(Company(name, company["system"], entries))
    return made, read["unanswerable"]


def for_ranker(language: str) -> list[Company]:
    """The companies on which the ranker is fitted: every other one. The encoder was tuned on the rest
    (bench/encoder.py), and must not have seen what it is measured on."""
    return companies(language)[0][1::2]


def for_encoder(language: str) -> list[Company]:
    """The companies on which an encoder may be tuned."""
    return companies(language)[0][::2]


@cache
def content(language: str) -> dict[str, Any]:
    """What the file of a language has: companies, unanswerable."""
    return dict(yaml.safe_load((COMPANIES / f"{language}.yaml").read_text(encoding="utf-8")))
