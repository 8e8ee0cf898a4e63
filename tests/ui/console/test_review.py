"""The review tab in a browser: what is decided lands in the store, and what people wrote is text."""

from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect

from frontdesk.config.schema import Config
from frontdesk.store import candidates
from frontdesk.store.candidates import Found
from frontdesk.store.store import Store, open_store
from tests.serve.stand_in import served
from tests.ui import browser
from ui.console.review.tab import review_tab
from ui.console.review.texts import TEXTS

EVIL = "<img src=x onerror=\"document.title='owned'\"><b>bold</b> ${document.title='owned'} {{7*7}} [a](javascript:alert(1)) **b**"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    config = Config(
        name="shop", company="Shop", system_prompt="Answer.", model={"base": "none", "template": "chatml"},
        data={"faq": ["faq.csv"]}, desk={"database": f"sqlite:///{tmp_path}/store.db"},
    )  # fmt: skip
    store = open_store(config)
    yield store
    store.close()


@pytest.fixture
def address(store: Store) -> Iterator[str]:
    """A console with the tab, which the reviewer opens second."""

    def who(request: gr.Request) -> str:
        if "nobody" in request.headers.get("user-agent", ""):
            raise PermissionError("not logged in")
        return "bo"

    with gr.Blocks() as blocks, gr.Tabs():
        with gr.Tab("Desk"):
            gr.HTML("nothing here")
        with gr.Tab("Review"):
            review_tab(store, who)
    app = FastAPI()
    gr.mount_gradio_app(app, blocks, path="/", ssr_mode=False)
    with served(app) as address:
        yield address


def add(store: Store, kind: str, question: str, answer: str, worse: str | None = None, size: int = 1) -> None:
    talk = store.open(store.add_customer()[1].id, "shop", "en").id
    message = store.say(talk, "customer", question)
    turns = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi!"}, {"role": "user", "content": question}]
    one = Found(kind, talk, message.id, turns, answer, worse, "g", size)
    before = [Found(*(getattr(row, name) for name in Found._fields)) for row in candidates.candidates(store)]
    candidates.take_in(store, "shop", [*before, one])


def opened(chromium: browser.Browser, address: str, language: str = "en-US") -> Page:
    page = browser.new_context(chromium, locale=language, viewport={"width": 1280, "height": 800}).new_page()
    page.goto(address)
    page.get_by_role("tab", name="Review").click()
    page.wait_for_selector("#review-left [data-left]")
    return page


def is_shown(page: Page, candidate: int) -> None:
    expect(page.locator(f"#review-card [data-candidate='{candidate}']")).to_be_visible()


def test_accept_correct_reject_and_write(store: Store, address: str, chromium: browser.Browser) -> None:
    add(store, "thumbs", "Is it brass?", "It is brass.")
    add(store, "edit", "Is it old?", "Very old.", "It is new.")
    add(store, "agent", "Is it heavy?", "No.")
    add(store, "unanswered", "Where is it made?", "", "I cannot answer that.", size=4)
    first, second, third, fourth = candidates.candidates(store)
    page = opened(chromium, address)
    answer, accept = page.locator("#review-answer textarea"), page.locator("#review-accept")

    is_shown(page, first.id)
    expect(page.locator("#review-card .said")).to_have_text(["Hello", "Hi!", "Is it brass?"])
    expect(page.locator("#review-card")).to_contain_text(first.conversation_id)
    expect(answer).to_have_value("It is brass.")
    accept.click()

    is_shown(page, second.id)
    expect(page.locator("#review-worse .said")).to_have_text("It is new.")
    answer.fill("Very, very old.")
    expect(accept).to_have_text(TEXTS["en"]["correct"])
    answer.press("Control+Enter")

    is_shown(page, third.id)
    expect(accept).to_have_text(TEXTS["en"]["accept"])
    page.keyboard.press("Alt+r")

    is_shown(page, fourth.id)
    expect(page.locator("#review-card")).to_contain_text(TEXTS["en"]["times"].format(size=4))
    accept.click()
    expect(page.locator("#review-note")).to_contain_text(TEXTS["en"]["empty"])
    answer.fill("In York.")
    accept.click()
    expect(page.locator("#review-card")).to_contain_text(TEXTS["en"]["none"])
    expect(page.locator("#review-left")).to_contain_text(TEXTS["en"]["left"].format(left=0, accepted=3, rejected=1))

    assert [(row.status, row.answer, row.reviewer) for row in candidates.candidates(store)] == [
        ("accepted", "It is brass.", "bo"),
        ("accepted", "Very, very old.", "bo"),
        ("rejected", "No.", "bo"),
        ("accepted", "In York.", "bo"),
    ]


