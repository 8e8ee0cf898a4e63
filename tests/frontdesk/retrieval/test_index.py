"""Entries are found by words, by pieces of words and by meaning, of the subject that is meant, and no customer's words are kept."""

import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontdesk.facts.entries import Entry
from frontdesk.files import read_jsonl
from frontdesk.retrieval.encoder import LowerHalf
from frontdesk.retrieval.index import Index, Whitening, identity, load_vectors, name_of, save_vectors, terms, unit, whitening

ROOT = Path(__file__).parents[3]


def entry(name: str, question: str, answer: str = "Yes.", subject: str = "") -> Entry:
    return Entry(name, (question,), (answer,), subject)


SHOP = [
    entry("shipping", "How much is standard shipping?", "Standard shipping costs $4.90."),
    entry("express", "How fast is express delivery?", "Express delivery arrives the next day."),
    entry("returns", "Can I return an item I do not like?", "You may send it back within 30 days."),
    entry("hours", "When is the shop open?", "We are open from nine to five."),
    entry("gift", "Do you wrap presents?", "Gift paper is $2."),
    entry("delivery-ko", "배송비는 얼마인가요?", "기본 배송비는 3,000원입니다."),
    entry("refund-ko", "환불은 언제 되나요?", "환불은 3일 안에 처리됩니다."),
    entry("repair-ko", "수리를 맡기고 싶어요", "수리 접수는 매장에서 받습니다."),
]


class ByWords:
    """Stands for an encoder: the sum of a random vector for each word. Counts what it is asked."""

    def __init__(self, size: int = 256) -> None:
        self.size, self.asked = size, [""]

    def vectors(self, texts: Sequence[str]) -> Any:
        self.asked += texts
        return np.stack(
            [sum((self._word(word) for word in re.findall(r"\w+", text.casefold())), np.zeros(self.size, np.float32)) for text in texts]
        )

    def _word(self, word: str) -> Any:
        return np.random.default_rng(zlib.crc32(word.encode())).normal(size=self.size).astype(np.float32)


@pytest.fixture
def encoder() -> Any:
    return ByWords()


def plain(size: int = 256) -> Whitening:
    """One that changes nothing."""
    return identity(size)


class Recorded:
    """A whitening that notes how many vectors it is given."""

    def __init__(self, inner: Whitening, numbers: list[int]) -> None:
        self.inner, self.numbers = inner, numbers

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        self.numbers.append(len(vectors))
        return self.inner(vectors)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def first(index: Index, *turns: str) -> str:
    return index.search(turns, 1)[0].id


# Terms ----------------------------------------------------------------------------------------------------------------


def test_terms_are_words_and_their_pieces() -> None:
    assert terms("Cat!") == ["cat", "_ca", "cat", "at_", "_cat", "cat_"]
    assert terms("배송비") == ["배송비", "배송", "송비"]
    assert {"30", "days", "일"} <= set(terms("30days, 30일"))
    assert terms("CAT cat") == terms("cat CAT")
    assert terms("?! … 👍 _") == []


@pytest.mark.parametrize(
    ("one", "other"), [("shipping", "shiping"), ("delivery", "delivrey"), ("배송비는", "배송비가"), ("환불은요", "환불은언제")]
)
def test_a_slip_or_an_ending_leaves_pieces_as_they_were(one: str, other: str) -> None:
    assert len(set(terms(one)) & set(terms(other))) >= 2
    assert set(terms(one)) != set(terms(other))


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=40))
def test_any_text_has_terms_that_do_not_depend_on_its_case(text: str) -> None:
    assert all(terms(text))
    assert terms(text) == terms(text.casefold())


# Words ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("how much is shiping", "shipping"),
        ("expres delivry fast?", "express"),
        ("RETURNING an itm", "returns"),
        ("openning hours of teh shop", "hours"),
        ("배송비가 얼마예요", "delivery-ko"),
        ("배송비만 알려주세요", "delivery-ko"),
        ("환불되는 날", "refund-ko"),
        ("수리하려면요", "repair-ko"),
    ],
)
def test_slips_and_korean_endings_are_stood(question: str, found: str) -> None:
    assert first(Index(SHOP), question) == found


def test_every_entry_is_found_by_its_own_question_and_answer() -> None:
    index = Index(SHOP)
    for one in SHOP:
        assert first(index, one.questions[0]) == one.id
        assert first(index, one.answers[0]) == one.id


