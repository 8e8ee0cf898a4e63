"""The interface speaks both languages throughout."""

import re
import string
from pathlib import Path

import pytest

import ui
from ui.chat.texts import EMBEDDED, LANGUAGES, NAMES, TEXTS, Language
from ui.desk.desk import MAX_CHARACTERS

FILES = [path for path in Path(ui.__file__).parent.rglob("*.*") if path.suffix in (".py", ".js") and path.name != "texts.py"]
SOURCE = "".join(path.read_text(encoding="utf-8") for path in FILES)


def test_every_language_has_every_text() -> None:
    for texts in (TEXTS, EMBEDDED):
        assert set(texts) == set(NAMES) == set(LANGUAGES)
        assert texts["en"].keys() == texts["ko"].keys()
        assert all(text.strip() for known in texts.values() for text in known.values())
        for key, text in texts["en"].items():
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", texts["ko"][key])), key


def test_korean_is_korean_and_english_is_english() -> None:
    for texts in (TEXTS, EMBEDDED):
        assert all(re.search("[가-힣]", text) for text in texts["ko"].values())
        assert all(set(text) <= {*string.printable, "…"} for text in texts["en"].values())


@pytest.mark.parametrize("key", TEXTS["en"])
def test_every_text_is_used(key: str) -> None:
    assert re.search(rf'"{key}"|\b(texts|said|words)\.{key}\b', SOURCE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_cut_notice_names_the_limit(language: Language) -> None:
    assert f"{MAX_CHARACTERS:,}" in TEXTS[language]["cut"]
