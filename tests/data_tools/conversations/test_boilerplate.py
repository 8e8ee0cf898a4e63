"""Boilerplate is trained a limited number of times, whatever stands beside them."""

import pytest

from data_tools.conversations.boilerplate import LEAST, TOP, Boilerplate


def settled(share, conversations):
    boilerplate = Boilerplate(share)
    for turns in conversations:
        boilerplate.count(turns)
    boilerplate.settle()
    return boilerplate


@pytest.mark.parametrize(("share", "said", "cap"), [(0.01, 1000, 10), (0.01, 100, LEAST), (0.5, 1000, 500), (0.0, 1000, LEAST), (1, 7, 7)])
def test_the_cap_is_a_share_of_all_sentences_but_not_less_than_a_few(share, said, cap):
    boilerplate = settled(share, [[(number,)] for number in range(said)])

    assert boilerplate.cap == cap
    trained = [not boilerplate.is_over((1,)) for _ in range(2 * cap)]
    assert trained == [True] * cap + [False] * cap


def test_customers_turns_which_have_no_sentences_are_never_over():
    boilerplate = settled(0.01, [[(), (1,)] * 20])

    assert not any(boilerplate.is_over(()) for _ in range(50))
    assert boilerplate.said.total() == 20


def test_a_turn_with_something_new_is_trained():
    boilerplate = settled(0.01, [[(1,)] * 20])
    for _ in range(LEAST):
        boilerplate.is_over((1,))

    assert boilerplate.is_over((1,))
    assert not boilerplate.is_over((1, 2))
    assert boilerplate.is_over((1, 1))


def test_two_boilerplate_sentences_together_are_over_too():
    boilerplate = settled(0.01, [[(1, 2)] * 20])
    trained = [not boilerplate.is_over((1, 2)) for _ in range(20)]

    assert sum(trained) == LEAST
    assert trained == sorted(trained, reverse=True)


def test_what_is_context_only_is_not_counted_as_trained():
    boilerplate = settled(0.01, [[(1,)] * 20])
    for _ in range(50):
        boilerplate.is_over((1,))

    assert boilerplate.trained[1] == LEAST
    assert boilerplate.said[1] == 20


def test_the_table_has_the_most_frequent_sentences_in_their_order_with_the_words_first_met():
    boilerplate = settled(0.01, [[(number,)] * (60 - number) for number in range(60)])
    for number in range(60):
        boilerplate.meet((number,), f"text {number}")
        boilerplate.meet((number,), "other words of it")
    for _ in range(3):
        boilerplate.is_over((0,))

    assert boilerplate.table() == [
        {"text": f"text {number}", "count": 60 - number, "trained": 3 if number == 0 else 0} for number in range(TOP)
    ]


def test_what_was_said_once_and_what_was_never_a_turn_of_its_own_is_not_in_the_table():
    boilerplate = settled(0.01, [[(1, 2), (3,), ()]] * 3 + [[(4,)]])
    for sentences in ((1, 2), (3,), (), (4,), (9,)):
        boilerplate.meet(sentences, f"text {sentences}")

    assert [(row["text"], row["count"]) for row in boilerplate.table()] == [("text (3,)", 3)]
