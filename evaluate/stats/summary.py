"""The scores of all systems, with intervals, and the differences between them, from the records of their answers."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from evaluate.stats.bootstrap import bootstrap, needed, paired
from evaluate.stats.metrics import ALL, METRICS, Record, clustered, measured
from frontdesk.errors import UserError

PAIRS = (("tuned + FAQ in prompt", "base + FAQ in prompt"), ("tuned", "base few-shot"), ("QLoRA NF4", "LoRA"), ("QLoRA int8", "LoRA"))
"""What tuning adds to the same prompt, what it replaces, and what quantizing costs. The served system is compared with all others too."""


def summarize(records: list[Record], served: str) -> dict[str, Any]:
    """The scorecard's numbers:

    {"served", "systems": {system: {metric: score}},
     "differences": [{"metric", "system", "against", "value", "low", "high", "pairs", "needed"}],
     "by_category", "by_language": {system: {name: score of facts_right}}, "by_set": {system: {set: score of what is right}}}

    A score is {"value", "low", "high", "of", "clusters"}; a metric without any record is left out. A difference is the system's score
    minus the other's, on the records that both have.
    """
    systems = by_system(records)
    if served not in systems:
        raise UserError(f"answers: none of the served system {served!r}; expected it among {sorted(systems)}; evaluate it too")
    right = {system: [record for record in mine if record["pass"] == 0] for system, mine in systems.items()}
    facts = {system: [record for record in mine if record["expects"] == "facts"] for system, mine in right.items()}
    facts = {system: [record for record in mine if record["set"] in METRICS["facts_right"].sets] for system, mine in facts.items()}
    return {
        "served": served,
        "systems": {system: scores(mine) for system, mine in systems.items()},
        "differences": [
            {"metric": metric, "system": one, "against": other, **found}
            for one, other in pairs(list(systems), served)
            for metric, found in differences(systems[one], systems[other]).items()
        ],
        "by_category": {system: scores_by(mine, "category") for system, mine in facts.items()},
        "by_language": {system: scores_by(mine, "language") for system, mine in facts.items()},
        "by_set": {
            system: dict(sorted(scores_by(mine, "set").items(), key=lambda item: ALL.index(item[0]))) for system, mine in right.items()
        },
    }


def by_system(records: Iterable[Record]) -> dict[str, list[Record]]:
    """The records of each system, in the order in which systems first occur."""
    systems: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        systems[record["system"]].append(record)
    return dict(systems)


def scores(records: list[Record]) -> dict[str, dict[str, Any]]:
    """All metrics of one system."""
    values = {metric: measured(records, metric) for metric in METRICS}
    return {metric: bootstrap(clustered(found.values()))._asdict() for metric, found in values.items() if found}


def scores_by(records: list[Record], key: str) -> dict[str, dict[str, Any]]:
    """The share of right records for each value of `key`."""
    parts = defaultdict(list)
    for record in records:
        parts[record[key]].append((record["entry"], float(record["right"])))
    return {part: bootstrap(clustered(values))._asdict() for part, values in sorted(parts.items())}


def pairs(systems: list[str], served: str) -> list[tuple[str, str]]:
    """Which systems are compared, each pair once."""
    chosen = [(served, other) for other in systems if other != served]
    return chosen + [pair for pair in PAIRS if served not in pair and systems.count(pair[0]) and systems.count(pair[1])]


def differences(one: list[Record], other: list[Record]) -> dict[str, dict[str, Any]]:
    """The paired difference of each metric, with its interval and the number of questions that would show it: one's minus the other's."""
    found = {}
    for metric in METRICS:
        mine, theirs = measured(one, metric), measured(other, metric)
        both = clustered((cluster, value - theirs[key][1]) for key, (cluster, value) in mine.items() if key in theirs)
        if both:
            score = paired(both)
            found[metric] = {"value": score.value, "low": score.low, "high": score.high, "pairs": score.of, "needed": needed(both)}
    return found
