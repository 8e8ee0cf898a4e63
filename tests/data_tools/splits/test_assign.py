"""Groups, shares and held-out wordings."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.rows.rows import Candidate
from data_tools.splits.assign import assign, at_random, bind, groups, hold_out_wordings, questions_of, rank, split
from data_tools.splits.near_duplicates import Clusters


def row(owner, *group_keys, number=0, kind="faq"):
    return Candidate(f"{owner}#{number}", kind, owner, group_keys)


def named(candidates, near=()):
    return dict(zip((one.owner for one in candidates), groups(candidates, bind(candidates, near)), strict=True))


def test_rows_that_share_a_bond_are_one_group_through_others_too():
    candidates = [row("d", "three"), row("c", "two", "three"), row("b", "one", "two"), row("a", "other")]

    assert named(candidates) == {"a": "a", "b": "b", "c": "b", "d": "b"}


def test_near_copies_are_one_group():
    candidates = [row("d"), row("c", "x"), row("b", "x"), row("a")]

    assert named(candidates, [(0, 1)]) == {"a": "a", "b": "b", "c": "b", "d": "b"}


BONDS = st.lists(st.sets(st.sampled_from("uvwxyz"), max_size=2).map(sorted), min_size=1, max_size=12)


@given(BONDS, st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order(group_keys, rng):
    candidates = [row(f"e{number}", *own) for number, own in enumerate(group_keys)]
    mixed = rng.sample(candidates, len(candidates))

    assert named(mixed) == named(candidates)
    for one in candidates:
        for two in candidates:
            assert named(candidates)[one.owner] == named(candidates)[two.owner] or not set(one.group_keys) & set(two.group_keys)


@pytest.mark.parametrize("number", [10, 11, 19, 20, 57, 400])
@pytest.mark.parametrize(("valid", "test"), [(0.05, 0.05), (0.1, 0.2), (0.001, 0.001), (0.0, 0.1), (0.49, 0.49)])
def test_shares_hold_and_each_split_gets_a_group(number, valid, test):
    counts = Counter(assign(Counter(f"g{i}" for i in range(number)), 7, valid, test).values())

    for name, share in (("valid", valid), ("test", test)):
        assert counts[name] == (max(1, int(number * share + 1e-9)) if share else 0)
    assert counts["train"] > 0


def test_few_groups_stay_in_train():
    assert set(assign(Counter(a=3, b=1), 7, 0.05, 0.05).values()) == {"train"}


def test_the_order_of_the_input_does_not_matter_but_the_seed_does():
    names = [f"g{i}" for i in range(100)]
    forward, backward, other = (assign(Counter(order), seed, 0.1, 0.1) for order, seed in ((names, 7), (names[::-1], 7), (names, 8)))

    assert forward == backward
    assert forward != other


def test_one_huge_group_is_not_held_out():
    sizes = Counter({f"g{i}": 1 for i in range(30)} | {"stock": 60})

    assert all(assign(sizes, seed, 0.05, 0.05)["stock"] == "train" for seed in range(50))


def test_each_kind_has_its_shares_and_no_group_is_parted():
    kinds = {"faq": 40, "chat": 100, "refusal": 12}
    candidates = [row(f"{kind}{i}", number=n, kind=kind) for kind, number in kinds.items() for i in range(number) for n in range(3)]
    names = [one.owner for one in candidates]
    chosen = split(candidates, names, 7, 0.1, 0.05)

    assert all(len({where for owner, where in zip(names, chosen, strict=True) if owner == name}) == 1 for name in set(names))
    held = Counter((one.kind, where) for one, where in zip(candidates, chosen, strict=True) if one.id.endswith("#0"))
    for kind, number in kinds.items():
        assert held[kind, "valid"] == max(1, int(number * 0.1))
        assert held[kind, "test"] == max(1, int(number * 0.05))


def test_splits_of_groups_do_not_depend_on_the_order():
    candidates = [row(f"e{i}") for i in range(60)]
    mixed = random.Random(1).sample(candidates, 60)
    one, two = (
        dict(zip((row.owner for row in rows), split(rows, [row.owner for row in rows], 7, 0.1, 0.1), strict=True))
        for rows in (candidates, mixed)
    )

    assert one == two


def held_out(questions, alike=None):
    """What is held out of these entries."""
    rows = [name for names in questions.values() for name in names]
    place_of = {name: place for place, name in enumerate(rows)}
    return hold_out_wordings(questions, alike(place_of) if alike else Clusters(len(rows)), len(rows), place_of, 7)


def test_wordings_held_out_by_the_number_of_questions():
    """One of every four is tested, and of a third of the entries with five and more one more is validated."""
    questions = {f"e{n}-{i}": [f"e{n}-{i}#{k}" for k in range(n)] for n in range(1, 14) for i in range(9)}
    chosen = held_out(questions)

    per_entry = Counter((name.split("#")[0], where) for name, where in chosen.items())
    for name, rows in questions.items():
        assert per_entry[name, "test_wordings"] == len(rows) // 4
        assert per_entry[name, "valid_wordings"] <= (len(rows) >= 5)
    assert sum(where == "valid_wordings" for where in chosen.values()) == 9 * 9 // 3
    assert held_out(dict(reversed(questions.items()))) == chosen


@pytest.mark.parametrize(("joined", "left"), [([(0, 1), (2, 3)], set()), ([(0, 1)], {"a#2", "a#3"}), ([], {"a#0", "a#1", "a#2", "a#3"})])
def test_a_wording_that_is_also_trained_in_other_letters_is_not_held_out(joined, left):
    def alike(place_of):
        clusters = Clusters(len(place_of))
        for pair in joined:
            clusters.join(*pair)
        return clusters

    chosen = held_out({"a": [f"a#{number}" for number in range(4)]}, alike)
    assert len(chosen) == bool(left)
    assert set(chosen) <= left


def test_questions_are_those_of_trained_entries():
    candidates = [row("a", number=0), row("a", number=1), row("b"), row("c", kind="refusal"), row("d", kind="chat")]

    assert questions_of(candidates, ["train", "train", "test", "train", "train"]) == {"a": ["a#0", "a#1"]}


@pytest.mark.parametrize(("share", "number"), [(0.0, 0), (0.1, 20), (1.0, 200)])
def test_rows_chosen_at_random_are_a_share_and_the_same_each_time(share, number):
    chosen = at_random(200, 7, share)

    assert len(chosen) == number
    assert chosen <= set(range(200))
    assert chosen == at_random(200, 7, share)
    assert share != 0.1 or chosen != at_random(200, 8, share)


def test_ranks_are_a_random_order_of_their_own_for_each_seed():
    names = [f"n{i}" for i in range(200)]
    orders = [sorted(names, key=lambda name: rank(seed, name)) for seed in (1, 2)]

    assert orders[0] != orders[1] != names
    assert rank(1, "a") == rank(1, "a")
