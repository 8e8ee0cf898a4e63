"""What became better and what worse since another run, question by question."""

from typing import Any

from evaluate.grouping import grouped
from evaluate.scoring.customers import customer_turns
from evaluate.stats.metrics import Record
from evaluate.stats.summary import by_system, differences
from frontdesk.errors import UserError

GRADES = ("wrong", "not answered", "right")
"""From worst to best: a desk that no longer says something false has improved, even if it knows no answer."""
Key = tuple[str, int, tuple[str, ...]]


def compare(records: list[Record], old_records: list[Record], system: str, old_system: str) -> dict[str, Any]:
    """{"system", "improved": [change], "regressed": [change], "same", "only_here", "only_there", "differences": {metric: difference}}.

    `system` of this scorecard against `old_system` of the other: what each run serves.

    A change is {"id", "set", "category", "language", "source", "question", "reference", "was", "is",
    "before", "after"}, where `was` and `is` are of `GRADES`, `before` and `after` the answers. Questions are
    matched by id, pass and the customer's own words, so that a rewritten question is no improvement; listed
    and counted is the first pass, since further ones differ by chance. Differences are this run's scores
    minus the other's, on the same questions and passes, with intervals.
    """
    new, old = _keyed(records, system), _keyed(old_records, old_system)
    shared = [key for key in new if key in old]
    firsts, firsts_old = ([key for key in side if key[1] == 0] for side in (new, old))
    both = [key for key in firsts if key in old]
    changes = [_change(old[key], new[key]) for key in both if grade(old[key]) != grade(new[key])]
    sides = grouped(changes, lambda change: GRADES.index(change["is"]) > GRADES.index(change["was"]))
    return {
        "system": system,
        "improved": sides.get(True, []),
        "regressed": sides.get(False, []),
        "same": len(both) - len(changes),
        "only_here": len(firsts) - len(both),
        "only_there": len(firsts_old) - len(both),
        "differences": differences([new[key] for key in shared], [old[key] for key in shared]),
    }


def grade(record: Record) -> str:
    """How good an answer is, of `GRADES`."""
    return "right" if record["right"] else "wrong" if record["wrong"] else "not answered"


def _keyed(records: list[Record], system: str) -> dict[Key, Record]:
    systems = by_system(records)
    if system not in systems:
        raise UserError(f"baseline: no answers of {system!r}; expected it among {sorted(systems)}; evaluate that system in both runs")
    return {(record["id"], record["pass"], tuple(customer_turns(record["messages"]))): record for record in systems[system]}


def _change(old: Record, new: Record) -> dict[str, Any]:
    kept = {key: new[key] for key in ("id", "set", "category", "language", "source", "reference")}
    question = "\n".join(customer_turns(new["messages"]))
    return kept | {"question": question, "was": grade(old), "is": grade(new), "before": old["answer"], "after": new["answer"]}