@pytest.mark.slow
def test_filters_skip_and_review_again(store: Store, address: str, chromium: browser.Browser) -> None:
    add(store, "thumbs", "Is it brass?", "It is brass.")
    add(store, "edit", "Is it old?", "Very old.", "It is new.")
    first, second = candidates.candidates(store)
    page = opened(chromium, address)
    is_shown(page, first.id)
    page.keyboard.press("Alt+s")
    is_shown(page, second.id)
    page.locator("#review-skip").click()
    is_shown(page, first.id)
    page.locator("#review-kind").get_by_text(TEXTS["en"]["edit"]).click()
    is_shown(page, second.id)
    page.locator("#review-reject").click()
    expect(page.locator("#review-card")).to_contain_text(TEXTS["en"]["none"])
    page.locator("#review-status").get_by_text(TEXTS["en"]["rejected"], exact=True).click()
    is_shown(page, second.id)
    expect(page.locator("#review-accept")).to_be_disabled()
    page.locator("#review-undo").click()
    expect(page.locator("#review-card")).to_contain_text(TEXTS["en"]["none"])
    assert [row.status for row in candidates.candidates(store)] == ["new", "new"]


@pytest.mark.slow
def test_the_first_of_two_decisions_counts(store: Store, address: str, chromium: browser.Browser) -> None:
    add(store, "thumbs", "Is it brass?", "It is brass.")
    (one,) = candidates.candidates(store)
    page = opened(chromium, address)
    is_shown(page, one.id)
    candidates.review(store, one.id, "rejected", "", "cy")
    page.locator("#review-accept").click()
    expect(page.locator("#review-note")).to_contain_text(TEXTS["en"]["decided"])
    row = candidates.candidate(store, one.id)
    assert row and (row.status, row.reviewer) == ("rejected", "cy")


def test_what_people_wrote_is_text(store: Store, address: str, chromium: browser.Browser) -> None:
    add(store, "edit", EVIL, EVIL, EVIL)
    (one,) = candidates.candidates(store)
    page = opened(chromium, address)
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if not request.url.startswith(address) else None)
    is_shown(page, one.id)
    expect(page.locator("#review-card .said").last).to_have_text(EVIL)
    expect(page.locator("#review-worse .said")).to_have_text(EVIL)
    expect(page.locator("#review-answer textarea")).to_have_value(EVIL)
    assert page.title() != "owned" and page.locator("#review-card img, #review-card .said b, #review-worse img").count() == 0
    assert outside == []


@pytest.mark.slow
def test_korean(store: Store, address: str, chromium: browser.Browser) -> None:
    add(store, "thumbs", "놋쇠인가요?", "네, 놋쇠입니다.")
    page = opened(chromium, address, "ko-KR")
    expect(page.locator("#review-accept")).to_have_text(TEXTS["ko"]["accept"])
    expect(page.locator("#review-status")).to_contain_text(TEXTS["ko"]["new"])


def test_each_language_has_every_text() -> None:
    assert TEXTS["en"].keys() == TEXTS["ko"].keys()


def test_an_event_of_nobody_changes_and_shows_nothing(store: Store, address: str) -> None:
    """Whoever sends events past the page is asked who they are, each time."""
    import httpx

    add(store, "thumbs", "Is it brass?", "It is brass.")
    (one,) = candidates.candidates(store)
    config = httpx.get(f"{address}config").json() if address.endswith("/") else httpx.get(f"{address}/config").json()
    with httpx.Client(base_url=address, headers={"User-Agent": "nobody"}) as client:
        for event in config["dependencies"]:
            inputs = [{"id": 1, "status": "new", "answer": "x"} for _ in event["inputs"]]
            body = {"data": inputs, "fn_index": event["id"], "session_hash": "s"}
            said = client.post("/gradio_api/run/predict", json=body).text + client.post("/gradio_api/queue/join", json=body).text
            assert "brass" not in said
    row = candidates.candidate(store, one.id)
    assert row and row.status == "new"
