"""Alike questions stand together, whatever polite words are around them."""

from frontdesk.facts.groups import groups


def test_questions_are_alike_by_what_they_are_about() -> None:
    asked = [
        "Can you tell me if you ship to Japan?",
        "Can you tell me if you engrave mugs?",
        "shipping to japan possible",
        "mug engraving?",
    ]
    assert groups(asked) == [[0, 2], [1, 3]]


def test_texts_of_which_nothing_is_known_are_alike_where_they_are_the_same() -> None:
    assert groups(["???", "yes please", "???", "!!!"]) == [[0, 2], [1], [3]]
    assert groups([]) == []
