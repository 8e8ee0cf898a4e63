"""Which split each row belongs to. All choices follow digests of the seed and a name, so they do not depend on the order of the input."""

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate

from data_tools.rows.rows import Candidate
from data_tools.splits.near_duplicates import Clusters

MIN_GROUPS = 10  # a kind with this many groups gets at least one of them in each held-out split that has a share


def rank(seed: int, name: str) -> str:
    """A key that sorts names in a random order of this seed."""
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()


def bind(candidates: Sequence[Candidate], near: Iterable[tuple[int, int]]) -> Clusters:
    """Clusters of candidates that are never parted: they share an answer or a conversation, or are near copies."""
    clusters = Clusters(len(candidates))
    first: dict[str, int] = {}
    for place, candidate in enumerate(candidates):
        for key in candidate.group_keys:
            clusters.join(first.setdefault(key, place), place)
    clusters.join_all(near)
    return clusters


def groups(candidates: Sequence[Candidate], clusters: Clusters) -> list[str]:
    """The name of each candidate's group: the first owner in its cluster, by name."""
    names: dict[int, str] = {}
    for place, candidate in enumerate(candidates):
        root = clusters.root(place)
        names[root] = min(names.get(root, candidate.owner), candidate.owner)
    return [names[clusters.root(place)] for place in range(len(candidates))]


def split(candidates: Sequence[Candidate], group_of: Sequence[str], seed: int, valid_share: float, test_share: float) -> list[str]:
    """train, valid or test for each candidate: by group, the groups of each kind apart (a mixed group counts with its first)."""
    kinds: dict[str, str] = {}
    for candidate, group in zip(candidates, group_of, strict=True):
        kinds.setdefault(group, candidate.kind)
    splits: dict[str, str] = {}
    sizes = Counter(group_of)
    for kind in dict.fromkeys(kinds.values()):
        of_kind = Counter({group: sizes[group] for group in kinds if kinds[group] == kind})
        splits |= assign(of_kind, seed, valid_share, test_share)
    return [splits[group] for group in group_of]


def assign(rows_of_group: Counter[str], seed: int, valid_share: float, test_share: float) -> dict[str, str]:
    """The split of each group of one kind.

    A group far larger than the others (many questions with one boilerplate answer) is taken last: held out, it would
    take a large part of the kind with it.
    """
    total, number = rows_of_group.total(), len(rows_of_group)
    large = max(2 * max(valid_share, test_share) * total, 3 * total / max(number, 1))
    order = sorted(rows_of_group, key=lambda group: (rows_of_group[group] > large, rank(seed, group)))
    shares = [(share, number >= MIN_GROUPS and share > 0) for share in (test_share, valid_share)]
    test, valid = accumulate(max(int(number * share + 1e-9), int(some)) for share, some in shares)
    return {group: "test" if i < test else "valid" if i < valid else "train" for i, group in enumerate(order)}


def hold_out_wordings(
    questions: dict[str, list[str]], similar: Clusters, number: int, place_of: dict[str, int], seed: int
) -> dict[str, str]:
    """Row ids of trained FAQ rows that are held out as other wordings, each with its split.

    `questions` has the row ids of each trained entry. One of every four wordings goes to `test_wordings`; of every third
    entry with five and more, one more goes to `valid_wordings`. Only a wording that is no near copy of another trained row is
    held out: `similar` are clusters of near copies among all `number` rows, which `place_of` finds by their ids.
    """
    sizes = Counter(similar.root(place) for place in range(number))
    chosen: dict[str, str] = {}
    third = 0
    for entry in sorted(questions, key=lambda entry: rank(seed, entry)):
        apart = [row for row in questions[entry] if sizes[similar.root(place_of[row])] == 1]
        apart.sort(key=lambda row: rank(seed, row))
        tested = len(questions[entry]) // 4
        chosen |= dict.fromkeys(apart[:tested], "test_wordings")
        if len(questions[entry]) >= 5:
            if third % 3 == 0 and len(apart) > tested:
                chosen[apart[tested]] = "valid_wordings"
            third += 1
    return chosen


def questions_of(candidates: Sequence[Candidate], splits: Sequence[str]) -> dict[str, list[str]]:
    """The row ids of each trained FAQ entry."""
    out: defaultdict[str, list[str]] = defaultdict(list)
    for candidate, where in zip(candidates, splits, strict=True):
        if candidate.kind == "faq" and where == "train":
            out[candidate.owner].append(candidate.id)
    return out


def at_random(number: int, seed: int, share: float) -> set[int]:
    """The places that would be held out if `number` rows were split one by one: what leaks then is what the groups are for."""
    return set(random.Random(seed).sample(range(number), round(number * share)))
