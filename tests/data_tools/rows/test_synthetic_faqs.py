"""Synthetic FAQs are whole: companies, their entries and wordings, small talk, in both languages."""

import re

import pytest
import yaml

from data_tools.rows.synthetic_faqs import COMPANIES, companies, content


@pytest.mark.parametrize("language", ["en", "ko"])
def test_synthetic_faqs_are_whole(language):
    made, unanswerable = companies(language)
    raw = yaml.safe_load((COMPANIES / f"{language}.yaml").read_text(encoding="utf-8"))
    assert len(made) == len(raw["companies"]) >= 40
    assert len({company.name for company in made}) == len(made)
    assert len(set(unanswerable)) == len(unanswerable) >= 20
    for company in made:
        assert company.name.strip() and company.system.strip()
        assert len(company.entries) > 3, company.name
        assert len({entry.id for entry in company.entries}) == len(company.entries)
        questions = [question for entry in company.entries for question in entry.questions]
        assert len(set(questions)) == len(questions), company.name
        for entry in company.entries:
            assert len(entry.questions) >= 3, entry.id
            assert len(entry.answers) == 1
            for text in (*entry.questions, *entry.answers):
                assert isinstance(text, str) and text == text.strip() != "", entry.id
                assert "\n" not in text, entry.id
        assert (language == "ko") == bool(re.search("[가-힣]", company.system))
    assert not set(unanswerable) & {question for company in made for entry in company.entries for question in entry.questions}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_small_talk_is_of_the_language_and_ends_in_no_handoff(language):
    for one in content(language)["small_talk"]:
        assert len(one["questions"]) == len(set(one["questions"])) >= 4
        assert (language == "ko") == bool(re.search("[가-힣]", one["answer"]))
