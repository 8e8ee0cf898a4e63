"""Questions as customers put them (examples/customers.*.jsonl): of every kind, in both languages, about what the FAQ says."""

import re
from collections import Counter
from typing import Any

import pytest

from evaluate.questions.load import CUSTOMERS
from frontdesk.facts.sources import Sources, invented
from frontdesk.facts.statements import states
from frontdesk.facts.values import values
from frontdesk.files import read_jsonl
from tests.evaluate.questions.test_material import ROOT, Rows, faq, korean

COUNTS = {
    "en": {"noisy": 62, "long": 42, "double": 24, "no_faq": 24, "premise": 28, "near_miss": 28},
    "ko": {"noisy": 28, "long": 18, "double": 11, "no_faq": 11, "premise": 12, "near_miss": 12},
}
KEYS = {"id", "set", "messages", "entries"}
LANGUAGES = ("en", "ko")


def asked(language: str, *sets: str) -> Rows:
    rows = read_jsonl(ROOT / f"examples/customers.{language}.jsonl")
    return [row for row in rows if row["set"] in (sets or CUSTOMERS)]


def question(row: dict[str, Any]) -> str:
    return str(row["messages"][-1]["content"])


def said(row: dict[str, Any], role: str) -> list[str]:
    return [message["content"] for message in row["messages"][:-1] if message["role"] == role]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_of_every_kind(language: str) -> None:
    found = Counter(row["set"] for row in asked(language))
    assert set(found) == set(CUSTOMERS)
    assert {name: found[name] for name in CUSTOMERS if found[name] < COUNTS[language][name]} == {}


def test_there_are_300_and_three_in_ten_are_korean() -> None:
    english, korean_ones = (len(asked(language)) for language in LANGUAGES)
    assert english + korean_ones >= 300
    assert 0.28 <= korean_ones / (english + korean_ones) <= 0.35
    ids = Counter(row["id"] for language in LANGUAGES for row in asked(language))
    assert max(ids.values()) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_keeps_its_schema(language: str) -> None:
    of_its_own = {"near_miss": {"near"}, "premise": {"claim"}}
    for row in asked(language):
        assert set(row) - KEYS - {"facts"} <= of_its_own.get(row["set"], set()), row["id"]
        assert row["id"].startswith(f"{language}-{row['set']}-")
        roles = [message["role"] for message in row["messages"]]
        assert roles == (["user", "assistant"] * len(roles))[: len(roles)] and roles[-1] == "user", row["id"]
        assert all(message["content"] == message["content"].strip() != "" for message in row["messages"]), row["id"]
        assert len(row["entries"]) == {"no_faq": 0, "near_miss": 0, "double": 2}.get(row["set"], 1), row["id"]
        assert ("near" in row) == (row["set"] == "near_miss") and ("facts" not in row or row["facts"]), row["id"]
        assert korean(question(row)) == (language == "ko"), row["id"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_expected_is_what_the_entries_say(language: str) -> None:
    facts = {entry["id"]: entry["facts"] for entry in faq(language)}
    for row in asked(language):
        known = [fact for entry in row["entries"] for fact in facts[entry]]
        assert set(row.get("facts", [])) <= set(known), row["id"]
        assert len(row.get("facts", [])) < len(known) or "facts" not in row, f"{row['id']}: all of them need not be named"
        assert row.get("near", next(iter(facts))) in facts, row["id"]
        if row["set"] == "double":
            assert all(set(row.get("facts", known)) & set(facts[entry]) for entry in row["entries"]), f"{row['id']}: both are asked for"
    entries = {entry for row in asked(language) for entry in row["entries"]}
    assert len(entries) == len(facts) if language == "en" else len(entries) > 0.7 * len(facts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_long_ones_are_long_and_of_every_length(language: str) -> None:
    lengths = {len(row["messages"]) for row in asked(language, "long")}
    assert lengths >= set(range(5, 16, 2)) and max(lengths) <= 21
    assert {len(row["messages"]) for row in asked(language, "no_faq")} == {1, 3}
    assert {len(row["messages"]) for row in asked(language, "noisy", "double", "premise", "near_miss")} == {1}


def test_who_speaks_has_no_punctuation() -> None:
    """English ones of the noisy set are what a machine heard; Korean ones are typed in haste, too."""
    assert [question(row) for row in asked("en", "noisy") if not re.fullmatch("[a-z ]+", question(row))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_agents_say_only_what_the_faq_or_the_customer_says(language: str) -> None:
    answers = [answer for row in faq(language) for answer in row["answers"]]
    sources = Sources(answers)
    for row in asked(language):
        turns = [message["content"] for message in row["messages"]]
        assert [value for place in range(1, len(turns), 2) for value in invented(turns[place], sources, turns[:place])] == [], row["id"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_has_not_been_given_before(language: str) -> None:
    facts = {entry["id"]: entry["facts"] for entry in faq(language)}
    for row in asked(language, "long"):
        wanted = row.get("facts", facts[row["entries"][0]])
        assert not any(states(text, wanted) for text in said(row, "assistant")), row["id"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_premise_is_wrong(language: str) -> None:
    answers = {row["id"]: row["answers"] for row in faq(language)}
    claimed = [row for row in asked(language, "premise") if "claim" in row]
    assert len(claimed) >= 8
    for row in claimed:
        assert values(row["claim"]) and states(question(row), [row["claim"]]), row["id"]
        assert not any(states(answer, [row["claim"]]) for answer in answers[row["entries"][0]]), row["id"]
