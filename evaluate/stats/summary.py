"""The scores of all systems and the differences between them, with intervals, from their records."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from evaluate.grouping import grouped
from evaluate.questions.load import CUSTOMERS
from evaluate.stats.bootstrap import bootstrap, needed, paired
from evaluate.stats.calibration import calibration
from evaluate.stats.metrics import ALL, METRICS, Record, clustered, measured
from evaluate.systems.systems import BASE, PROMPTS, QUOTE, TUNED, WITH_FAQ
from frontdesk.errors import UserError

READER = TUNED + WITH_FAQ
PAIRS = (
    *((READER, prompt) for prompt in (BASE + WITH_FAQ, *PROMPTS)),
    (TUNED, "base few-shot"),
    ("QLoRA NF4", "LoRA"),
    ("QLoRA int8", "LoRA"),
)
"""What tuning adds to any prompt, what it replaces, what quantizing costs. The served one meets all others."""


def in_vain(record: Record) -> bool:
    """Whether the desk asked back about none but wrong entries, and did not answer rightly after that."""
    return record["asked"] == "without" and not record["right"]


ENDS: dict[str, Callable[[Record], bool]] = {
    "right": lambda record: bool(record["right"]),
    "right_after_asking": lambda record: bool(record["right"] and record["asked"]),
    "wrong": lambda record: bool(record["wrong"] and not in_vain(record)),
    "asked_in_vain": in_vain,
    "escalated": lambda record: bool(record["handoff"] and not record["right"] and not in_vain(record)),
}
"""How a question of CUSTOMERS may end; what escalates and invents besides is escalated. `right_after_asking` is a part of `right`."""


def summarize(records: list[Record], served: str) -> dict[str, Any]:
    """The scorecard's numbers:

    {"served", "systems": {system: {metric: score}},
     "differences": [{"metric", "system", "against", "value", "low", "high", "pairs", "needed"}],
     "by_category", "by_language": {system: {name: score of facts_right}}, "by_set": {system: {set: score of what is right}},
     "customers": {system: {set of CUSTOMERS: {end of ENDS: score}}},
     "outcomes": {what the served system did: how often, question by question and turn by turn}, "calibration" of the served system}

    A score is {"value", "low", "high", "of", "clusters"}; a metric without any record is left out. A
    difference is the system's score minus the other's, on the records that both have.
    """
    systems = by_system(records)
    if served not in systems:
        raise UserError(f"answers: none of the served system {served!r}; expected it among {sorted(systems)}; evaluate it too")
    right = {system: [record for record in mine if record["pass"] == 0 and record["set"] in ALL] for system, mine in systems.items()}
    asked = METRICS["facts_right"].sets
    facts = {system: [one for one in mine if one["expects"] == "facts" and one["set"] in asked] for system, mine in right.items()}
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
        "by_set": {system: scores_by(mine, "set") for system, mine in right.items()},
        "customers": {system: found for system, mine in systems.items() if (found := customers(mine))},
        "outcomes": dict(Counter(done for one in systems[served] if one["pass"] == 0 for done in one["outcomes"]).most_common()),
        "calibration": calibration(systems[served]),
    }


def by_system(records: Iterable[Record]) -> dict[str, list[Record]]:
    """The records of each system, in the order in which systems first occur."""
    return grouped(records, lambda record: str(record["system"]))


def scores(records: list[Record]) -> dict[str, dict[str, Any]]:
    """All metrics of one system."""
    values = {metric: measured(records, metric) for metric in METRICS}
    return {metric: bootstrap(clustered(found.values()))._asdict() for metric, found in values.items() if found}


def scores_by(records: list[Record], key: str) -> dict[str, dict[str, Any]]:
    """The share of right records by `key`: sets in the order of ALL, others by the alphabet."""
    parts = grouped(records, lambda record: str(record[key]))
    names = sorted(parts, key=ALL.index if key == "set" else None)
    return {name: bootstrap(clustered((one["entry"], float(one["right"])) for one in parts[name]))._asdict() for name in names}


def customers(records: list[Record]) -> dict[str, dict[str, dict[str, Any]]]:
    """How the questions of each set of CUSTOMERS ended."""
    mine = grouped(records, lambda record: str(record["set"]))
    return {
        name: {end: bootstrap(clustered((one["entry"], float(ended(one))) for one in mine[name]))._asdict() for end, ended in ENDS.items()}
        for name in CUSTOMERS
        if name in mine
    }


def pairs(systems: list[str], served: str) -> list[tuple[str, str]]:
    """Which systems are compared, each pair once."""
    chosen = [(served, other) for other in systems if other != served]
    return chosen + [pair for pair in PAIRS if served not in pair and systems.count(pair[0]) and systems.count(pair[1])]


def differences(one: list[Record], other: list[Record]) -> dict[str, dict[str, Any]]:
    """The paired difference of each metric, one's minus the other's, with its interval."""
    found = {}
    for metric in METRICS:
        mine, theirs = measured(one, metric), measured(other, metric)
        both = clustered((cluster, value - theirs[key][1]) for key, (cluster, value) in mine.items() if key in theirs)
        if both:
            score = paired(both)
            found[metric] = {"value": score.value, "low": score.low, "high": score.high, "pairs": score.of, "needed": needed(both)}
    return found


def difference(summary: dict[str, Any], one: str, other: str, metric: str = "facts_right") -> dict[str, Any] | None:
    """One system's score minus the other's, whichever way round the summary has it; None where it has neither."""
    for found in summary["differences"]:
        if found["metric"] == metric and (found["system"], found["against"]) == (one, other):
            return dict(found)
        if found["metric"] == metric and (found["system"], found["against"]) == (other, one):
            turned = {"value": -found["value"], "low": -found["high"], "high": -found["low"]}
            return {**found, **turned, "system": one, "against": other}
    return None


def beside_quote(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """The differences that say whether the served model is better than none: in facts right and in facts wrong."""
    found = (difference(summary, summary["served"], QUOTE, metric) for metric in ("facts_right", "facts_wrong"))
    return [one for one in found if one]


def side(found: Mapping[str, Any]) -> int:
    """1 where a difference is one for the better beyond chance, -1 for the worse, 0 where it may be chance."""
    sign = int(found["low"] > 0) - int(found["high"] < 0)
    return -sign if METRICS[found["metric"]].lower else sign
