"""Shares, groups and held-out wordings."""

from collections import Counter

import pytest

from data_tools.faq import Entry, Wording
from data_tools.splits import answer_groups, assign, hold_out_wordings


def entry(name, *answers):
    return Entry(name, "x:1", questions=[Wording("?", "x:1")], answers=list(answers))


def test_entries_that_share_an_answer_are_one_group_through_others_too():
    groups = answer_groups([entry("d", "Three."), entry("c", "Two.", "three."), entry("b", "One.", "two."), entry("a", "Other.")])

    assert groups == {"a": "a", "b": "b", "c": "b", "d": "b"}


@pytest.mark.parametrize("number", [10, 11, 19, 20, 57, 400])
@pytest.mark.parametrize(("valid", "test"), [(0.05, 0.05), (0.1, 0.2), (0.001, 0.001), (0.0, 0.1), (0.49, 0.49)])
def test_shares_hold_and_each_split_gets_a_group(number, valid, test):
    counts = Counter(assign(Counter(f"g{i}" for i in range(number)), 7, valid, test).values())

    for split, share in (("valid", valid), ("test", test)):
        assert counts[split] == (max(1, int(number * share + 1e-9)) if share else 0)
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


def test_wordings_held_out_by_the_number_of_questions():
    questions = {f"e{n}-{i}": [(f"e{n}-{i}#{k}", f"{n} {i} {k}?") for k in range(n)] for n in range(1, 8) for i in range(9)}
    chosen = hold_out_wordings(questions, 7)

    per_entry = Counter((row.split("#")[0], split) for row, split in chosen.items())
    assert set(per_entry.values()) == {1}
    assert {entry for entry, split in per_entry if split == "test_wordings"} == {name for name, rows in questions.items() if len(rows) >= 4}
    valid = {entry for entry, split in per_entry if split == "valid_wordings"}
    assert len(valid) == 9 * 3 // 3
    assert all(len(questions[name]) >= 5 for name in valid)


def test_a_wording_that_is_also_trained_in_other_letters_is_not_held_out():
    rows = [("a#0", "Can I pay by card?"), ("a#1", "can i pay by card"), ("a#2", "Visa ok?"), ("a#3", "VISA OK")]

    assert hold_out_wordings({"a": rows}, 7) == {}
