"""What retrieval learns: from each entry's own wordings, asked as if unknown, with and without the entry; and what is encoded for it."""

import random

import numpy as np
import pytest

from data_tools.rows import ranking, synthetic_faqs
from data_tools.rows.ranking import BEYOND, FOLDS, MOST, cache_path, known_answers, learn
from frontdesk.answers.small_talk import small_talk
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.facts.entries import Entry
from frontdesk.retrieval.dense import indexed
from frontdesk.retrieval.index import Index
from frontdesk.retrieval.vectors import load_vectors, save_vectors
from tests.frontdesk.retrieval.by_words import ByWords

SHOP = {"name": "shop", "company": "Shop", "system_prompt": "You answer for the shop.", "model": {"base": "none", "template": "chatml"}}
ABOUT = ("breakfast served until when", "parking costs how much", "towels changed how often", "luggage stored where")
WAYS = ("is the {}", "please tell me the {}", "for my mother: {}", "{}, can you say")


def hotel(ways=WAYS, names=("lakeview",)) -> list[Entry]:
    """What some hotels say about four things, each asked in so many ways."""
    return [
        Entry(f"{name} {place}", tuple(way.format(topic) + f" at {name}" for way in ways), (f"{topic.split()[0]} {place} {name}",))
        for name in names
        for place, topic in enumerate(ABOUT)
    ]


@pytest.fixture
def encoder(monkeypatch):
    made = ByWords()
    monkeypatch.setattr("frontdesk.retrieval.encoder.load_encoder", lambda name: made)
    return made


@pytest.fixture
def few_companies(monkeypatch):
    """Four synthetic FAQs: all of them take most of the time."""
    read = {name: synthetic_faqs.content(name) for name in ("en", "ko")}
    cut = {name: one | {"companies": one["companies"][:4]} for name, one in read.items()}
    monkeypatch.setattr(synthetic_faqs, "content", cut.__getitem__)


@pytest.fixture
def shop(tmp_path, monkeypatch, few_companies):
    monkeypatch.chdir(tmp_path)
    return Config.model_validate(SHOP | {"encoder": "by-words", "data": {"faq": ["faq.csv"]}})


def learned(config, entries):
    return learn(config, entries, {entry.id for entry in entries})


# Examples -------------------------------------------------------------------------------------------------------------


def examples(entries, embedder=None, beyond=(), seed=0):
    return list(known_answers(entries, embedder, random.Random(seed), beyond))


def test_each_entry_is_asked_for_by_another_wording_each_time_and_once_more_without_it(monkeypatch):
    asked = []
    real = Index.features
    monkeypatch.setattr(Index, "features", lambda index, texts: asked.append((index, list(texts))) or real(index, texts))
    made = examples(hotel())
    assert len(asked) == FOLDS
    wordings = [{text for text in texts if text in {one for entry in hotel() for one in entry.questions}} for _, texts in asked]
    for way, (index, texts), own in zip(WAYS[1:], asked, wordings, strict=True):
        assert own == {way.format(topic) + " at lakeview" for topic in ABOUT}
        known = {question for entry in index.entries for question in entry.questions}
        assert not own & known, "as if the FAQ did not have it"
        assert not any(text in known for text in texts)
    right, none = ([one for one in made if (one.answer is None) == without] for without in (False, True))
    assert len(right) == len(none) == sum(len(texts) for _, texts in asked)
    entries = len(hotel()) + len(small_talk("en"))
    assert all(one.features.shape == (entries, 1) for one in right) and all(one.features.shape == (entries - 1, 1) for one in none)
    for one, other in zip(right, none, strict=True):
        assert np.array_equal(np.delete(one.features, one.answer, axis=0), other.features)


def test_small_talk_is_among_what_is_learned():
    answers = {one.answer for one in examples(hotel()) if one.answer is not None}
    assert answers == set(range(len(hotel()) + len(small_talk("en"))))


def test_an_entry_with_one_wording_is_not_asked_for():
    answers = {one.answer for one in examples(hotel(WAYS[:1])) if one.answer is not None}
    assert answers == set(range(len(hotel()), len(hotel()) + len(small_talk("en")))), "small talk alone"


def test_questions_beyond_the_faq_have_no_answer():
    beyond = ["do you sell tractors", "who is the king"]
    made, without = examples(hotel(), beyond=beyond), examples(hotel())
    assert len(made) == len(without) + 2
    index = Index([*hotel(), *small_talk("en")])
    for one, features in zip(made[-2:], index.features(beyond), strict=True):
        assert one.answer is None and np.array_equal(one.features, features)


def test_of_many_entries_some_are_asked_for(monkeypatch):
    monkeypatch.setattr(ranking, "MOST", 5)
    assert MOST > 5
    varied = 2  # the wording, and it as it might be typed
    assert len(examples(hotel())) <= FOLDS * 5 * varied * 2


