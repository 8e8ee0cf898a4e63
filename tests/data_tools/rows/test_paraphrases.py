"""Derived wordings differ from the question, mean the same, and are the same ones next time."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.rows import paraphrases as wordings
from data_tools.rows.paraphrases import FILLERS, derive, spoken
from frontdesk.facts.language import language
from tests.timing import LINEAR, exponent

QUESTIONS = [
    "What is the return period for shoes?",
    "Do you ship to Norway within 5 days?",
    "I'm not able to log in, what's wrong?",
    "ridge tent weight",
    "Harbour Inn: Is there parking for 2 cars at https://harbour.example/cars?a=1?",
    "Can I reach you at help@shop.example or [PHONE_1] after 6 pm?",
    "배송비는 얼마인가요?",
    "5만원 이상이면 무료로 교환할 수 있나요?",
    "주문번호 20260311-0000482 배송이 안 왔는데 확인해 주세요",
    "랜턴: 환불이 안 되나요?",
    "매장 위치 알려줘",
]
PIECES = ("한", "글", "있나요", "주세요", "안 ", "없", "ㅠ", "http://a.example/1", "don't ", *"abcXYZ 019.,?!:'’\"/@[]-\n\0ßİ")
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=25).map("".join))


def letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def check(question: str, number: int, seed: int) -> None:
    found = derive(question, number, seed, "entry")
    assert found == derive(question, number, seed, "entry")
    assert len(found) <= max(number, 0)
    texts = [wording.text for wording in found]
    assert len({question, *texts}) == len(texts) + 1
    others = [letters(wording.text) for wording in found if not set(wording.how.split(", ")) <= {"spacing", "casing"}]
    assert len({letters(question), *others}) == len(others) + 1
    for text in texts:
        assert re.findall(r"\d", text) == re.findall(r"\d", question)
        assert re.findall(r"https?://\S+|\S+@\S+", text) == re.findall(r"https?://\S+|\S+@\S+", question)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("number", [1, 4, 25])
def test_wordings_are_new_and_keep_digits_and_addresses(question: str, number: int) -> None:
    check(question, number, seed=3)


@given(TEXTS, st.integers(-1, 6), st.integers(0, 9))
def test_any_text_is_taken(question: str, number: int, seed: int) -> None:
    found = derive(question, number, seed, "entry")
    assert found == derive(question, number, seed, "entry")
    assert len(found) <= max(number, 0)
    assert len({question, *(wording.text for wording in found)}) == len(found) + 1
    for wording in found:
        assert re.findall(r"\d|https?://\S+", wording.text) == re.findall(r"\d|https?://\S+", question)


@pytest.mark.parametrize("question", QUESTIONS)
def test_as_many_as_asked_for(question: str) -> None:
    assert len(derive(question, 4, 0, "entry")) == 4


@pytest.mark.parametrize("question", ["", "   ", "?!", "12 34", "a"])
def test_little_text_gives_no_slips(question: str) -> None:
    assert all("typing noise" not in wording.how for wording in derive(question, 5, 0, "entry"))


def test_the_name_and_the_seed_choose() -> None:
    one = [derive("Do you repair tents and lanterns?", 4, seed, name) for seed, name in [(1, "a"), (2, "a"), (1, "b")]]
    assert one[0] != one[1] != one[2] != one[0]


@pytest.mark.parametrize(("text", "expected"), [("배송 ok", "ko"), ("hello", "en"), ("", "en"), ("ㅠㅠ", "en"), ("日本", "en")])
def test_language(text: str, expected: str) -> None:
    assert language(text) == expected


@pytest.mark.parametrize("seed", range(5))
def test_a_subject_stays_in_front(seed: int) -> None:
    found = derive("Harbour Street Guesthouse: Is breakfast served before seven?", 20, seed, "entry")
    assert found
    assert all(wording.text.startswith("Harbour Street Guesthouse: ") for wording in found)


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("Why can't customers without accounts return unopened parcels?", ["without", "unopened"]),
        ("Never deliver to neighbours, except on Mondays", ["ever", "except"]),
        ("배송이 안 내려오고 취소도 못 했는데 방법이 없나요?", ["안 ", "못 ", "없"]),
        ("전화 말고 문자로 알려주세요", ["말고"]),
    ],
)
def test_a_negation_stays(question: str, kept: list[str]) -> None:
    found = [wording.text for seed in range(5) for wording in derive(question, 20, seed, "entry")]
    assert found
    assert all(word in text for text in found for word in kept)


@pytest.mark.parametrize(
    "held",
    ["AB-12", "`install widget`", "[ORDER NUMBER]", "WELCOME", "shop.example/Terms", "mina_k@shop.example", "Glow2Go", '"Save Changes"'],
)
@pytest.mark.parametrize("sentence", ["Where should customers enter {} before paying?", "결제하면서 {} 입력은 어디에서 하나요?"])
def test_codes_and_placeholders_stay(held: str, sentence: str) -> None:
    found = derive(sentence.format(held), 30, 1, "entry")
    assert found
    assert all(held in wording.text for wording in found)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Is there a lift?", "if there is a lift?"),
        ("Do you sell gas cartridges?", "if you sell gas cartridges?"),
        ("Can I pay later?", "if I can pay later?"),
        ("How do I return a tent?", "how to return a tent?"),
        ("What is the delivery fee?", "what the delivery fee is?"),
        ("What are your opening hours?", "what your opening hours are?"),
        ("Where is your showroom?", "where your showroom is?"),
        ("How long does it take?", "how long it takes?"),
        ("What time is check-in?", "what time check-in is?"),
    ],
)
def test_an_indirect_question_has_its_own_order_of_words(question: str, expected: str) -> None:
    found = {wordings._politeness(question, random.Random(seed)) for seed in range(20)}
    assert len(found) == len(wordings.ASKS)
    assert all(text.endswith(" " + expected) for text in found)


@pytest.mark.parametrize(
    "question",
    [
        "What is the shop called?",
        "What are the rooms like?",
        "When is the office open?",
        "Where is the parcel going?",
        "Is breakfast included?",
        "apple pay accepted?",
    ],
)
def test_no_indirect_question_where_the_order_is_unsure(question: str) -> None:
    assert wordings._politeness(question, random.Random(0)) == question


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Tell me the price", "Please tell me the price"),
        ("Could you send a catalogue?", "Could you please send a catalogue?"),
        ("ridge tent weight", "ridge tent weight please"),
    ],
)
def test_please_stands_where_it_may(question: str, expected: str) -> None:
    assert wordings._politeness(question, random.Random(0)) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the fee?", {"What's the fee?"}),
        ("what's the fee", {"what is the fee"}),
        ("Where is it?", {"Where is it?"}),
        ("I do not own a car", {"I don't own a car"}),
        ("You don't ship to Malta?", {"You do not ship to Malta?"}),
        ("Don't you ship to Malta?", {"Don't you ship to Malta?"}),
        ("I'm late and can not come", {"I am late and can not come", "I'm late and can't come"}),
    ],
)
def test_contractions_go_both_ways(question: str, expected: set[str]) -> None:
    assert {wordings._contraction(question, random.Random(seed)) for seed in range(20)} == expected


def endings(question: str) -> set[str]:
    return {wordings._ending(question, random.Random(seed)) for seed in range(60)}


@pytest.mark.parametrize(
    ("question", "some"),
    [
        ("얼마인가요?", {"얼마예요?", "얼마인가여?", "얼마입니까?"}),
        ("며칠인가요?", {"며칠이에요?"}),
        ("교환할 수 있나요?", {"교환 가능한가요?", "교환 되나요?", "교환할 수 있을까요?"}),
        ("어떻게 되나요?", {"어떻게 돼요?", "어떻게 될까요?", "어떻게 되나용?"}),
        ("주차 되나요", {"주차 돼요?", "주차 가능한가요", "주차 되는지 궁금해요"}),
        ("주소 알려 주세요.", {"주소 알려 줘.", "주소 알려 주실 수 있나요?"}),
        ("얼마야?", {"얼마예요?"}),
        ("재고 있어?", {"재고 있어요?", "재고 있나요?"}),
    ],
)
def test_korean_endings(question: str, some: set[str]) -> None:
    found = endings(question)
    assert some <= found | {text + "?" for text in found} | {text.removesuffix("?") for text in found}


@pytest.mark.parametrize(
    ("question", "never"),
    [
        ("불가능한가요?", "되"),
        ("텐트를 교환할 수 있나요?", "교환 되나요"),
        ("안 내면 자동으로 환불되나요?", "가능"),
        ("버너에 구멍이 있어요", "?"),
        ("돈 언제 줘", "주세요"),
        ("반품 필요", "필여"),
        ("행사 언제 끝나요?", "끝습니까"),
    ],
)
def test_endings_that_would_mean_something_else(question: str, never: str) -> None:
    assert all(never not in text for text in endings(question))


def test_a_question_that_could_be_a_statement_keeps_its_mark() -> None:
    assert {wordings._punctuation(text, random.Random(0)) for text in ("지금 돼요?", "지금 되나요?", "언제 돼요?")} == {
        "지금 돼요?",
        "지금 되나요",
        "언제 돼요",
    }


@given(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3))
def test_a_slip_is_one_letter_of_a_syllable(syllable: str) -> None:
    before = ord(syllable) - 0xAC00
    for slip in wordings._slips(syllable):
        after = ord(slip) - 0xAC00
        assert 0 <= after <= 0xD7A3 - 0xAC00
        assert after // 588 == before // 588
        assert before // 28 == after // 28 or before % 28 == after % 28


def test_a_shirt_stays_decent() -> None:
    found = [wording.text for seed in range(40) for wording in derive("Which shirts count, and is the public clock right?", 20, seed, "a")]
    assert found
    assert not [text for text in found if wordings.RUDE.search(text)]


@pytest.mark.parametrize("piece", ["xxxx", "가가가가", "a b ", "가 나 ", "a.-@"])
def test_a_long_text_takes_time_in_proportion(piece: str) -> None:
    assert exponent(lambda times: derive(piece * times, 2, 0, "entry"), 1_000, 4_000) < LINEAR


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("seed", range(5))
def test_a_spoken_question_has_the_same_words_and_more(question: str, seed: int) -> None:
    text = spoken(question, random.Random(seed))
    assert text != question and ("https:" in question or not re.search(r"[?!](?=\s|$)", text))
    for held in re.findall(r"\[\S+\]|\S+@\S+|\d+", question):
        assert held in text
    words, said = (re.findall(r"\w+", one.lower()) for one in (question, text))
    fillers = {word for one in FILLERS[language(question)] for word in one.split()}
    assert [word for place, word in enumerate(said) if word not in fillers and said[place - 1 : place] != [word]] == [
        word for word in words if word not in fillers
    ]


@given(TEXTS, st.integers(0, 9))
def test_any_text_can_be_spoken(question: str, seed: int) -> None:
    text = spoken(question, random.Random(seed))
    assert re.findall(r"\d", text) == re.findall(r"\d", question) or any(word.isdigit() for word in re.findall(r"\w{2,}", question))
    assert bool(text.strip()) == bool(question.strip())


def test_code_is_spoken_as_it_is_written() -> None:
    for seed in range(20):
        assert "`pip install ferrywire --Pre`" in spoken(
            "Which Python does `pip install ferrywire --Pre` need, and why?", random.Random(seed)
        )
