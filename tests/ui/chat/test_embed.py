"""The chat on another site's page: in Chromium, with a second real origin that may show it and a third that may not."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, FrameLocator, Page, expect

from frontdesk.store.store import Store, StoreUnavailable
from tests.ui import browser
from tests.ui.page_served import SOURCE, Served, Site, other_site, served_page
from ui.chat.texts import EMBEDDED, TEXTS

SHOP = """<!doctype html><html lang="{language}"><head><title>A shop</title>
<meta http-equiv="Content-Security-Policy" content="style-src 'sha256-none'; script-src {desk}; frame-src {desk}"></head><h1>Our shop</h1>
<script src="{desk}embed.js" async></script>"""
TEXT = EMBEDDED["en"]
QUESTION = "How much is standard shipping?"
ANSWER = "Standard shipping costs $4.90."


@pytest.fixture(scope="module")
def shop() -> Iterator[Site]:
    with other_site() as site:
        yield site


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, shop: Site) -> Iterator[Served]:
    with served_page(tmp_path_factory.mktemp("page"), origins=(shop.origin,)) as page:
        yield page


@pytest.fixture
def visitor(chromium: Browser, desk: Served) -> Iterator[BrowserContext]:
    context = browser.new_context(chromium)
    yield context
    context.close()


def open_shop(visitor: BrowserContext, site: Site, desk: Served, language: str = "en") -> Page:
    site.html = SHOP.format(desk=desk.url, language=language)
    page = visitor.new_page()
    page.goto(site.origin)
    return page


def chat(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def frame(page: Page, desk: Served) -> Frame:
    return next(one for one in page.frames if one.url == desk.url)


def test_a_shop_that_may_shows_the_chat(visitor: BrowserContext, shop: Site, desk: Served) -> None:
    page = open_shop(visitor, shop, desk)
    opener = page.get_by_role("button", name=TEXT["open"])
    expect(opener).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('div').shadowRoot.querySelector('.open')).position") == "fixed"
    assert page.locator("iframe").count() == 0, "nothing is loaded before it is wanted"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name=TEXT["frame"].format(company="Pebble & Pine"))).to_be_visible()
    box = chat(page).locator("#question textarea")
    expect(chat(page).locator("#language input:checked")).to_be_attached()
    box.fill(QUESTION)
    box.press("Enter")
    expect(chat(page).locator(".turn.bot:not(.writing) .text")).to_have_text(ANSWER)
    box.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    expect(box).to_be_visible()
    page.get_by_role("button", name=TEXT["close"]).click()
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.slow
def test_the_conversation_goes_on_after_a_reload_but_is_another_than_on_the_desks_own_page(
    visitor: BrowserContext, shop: Site, desk: Served
) -> None:
    page = open_shop(visitor, shop, desk)
    page.get_by_role("button", name=TEXT["open"]).click()
    chat(page).locator("#suggestion-0").click()
    expect(chat(page).locator(".turn.bot:not(.writing) .text")).to_have_text(ANSWER)
    (cookie,) = [one for one in visitor.cookies() if one.get("name") == "frontdesk_customer"]
    assert (cookie.get("sameSite"), cookie.get("secure"), cookie.get("httpOnly")) == ("None", True, True)
    assert cookie.get("partitionKey"), "a cookie for this shop alone"
    page.reload()
    page.get_by_role("button", name=TEXT["open"]).click()
    expect(chat(page).locator(".turn.bot .text")).to_have_text(ANSWER)
    own = visitor.new_page()
    browser.open_chat(own, desk.url)
    assert browser.shown_turns(own) == []


@pytest.mark.slow
def test_a_frame_that_got_no_cookie_gets_one_later(
    visitor: BrowserContext, shop: Site, desk: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    page = open_shop(visitor, shop, desk)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_customer", away)
        page.get_by_role("button", name=TEXT["open"]).click()
        expect(chat(page).locator("#notice")).to_contain_text(TEXTS["en"]["not_entered"])
    chat(page).locator("#notice [data-link='']").wait_for(state="attached")
    chat(page).locator("#suggestion-0").click()
    expect(chat(page).locator(".turn.bot:not(.writing) .text")).to_have_text(ANSWER)
    (cookie,) = [one for one in visitor.cookies() if one.get("name") == "frontdesk_customer"]
    assert cookie.get("partitionKey"), "a cookie for this shop alone"


@pytest.mark.slow
def test_news_are_told_on_the_closed_button_and_nothing_else_is(visitor: BrowserContext, shop: Site, desk: Served) -> None:
    page = open_shop(visitor, shop, desk)
    page.evaluate("window.told = []; addEventListener('message', event => window.told.push(JSON.stringify(event.data)))")
    page.get_by_role("button", name=TEXT["open"]).click()
    chat(page).locator("#person").click()
    expect(chat(page).locator("#notice")).to_contain_text(TEXTS["en"]["next"])
    page.get_by_role("button", name=TEXT["close"]).click()
    waiting = desk.waiting()
    desk.do(desk.desk.take(waiting, "Anna"))
    desk.do(desk.desk.reply(waiting, "Anna", "a secret of the customer's"))
    expect(page.get_by_role("img", name=TEXT["news"])).to_be_visible()
    assert "secret" not in page.evaluate("window.told.join()")
    assert page.evaluate("document.querySelector('iframe')") is None, "not in the shop's own document"
    desk.do(desk.desk.finish(waiting, "Anna", "solved"))


def test_another_site_is_refused_by_the_browser(visitor: BrowserContext, desk: Served) -> None:
    with other_site() as stranger:
        page = open_shop(visitor, stranger, desk)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.get_by_role("button", name=TEXT["open"]).click()
        page.wait_for_event("console", lambda message: "frame-ancestors" in message.text) if not said else None
        assert any("frame-ancestors" in text for text in said)
        assert all(one.url != desk.url for one in page.frames)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.slow
def test_in_korean_and_on_a_phone_it_fills_the_screen(chromium: Browser, shop: Site, desk: Served, width: int) -> None:
    context = browser.new_context(chromium, locale="ko-KR", viewport={"width": width, "height": 800})
    page = open_shop(context, shop, desk, "ko")
    page.get_by_role("button", name=EMBEDDED["ko"]["open"]).click()
    panel = page.get_by_role("dialog").bounding_box()
    assert panel is not None
    assert (panel["width"] == width) is (width < 480) and panel["width"] <= width
    expect(chat(page).locator("#send")).to_have_text(TEXTS["ko"]["send"])
    assert frame(page, desk).evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_the_script_may_be_loaded_from_anywhere_and_is_no_page_of_ours(visitor: BrowserContext, desk: Served) -> None:
    answer = visitor.request.get(desk.url + "embed.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "SETTINGS" not in answer.text() and "Pebble & Pine" in answer.text()
    tag = answer.headers["etag"]
    assert visitor.request.get(desk.url + "embed.js", headers={"If-None-Match": tag}).status == 304
    assert SOURCE["id"] not in answer.text()
