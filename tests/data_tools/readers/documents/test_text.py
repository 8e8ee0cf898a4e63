"""Markdown and plain text: entries, passages, and what the front matter says."""

from data_tools.readers.documents import text

PAGE = """---
title: Members' handbook
url: https://pine.example/members
updated: 3 March 2026
expires: 31.12.2026
---

# Borrowing a tent

Members borrow a tent for two nights a season.

## Can I keep it longer?

Yes, for 9 pounds a night.

## Deposits

| Tent | Deposit |
|---|---|
| Heron | £50 |
"""


def test_markdown(source):
    entry, first, second = text.read(source(PAGE))

    assert (entry.questions, entry.answers, entry.category) == (
        ("Can I keep it longer?",),
        ("Yes, for 9 pounds a night.",),
        "Borrowing a tent",
    )
    assert first.questions == ("Members' handbook: Borrowing a tent",)
    assert (second.answers, second.source) == (("Tent | Deposit\nHeron | £50",), "input.txt:18")
    for record in (entry, first, second):
        assert (record.origin.url, record.origin.updated, record.origin.expires) == (
            "https://pine.example/members",
            "2026-03-03",
            "2026-12-31",
        )


def test_a_section_that_asks_but_is_long_becomes_passages(source):
    long = " ".join(f"Rule {number} says what happens to a tent." for number in range(60))
    found = list(text.read(source(f"# Rules\n\n## What are the rules?\n\n{long}\n")))

    assert len(found) > 2 and all(record.passage for record in found)
    assert {record.origin.heading for record in found} == {"What are the rules?"}


def test_plain_text_has_its_files_name(source):
    [record] = text.read(source("Both shops are open from 9:30 to 18:00.\n", name="opening_hours.txt"))
    assert record.questions == ("opening hours",)
