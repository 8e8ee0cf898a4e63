"""General ability before and after tuning: what was forgotten, with its interval."""

from statistics import fmean as mean
from typing import Any

from evaluate.grouping import grouped
from evaluate.stats.bootstrap import bootstrap, paired


def forgetting(items: list[dict[str, Any]], before: list[bool], after: list[bool]) -> dict[str, Any]:
    """{"before", "after": score, "drop": difference, "abilities": {ability: {"before", "after"}}}."""
    names = [item["id"] for item in items]
    scores = {
        which: bootstrap({name: [float(flag)] for name, flag in zip(names, flags, strict=True)})._asdict()
        for which, flags in (("before", before), ("after", after))
    }
    drop = paired({name: [float(one) - float(other)] for name, one, other in zip(names, before, after, strict=True)})._asdict()
    abilities = grouped(range(len(items)), lambda i: str(items[i]["ability"]))
    shares = {
        ability: {"before": mean(before[i] for i in places), "after": mean(after[i] for i in places)}
        for ability, places in abilities.items()
    }
    return {**scores, "drop": drop, "abilities": shares}