def test_as_many_as_asked_for_each_once_and_the_best_first() -> None:
    index = Index(SHOP)
    found = index.search(["shipping and returns of a gift"], 5)
    scores = dict(zip((one.id for one in index.entries), index.scores(["shipping and returns of a gift"]), strict=True))
    assert len(found) == len({one.id for one in found}) == 5
    assert [scores[one.id] for one in found] == sorted(scores.values(), reverse=True)[:5]
    assert len(index.search(["gift"], 100)) == len(SHOP)


@pytest.mark.parametrize("question", ["", "?!", "👍", "xyzzy", "ㅋㅋㅋ"])
def test_a_question_without_a_known_word_prefers_nothing(question: str) -> None:
    assert set(Index(SHOP).scores([question])) == {0.0}


# Turns ----------------------------------------------------------------------------------------------------------------


def test_a_follow_up_leans_on_the_turn_before_it() -> None:
    index = Index(SHOP)
    for asked, found in (("How much is standard shipping?", "shipping"), ("Can I return an item?", "returns")):
        assert first(index, asked, "Yes.", "and for a lamp?") == found


def test_a_question_that_stands_alone_counts_more_than_what_was_said_before() -> None:
    index = Index(SHOP)
    assert first(index, "Can I return an item I do not like?", "You may.", "How much is standard shipping?") == "shipping"
    long_ago = ["How much is standard shipping?", "$4.90.", "ok", "Anything else?", "thanks", "Sure.", "hm"]
    assert (index.scores(long_ago) == index.scores(long_ago[-3:])).all()


# Subjects -------------------------------------------------------------------------------------------------------------

CHAIN = [
    *(entry(f"{name}-{what}", f"{name}: {asked}", "Ask us.", name) for name in ("Harbour Street", "Mill Road") for what, asked in
      (("parking", "Is there parking?"), ("hours", "When are you open?"))),
    entry("강남점-주차", "강남점: 주차되나요?", "네.", "강남점"),
    entry("강남역점-주차", "강남역점: 주차되나요?", "아니요.", "강남역점"),
    entry("north-hours", "Mill Road North: When are you open?", "Ask us.", "Mill Road North"),
    entry("cards", "Do you take cards? 카드 되나요?", "Yes."),
]  # fmt: skip


def subjects(*turns: str) -> set[str]:
    return {one.subject for one in Index(CHAIN).search(turns, len(CHAIN))}


EVERY = {one.subject for one in CHAIN}


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("Is there parking at Harbour Street?", {"Harbour Street"}),
        ("parking harbor street", {"Harbour Street"}),
        ("is the MILL ROAD one open", {"Mill Road"}),
        ("can I park at mil road", {"Mill Road"}),
        ("Mill Road North, is it open", {"Mill Road North"}),
        ("강남점 주차되나요", {"강남점"}),
        ("강남점에서는 주차되나요", {"강남점"}),
        ("강남역점은 주차되나요", {"강남역점"}),
        ("Harbour Street or Mill Road, which has parking?", {"Harbour Street", "Mill Road"}),
    ],
)
def test_only_entries_of_a_named_subject_and_of_none_are_candidates(question: str, meant: set[str]) -> None:
    assert subjects(question) == {*meant, ""}


@pytest.mark.parametrize("question", ["Is there parking?", "which street are you on", "the road to the harbour", "주차되나요"])
def test_where_no_subject_is_named_all_are_candidates(question: str) -> None:
    assert subjects(question) == EVERY


def test_the_subject_named_last_is_meant() -> None:
    asked = ["Is there parking at Harbour Street?", "Yes."]
    assert subjects(*asked, "when are you open?") == {"Harbour Street", ""}
    assert subjects(*asked, "and Mill Road?") == {"Mill Road", ""}
    assert subjects(*asked, "Mill Road or Harbour Street?") == {"Harbour Street", "Mill Road", ""}


def test_subjects_that_are_spelled_alike_or_have_no_word_part_nothing() -> None:
    index = Index(
        [entry("a", "parking?", subject="Mill Road"), entry("b", "open?", subject="mill road"), entry("c", "cards?", subject="-")]
    )
    assert {one.id for one in index.search(["mill road parking"], 9)} == {"a", "b", "c"}


# Meaning --------------------------------------------------------------------------------------------------------------


def scattered(rng: Any, entries: int = 30, wordings: int = 6, size: int = 16) -> tuple[Any, Any]:
    """Vectors whose wordings differ most in the first four directions, and entries in the others."""
    owner = np.repeat(np.arange(entries), wordings)
    spread, apart = np.where(np.arange(size) < 4, 5.0, 0.5), np.where(np.arange(size) < 4, 0.2, 1.0)
    return ((rng.normal(size=(entries, size)) * apart)[owner] + rng.normal(size=(len(owner), size)) * spread).astype(np.float32), owner


