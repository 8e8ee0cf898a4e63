"""Alike questions stand together, the most frequent first; only what was rightly handed over is a gap."""

from evaluate.replay.gaps import gaps
from tests.evaluate.replay.desk import turn

FIRST = ["Do you engrave lanterns?", "can you engrave a lantern for me", "is engraving a lantern possible"]


def test_alike_questions_are_one_group_and_the_largest_comes_first() -> None:
    asked = ["Where is my parcel?", FIRST[0], "my parcel where is it", *FIRST[1:], "Are you hiring?", "선물 각인 되나요?", "각인도 되나요"]
    groups = gaps([turn("handed over", customer=text) for text in asked])

    assert [[one.customer for one in group] for group in groups] == [
        FIRST,
        ["Where is my parcel?", "my parcel where is it"],
        ["선물 각인 되나요?", "각인도 되나요"],
        ["Are you hiring?"],
    ]


def test_of_groups_of_a_size_that_comes_first_of_which_the_faq_could_state_most() -> None:
    asked = {"Where is my parcel?": "acts", "Are you hiring?": "states"}
    groups = gaps([turn("handed over", customer=text, did=did) for text, did in asked.items()])

    assert [group[0].customer for group in groups] == ["Are you hiring?", "Where is my parcel?"]


def test_only_questions_that_say_something_and_went_rightly_to_a_person_are_gaps() -> None:
    others = [turn("answered"), turn("handed over", "differs"), turn("handed over", "silent"), turn("asked back"), turn("small talk")]

    assert gaps([*others, turn("handed over", customer="yes please")]) == []
