"""Synthetic FAQs are whole: companies, their entries and wordings, in both languages."""

import re

import pytest
import yaml

from data_tools.rows.synthetic_faqs import COMPANIES, companies


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
