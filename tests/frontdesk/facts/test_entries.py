"""Which entry an answer rests on."""

import pytest

from frontdesk.facts.entries import Entry, Origin, is_link, rests_on

FACTS = [
    Entry("standard", (), ("Standard shipping costs $4.90 per order.",)),
    Entry("express", (), ("Express shipping costs $14.50 per order.", "Express costs $14.50.")),
    Entry("hours", (), ("고객센터는 평일 오전 10시부터 오후 6시까지 운영합니다.",)),
]


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("Standard shipping costs $4.90 per order.", "standard"),
        ("standard shipping costs $4.90 an order", "standard"),
        ("Express shipping costs $14.50 per order.", "express"),
        ("Express costs $14.50.", "express"),
        ("고객센터는 평일 오전 10시부터 오후 6시까지 운영해요.", "hours"),
        ("I'm not able to answer that one myself. Shall I connect you with one of our agents?", None),
        ("Standard shipping costs $5.90 per order.", None),
        ("For you that is $14.50.", "express"),
        ("Mornings from 10 am, evenings until 6 pm.", "hours"),
        ("1. Ask. 2. Wait.", None),
        ("Good morning!", None),
        ("", None),
    ],
)
def test_an_answer_rests_on_the_entry_that_has_its_words_and_values_or_else_its_values(answer: str, source: str | None) -> None:
    found = rests_on(answer, FACTS)
    assert (found.id if found else None) == source


def test_no_entry_is_no_source() -> None:
    assert rests_on("Standard shipping costs $4.90 per order.", []) is None


def test_what_was_said_before_need_not_be_in_the_entry() -> None:
    answer = "With $60, standard shipping costs $4.90 per order."
    assert rests_on(answer, FACTS) is None
    assert rests_on(answer, FACTS, ["I have $60 in my basket"]) == FACTS[0]
    assert rests_on("You have $60.", FACTS, ["I have $60 in my basket"]) is None


def test_a_citation_names_what_customers_may_know() -> None:
    origin = Origin(
        "Handbook", "Returns > Final sale", "3", "https://pine.example/handbook#final", "2026-05-12", "2026-06-01", "2027-01-01"
    )
    url, known = origin.url, {"title": "Handbook", "heading": "Returns > Final sale", "page": "3", "updated": "2026-05-12"}
    assert origin.citation() == {**known, "url": url}
    assert origin._replace(url="javascript:alert(1)").citation() == known
    assert Origin().citation() == {}


@pytest.mark.parametrize(
    "url", ["https://pine.example/a?b=c#d", "http://pine.example:8080", "HTTPS://PINE.EXAMPLE/", "https://한국.example/도움말"]
)
def test_web_addresses_are_links(url: str) -> None:
    assert is_link(url)


@pytest.mark.parametrize(
    "url",
    [
        "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,<script>",
        "vbscript:x", "//pine.example/a", "/a", "a", "file:///etc/passwd", "ftp://pine.example/a", "mailto:a@pine.example", "https:", "https:///a",
        "https://user:secret@pine.example/", "https://pine.example@evil.example/", "http://[broken", "blob:https://pine.example/1",
    ],
)  # fmt: skip
def test_nothing_else_is_a_link(url: str) -> None:
    assert not is_link(url)
