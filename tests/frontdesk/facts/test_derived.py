"""The facts of entries that name none."""

import pytest

from frontdesk.facts.derived import derive_facts
from frontdesk.facts.statements import states


@pytest.mark.parametrize(
    ("question", "answer", "facts"),
    [
        ("Do you have live music?", "There is no live music.", ["no"]),
        (
            "What languages are spoken?",
            "English, Spanish and Italian languages are spoken at Archway House.",
            ["English", "Spanish", "Italian"],
        ),
        ("Is parking free?", "Parking is 5 GBP per day.", ["5 GBP"]),
        ("Is there free wifi?", "Yes, there is free wifi.", ["yes"]),
        ("Do I need to book?", "No booking is required.", ["no"]),
        ("Do you ship to Chile?", "We ship to 34 countries.", ["34 countries"]),
        ("Which cards?", "We take Visa, Apple Pay and Maestro.", ["Visa", "Apple Pay", "Maestro"]),
        ("몇 kg까지 버텨요?", "120kg까지 견딥니다.", ["120kg"]),
        ("수영장 있나요?", "수영장은 없습니다.", ["no"]),
        ("결제는 어떻게 해요?", "신용카드와 계좌이체를 받습니다.", ["신용카드", "계좌이체"]),
        ("How do I start?", "1. Open the app. 2. Scan the ticket.", ["Open", "Scan"]),
    ],
)
def test_facts_of_an_entry_that_names_none(question: str, answer: str, facts: list[str]) -> None:
    assert derive_facts(question, answer) == facts
    assert states(answer, facts)


def test_the_subject_is_no_fact() -> None:
    question, answer = "What breakfast is there?", "GALLERIA serves porridge with honey."
    assert "GALLERIA" not in derive_facts(question, answer, subject="Galleria")
    assert derive_facts(question, answer, subject="Galleria") != []
