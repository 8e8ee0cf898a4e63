"""The console's texts and which language an agent reads."""

import pytest

from ui.console.texts import TEXTS, language_of


def test_both_languages_have_every_text() -> None:
    assert TEXTS["en"].keys() == TEXTS["ko"].keys()
    for key in TEXTS["en"]:
        assert TEXTS["en"][key].count("{") == TEXTS["ko"][key].count("{"), key
    assert all(TEXTS[language][key].strip() for language in TEXTS for key in TEXTS[language])


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"accept-language": "ko-KR,ko;q=0.9,en;q=0.8"}, "ko"),
        ({"accept-language": "fr,ko;q=0.9"}, "ko"),
        ({"accept-language": "ko", "cookie": "frontdesk_language=en"}, "en"),
        ({"accept-language": "ko", "cookie": "frontdesk_language=<b>"}, "ko"),
    ],
)
def test_the_language_is_the_agents_choice_or_the_browsers(headers: dict[str, str], language: str) -> None:
    assert language_of(headers) == language
