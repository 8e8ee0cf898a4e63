"""Near copies are found, all of them, and crowds of copies cost no more than others."""

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.splits.near_duplicates import NEAR, SAME, Clusters, Store, grams, jaccard, near_pairs, normalize
from tests.timing import LINEAR, exponent

WORDS = {
    "en": "where can i see my order today please tell me how long delivery takes to busan and what it costs in june for two cups".split(),  # noqa: SIM905
    "ko": "제 주문은 어디에서 볼 수 있나요 오늘 배송이 얼마나 걸리는지 부산까지 비용이 궁금합니다 컵 두 개를 샀는데요 환불 교환".split(),  # noqa: SIM905
}


@cache
def reference(text, conversation=False):
    """The n-grams of a text, in plain Python."""
    plain = normalize(text)
    korean = any("가" <= letter <= "힣" for letter in plain)
    size = {(True, False): 2, (False, False): 3, (True, True): 4, (False, True): 8}[korean, conversation]
    size = min(size, max(1, len(plain)))
    return {plain[start : start + size] for start in range(max(1, len(plain) - size + 1))} - {""}


def likeness(one, two):
    one, two = reference(one), reference(two)
    return len(one & two) / len(one | two) if one | two else 0.0


@pytest.fixture
def store(tmp_path):
    """A store of the n-grams of texts."""
    made = []

    def fill(texts):
        made.append(Store(tmp_path / str(len(made))))
        for text in texts:
            made[-1].add(grams(text).tobytes())
        return made[-1]

    yield fill
    for one in made:
        one.file.close()


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Where is my ORDER?!", "where, is my order"),
        ("배송 언제 되나요?", "배송언제되나요"),
        ("환불 되 나요", "환불되나요ㅎ".removesuffix("ㅎ")),
        ("  two\n lines ", "Two lines"),
    ],
)
def test_case_punctuation_and_korean_spacing_do_not_count(one, two):
    assert normalize(one) == normalize(two)
    assert jaccard(grams(one), grams(two)) == 1


def test_english_words_stay_apart():
    assert normalize("a nice man") != normalize("an iceman")


@pytest.mark.parametrize(
    ("text", "number"),
    [*(("", 0), ("?!", 0), ("a", 1), ("ok", 1), ("yes", 1), ("okay", 2)), *(("네", 1), ("네네", 1), ("네네네", 1), ("네요 네", 2))],
)
def test_short_texts_have_grams_too(text, number):
    assert len(grams(text)) == number
    assert jaccard(grams(text), grams(text)) == bool(number)


def test_short_texts_that_differ_are_no_copies():
    texts = ["a", "b", "ok", "no", "yes", "yet", "네", "넵", "아뇨", "okay", "네네", "네네 넵"]
    numbers = [grams(text) for text in texts]
    assert all((jaccard(one, two) >= NEAR) == (i == j) for i, one in enumerate(numbers) for j, two in enumerate(numbers))


LETTERS = st.text("abc 가나다라 .😀", max_size=30)


@given(LETTERS, LETTERS)
def test_jaccard_is_that_of_a_plain_reference(one, two):
    for conversation in (False, True):
        assert len(grams(one, conversation)) == len(reference(one, conversation))
    assert jaccard(grams(one), grams(two)) == pytest.approx(likeness(one, two), abs=1e-12)
    assert jaccard(grams(one), grams(two)) == jaccard(grams(two), grams(one))


def perturbed(number, seed):
    """Random texts in families: some equal, some alike, some far."""
    rng = random.Random(seed)
    texts = []
    while len(texts) < number:
        words = WORDS[rng.choice(("en", "ko"))]
        base = [rng.choice(words) for _ in range(rng.randrange(1, 25))]
        for _ in range(rng.randrange(1, 7)):
            changed = [rng.choice(words) if rng.random() < rng.choice((0, 0.03, 0.1, 0.3)) else word for word in base]
            texts.append(" ".join(changed) + rng.choice(("", "?", " !")))
    rng.shuffle(texts)
    return texts[:number]


def all_pairs(texts, rows, others):
    return {(one, two): found for one in rows for two in others if one != two and (found := likeness(texts[one], texts[two])) >= NEAR}


@pytest.mark.parametrize("seed", range(3))
def test_all_near_pairs_among_rows_are_found(store, seed):
    texts = perturbed(300, seed)
    rows = range(len(texts))
    near = all_pairs(texts, rows, rows)
    found = {(one, two): value for one, two, value in near_pairs(store(texts), rows, rows, seed)}

    assert len(near) > 300
    assert all(one > two for one, two in found)
    assert found == {pair: pytest.approx(near[pair]) for pair in found}
    crowd = {one for (one, two), value in near.items() if two < one and value >= SAME}  # their copies stand for them
    missing = {(one, two) for one, two in near if two < one and two not in crowd} - set(found)
    assert missing == set()
    assert crowd <= {one for one, _ in found}


@pytest.mark.parametrize("seed", range(3))
def test_all_near_pairs_between_two_sets_are_found(store, seed):
    texts = perturbed(300, seed + 10)
    asked, among = list(range(0, 300, 3)), [row for row in range(300) if row % 3]
    near = all_pairs(texts, asked, among)
    found = {(one, two): value for one, two, value in near_pairs(store(texts), asked, among, seed)}

    assert len(near) > 50
    assert found == pytest.approx(near)


def test_the_result_is_the_same_each_time(store):
    texts = perturbed(200, 5)
    once, again = (list(near_pairs(store(texts), range(200), range(200), 7)) for _ in range(2))

    assert once == again


def test_rows_that_were_forgotten_are_no_copies(store):
    made = store(["where is my order"] * 4)
    made.forget({0, 2})

    assert {pair[:2] for pair in near_pairs(made, range(4), range(4), 1)} == {(3, 1)}
    assert [pair[:2] for pair in near_pairs(made, [0, 1], [2, 3], 1)] == [(1, 3)]
    assert [len(made[row]) > 0 for row in range(4)] == [False, True, False, True]


@pytest.mark.parametrize("text", ["where is my order, please, it was to come by monday", "?!"])
def test_a_crowd_of_equal_rows_takes_no_more_than_others(store, text):
    number = 6000
    made = store([text] * number)
    found = list(near_pairs(made, range(number), range(number), 1))

    assert exponent(lambda some: list(near_pairs(made, range(some), range(some), 1)), number // 4, number) < LINEAR
    assert {pair[:2] for pair in found} == ({(row, 0) for row in range(1, number)} if text != "?!" else set())


def test_rows_without_letters_are_no_copies_of_each_other(store):
    assert list(near_pairs(store(["", "?", "!"]), range(3), range(3), 1)) == list(near_pairs(store(["", "?"]), [0], [1], 1)) == []


def test_a_store_gives_back_what_it_got_in_any_order(store):
    texts = perturbed(50, 1)
    made = store(texts)

    for row in random.Random(1).sample(range(50), 50):
        assert made[row].tolist() == grams(texts[row]).tolist()
    made.add(grams("one more").tobytes())
    assert len(made) == 51
    assert made[50].tolist() == grams("one more").tolist()
    assert [row for part, _ in made.batches(range(51), 20) for row in part] == list(range(51))


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_clusters_are_the_connected_rows_and_named_by_the_first(joins):
    clusters = Clusters(20)
    sets = [{row} for row in range(20)]
    for one, two in joins:
        clusters.join(one, two)
        whole = sets[one] | sets[two]
        for row in whole:
            sets[row] = whole

    assert [clusters.root(row) for row in range(20)] == [min(one) for one in sets]
