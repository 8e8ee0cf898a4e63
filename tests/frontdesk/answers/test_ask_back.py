"""A question back is read again as it was written, whatever the questions; and what a customer answers to it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from frontdesk.answers.ask_back import HEADING, MOST, ask_back, choices, heading, picked, quoted
from frontdesk.facts.entries import Entry

QUESTIONS = st.lists(st.text(min_size=1, max_size=130).filter(str.strip), min_size=1, max_size=MOST, unique_by=quoted)


def entries(*questions: str) -> list[Entry]:
    return [Entry(str(number), (question,), ("Yes.",)) for number, question in enumerate(questions)]


def test_a_question_back_names_the_entries_by_their_questions() -> None:
    assert ask_back(entries("Is it free?"), "en") == "Do you mean “Is it free?”?"
    assert ask_back(entries("Is it free?", "Is it far?"), "en") == "Do you mean “Is it free?” or “Is it far?”?"
    assert ask_back(entries("배송비는?", "환불은?"), "ko") == "혹시 “배송비는?”, “환불은?” 중에 궁금하신 내용이 있나요?"
    assert ask_back(entries("배송비는?"), "ko") == "혹시 “배송비는?” 내용이 궁금하신가요?"


PAGE = "Ferrywire handbook of the electronic ticketing service for schools and clubs: Group journeys: "


def test_long_headings_keep_the_words_that_tell_them_apart() -> None:
    long = [f"{PAGE}{words} …" for words in ("Teachers travel free with every tenth", "Luggage of a group is sent ahead")]
    said = ask_back(entries(*long), "en")
    assert said == (
        "Do you mean “Ferrywire handbook of the electronic ticketing … Teachers travel free with every tenth …” or "
        "“Ferrywire handbook of the electronic ticketing … journeys: Luggage of a group is sent ahead …”?"
    )
    assert [picked(question, choices(said)) for question in long] == [0, 1]
    assert [picked(quoted(question), choices(said)) for question in long] == [0, 1], "what a button sends"
    assert quoted(quoted(long[0])) == quoted(long[0])


@given(QUESTIONS, st.sampled_from(["en", "ko"]))
@example(["What does “free” mean?", "What is a ” or a “?"], "en")
@example(['Is "it" free?', "“", "”"], "ko")
@example(["one\ntwo?", " {} ", "“ or ”"], "en")
def test_the_choices_are_read_as_they_were_written_and_each_is_picked_by_its_button(questions: list[str], spoken: str) -> None:
    said = ask_back(entries(*questions), spoken)
    assert choices(said) == choices(f" {said}\n") == [quoted(question) for question in questions]
    for place, question in enumerate(questions):
        assert picked(question, choices(said)) == picked(f" {question} ", choices(said)) == place
    both = f"It is “free”.\n{ask_back(entries(*questions), spoken, besides=True)}"
    assert choices(both) == choices(said)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Yes.",
        "Shipping costs $4.90.",
        "The word “free” means that it costs nothing.",
        "Do you mean it?",
        "Do you mean “Is it free?”? It is.",
        "Do you mean “Is it free?”?\nIt is.",
        "I ask: Do you mean “Is it free?”?",
        "혹시 “배송비는?” 말씀이세요?",
    ],
)
def test_what_is_no_question_back_has_no_choices(said: str) -> None:
    assert choices(said) == []


def test_on_a_button_stands_the_first_short_question() -> None:
    assert heading(["card blocked", "Why " + "oh " * 30 + "why?", "Why was my card refused?", "Why?"]) == "Why was my card refused?"
    assert heading(["환불 언제 되나요", "환불은 언제 되나요？"]) == "환불은 언제 되나요？"
    assert heading(["card blocked", "no card"]) == "card blocked"
    assert heading(["w" * HEADING + "?", "no"]) == "w" * HEADING + "?", "where none is short, the first"
    assert heading([]) == ""


THREE = ["Is it free?", "Is it far?", "Is it fun?"]


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("the first one", 0),
        ("First!", 0),
        ("1", 0),
        ("1st please", 0),
        ("the former", 0),
        ("첫 번째요", 0),
        ("1번", 0),
        ("the second", 1),
        ("number two please", 1),
        ("2.", 1),
        ("두 번째 거요", 1),
        ("두번째", 1),
        ("둘째요", 1),
        ("2번이요", 1),
        ("third", 2),
        ("the last one", 2),
        ("the third and last", 2),
        ("세 번째", 2),
        ("셋째", 2),
        ("마지막 거요", 2),
        ("neither", -1),
        ("None of them.", -1),
        ("no", -1),
        ("Nope, something else", -1),
        ("nah", -1),
        ("아니요", -1),
        ("아닙니다", -1),
        ("아뇨 다른 거요", -1),
        ("없어요", -1),
        ("그거 말고요", -1),
        ("yes", None),  # to which of them?
        ("네", None),
        ("the first and the second", None),
        ("how much is parking", None),
        ("Is it free", None),
        ("주차는 되나요", None),
        ("", None),
        ("I know nothing about any of that, sorry", None),  # longer than a mere answer
        ("my first order has not come and I want the second", None),
    ],
)
def test_an_answer_points_at_one_of_three_at_none_or_is_another_question(answer: str, place: int | None) -> None:
    assert picked(answer, THREE) == place


@pytest.mark.parametrize(
    "answer", ["yes", "Yes, please!", "yeah", "yep that one", "sure", "exactly", "that's it", "That’s right", "the first"]
)
def test_a_yes_picks_the_only_choice(answer: str) -> None:
    assert picked(answer, THREE[:1]) == 0


@pytest.mark.parametrize("answer", ["네", "네네", "넵", "예", "응", "네 맞아요", "맞습니다", "그렇습니다", "그거요"])
def test_a_korean_yes_likewise(answer: str) -> None:
    assert picked(answer, THREE[:1]) == 0


@pytest.mark.parametrize("answer", ["예약하고 싶어요", "yesterday", "the second", "third", "surely it rains", "네트워크가 느려요"])
def test_what_only_looks_like_a_yes_picks_nothing(answer: str) -> None:
    assert picked(answer, THREE[:1]) is None


def test_the_last_of_two_is_the_second() -> None:
    for answer in ("the last one", "the latter", "마지막이요", "후자요"):
        assert picked(answer, THREE[:2]) == 1
    assert picked("the third", THREE[:2]) is None


@given(st.text(max_size=40), QUESTIONS)
def test_no_answer_picks_what_was_not_offered(answer: str, questions: list[str]) -> None:
    place = picked(answer, list(map(quoted, questions)))
    assert place is None or -1 <= place < len(questions)