def within_share(vectors: Any, owner: Any) -> float:
    """How much of the scatter is within the entries: 0 to 1."""
    means = np.stack([vectors[owner == one].mean(0) for one in range(owner.max() + 1)])
    return float(((vectors - means[owner]) ** 2).sum() / ((vectors - vectors.mean(0)) ** 2).sum())


@pytest.mark.parametrize("seed", range(3))
def test_whitening_makes_wordings_of_one_entry_more_alike_than_those_of_two(seed: int) -> None:
    vectors, owner = scattered(np.random.default_rng(seed))
    white = whitening(vectors, owner)
    after = (vectors - white.mean) @ white.matrix
    assert within_share(after, owner) < within_share(vectors, owner) - 0.1
    assert white.matrix == pytest.approx(white.matrix.T, abs=1e-5), "no direction is turned into another"


def test_whitening_by_single_wordings_is_finite() -> None:
    vectors = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    white = whitening(vectors, np.arange(5))
    assert np.isfinite(unit((vectors - white.mean) @ white.matrix)).all()


def test_vectors_rank_where_words_say_nothing(encoder: Any) -> None:
    """To an encoder that knows the two words as one, the question is the entry's."""
    encoder._word = lambda word, plain=encoder._word: plain({"qqq": "shipping"}.get(word, word))
    assert first(Index(SHOP, encoder, plain()), "standard qqq") == "shipping"
    known, unknown = (Index(SHOP, *more).scores(["qqq"]) for more in ((encoder, plain()), ()))
    assert known.argmax() == 0 and known[0] > 1
    assert set(unknown) == {0.0}


def test_a_customers_words_are_not_kept(encoder: Any) -> None:
    known: dict[str, Any] = {}
    index = Index(SHOP, encoder, plain(), known)
    texts = {text for one in SHOP for text in (*one.questions, *one.answers)}
    assert set(known) == texts
    index.search(["my card 1234 is lost", "Oh.", "help me"])
    assert "my card 1234 is lost Oh." in encoder.asked
    assert set(index.known) == set(known) == texts


def test_what_is_known_is_not_encoded_again(encoder: Any) -> None:
    index = Index(SHOP, encoder, plain())
    encoder.asked.clear()
    again = Index([*SHOP, entry("new", "Do you sell kites?", "We do.")], encoder, plain(), index.known)
    assert encoder.asked == ["Do you sell kites?", "We do."]
    assert first(again, "kites") == "new"


QUESTIONS = ["how much is shiping", "can it arrive tomorrow", "open on sunday?", "배송비가 얼마예요", "send it back", "paper for presents"]


def test_saved_vectors_give_the_same_ranking(encoder: Any, tmp_path: Path) -> None:
    texts = [(text, number) for number, one in enumerate(SHOP) for text in (*one.questions, *one.answers)]
    white = whitening(encoder.vectors([text for text, _ in texts]), np.array([number for _, number in texts]))
    index = Index(SHOP, encoder, white)
    save_vectors(tmp_path / "vectors.npz", "some-model", white, index.known)
    encoder.asked.clear()
    again, known = load_vectors(tmp_path / "vectors.npz", "some-model")
    loaded = Index(SHOP, encoder, again, known)
    assert encoder.asked == []
    assert list(known) == list(index.known)
    for question in QUESTIONS:
        assert [one.id for one in loaded.search([question], 8)] == [one.id for one in index.search([question], 8)]
        assert loaded.scores([question]) == pytest.approx(index.scores([question]), abs=0.02)


def test_vectors_of_another_encoder_or_of_none_are_ignored(encoder: Any, tmp_path: Path) -> None:
    path = tmp_path / "vectors.npz"
    assert load_vectors(path) == (None, {})
    save_vectors(path, "some-model", plain(), {"a": np.ones(256)})
    assert load_vectors(path, "another-model") == (None, {})
    assert set(load_vectors(path)[1]) == set(load_vectors(path, "some-model")[1]) == {"a"}


