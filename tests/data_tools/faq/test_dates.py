"""Entries past their last day, and those whose review is oldest."""

from typing import Any

from data_tools.faq.dates import OLDEST, expired, least_reviewed


def entry(id: str, **origin: str) -> dict[str, Any]:
    return {"id": id} | ({"origin": origin} if origin else {})


def test_an_entry_holds_on_its_last_day() -> None:
    entries = [entry("b", expires="2026-11-29"), entry("none"), entry("a", expires="2025-01-31"), entry("today", expires="2026-11-30")]
    assert [one["id"] for one in expired(entries, "2026-11-30")] == ["a", "b"]
    assert [one["id"] for one in expired(entries, "2026-12-01")] == ["a", "b", "today"]
    assert [one["id"] for one in expired([entry("t", expires="2026-11-30T18:00:00Z")], "2026-11-30")] == []


def test_the_oldest_reviews_come_first_and_not_all_are_listed() -> None:
    entries = [entry(str(year), reviewed=f"{year}-05-01") for year in range(2030, 1990, -1)] + [entry("never")]
    found = least_reviewed(entries)
    assert len(found) == OLDEST and [one["id"] for one in found[:2]] == ["1991", "1992"]
