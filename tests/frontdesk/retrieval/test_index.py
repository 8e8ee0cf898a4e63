"""Entries are found by words, by pieces of words and by meaning, of the subject that is meant, each with a probability, and no
customer's words are kept."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontdesk.config.run import ENCODERS
from frontdesk.facts.entries import Entry
from frontdesk.files import read_jsonl
from frontdesk.retrieval.dense import Embedder, indexed
from frontdesk.retrieval.encoder import load_encoder
from frontdesk.retrieval.index import Found, Index, Ranked
from frontdesk.retrieval.ranker import Ranker
from frontdesk.retrieval.readings import readings
from frontdesk.retrieval.vectors import load_ranker, load_vectors, save_vectors
from tests.frontdesk.retrieval.by_words import ByWords

ROOT = Path(__file__).parents[3]
RANKER = Ranker(np.array([6, 2, 2, 3], np.float32), 4.0)


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


@pytest.fixture
def encoder() -> Any:
    return ByWords()


def first(index: Index, *turns: str) -> str:
    return index.search(turns, 1)[0].id


def sure(index: Index, *turns: str) -> float:
    """The probability of the likeliest entry."""
    return index.read(turns).surest[0].probability


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
    found = index.read(["shipping and returns of a gift"], 5).turn
    probabilities = [one.probability for one in found]
    assert len({one.entry.id for one in found}) == 5
    assert probabilities == sorted(probabilities, reverse=True) and probabilities[0] > probabilities[-1]
    assert len(index.search(["gift"], 100)) == len(SHOP)


@pytest.mark.parametrize("question", ["", "?!", "👍", "xyzzy", "ㅋㅋㅋ", "\x00", "x" * 100_000])
def test_a_question_without_a_known_word_prefers_nothing(question: str) -> None:
    ranked = Index(SHOP).read([question], 8).turn
    assert [one.entry for one in ranked] == SHOP, "in the FAQ's order"
    assert len({one.probability for one in ranked}) == 1 and ranked[0].probability < 0.1


def test_a_probability_is_high_where_the_words_are_the_entrys_and_falls_with_them() -> None:
    index = Index(SHOP)
    own, some, none = (
        sure(index, text) for text in ("How much is standard shipping?", "is shipping of pianos to Peru free", "tell me a joke")
    )
    assert own > 0.8 > some > none and none < 0.2


def test_entries_that_fit_alike_share_the_probability() -> None:
    twins = [entry("a", "Is there parking?"), entry("b", "Is there parking?"), entry("c", "Do you sell kites?")]
    a, b, c = Index(twins).read(["Is there parking?"]).turn
    assert a.probability == b.probability and 0.4 < a.probability <= 0.5
    assert c.probability < 0.1


# Turns ----------------------------------------------------------------------------------------------------------------


def test_a_follow_up_leans_on_the_turn_before_it() -> None:
    index = Index(SHOP)
    for asked, found in (("How much is standard shipping?", "shipping"), ("Can I return an item?", "returns")):
        assert first(index, asked, "Yes.", "and for a lamp?") == found


def test_a_question_that_stands_alone_counts_more_than_what_was_said_before() -> None:
    index = Index(SHOP)
    assert first(index, "Can I return an item I do not like?", "You may.", "How much is standard shipping?") == "shipping"
    long_ago = ["How much is standard shipping?", "$4.90.", "ok", "Anything else?", "thanks", "Sure.", "hm"]
    assert index.read(long_ago) == index.read(long_ago[-3:])


def test_two_questions_in_one_turn_are_read_apart() -> None:
    found = Index(SHOP).read(["How much is standard shipping? And do you wrap presents?"])
    assert [ranked[0].entry.id for ranked in found.parts] == ["shipping", "gift"]
    assert found.before == []


def test_the_end_of_a_long_spoken_turn_is_read_by_itself() -> None:
    spoken = "yes hello so I was at your place the other day with my sister and we had a nice time there and now when is the shop open"
    assert first(Index(SHOP), spoken) == "hours"


def test_the_surest_reading_is_that_with_the_likeliest_entry() -> None:
    one, other = Ranked(SHOP[0], 0.2), Ranked(SHOP[1], 0.7)
    assert Found([one], [[other]], []).surest == [other]
    assert Found([one], [], [other]).surest == [other]
    assert Found([other], [[one]], [one]).surest == [other]


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


def test_entries_of_other_subjects_are_no_competitors() -> None:
    """What a question about all branches shares among them is one branch's alone."""
    index = Index(CHAIN)
    assert sure(index, "Is there parking at Harbour Street?") > 0.5 > sure(index, "Is there parking?")


