"""The interface speaks both languages throughout."""

import re
import string
from pathlib import Path

import pytest

import ui
from ui.chat import MAX_CHARACTERS
from ui.texts import LANGUAGES, NAMES, TEXTS, Language

SOURCE = "".join(path.read_text(encoding="utf-8") for path in Path(ui.__file__).parent.glob("*.py") if path.name != "texts.py")


def test_every_language_has_every_text() -> None:
    assert set(TEXTS) == set(NAMES) == set(LANGUAGES)
    assert TEXTS["en"].keys() == TEXTS["ko"].keys()
    assert all(text.strip() for texts in TEXTS.values() for text in texts.values())


def test_korean_is_korean_and_english_is_english() -> None:
    assert all(re.search("[가-힣]", text) for text in TEXTS["ko"].values())
    assert all(set(text) <= set(string.printable) for text in TEXTS["en"].values())


@pytest.mark.parametrize("key", TEXTS["en"])
def test_every_text_is_used(key: str) -> None:
    assert f'"{key}"' in SOURCE


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_cut_notice_names_the_limit(language: Language) -> None:
    assert f"{MAX_CHARACTERS:,}" in TEXTS[language]["cut"]