def test_a_question_that_is_far_from_every_text_finds_nothing(encoder: Any) -> None:
    """Unless it leans on one that is near; without an encoder the nearest words decide, however far."""
    index = Index(SHOP, encoder, plain()._replace(least=0.5))
    assert index.search(["quantum chromodynamics"]) == []
    assert index.search([SHOP[0].questions[0]])[0].id == SHOP[0].id
    assert index.search([SHOP[0].questions[0], "quantum chromodynamics"])[0].id == SHOP[0].id
    assert index.search(["quantum", "chromodynamics", "bosons"]) == []
    near = Index(SHOP, encoder, plain()).search(["quantum chromodynamics"])
    assert [entry.id for entry in index.near(["quantum chromodynamics"])] == [entry.id for entry in near]
    assert len(Index(SHOP).search(["quantum chromodynamics"])) == len(Index(SHOP, encoder, plain()).search(["quantum chromodynamics"])) == 3


def test_parts_count_alike_however_long_their_vectors_are() -> None:
    loud = Whitening(np.zeros(4, np.float32), np.diag([1000, 1000, 1, 1]).astype(np.float32), (2, 2))
    placed = loud(np.array([[1, 0, 0, 1], [0, 1, 0, 1]], np.float32))
    assert placed @ placed.T == pytest.approx(np.array([[1, 0.5], [0.5, 1]]), abs=1e-5)


def test_whether_a_question_is_about_the_faq_is_told_by_the_parts_trained_for_it() -> None:
    """The other part says that all texts are one."""

    class Two:
        def vectors(self, texts: Sequence[str]) -> np.ndarray:
            return np.array([[1, 0, *((0, 1) if "moon" in text else (1, 0))] for text in texts], np.float32)

    metric = Whitening(np.zeros(4, np.float32), np.eye(4, dtype=np.float32), (2, 2), (False, True), 0.5)
    entries = [Entry("a", ("opening hours",), ("9 to 5",)), Entry("b", ("delivery fee",), ("$4",))]
    found = [
        [bool(Index(entries, Two(), white).search([text])) for text in ("open when", "moon")]
        for white in (metric, metric._replace(ready=(False, False)))
    ]
    assert found == [[True, False], [True, True]]


def test_the_metric_is_saved_whole(tmp_path: Path) -> None:
    metric = Whitening(np.ones(5, np.float32), np.eye(5, dtype=np.float32), (2, 3), (True, False), 0.25)
    save_vectors(tmp_path / "vectors.npz", "a+b", metric, {"x": np.ones(5, np.float32)})
    loaded, _ = load_vectors(tmp_path / "vectors.npz", name_of(["a", "b"]))
    assert loaded is not None and (loaded.widths, loaded.ready, loaded.least) == (metric.widths, metric.ready, metric.least)
    assert np.array_equal(loaded.mean, metric.mean) and np.array_equal(loaded.matrix, metric.matrix)


def test_the_embedded_model_finds_wordings_that_share_no_word(embedded_model: Path) -> None:
    """Of some entries of the sample shop, each one's last wording is asked, and a few others are known."""
    faq = [one for one in read_jsonl(ROOT / "examples/faq.en.jsonl") if len(one["questions"]) >= 6][:10]
    entries = [Entry(one["id"], tuple(one["questions"][:3]), tuple(one["answers"][:1])) for one in faq]
    encoder = LowerHalf(embedded_model)
    texts = [(text, number) for number, one in enumerate(entries) for text in (*one.questions, *one.answers)]
    white = whitening(encoder.vectors([text for text, _ in texts]), np.array([number for _, number in texts]))
    hits = [
        sum(first(index, one["questions"][-1]) == one["id"] for one in faq)
        for index in (Index(entries), Index(entries, encoder, white))
    ]  # fmt: skip
    assert hits[1] > hits[0], hits


def test_an_entry_is_shown_under_its_wording_that_is_nearest_to_the_question():
    entry = Entry("fee", ("What is the delivery fee?", "How much is gift wrapping?", "postage price"), ("$4",))
    index = Index([entry, Entry("other", ("opening hours",), ("9 to 5",))])

    assert index.facing(entry, index.query("how much for gift wrapping")).questions[0] == "How much is gift wrapping?"
    assert index.facing(entry, index.query("postage prices")).questions[0] == "postage price"
    assert sorted(index.facing(entry, index.query("gift")).questions) == sorted(entry.questions)
    assert index.search(["gift wrapping"])[0].questions[0] == "How much is gift wrapping?"


def test_the_faqs_texts_are_placed_once_and_a_questions_with_each_search(encoder: ByWords, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whitening the wordings of the entries found takes as long as all the rest of a search."""
    index, placed = Index(SHOP, encoder, plain()), []
    monkeypatch.setattr(index, "whitening", Recorded(plain(), placed))
    for question in (SHOP[0].questions[0], "never said before", "never said before"):
        assert index.search([question])
    assert placed == [1, 1]
