"""The review page: decisions land in the store, what people wrote is text; in a browser, keys and drafts."""

from collections.abc import Iterator

import httpx
import pytest
from lxml import html
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete

from frontdesk.store import candidates
from frontdesk.store.candidates import Found
from frontdesk.store.tables import Candidate
from tests.ui import browser
from tests.ui.console_served import Office
from ui.console.review_texts import TEXTS

EN = TEXTS["en"]
EVIL = "<img src=x onerror=\"document.title='owned'\"><b>bold</b> ${document.title='owned'} {{7*7}} [a](javascript:alert(1)) **b**"


@pytest.fixture(scope="module")
def key(office: Office) -> str:
    return office.key("bo", "agent")


@pytest.fixture(autouse=True)
def clean(office: Office) -> None:
    """No candidate is left of the test before."""
    with office.store.transaction() as session:
        session.execute(delete(Candidate))


@pytest.fixture
def reviewer(office: Office, key: str) -> Iterator[httpx.Client]:
    with office.browser(key) as client:
        yield client


def add(office: Office, kind: str, question: str, answer: str, worse: str | None = None, size: int = 1) -> None:
    store = office.store
    talk = store.open(store.add_customer()[1].id, "shop", "en").id
    message = store.say(talk, "customer", question)
    turns = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi!"}, {"role": "user", "content": question}]
    one = Found(kind, talk, message.id, turns, answer, worse, "g", size)
    before = [Found(*(getattr(row, name) for name in Found._fields)) for row in candidates.candidates(store)]
    candidates.take_in(store, "shop", [*before, one])


