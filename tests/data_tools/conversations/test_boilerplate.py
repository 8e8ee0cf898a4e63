"""Stock sentences are trained a limited number of times, whatever stands beside them."""

import pytest

from data_tools.conversations.boilerplate import LEAST, TOP, Stock


def settled(share, conversations):
    stock = Stock(share)
    for turns in conversations:
        stock.count(turns)
    stock.settle()
    return stock


@pytest.mark.parametrize(("share", "said", "cap"), [(0.01, 1000, 10), (0.01, 100, LEAST), (0.5, 1000, 500), (0.0, 1000, LEAST), (1, 7, 7)])
def test_the_cap_is_a_share_of_all_sentences_but_not_less_than_a_few(share, said, cap):
    stock = settled(share, [[(number,)] for number in range(said)])

    assert stock.cap == cap
    trained = [not stock.is_over((1,)) for _ in range(2 * cap)]
    assert trained == [True] * cap + [False] * cap


def test_customers_turns_which_have_no_sentences_are_never_over():
    stock = settled(0.01, [[(), (1,)] * 20])

    assert not any(stock.is_over(()) for _ in range(50))
    assert stock.said.total() == 20


def test_a_turn_with_something_new_is_trained():
    stock = settled(0.01, [[(1,)] * 20])
    for _ in range(LEAST):
        stock.is_over((1,))

    assert stock.is_over((1,))
    assert not stock.is_over((1, 2))
    assert stock.is_over((1, 1))


def test_two_stock_sentences_together_are_over_too():
    stock = settled(0.01, [[(1, 2)] * 20])
    trained = [not stock.is_over((1, 2)) for _ in range(20)]

    assert sum(trained) == LEAST
    assert trained == sorted(trained, reverse=True)


def test_what_is_context_only_is_not_counted_as_trained():
    stock = settled(0.01, [[(1,)] * 20])
    for _ in range(50):
        stock.is_over((1,))

    assert stock.trained[1] == LEAST
    assert stock.said[1] == 20


def test_the_table_has_the_most_frequent_sentences_in_their_order_with_the_words_first_met():
    stock = settled(0.01, [[(number,)] * (60 - number) for number in range(60)])
    for number in range(60):
        stock.meet((number,), f"text {number}")
        stock.meet((number,), "other words of it")
    for _ in range(3):
        stock.is_over((0,))

    assert stock.table() == [{"text": f"text {number}", "count": 60 - number, "trained": 3 if number == 0 else 0} for number in range(TOP)]


def test_what_was_said_once_and_what_was_never_a_turn_of_its_own_is_not_in_the_table():
    stock = settled(0.01, [[(1, 2), (3,), ()]] * 3 + [[(4,)]])
    for sentences in ((1, 2), (3,), (), (4,), (9,)):
        stock.meet(sentences, f"text {sentences}")

    assert [(row["text"], row["count"]) for row in stock.table()] == [("text (3,)", 3)]
