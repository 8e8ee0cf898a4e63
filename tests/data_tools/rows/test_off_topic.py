"""Questions to hand over are those of other companies, in the company's languages."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from data_tools.rows import off_topic as topics
from data_tools.rows.off_topic import OffTopic, content_words, off_topic_questions
from frontdesk.facts.language import language
from tests.timing import LINEAR, exponent

BANK = topics._bank().questions
TOPICS = sorted({question.topic for question in BANK})
BOTH = Counter({"en": 3, "ko": 1})


def own(known: Iterable[str]) -> set[str]:
    return topics._sift(known, topics._bank())[0]


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("name", ["en", "ko"])
def test_each_topic_has_questions_in_both_languages(topic: str, name: str) -> None:
    its = [question.question for question in BANK if question.topic == topic and question.language == name]
    assert len(its) >= 14
    assert {language(question) for question in its} == {name}
    assert all(content_words(question) for question in its)


def test_questions_and_ids_are_distinct() -> None:
    assert len({question.id for question in BANK}) == len({question.question.casefold() for question in BANK}) == len(BANK)


def test_a_keyword_belongs_to_one_topic() -> None:
    content = yaml.safe_load(Path(topics.__file__).with_name("topics.yaml").read_text(encoding="utf-8"))
    keywords = [
        " ".join(topics._stems(word)) or word for topic in content.values() for words in topic["keywords"].values() for word in words
    ]
    assert [word for word, number in Counter(keywords).items() if number > 1] == []
    assert all(len(word.split()) <= 4 for word in keywords)


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic != "general"])
@pytest.mark.parametrize("name", ["en", "ko"])
def test_a_company_that_answers_a_topic_is_recognized_by_it(topic: str, name: str) -> None:
    known = [question.question for question in BANK if question.topic == topic and question.language == name]
    assert topic in own(known)
    chosen = off_topic_questions(100, known, BOTH, 0)
    assert chosen
    assert topic not in {question.topic for question in chosen}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (["Is there a sauna?"], set()),
        (["Is there a sauna?"] * 2, set()),
        (["Is there a sauna?", "Where are the saunas?", "SAUNA closed"], {"gym"}),
        (["Is there a sauna and a treadmill?"], {"gym"}),
        (["What is your address?", "Please wear nothing that is hemmed in", "A shirted man"] * 5, set()),
        (["사우나는 언제 열어요?", "필라테스도 하나요?"], {"gym"}),
        (["We take VPNs", "방화벽을 열었어요"], {"software"}),
        ([], set()),
    ],
)
def test_own_topics_by_keywords(known: list[str], expected: set[str]) -> None:
    assert own(known) == expected


def test_an_inn_gets_no_hotel_questions() -> None:
    known = [
        "Is housekeeping daily at the inn?",
        "Breakfast for guest rooms is served at 8.",
        "The concierge keeps your bags.",
        "Our hotel bar",
    ]
    assert "hotel" in own(known)
    assert all(question.topic != "hotel" for question in off_topic_questions(300, known, BOTH, 1))


def test_the_example_shop_gets_no_parcel_questions() -> None:
    lines = Path(__file__).parents[3].joinpath("examples/faq.en.jsonl").read_text(encoding="utf-8").splitlines()
    known = [text for entry in map(json.loads, lines) for text in entry["questions"] + entry["answers"]]
    found = {question.topic for question in off_topic_questions(200, known, BOTH, 1)}
    assert "parcel_carrier" not in found
    assert {"airline", "bank", "clinic", "telecom", "general"} <= found


def test_a_question_like_a_known_text_is_left_out() -> None:
    whole = off_topic_questions(1000, [], BOTH, 0)
    victim = next(question for question in whole if len(content_words(question.question)) >= 4)
    half = sorted(content_words(victim.question))[: (len(content_words(victim.question)) + 1) // 2]
    assert victim not in off_topic_questions(1000, [" ".join(half)], BOTH, 0)
    assert victim in off_topic_questions(1000, half, BOTH, 0)


@pytest.mark.parametrize(
    ("one", "two"), [("cancelled flights", "cancel a flight"), ("환불을 신청하려면", "환불 신청은"), ("cars and towns", "a car, a town")]
)
def test_endings_do_not_count(one: str, two: str) -> None:
    assert content_words(one) == content_words(two)


@pytest.mark.parametrize("seed", [0, 1, 7])
@pytest.mark.parametrize(
    ("number", "languages", "expected"),
    [
        (40, {"en": 300, "ko": 100}, {"en": 30, "ko": 10}),
        (7, {"en": 1, "ko": 1}, {"en": 4, "ko": 3}),
        (5, {"ko": 9}, {"ko": 5}),
        (5, {"en": 0, "ko": 2}, {"ko": 5}),
        (0, {"en": 1}, {}),
        (-3, {"en": 1}, {}),
        (5, {}, {}),
    ],
)
def test_languages_keep_their_proportion(number: int, languages: dict[str, int], expected: dict[str, int], seed: int) -> None:
    assert Counter(question.language for question in off_topic_questions(number, [], Counter(languages), seed)) == Counter(expected)


@pytest.mark.parametrize("number", [10, 63, 200])
def test_questions_are_distinct_and_spread_over_topics(number: int) -> None:
    chosen = off_topic_questions(number, ["hotel"] * 3, Counter({"en": 1}), 5)
    assert len({question.question for question in chosen}) == number
    counts = Counter(question.topic for question in chosen)
    assert len(counts) == min(number, len(TOPICS) - 1)
    assert max(counts.values()) - min(counts.values()) <= 1


def test_fewer_where_there_are_no_more() -> None:
    chosen = off_topic_questions(100_000, [], BOTH, 0)
    assert set(chosen) == set(BANK)


def test_the_seed_chooses_and_the_order_of_the_texts_does_not() -> None:
    known = ["Do you repair tents?", "SIM card", "My flight is late", "Is there a gym?"]
    one = off_topic_questions(30, known, BOTH, 3)
    assert one == off_topic_questions(30, reversed(known), BOTH, 3) == off_topic_questions(30, iter(known), BOTH, 3)
    assert one != off_topic_questions(30, known, BOTH, 4)
    assert all(isinstance(question, OffTopic) for question in one)


def test_many_texts_take_time_in_proportion() -> None:
    texts = [f"주문 {n}번 배송 문의입니다, when will parcel {n} arrive at my door?" for n in range(4_000)]
    assert exponent(lambda number: off_topic_questions(10, texts[:number], BOTH, 0), 1_000, 4_000) < LINEAR
