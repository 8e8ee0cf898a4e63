"""Subjects are found by their names, exact or misspelled, in texts of any length."""

import pytest

from frontdesk.retrieval.subjects import MIN_SIMILARITY, Subjects

NAMES = ("Harbour Street", "Mill Road", "Mill Road North", "강남점", "강남역점", "The Old Bakery at the Bridge", "-", "")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("parking at HARBOUR street?", ["Harbour Street"]),
        ("Mill Road or Mill Road North", ["Mill Road North"]),
        ("mil road, mill rode", ["Mill Road"]),
        ("harbuor street", ["Harbour Street"]),  # two letters swapped
        ("강남점에서 주차", ["강남점"]),
        ("the old bakry at the brige", ["The Old Bakery at the Bridge"]),
        ("mill", []),
        ("the road to the harbour", []),
        ("", []),
        ("?!", []),
    ],
)
def test_names_are_found_as_they_are_spelled_or_nearly_so(text: str, named: list[str]) -> None:
    assert Subjects(NAMES).named(text) == named


def test_a_name_as_it_is_spelled_outdoes_one_that_is_misspelled() -> None:
    assert Subjects(["Rose Inn", "Rose Inns"]).named("rose inns or rose inn") == ["Rose Inns"]
    assert Subjects(["North Lodge", "South Lodge"]).named("north lodge, not sowth lodge") == ["North Lodge"]


def test_subjects_that_are_spelled_alike_are_named_together() -> None:
    assert Subjects(["Mill Road", "mill-road", "Oak"]).named("mill road") == ["Mill Road", "mill-road"]


def test_the_limit_is_a_share_of_letters_in_their_order() -> None:
    """2 x 17 letters in common of 20 + 20."""
    name = "abcdefghijklmnopqrst"
    assert MIN_SIMILARITY == 2 * 17 / 40
    assert Subjects([name]).named(name[:17] + "zzz") == [name]
    assert Subjects([name]).named(name[:16] + "zzzz") == []
    assert Subjects(["Nandos City Centre"]).named("at nandoosicity centre please"), "2 x 17 of 18 + 22"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("강남 2호점에서 주차되나요", ["강남 2호점"]),  # an ending behind the last of several words
        ("강남 2호 점", []),
        ("서강남 2호점", []),  # a name begins where a word does
        ("nr 71 please", []),  # English has no endings
        ("nr 7", ["Nr 7"]),
    ],
)
def test_an_ending_follows_a_korean_name_only(text: str, named: list[str]) -> None:
    """Beside a name as it is spelled none is found that is only like it."""
    assert Subjects(["강남 2호점", "Nr 7", "Harbour Street"]).named(f"{text}, harbour street") == [*named, "Harbour Street"]