# What is learned ------------------------------------------------------------------------------------------------------


def right_at(learned, question, entry):
    (best, *_) = Index(hotel(), learned.embedder, learned.ranker).read([question]).turn
    return best.entry.id == entry and best.probability


@pytest.mark.parametrize("by", ["by-words", None])
def test_a_question_in_the_faqs_words_is_sure_and_one_beyond_it_is_not(shop, encoder, by):
    config = shop.model_copy(update={"encoder": by})
    found = learned(config, hotel())
    assert found.ranker.weights.shape == ((4,) if by else (1,))
    assert right_at(found, "parking at lakeview costs how much", "lakeview 1") > 0.6
    (best, *_) = Index(hotel(), found.embedder, found.ranker).read(["do you lend money for fishing boats"]).turn
    assert best.probability < 0.3


def test_the_same_entries_and_seed_give_the_same(shop, encoder):
    first, again = learned(shop, hotel()), learned(shop, hotel())
    assert np.array_equal(first.ranker.weights, again.ranker.weights) and first.ranker.none == again.ranker.none
    other = learned(shop.model_copy(update={"data": shop.data.model_copy(update={"seed": 8})}), hotel())
    assert not np.array_equal(first.ranker.weights, other.ranker.weights)


def test_only_the_learnable_entries_are_asked_about(shop, encoder, monkeypatch):
    """Held-out ones are encoded, and no more."""
    asked = []
    real = ranking.known_answers
    monkeypatch.setattr(ranking, "known_answers", lambda entries, *more: asked.append(entries) or real(entries, *more))
    entries = hotel()
    found = learn(shop, entries, {entries[0].id, entries[2].id})
    assert list(asked[0]) == [entries[0], entries[2]]
    assert not any(entry in entries for others in asked[1:] for entry in others) and len(asked) > 1
    assert set(indexed(entries[1])) <= set(found.embedder.stored)


def test_each_invented_company_is_asked_what_none_answers(shop, encoder, monkeypatch):
    asked = []
    real = ranking.known_answers
    monkeypatch.setattr(ranking, "known_answers", lambda entries, *more: asked.append(more[2:]) or real(entries, *more))
    learned(shop, hotel())
    unanswerable = synthetic_faqs.companies("en")[1]
    assert asked[0] == () and all(len(set(beyond)) == BEYOND and set(beyond) <= set(unanswerable) for (beyond,) in asked[1:])


def test_the_companies_are_of_the_faqs_languages(shop, encoder):
    korean = [Entry("ko", ("배송비는 얼마인가요?", "배송 요금 알려 주세요"), ("3,000원입니다.",))]
    assert set(indexed(small_talk("ko")[0])) <= set(learned(shop, korean).embedder.stored)
    assert not set(indexed(small_talk("ko")[0])) & set(learned(shop, hotel()).embedder.stored)


# What is encoded ------------------------------------------------------------------------------------------------------


def test_without_an_encoder_nothing_is_encoded(shop, encoder):
    found = learned(shop.model_copy(update={"encoder": None}), hotel())
    assert found.embedder is None and encoder.asked == []


def test_the_texts_of_the_faq_of_the_companies_and_of_small_talk_are_kept_and_no_question(shop, encoder):
    found = learned(shop, hotel())
    own = {text for entry in (*hotel(), *small_talk("en")) for text in indexed(entry)}
    invented = {text for company in synthetic_faqs.for_ranker("en") for entry in company.entries for text in indexed(entry)}
    assert set(found.embedder.stored) == own
    cached = set(load_vectors(cache_path("by-words"), "by-words"))
    assert invented <= cached and not cached & {text for entry in hotel() for text in indexed(entry)}


def test_what_an_earlier_build_has_encoded_is_not_encoded_again(shop, encoder):
    first = learned(shop, hotel())
    save_vectors(Run("shop").vectors, "by-words", first.embedder.stored, first.ranker)
    encoder.asked.clear()
    again = learned(shop, [*hotel(), Entry("new", ("kites sold?",), ("Yes.",))])
    assert not set(encoder.asked) & set(first.embedder.stored) and {"kites sold?", "kites sold? Yes."} <= set(encoder.asked)
    for text, vector in first.embedder.stored.items():
        assert np.array_equal(again.embedder.stored[text], vector)


def test_another_run_takes_the_companies_from_the_cache(shop, encoder):
    learned(shop, hotel())
    encoder.asked.clear()
    learned(shop.model_copy(update={"name": "other"}), hotel())
    cached = load_vectors(cache_path("by-words"), "by-words")
    assert cached and encoder.asked and not set(encoder.asked) & set(cached)


def test_the_cache_of_an_encoder_has_a_name_of_its_own():
    assert cache_path("intfloat/multilingual-e5-small") != cache_path("all-minilm-l6-v2")
    assert cache_path("../../etc/x").parent == cache_path("a").parent