def test_subjects_that_are_spelled_alike_or_have_no_word_part_nothing() -> None:
    index = Index(
        [entry("a", "parking?", subject="Mill Road"), entry("b", "open?", subject="mill road"), entry("c", "cards?", subject="-")]
    )
    assert {one.id for one in index.search(["mill road parking"], 9)} == {"a", "b", "c"}


# Meaning --------------------------------------------------------------------------------------------------------------


def test_vectors_rank_where_words_say_nothing(encoder: ByWords) -> None:
    """To an encoder that knows the two words as one, the question is the entry's."""
    encoder.same = {"qqq": "shipping"}
    index = Index(SHOP, Embedder(encoder), RANKER)
    assert first(index, "standard qqq") == "shipping"
    known, unknown = index.read(["qqq"]).turn, Index(SHOP).read(["qqq"]).turn
    assert known[0].entry.id == "shipping" and known[0].probability > 2 * known[1].probability
    assert len({one.probability for one in unknown}) == 1


def test_features_are_three_by_meaning_and_one_by_words(encoder: ByWords) -> None:
    by_meaning, by_words = Index(SHOP, Embedder(encoder), RANKER), Index(SHOP)
    texts = ["How much is standard shipping?", "gift"]
    for features, words in zip(by_meaning.features(texts), by_words.features(texts), strict=True):
        assert features.shape == (len(SHOP), 4) and words.shape == (len(SHOP), 1)
        assert features[:, 3:] == pytest.approx(words)
    nearest, centroid, answer = by_meaning.features(texts)[0][0][:3]
    assert nearest == pytest.approx(1, abs=1e-5) and centroid < nearest and answer < nearest
    assert by_words.features([]) == []


def test_a_customers_words_are_not_kept(encoder: ByWords) -> None:
    embedder = Embedder(encoder)
    index = Index(SHOP, embedder, RANKER)
    texts = {text for one in SHOP for text in indexed(one)}
    assert set(embedder.stored) == texts
    index.search(["my card 1234 is lost", "Oh.", "help me"])
    assert "my card 1234 is lost Oh." in encoder.asked
    assert set(embedder.stored) == texts and not embedder.precomputed


def test_what_is_known_is_not_encoded_again(encoder: ByWords) -> None:
    embedder = Embedder(encoder)
    Index(SHOP, embedder, RANKER)
    encoder.asked.clear()
    again = Index([*SHOP, entry("new", "Do you sell kites?", "We do.")], embedder, RANKER)
    assert encoder.asked == ["Do you sell kites?", "Do you sell kites? We do."]
    assert first(again, "kites") == "new"


QUESTIONS = ["how much is shiping", "can it arrive tomorrow", "open on sunday?", "배송비가 얼마예요", "send it back", "paper for presents"]


def test_what_was_saved_gives_the_same_ranking(encoder: ByWords, tmp_path: Path) -> None:
    embedder = Embedder(encoder)
    index = Index(SHOP, embedder, RANKER)
    path = tmp_path / "vectors.npz"
    save_vectors(path, "some-model", embedder.stored, RANKER)
    encoder.asked.clear()
    loaded = Index(SHOP, Embedder(encoder, load_vectors(path, "some-model")), load_ranker(path, "some-model"))
    assert encoder.asked == []
    for question in QUESTIONS:
        pairs = zip(loaded.read([question], 8).turn, index.read([question], 8).turn, strict=True)
        assert all(one.entry == other.entry and one.probability == pytest.approx(other.probability, abs=0.01) for one, other in pairs)


