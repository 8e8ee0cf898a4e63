"""The dates of entries, which are lines of `faq.jsonl`: which are past their last day, and which were not reviewed for longest."""

from collections.abc import Iterable
from typing import Any

from frontdesk.facts.entries import Origin

OLDEST = 20  # reviews that the report lists
Json = dict[str, Any]


def expired(entries: Iterable[Json], day: str) -> list[Json]:
    """Those that no longer hold on a day (ISO 8601), the longest past first."""
    return sorted((one for one in entries if Origin(**one.get("origin", {})).expired(day)), key=lambda one: one["origin"]["expires"])


def least_reviewed(entries: Iterable[Json]) -> list[Json]:
    """Those with the oldest reviews, oldest first; those whose source gives no date of a review are not among them."""
    dated = (one for one in entries if one.get("origin", {}).get("reviewed"))
    return sorted(dated, key=lambda one: one["origin"]["reviewed"])[:OLDEST]
