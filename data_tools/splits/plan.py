"""The splits of a run: chosen by group, then measured; no copy of a held-out row is trained, or there is no data."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_tools.rows.rows import Candidate, Row
from data_tools.splits.assign import at_random, bind, groups, hold_out_wordings, questions_of, split
from data_tools.splits.near_duplicates import Clusters, Store, grams, near_pairs
from frontdesk.config.schema import DataConfig

LOOKS = (1, 2)
"""The splits are searched for copies that the clusters miss, each time with other hash functions: what is added to the seed."""
ROUNDS = 4  # how often the splits are chosen, as long as a copy is found across them
SPLITS_AT_RANDOM = 20

Pairs = list[tuple[int, int]]


@dataclass
class Plan:
    """Where each candidate goes, and the rows that are trained beside them."""

    splits: list[str]
    groups: list[str]
    added: list[Row] = field(default_factory=list)
    leak: dict[str, Any] = field(default_factory=dict)


def choose(candidates: Sequence[Candidate], store: Store, data: DataConfig) -> Plan:
    """The splits of the candidates, whose n-grams `store` has.

    Raises RuntimeError when copies are left across the splits: a defect.
    """
    everything = range(len(candidates))
    similarities = {(one, two): similarity for one, two, similarity in near_pairs(store, everything, everything, data.seed)}
    copies = list(similarities)
    for _ in range(ROUNDS):
        clusters = bind(candidates, copies)
        plan = _split(candidates, clusters, copies, data)
        held_out, trained = sides(plan.splits)
        missed = [pair for look in LOOKS for pair in near_pairs(store, held_out, trained, data.seed + look)]
        if not missed:
            break
        copies += [(one, two) for one, two, _ in missed]
    _no_copies(missed, len(held_out))
    crowds = [size for size in Counter(map(clusters.root, everything)).values() if size > 1]
    random, own = _at_random(similarities, len(candidates), data), _count([], len(held_out))
    plan.leak = {"random": random, "splits": own, "clusters": len(crowds), "largest": max(crowds, default=1)}
    return plan


def add_rows(plan: Plan, rows: Sequence[Row], store: Store, data: DataConfig) -> None:
    """Train rows beside the candidates, those that are no near copies of held-out ones."""
    first = len(store)
    for row in rows:
        store.add(grams(row.question).tobytes())
    held_out, added = sides(plan.splits)[0], range(first, len(store))
    copies = {new for look in LOOKS for _, new, _ in near_pairs(store, held_out, added, data.seed + look)}
    store.forget(copies)
    plan.added += [row for place, row in zip(added, rows, strict=True) if place not in copies]
    _no_copies(near_pairs(store, held_out, added, data.seed + LOOKS[-1]), len(held_out))


def sides(chosen: Sequence[str]) -> tuple[list[int], list[int]]:
    """The places of the held-out and of the trained rows."""
    held_out = [place for place, split in enumerate(chosen) if split != "train"]
    return held_out, [place for place, split in enumerate(chosen) if split == "train"]


def _split(candidates: Sequence[Candidate], clusters: Clusters, copies: Pairs, data: DataConfig) -> Plan:
    names = groups(candidates, clusters)
    chosen = split(candidates, names, data.seed, data.valid_share, data.test_share)
    similar = Clusters(len(candidates))
    similar.join_all(copies)
    place_of = {candidate.id: place for place, candidate in enumerate(candidates)}
    held_out = hold_out_wordings(questions_of(candidates, chosen), similar, len(candidates), place_of, data.seed)
    for row_id, name in held_out.items():
        chosen[place_of[row_id]] = name
    return Plan(chosen, names)


def _no_copies(pairs: Iterable[tuple[int, int, float]], of: int) -> None:
    left = _count(pairs, of)
    if left["exact"] or left["near"]:
        raise RuntimeError(f"copies of held-out rows are left in the training rows: {left}; this is a defect of the splits")


def _count(pairs: Iterable[tuple[int, int, float]], of: int) -> dict[str, int]:
    """How many held-out rows have an exact and a near copy among the trained ones, of how many."""
    best: dict[int, float] = {}
    for held_out, _, similarity in pairs:
        best[held_out] = max(similarity, best.get(held_out, 0))
    exact = sum(similarity == 1 for similarity in best.values())
    return {"exact": exact, "near": len(best) - exact, "of": of}


def _at_random(similarities: dict[tuple[int, int], float], number: int, data: DataConfig) -> dict[str, float]:
    """The same count for rows that are split one by one, a mean over several such splits. `similarities`: of all near copies."""
    total: Counter[str] = Counter()
    for seed in range(SPLITS_AT_RANDOM):
        held_out = at_random(number, seed, data.valid_share + data.test_share)
        crossing = [pair for pair in similarities if (pair[0] in held_out) != (pair[1] in held_out)]
        turned = ((*(pair if pair[0] in held_out else pair[::-1]), similarities[pair]) for pair in crossing)
        total.update(_count(turned, len(held_out)))
    return {name: round(total[name] / SPLITS_AT_RANDOM, 1) for name in ("exact", "near", "of")}
