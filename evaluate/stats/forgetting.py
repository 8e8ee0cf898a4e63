"""General ability before and after tuning: what was forgotten, with its interval."""

from typing import Any

from evaluate.stats.bootstrap import bootstrap, paired


def forgetting(items: list[dict[str, Any]], before: list[bool], after: list[bool]) -> dict[str, Any]:
    """{"before", "after": score, "drop": difference, "abilities": {ability: {"before", "after"}}}: each item is its own cluster."""
    names = [item["id"] for item in items]
    scores = {
        which: bootstrap({name: [float(flag)] for name, flag in zip(names, flags, strict=True)})._asdict()
        for which, flags in (("before", before), ("after", after))
    }
    drop = paired({name: [float(one) - float(other)] for name, one, other in zip(names, before, after, strict=True)})._asdict()
    abilities: dict[str, dict[str, float]] = {}
    for ability in dict.fromkeys(item["ability"] for item in items):
        places = [i for i, item in enumerate(items) if item["ability"] == ability]
        abilities[ability] = {"before": sum(before[i] for i in places) / len(places), "after": sum(after[i] for i in places) / len(places)}
    return {**scores, "drop": drop, "abilities": abilities}