def test_the_demos_encoder_finds_wordings_that_share_no_word() -> None:
    """Of some entries of the sample shop, each one's last wording is asked, and a few others are known."""
    faq = [one for one in read_jsonl(ROOT / "examples/faq.en.jsonl") if len(one["questions"]) >= 6][:10]
    entries = [Entry(one["id"], tuple(one["questions"][:3]), tuple(one["answers"][:1])) for one in faq]
    encoder = load_encoder(str(ROOT / ENCODERS["faq-minilm"]))
    hits = [
        sum(first(index, one["questions"][-1]) == one["id"] for one in faq)
        for index in (Index(entries), Index(entries, Embedder(encoder), RANKER))
    ]
    assert hits[1] > hits[0], hits


@pytest.mark.parametrize("by_meaning", [False, True])
def test_an_entry_is_shown_under_its_wording_that_is_closest_to_the_question(by_meaning: bool, encoder: ByWords) -> None:
    fee = Entry("fee", ("What is the delivery fee?", "How much is gift wrapping?", "postage price"), ("$4",))
    entries = [fee, Entry("other", ("opening hours",), ("9 to 5",)), Entry("bare", (), ("Yes.",))]
    index = Index(entries, Embedder(encoder), RANKER) if by_meaning else Index(entries)

    def first_question(text: str) -> str:
        return index.closest_question_first(fee, text).questions[0]

    assert first_question("how much for gift wrapping") == "How much is gift wrapping?"
    assert first_question("a postage price") == "postage price"
    assert sorted(index.closest_question_first(fee, "gift").questions) == sorted(fee.questions)
    assert index.search(["gift wrapping"])[0].questions[0] == "How much is gift wrapping?"
    assert index.closest_question_first(entries[2], "yes") == entries[2], "an entry without a question stays as it is"


def test_precomputed_questions_are_encoded_once_and_together_until_the_next_call(encoder: ByWords) -> None:
    index = Index(SHOP, Embedder(encoder), RANKER)
    encoder.asked.clear()
    index.precompute(["gift paper?", "open when?", "gift paper?", SHOP[0].questions[0]])
    assert encoder.asked == ["gift paper?", "open when?"]
    assert first(index, "gift paper?") == "gift" and encoder.asked == ["gift paper?", "open when?"]
    index.precompute(["other"])
    index.read(["gift paper?"])
    assert encoder.asked[2:] == ["other", "gift paper?"]


# Many at once ---------------------------------------------------------------------------------------------------------


def test_questions_that_are_compared_at_once_are_read_as_singly(encoder: ByWords) -> None:
    """The same entries in the same order, also of a named subject and with what was said before."""
    conversations = [
        *([one] for one in QUESTIONS),
        ["Is there parking at Harbour Street?", "Yes.", "and when are you open? can I pay by card?"],
    ]
    index = Index([*SHOP, *CHAIN], Embedder(encoder), RANKER)
    singly = [index.read(turns, 8) for turns in conversations]
    index.compare(text for turns in conversations for text in readings(turns).texts)
    encoder.asked.clear()
    for turns, alone in zip(conversations, singly, strict=True):
        together = index.read(turns, 8)
        for one, other in zip((together.turn, *together.parts, together.before), (alone.turn, *alone.parts, alone.before), strict=True):
            assert [ranked.entry for ranked in one] == [ranked.entry for ranked in other]
            assert [ranked.probability for ranked in one] == pytest.approx([ranked.probability for ranked in other], abs=1e-5)
    assert encoder.asked == [], "what was compared is not encoded again"
    index.compare([])
    index.read(QUESTIONS[:1])
    assert encoder.asked == QUESTIONS[:1], "kept until the next call"


@pytest.mark.parametrize("number", [1, 3, 40])
def test_the_likeliest_of_many_are_those_of_a_whole_sort(number: int) -> None:
    """Of equal ones the first."""
    names = ["tea", "milk", "salt", "bread", "rice"] * 8
    index = Index([entry(str(place), f"Do you sell {name}?") for place, name in enumerate(names)])
    found = index.read(["do you sell salt"], number).turn
    probabilities = index.ranker.probabilities(index.features(["do you sell salt"])[0])
    assert [int(one.entry.id) for one in found] == np.argsort(-probabilities, kind="stable")[:number].tolist()
