"""What is listed is worth reading: entries that differ about one thing, and none about two."""

import numpy as np
import pytest

from data_tools.health.pairs import pairs
from frontdesk.facts.entries import Entry, Origin


def entry(id: str, question: str, answer: str, subject: str = "", passage: bool = False) -> Entry:
    asked = f"{subject}: {question}" if subject else question
    return Entry(id, (asked,), (answer,), subject, f"faq.csv:{id}", Origin(question.partition(":")[0]) if passage else Origin(), passage)


OTHERS = [
    entry("wrap", "Do you wrap gifts?", "Yes, we wrap gifts for $2.50."),
    entry("call", "How do I call you?", "Call us on 0800 555 0100."),
    entry("lamp", "Which bulbs do the lamps take?", "The lamps take bulbs with an E27 socket."),
    entry("rug", "How do I wash the wool rug?", "Wash the wool rug by hand in cold water."),
]


def kinds(*entries: Entry) -> list[tuple[str, set[str]]]:
    return [(pair.kind, {pair.one.id, pair.other.id}) for pair in pairs([*OTHERS, *entries], {})]


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (("When is check-out?", "Check-out is by 10:30 am."), ("What is the check-out time?", "You check out by 11:30 am."), "value"),
        (("What does engraving cost?", "Engraving costs $12."), ("How much is engraving?", "Engraving is $15."), "value"),
        (("각인 비용은 얼마인가요?", "각인 비용은 5,000원입니다."), ("각인 비용이 얼마예요?", "각인 비용은 8,000원이에요."), "value"),
        (("Can I bring my dog?", "Yes, dogs are allowed."), ("May I bring a dog?", "No, dogs are not allowed."), "yes or no"),
        (
            ("How do I get my ticket?", "We send it in a text message."),
            ("How do I get my ticket?", "An email brings it to your inbox."),
            "words",
        ),
    ],
)
def test_entries_that_differ_about_one_thing(one: tuple[str, str], other: tuple[str, str], kind: str) -> None:
    assert kinds(entry("a", *one), entry("b", *other)) == [(kind, {"a", "b"})]


def test_an_entry_and_a_passage() -> None:
    text = "You can return anything that you do not like. Returns are accepted within 30 days of delivery. Keep the receipt."
    one = entry("a", "How long can I return something?", "Returns are accepted within 14 days of delivery.")
    assert kinds(one, entry("b", "Handbook: Returns", text, passage=True)) == [("value", {"a", "b"})]
    tent = entry("a", "How much is the Alder tent?", "The Alder tent costs $120.")
    assert kinds(tent, entry("b", "Birch tent: Price", "The Birch tent costs $90, poles and bag included.", passage=True)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Can I bring my dog?", "Pets are not allowed."), ("May I bring a dog?", "Pets are not allowed at our house.")),
        (("When is check-in?", "Check-in is from 15:00."), ("When is check-out?", "Check-out is by 10:30.")),
        (("Is parking available?", "Yes, parking is available."), ("Is accessible parking available?", "No, it is not available.")),
        (("How much is the Alder tent?", "The Alder tent costs $120."), ("How much is the Birch tent?", "The Birch tent costs $90.")),
        (("What does FW-401 mean?", "The key is missing."), ("What does FW-404 mean?", "The topic does not exist.")),
        (("배송비는 얼마인가요?", "배송비는 3,000원입니다."), ("배송은 며칠 걸려요?", "배송은 1~2일 걸립니다.")),
    ],
)
def test_entries_about_two_things_and_those_that_agree(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert kinds(entry("a", *one), entry("b", *other)) == []


def test_the_same_question_about_two_subjects_has_two_answers() -> None:
    question = "When is check-out?"
    mill, pier = entry("a", question, "By 10:30 am.", "Mill House"), entry("b", question, "By 11:30 am.", "Pier Hotel")
    assert kinds(mill, pier) == []
    assert kinds(mill, entry("c", question, "By noon, or 12:30 pm.", "Mill House")) == [("value", {"a", "c"})]


def test_vectors_find_the_same_question_in_other_words() -> None:
    one = entry("a", "Do you have any sort of laundry?", "No, laundry is not offered.")
    other = entry("b", "Does the place offer laundry?", "Yes, laundry is offered.")
    near, far = np.eye(2, dtype=np.float32)
    assert pairs([*OTHERS, one, other], {}) == []
    vectors = {one.questions[0]: near, other.questions[0]: near, OTHERS[0].questions[0]: far}
    assert [(pair.kind, pair.one.id, pair.other.id) for pair in pairs([*OTHERS, one, other], vectors)] == [("yes or no", "a", "b")]


def test_vectors_of_an_encoder_that_does_not_know_the_language_find_nothing_by_themselves() -> None:
    subject, same = "마루자연신 호텔", np.ones(2, dtype=np.float32) / np.sqrt(2)
    dogs = entry("a", "강아지 되나요?", "21kg 이하의 반려견이 1박 20,000원에 함께할 수 있습니다.", subject)
    rooms = entry("b", "세미나실 가격이 있나요?", "회의실은 33명까지 시간당 18,000원입니다. 9일 전에 예약해 주세요.", subject)
    assert pairs([dogs, rooms], {dogs.questions[0]: same, rooms.questions[0]: same}) == []


HOTEL = "Mapleridge Lodge"
SEMINAR = "Mapleridge Lodge has a meeting room for {} people at ${} an hour, projector and water included."


def test_one_answer_with_other_numbers_is_found_however_it_is_asked_for() -> None:
    one = entry("a", "a room for a seminar", SEMINAR.format(30, 40), HOTEL)
    assert kinds(one, entry("b", "Where can our board meet?", SEMINAR.format(30, 45), HOTEL)) == [("value", {"a", "b"})]
    assert kinds(one, entry("b", "Where can our board meet?", SEMINAR.format(30, 45), "Pier Hotel")) == []


def test_one_sentence_about_two_things_is_two_answers() -> None:
    days = "Your parcel takes {} working days to your door and costs ${}."
    standard = entry("a", "How long is standard delivery?", days.format(3, 4), HOTEL)
    assert kinds(standard, entry("b", "How long is express delivery?", days.format(1, 9), HOTEL)) == []
    assert kinds(entry("a", "What does a tag cost?", "It costs $4.", HOTEL), entry("b", "And a bell?", "It costs $5.", HOTEL)) == []