def opened(chromium: Browser, office: Office, key: str) -> Page:
    page = browser.new_context(chromium, viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{office.address}/desk/login")
    page.fill("#key", key)
    page.click("main button")
    page.click("#tabs [href='/desk/review']")
    page.wait_for_selector("body[data-ready] #review-left")
    return page


def is_shown(page: Page, candidate: int) -> None:
    expect(page.locator(f"#review-card [data-candidate='{candidate}']")).to_be_visible()


def decide(client: httpx.Client, id: int, decision: str, answer: str = "", **more: str) -> html.HtmlElement:
    """The page after a decision."""
    sent = client.post("/desk/review", data={"id": str(id), "decision": decision, "answer": answer, **more})
    assert sent.status_code == 303
    return html.document_fromstring(client.get(sent.headers["location"]).text)


def shown(page: html.HtmlElement) -> list[str]:
    """The id of the candidate on a page."""
    found: list[str] = page.xpath("//@data-candidate")
    return found


def test_accept_correct_reject_and_write(office: Office, key: str, chromium: Browser) -> None:
    add(office, "thumbs", "Is it brass?", "It is brass.")
    add(office, "edit", "Is it old?", "Very old.", "It is new.")
    add(office, "agent", "Is it heavy?", "No.")
    add(office, "unanswered", "Where is it made?", "", "I cannot answer that.", size=4)
    first, second, third, fourth = candidates.candidates(office.store)
    page = opened(chromium, office, key)
    answer, accept = page.locator("#review-answer"), page.locator("#review-accept")

    is_shown(page, first.id)
    expect(page.locator("#review-card .said")).to_have_text(["Hello", "Hi!", "Is it brass?"])
    expect(page.locator("#review-card")).to_contain_text(first.conversation_id)
    expect(answer).to_have_value("It is brass.")
    accept.click()

    is_shown(page, second.id)
    expect(page.locator("#review-worse .said")).to_have_text("It is new.")
    answer.fill("Very, very old.")
    expect(accept).to_have_text(EN["correct"])
    answer.press("Control+Enter")

    is_shown(page, third.id)
    expect(accept).to_have_text(EN["accept"])
    page.keyboard.press("Alt+r")

    is_shown(page, fourth.id)
    expect(page.locator("#review-card")).to_contain_text(EN["times"].format(size=4))
    shown_before = page.locator("#review-card").element_handle()
    page.keyboard.press("Alt+s")  # and comes round again
    shown_before.wait_for_element_state("hidden")  # the page was replaced: from here on it takes a click
    is_shown(page, fourth.id)
    accept.click()
    expect(page.locator("#note")).to_have_text(EN["empty"])
    answer.fill("In York.")
    accept.click()
    expect(page.locator("#review-card")).to_contain_text(EN["none"])
    expect(page.locator("#review-left")).to_contain_text(EN["left"].format(left=0, accepted=3, rejected=1))

    assert [(row.status, row.answer, row.reviewer) for row in candidates.candidates(office.store)] == [
        ("accepted", "It is brass.", "bo"),
        ("accepted", "Very, very old.", "bo"),
        ("rejected", "No.", "bo"),
        ("accepted", "In York.", "bo"),
    ]


@pytest.mark.slow
def test_a_decision_that_does_not_arrive_costs_no_words(office: Office, key: str, chromium: Browser) -> None:
    add(office, "edit", "Is it old?", "Very old.", "It is new.")
    page = opened(chromium, office, key)
    page.fill("#review-answer", "Quite old.")
    page.route("**/desk/review", lambda route: route.abort())
    page.click("#review-accept")
    expect(page.locator("#note")).not_to_be_empty()
    expect(page.locator("#review-answer")).to_have_value("Quite old.")
    page.unroute_all(behavior="wait")
    page.click("#review-kind label:has-text('Edited')")
    page.wait_for_url("**kind=edit")
    page.fill("#review-answer", "Quite old.")
    page.click("#review-accept")
    expect(page.locator("#review-card")).to_contain_text(EN["none"])
    expect(page.locator("#review-kind-edit")).to_be_checked()
    assert [row.answer for row in candidates.candidates(office.store)] == ["Quite old."]


def test_filters_skip_and_review_again(office: Office, reviewer: httpx.Client) -> None:
    add(office, "thumbs", "Is it brass?", "It is brass.")
    add(office, "edit", "Is it old?", "Very old.", "It is new.")
    first, second = (one.id for one in candidates.candidates(office.store))
    assert shown(decide(reviewer, first, "skip")) == [str(second)]
    assert shown(decide(reviewer, second, "skip")) == [str(first)]
    assert shown(html.document_fromstring(reviewer.get("/desk/review?kind=edit").text)) == [str(second)]
    assert shown(decide(reviewer, second, "rejected", kind="edit")) == []
    rejected = html.document_fromstring(reviewer.get("/desk/review?status=rejected").text)
    assert shown(rejected) == [str(second)] and "by bo" in rejected.text_content()
    assert rejected.get_element_by_id("review-accept").get("disabled") is not None
    assert shown(decide(reviewer, second, "new", was="rejected", status="rejected")) == []
    assert [row.status for row in candidates.candidates(office.store)] == ["new", "new"]


def test_the_first_of_two_decisions_counts(office: Office, reviewer: httpx.Client) -> None:
    add(office, "thumbs", "Is it brass?", "It is brass.")
    (one,) = candidates.candidates(office.store)
    candidates.review(office.store, one.id, "rejected", "", "cy")
    page = decide(reviewer, one.id, "accepted", "It is brass.")
    assert page.get_element_by_id("note").text == EN["decided"]
    row = candidates.candidate(office.store, one.id)
    assert row and (row.status, row.reviewer) == ("rejected", "cy")


@pytest.mark.parametrize("id", ["", "x", "-1", "0", "9" * 15, "9" * 400])
def test_a_decision_on_nothing_changes_nothing(office: Office, reviewer: httpx.Client, id: str) -> None:
    add(office, "thumbs", "Is it brass?", "It is brass.")
    for decision in ("accepted", "rejected", "owned", ""):
        fields = {"id": id, "decision": decision, "answer": "x", "status": EVIL, "kind": "a&told=empty"}
        sent = reviewer.post("/desk/review", data=fields)
        assert sent.status_code == 303 and sent.headers["location"].startswith("/desk/review?")
        assert reviewer.get(sent.headers["location"]).status_code == 200
    assert [row.status for row in candidates.candidates(office.store)] == ["new"]


def test_what_people_wrote_is_text(office: Office, reviewer: httpx.Client) -> None:
    evil = f"\n</textarea>{EVIL}"
    add(office, "edit", EVIL, evil, EVIL)
    page = html.document_fromstring(reviewer.get("/desk/review").text)
    assert [one.text_content() for one in page.find_class("said")] == ["Hello", "Hi!", EVIL, EVIL]
    assert page.get_element_by_id("review-answer").text_content().removeprefix("\n") == evil
    assert page.xpath("//main//img | //main//p/b | //main//*[@class='said']/*") == []


def test_korean(office: Office, key: str) -> None:
    add(office, "thumbs", "놋쇠인가요?", "네, 놋쇠입니다.")
    with office.browser(key, **{"Accept-Language": "ko-KR"}) as client:
        page = client.get("/desk/review").text
    assert TEXTS["ko"]["accept"] in page and TEXTS["ko"]["new"] in page


def test_each_language_has_every_text() -> None:
    assert TEXTS["en"].keys() == TEXTS["ko"].keys()


def test_nobody_changes_and_sees_anything(office: Office, key: str) -> None:
    add(office, "thumbs", "Is it brass?", "It is brass.")
    (one,) = candidates.candidates(office.store)
    with office.browser() as nobody:
        for answer in (nobody.get("/desk/review"), nobody.post("/desk/review", data={"id": str(one.id), "decision": "rejected"})):
            assert answer.headers["location"] == "/desk/login" and "brass" not in answer.text
    row = candidates.candidate(office.store, one.id)
    assert row and row.status == "new"
