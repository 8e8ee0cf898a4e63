"""The console's pages: every text is text, nothing runs that is not a file of ours, both languages, a store that is away."""

import httpx
import pytest
from lxml import html

from frontdesk.store.store import StoreUnavailable
from tests.ui.console_served import Office, act
from tests.ui.desks import told
from ui.console.texts import TEXTS

EN = TEXTS["en"]
EVIL = "</textarea></title><script>boom()</script><img src=x onerror=boom()> \" ' {{ 7777777 * 9 }} {% x %} &lt;"
PAGES = ("", "conversations", "review", "numbers")


def elements(page: str, tag: str) -> list[html.HtmlElement]:
    return list(html.document_fromstring(page).iter(tag))


def test_no_field_becomes_markup(office: Office, anna: httpx.Client, root: httpx.Client) -> None:
    office.engine.parts = told(EVIL, source={"id": "evil", "question": EVIL, "source": EVIL})
    try:
        customer, conversation = office.call(EVIL)
    finally:
        office.engine.parts = told("Shipping is ", "4 dollars.")
    answer = next(one.id for one in office.store.messages(conversation) if one.speaker == "bot")
    office.do(office.desk.rate(customer, answer, -1, EVIL))
    act(anna, "take", conversation)
    act(anna, "send", conversation, text=EVIL)
    desk = root.get("/desk/", params={"conversation": conversation}).text
    listed = root.get("/desk/conversations", params={"words": EVIL, "which": EVIL, "page": EVIL}).text
    numbers = root.get("/desk/numbers", params={"period": EVIL}).text
    review = root.get("/desk/review", params={"status": EVIL, "kind": EVIL, "after": EVIL, "told": EVIL}).text
    for page in (desk, listed, numbers, review, root.get("/desk/", params={"conversation": EVIL}).text):
        assert [script.get("src").partition("/static/")[0] for script in elements(page, "script")] == ["/desk"]
        assert elements(page, "img") == elements(page, "iframe") == elements(page, "style") == []
        assert html.document_fromstring(page).xpath("//@*[starts-with(name(), 'on') or name() = 'style']") == []
        assert "69999993" not in html.document_fromstring(page).text_content()
    shown = [one.text_content() for one in html.document_fromstring(desk).find_class("said")]
    assert shown.count(EVIL) == 3
    assert [one.get("value") for one in elements(listed, "input") if one.get("name") == "words"] == [EVIL]
    assert EVIL in [one.text_content() for one in elements(listed, "a")]
    assert EVIL in [one.text_content() for one in elements(numbers, "a")]
    entry = html.fromstring(anna.get("/desk/faq", params={"words": "tents"}).text)
    assert entry.xpath("//b")[0].text == "<img src=x onerror=boom()> tents?"
    assert entry.xpath("//button/@data-insert")[0] == "<b>Bold</b> tents." and not entry.xpath("//img")


def test_the_policy_lets_nothing_run_that_is_not_a_file_of_ours(anna: httpx.Client) -> None:
    for path in ("", "conversations", "review", "login", "work", "static/desk.js"):
        policy = anna.get(f"/desk/{path}").headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_page_speaks_both_languages(office: Office, staff: dict[str, str], language: str) -> None:
    office.call("Language?")
    with office.browser(staff["root"], **{"Accept-Language": language}) as root:
        for path, key in zip(PAGES, ("desk_tab", "all_tab", "review_tab", "numbers_tab"), strict=True):
            page = html.document_fromstring(root.get(f"/desk/{path}").text)
            assert page.get("lang") == language
            assert page.xpath("//*[@id='tabs']/*[@aria-current]/text()") == [TEXTS[language][key]]
        assert TEXTS[language]["waiting"] in root.get("/desk/").text


def test_the_store_is_away(office: Office, anna: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    _, conversation = office.call("Still there?")
    act(anna, "take", conversation)
    monkeypatch.setattr(office.store, "reply", away)
    sent = anna.post("/desk/send", data={"conversation": conversation, "text": "words"})
    assert (sent.status_code, sent.text) == (503, EN["not_stored"])
    monkeypatch.setattr(office.store, "queue", away)
    for path in ("", "work"):
        read = anna.get(f"/desk/{path}")
        assert (read.status_code, read.text, read.headers["retry-after"]) == (503, EN["not_read"], "5")
