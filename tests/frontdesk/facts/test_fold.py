"""Text in lower case, each character where it was."""

import sys
import unicodedata
from collections.abc import Callable

import pytest

from frontdesk.facts.derived import derive_facts
from frontdesk.facts.fold import fold, lower
from frontdesk.facts.statements import states
from frontdesk.facts.values import values


@pytest.mark.parametrize("folded", [fold, lower])
def test_every_character_stays_one(folded: Callable[[str], str]) -> None:
    grown = [hex(code) for code in range(sys.maxunicode + 1) if len(folded(chr(code))) != 1]
    assert grown == []


def test_lower_is_pythons_but_for_the_letter_that_grows() -> None:
    letters = "".join(map(chr, range(0x20, 0xD800))).replace("İ", "")
    assert lower(letters) == letters.lower()
    assert lower("İ") == "i" and unicodedata.normalize("NFD", "İ".lower())[0] == "i"


def test_one_spelling_of_signs() -> None:
    assert fold("Ｗ１２–３　’") == "w12-3 '"


@pytest.mark.parametrize("answer", ["Larch Houseİa@b.krLarch House", "İİİ 5 days İ $4.90", "İİ 15 kg İ 3 kg"])
def test_places_hold_behind_a_letter_that_grows(answer: str) -> None:
    found = values(answer)
    assert found and all(lower(answer)[value.start : value.end] == lower(answer[value.start : value.end]) for value in found)
    assert states(answer, derive_facts("", answer))
