"""The health page: a decision on a draft is kept, an accepted one is a line of the FAQ's additions, what people wrote is text."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import html

from data_tools.sources.text import read_source
from frontdesk.config.run import Run
from frontdesk.files import read_jsonl, write_json
from serve.gateway.faq_watcher import stamps
from tests.ui.console_served import Office
from ui.console.health_texts import TEXTS

EN = TEXTS["en"]
EVIL = "<img src=x onerror=boom()>{{7*7}}</textarea>"
ENTRY = {"id": "ship", "question": "How much is shipping?", "answer": "Shipping costs $4.90.", "source": "faq.csv:2", "passage": False}


def gap(id: str, question: str, answer: str, customers: int = 3) -> dict[str, Any]:
    said = [{"conversation": f"c-{id}", "question": question, "answer": f"Hi [NAME_1]. {answer}"}]
    return {"id": id, "question": question, "answer": answer, "customers": customers, "a_week": 1.5, "asked": said}


@pytest.fixture(scope="module")
def key(office: Office) -> str:
    return office.key("bo", "agent")


@pytest.fixture
def run(office: Office) -> Iterator[Run]:
    """The run of the office, with a report."""
    run = Run(office.config.name)
    found = {"name": "shop", "date": "2026-11-30T10:00:00", "entries": 2, "questions": 9, "conversations": {"desk": 4, "logs": 0}}
    pairs = [{"kind": "value", "said": ["$4.90", "$5"], "entries": [ENTRY, ENTRY | {"id": "b", "answer": "It is $5.", "passage": True}]}]
    unclear = [ENTRY | {"given": 7, "again": 2, "down": 1, "called": 0, "conversations": ["0123456789ab"]}]
    gaps = [gap("n", "Do you ship to Norway?", "Yes, for $19."), gap("k", "Are there kits?", "", 2), gap("e", EVIL, EVIL, 2)]
    write_json(run.health / "health.json", found | {"pairs": pairs, "unclear": unclear, "unasked": [ENTRY], "gaps": gaps})
    yield run
    for folder in (run.health, run.additions.parent):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def reviewer(office: Office, key: str) -> Iterator[httpx.Client]:
    with office.browser(key) as client:
        yield client


def page(client: httpx.Client, query: str = "") -> html.HtmlElement:
    answer = client.get(f"/desk/health{query}")
    assert answer.status_code == 200
    return html.document_fromstring(answer.text)


def drafts(found: html.HtmlElement) -> list[str]:
    ids: list[str] = found.xpath("//@data-draft")
    return ids


def decide(client: httpx.Client, id: str, decision: str, **more: str) -> html.HtmlElement:
    """The page after a decision."""
    sent = client.post("/desk/health", data={"id": id, "decision": decision, **more})
    assert sent.status_code == 303
    return html.document_fromstring(client.get(sent.headers["location"]).text)


def note(found: html.HtmlElement) -> str:
    return str(found.get_element_by_id("note").text or "")


def test_all_lists_are_shown_and_what_people_wrote_is_text(run: Run, reviewer: httpx.Client) -> None:
    found = page(reviewer)
    assert drafts(found) == ["n", "k", "e"]
    shown = found.text_content()
    for text in ("3 customers", "1.5 a week", "It is $5.", "passage", "2 asked again", "1 of 2 entries", "c-n", "2026-11-30"):
        assert text in shown, text
    assert found.xpath("//main//img") == []
    assert found.xpath("//form[@data-draft='e']//textarea")[0].text_content().strip() == EVIL
    assert TEXTS["ko"]["drafts"] in reviewer.get("/desk/health", headers={"Accept-Language": "ko"}).text


def test_an_accepted_draft_is_an_entry_that_the_watcher_sees(run: Run, reviewer: httpx.Client) -> None:
    before = stamps((str(run.additions),))
    found = decide(reviewer, "n", "accepted", question="Do you ship to Norway?", answer="Yes, for $21.\r\nIn a week.")
    assert (note(found), drafts(found)) == (EN["live"], ["k", "e"])
    assert "".join(read_source(run.additions).chunks()) == (
        'question,answer,conversation\nDo you ship to Norway?,"Yes, for $21.\nIn a week.",c-n\n'
    )
    assert stamps((str(run.additions),)) != before
    accepted = page(reviewer, "?status=accepted")
    assert drafts(accepted) == ["n"] and "by bo" in accepted.text_content() and "$21" in accepted.text_content()
    (line,) = read_jsonl(run.decisions)
    assert (line["decision"], line["who"], line["asked"][0]["question"]) == ("accepted", "bo", "Do you ship to Norway?")


def test_the_first_of_two_decisions_counts_and_only_a_rejected_draft_comes_back(run: Run, reviewer: httpx.Client) -> None:
    assert note(decide(reviewer, "n", "rejected")) == ""
    assert note(decide(reviewer, "n", "accepted", question="Norway?", answer="Yes.")) == EN["decided"]
    assert drafts(page(reviewer, "?status=rejected")) == ["n"] and not run.additions.exists()
    decide(reviewer, "n", "new", status="rejected")
    assert drafts(page(reviewer)) == ["n", "k", "e"]
    decide(reviewer, "n", "accepted", question="Norway?", answer="Yes.")
    assert note(decide(reviewer, "n", "new")) == EN["decided"]
    assert run.additions.read_text().count("Norway?") == 1


def test_what_cannot_be_an_entry_is_not_accepted(run: Run, reviewer: httpx.Client) -> None:
    assert note(decide(reviewer, "k", "accepted", question="Are there kits?", answer="  ")) == EN["empty"]
    assert note(decide(reviewer, "k", "accepted", question="Are there kits?", answer="Ask [NAME_1].")) == EN["masked"]
    for id, decision in (("", "accepted"), ("x" * 400, "accepted"), ("k", "owned"), ("k", "")):
        assert note(decide(reviewer, id, decision, question="a", answer="b")) == EN["decided"]
    run.additions.parent.mkdir(parents=True, exist_ok=True)
    run.additions.write_bytes("question,answer\n매장?,네.\n".encode("cp949"))
    assert note(decide(reviewer, "k", "accepted", question="Are there kits?", answer="Yes.")) == EN["file"]
    assert drafts(page(reviewer)) == ["n", "k", "e"] and not run.decisions.exists()


def test_without_a_report_there_is_a_line(run: Run, reviewer: httpx.Client) -> None:
    (run.health / "health.json").write_text("{", encoding="utf-8")
    assert EN["no_report"] in page(reviewer).text_content()


def test_nobody_sees_or_decides_anything(office: Office, run: Run) -> None:
    with office.browser() as nobody:
        for answer in (nobody.get("/desk/health"), nobody.post("/desk/health", data={"id": "n", "decision": "rejected"})):
            assert answer.headers["location"] == "/desk/login" and "Norway" not in answer.text
    assert not Path(run.decisions).exists()


def test_each_language_has_every_text() -> None:
    assert TEXTS["en"].keys() == TEXTS["ko"].keys()
