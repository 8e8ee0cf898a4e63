"""Which questions the page offers."""

from pathlib import Path

import pytest

from frontdesk.config.schema import AnswersConfig, Config
from frontdesk.errors import UserError
from frontdesk.files import write_jsonl
from ui.chat.suggestions import MAX_SUGGESTIONS, suggestions


def config(*own: str) -> Config:
    return Config(
        name="shop", company="Shop", system_prompt="Help.", model={"base": "none"}, data={"faq": ["faq.csv"]}, ui={"suggestions": own}
    )


def entry(category: str, *questions: str) -> dict[str, object]:
    return {"id": "1", "category": category, "questions": list(questions), "answers": ["Yes."], "split": "train"}


def test_the_configs_own_questions_win(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "faq.jsonl", [entry("delivery", "Do you deliver?")])
    assert suggestions(config("Where is my parcel?"), tmp_path / "faq.jsonl") == ["Where is my parcel?"]


def test_one_of_each_category_short_and_asked_properly(tmp_path: Path) -> None:
    rows = [
        entry("delivery", "How long does delivery to the islands take?", "islands?"),
        entry("returns", "returns", "Can I return it?"),
        entry("delivery", "Do you deliver?"),
        entry("returns", "반품할 수 있나요?"),
        entry("delivery", "cost"),
    ]
    write_jsonl(tmp_path / "faq.jsonl", rows)
    assert suggestions(config(), tmp_path / "faq.jsonl") == ["Do you deliver?", "반품할 수 있나요?"]


def test_a_heading_is_no_question_but_what_was_drafted_for_it_is(tmp_path: Path) -> None:
    passage = entry("Handbook", "Handbook: Returns") | {"passage": True}
    drafted = entry("Guide", "Guide: Repairs") | {"passage": True, "drafted": ["Do you repair tents?"]}
    write_jsonl(tmp_path / "faq.jsonl", [passage, drafted])
    assert suggestions(config(), tmp_path / "faq.jsonl") == ["Do you repair tents?"]


def test_no_more_than_fit(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "faq.jsonl", [entry(f"category {number}", f"Question {number}?") for number in range(20)])
    assert suggestions(config(), tmp_path / "faq.jsonl") == [f"Question {number}?" for number in range(MAX_SUGGESTIONS)]


def test_a_run_without_faq_offers_none(tmp_path: Path) -> None:
    assert suggestions(config(), tmp_path / "faq.jsonl") == []


def test_a_broken_faq_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "faq.jsonl").write_text('{"id": "1", "category": "a", "questions": ["Why?"]}\nbroken\n')
    with pytest.raises(UserError, match=r"faq\.jsonl:2"):
        suggestions(config(), tmp_path / "faq.jsonl")


def test_an_entry_that_was_not_trained_is_not_offered(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "faq.jsonl", [entry("delivery", "Held out?") | {"split": "test"}, entry("delivery", "Is delivery free?")])
    assert suggestions(config(), tmp_path / "faq.jsonl") == ["Is delivery free?"]


def test_what_expires_is_no_button_where_it_may_be_withheld(tmp_path: Path) -> None:
    """The page has the same buttons until the next start, and midnight comes before."""
    write_jsonl(
        tmp_path / "faq.jsonl", [entry("sale", "Sale?") | {"origin": {"expires": "2099-01-01"}}, entry("delivery", "Do you deliver?")]
    )
    assert suggestions(config(), tmp_path / "faq.jsonl") == ["Sale?", "Do you deliver?"]
    withholding = config().model_copy(update={"answers": AnswersConfig(expired="withhold")})
    assert suggestions(withholding, tmp_path / "faq.jsonl") == ["Do you deliver?"]
