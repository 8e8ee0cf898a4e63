"""The splits of a run: chosen by group, then measured; no copy of a held-out row is trained, or there is no data."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_tools.faq.entries import FaqEntry
from data_tools.rows.off_topic import foreign_questions
from data_tools.rows.rows import Candidate, Row, derived_rows, message
from data_tools.splits import assign as splits
from data_tools.splits.near_duplicates import Clusters, Store, grams, near_pairs
from frontdesk.config.schema import DataConfig
from frontdesk.facts.language import language

LOOKS = (1, 2)
"""The splits are looked through for copies that the clusters miss, each time with other hash functions: what is added to the seed."""
ROUNDS = 4
"""How often they are chosen anew because one was found."""

SPLITS_AT_RANDOM = 20
TOPIC = "topics:"
"""Begins the source of a row that was made for another company's topic."""

Pairs = list[tuple[int, int]]


@dataclass
class Plan:
    """Where each candidate goes, and the rows that are made for training beside them."""

    splits: list[str]
    groups: list[str]
    derived: list[Row] = field(default_factory=list)
    generated: list[Row] = field(default_factory=list)
    leak: dict[str, Any] = field(default_factory=dict)


def choose(candidates: Sequence[Candidate], store: Store, faq: Sequence[FaqEntry], rows: Sequence[Row], data: DataConfig) -> Plan:
    """The plan. `rows` are those of the first candidates, which come from the FAQ and the refusals; `store` has the n-grams of all.

    Raises RuntimeError when a copy is left across the splits: a defect.
    """
    everything = range(len(candidates))
    alike = {(one, two): likeness for one, two, likeness in near_pairs(store, everything, everything, data.seed)}
    found, clusters = list(alike), Clusters(0)
    for _ in range(ROUNDS):
        clusters = splits.bind(candidates, found)
        plan = _plan(candidates, clusters, found, data)
        looks = [list(near_pairs(store, *_sides(plan.splits), data.seed + look)) for look in LOOKS]
        missed = [(held, trained) for look in looks for held, trained, _ in look]
        if not missed:
            break
        found += missed
    _add_rows(plan, candidates, store, faq, rows, data)
    held, added = _sides(plan.splits)[0], range(len(candidates), len(store))
    written = _count([*looks[-1], *near_pairs(store, held, added, data.seed + LOOKS[-1])], len(held))
    if written["exact"] or written["near"]:
        raise RuntimeError(f"copies of held-out rows are left in the training rows: {written}; this is a defect of the splits")
    sizes = Counter(clusters.root(place) for place in everything)
    crowds = [size for size in sizes.values() if size > 1]
    plan.leak = {
        "random": _at_random(alike, len(candidates), data),
        "splits": written,
        "clusters": len(crowds),
        "largest": max(crowds, default=1),
    }
    return plan


def _plan(candidates: Sequence[Candidate], clusters: Clusters, near: Pairs, data: DataConfig) -> Plan:
    groups = splits.groups(candidates, clusters)
    chosen = splits.split(candidates, groups, data.seed, data.valid_share, data.test_share)
    alike = Clusters(len(candidates))
    alike.join_all(near)
    place_of = {candidate.id: place for place, candidate in enumerate(candidates)}
    held_out = splits.hold_out_wordings(splits.questions_of(candidates, chosen), alike, len(candidates), place_of, data.seed)
    for row_id, split in held_out.items():
        chosen[place_of[row_id]] = split
    return Plan(chosen, groups)


def _sides(chosen: Sequence[str]) -> tuple[list[int], list[int]]:
    """The places of the held-out and of the trained rows."""
    held = [place for place, split in enumerate(chosen) if split != "train"]
    return held, [place for place, split in enumerate(chosen) if split == "train"]


def _count(pairs: Iterable[tuple[int, int, float]], of: int) -> dict[str, int]:
    """How many held-out rows have an exact and a near copy among the trained ones, of how many."""
    best: dict[int, float] = {}
    for held, _, likeness in pairs:
        best[held] = max(likeness, best.get(held, 0))
    exact = sum(likeness == 1 for likeness in best.values())
    return {"exact": exact, "near": len(best) - exact, "of": of}


def _at_random(alike: dict[tuple[int, int], float], number: int, data: DataConfig) -> dict[str, float]:
    """The same count for rows that are split one by one, a mean over several such splits. `alike` are the near copies among all."""
    total: Counter[str] = Counter()
    for seed in range(SPLITS_AT_RANDOM):
        held = splits.at_random(number, seed, data.valid_share + data.test_share)
        crossing = (pair for pair in alike if (pair[0] in held) != (pair[1] in held))
        turned = ((one, two, alike[one, two]) if one in held else (two, one, alike[one, two]) for one, two in crossing)
        total.update(_count(turned, len(held)))
    return {name: round(total[name] / SPLITS_AT_RANDOM, 1) for name in ("exact", "near", "of")}


def _add_rows(
    plan: Plan, candidates: Sequence[Candidate], store: Store, faq: Sequence[FaqEntry], rows: Sequence[Row], data: DataConfig
) -> None:
    """Derived wordings and questions for other companies, without those that are near copies of held-out rows."""
    trained = [row for row, split in zip(rows, plan.splits, strict=False) if split == "train" and row.kind == "faq"]
    derived = derived_rows(faq, trained, data)
    generated = _generated(plan, candidates, faq, rows, len(derived), data)
    first = len(store)
    for row in (*derived, *generated):
        store.add(grams(row.question).tobytes())
    held = _sides(plan.splits)[0]
    copies = {new for look in LOOKS for _, new, _ in near_pairs(store, held, range(first, len(store)), data.seed + look)}
    store.forget(copies)
    for place, row in enumerate((*derived, *generated), first):
        if place not in copies:
            (plan.derived if row.derived else plan.generated).append(row)


def _generated(
    plan: Plan, candidates: Sequence[Candidate], faq: Sequence[FaqEntry], rows: Sequence[Row], derived: int, data: DataConfig
) -> list[Row]:
    """Questions for other companies with the handoff as their answer, as many as the share of refusals lacks."""
    kinds = Counter(candidate.kind for candidate, split in zip(candidates, plan.splits, strict=True) if split == "train")
    others = kinds["faq"] + kinds["chat"] + derived
    missing = round(others * data.refusal_share / (1 - data.refusal_share)) - kinds["refusal"]
    if missing <= 0:
        return []
    languages = Counter(language(row.question) for row in rows)
    known = (text for entry in faq for text in (*(wording.text for wording in entry.questions), *entry.answers))
    made = foreign_questions(missing, known, languages, data.seed)
    return [
        Row(
            f"other:{one.id}",
            [message("user", one.question), message("assistant", data.handoff[one.language])],
            *("refusal", f"{TOPIC}{one.topic}", f"other:{one.id}"),
        )
        for one in made
    ]
