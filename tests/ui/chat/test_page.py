"""What a customer sees and does on the page, in Chromium, on the real store and Desk."""

import contextlib
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from frontdesk.answers.languages import sentence
from frontdesk.config.hours import read_hours
from frontdesk.config.schema import HANDOFF, DeskConfig
from frontdesk.store.store import Store, StoreUnavailable
from tests.ui import browser
from tests.ui.page_served import QUESTIONS, SOURCE, Served, served_page
from tests.waits import wait_for
from ui.chat.texts import TEXTS, Language

EN, KO = TEXTS["en"], TEXTS["ko"]
ANSWER = "Standard shipping costs $4.90."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_page(tmp_path_factory.mktemp("page")) as page:
        yield page


@pytest.fixture
def customer(chromium: Browser, desk: Served) -> Iterator[BrowserContext]:
    """A browser of its own, in English."""
    desk.says("Standard shipping ", "costs $4.90.", source=SOURCE)
    context = browser.new_context(chromium)
    yield context
    context.close()


@pytest.fixture
def page(customer: BrowserContext, desk: Served) -> Page:
    page = customer.new_page()
    browser.open_chat(page, desk.url)
    return page


def notice(page: Page, text: str) -> None:
    expect(page.locator("#notice [role=status]")).to_contain_text(text)


def test_reload_and_a_second_tab_continue_the_conversation(customer: BrowserContext, page: Page, desk: Served) -> None:
    question, answer = browser.click_suggestion(page)
    assert (question, answer) == (QUESTIONS[0], ANSWER)
    told = [("user", question), ("assistant", answer)]
    second = customer.new_page()
    second.goto(desk.url)
    second.wait_for_selector("#notice [data-questions='1']", state="attached")
    assert browser.shown_turns(second) == told
    desk.says("Yes.")
    assert browser.ask(second, "Free for big orders?") == "Yes."
    told += [("user", "Free for big orders?"), ("assistant", "Yes.")]
    browser.wait_asked(page, 2)
    browser.wait_answered(page)
    assert browser.shown_turns(page) == told, "in the first tab, which was not touched"
    page.reload()
    page.wait_for_selector("#notice [data-questions='2']", state="attached")
    assert browser.shown_turns(page) == told
    assert page.locator("#suggestions").is_hidden()
    browser.clear(page)
    browser.wait_asked(second, 0)
    expect(second.locator("#suggestions")).to_be_visible()
    assert browser.ask(page, "again") == "Yes."


def test_source_and_thumbs_with_a_reason(page: Page, desk: Served) -> None:
    browser.ask(page, QUESTIONS[0])
    page.click("text=Source")
    opened = page.locator("details.source")
    expect(opened).to_contain_text(SOURCE["question"])
    expect(opened).to_contain_text(SOURCE["id"])
    down = page.get_by_role("button", name=EN["unhelpful"])
    down.click()
    page.get_by_label(EN["why"]).fill("<b>too dear</b>")
    page.keyboard.press("Enter")
    expect(page.locator(".thanks")).to_have_text(EN["thanks"])
    expect(down).to_have_attribute("aria-pressed", "true")
    assert opened.get_attribute("open") is not None, "a new view closes nothing"
    message = int(page.get_attribute(".turn.bot", "data-id") or "0")
    ratings = desk.store.ratings(conversation_of(desk, page))
    assert (ratings[message].value, ratings[message].reason) == (-1, "<b>too dear</b>")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "false")
    assert desk.store.ratings(conversation_of(desk, page)) == {}


GUIDE = {
    "title": "고객 안내서",
    "heading": "환불 > 세일 상품",
    "page": "12",
    "url": "https://pine.example/guide#sale",
    "updated": "2026-05-12",
}
SHIPPING = {"title": "Shipping", "updated": "2026-11-02T23:30:00-08:00"}


def published(*origins: dict[str, str]) -> dict[str, Any]:
    """The field of an answer that rests on an entry from each of these."""
    named = [{"id": f"page#{number}", "question": "Page", "source": "page.html:1", "origin": one} for number, one in enumerate(origins)]
    return {"source": named[0], "sources": named}


def test_an_answer_names_where_it_was_published(chromium: Browser, page: Page, desk: Served) -> None:
    desk.says("세일 상품은 환불되지 않습니다.", **published(GUIDE, SHIPPING, SHIPPING))
    browser.ask(page, "세일 상품도 환불되나요?")
    lines = page.locator(".cited p")
    shown = ["Source: 고객 안내서 › 환불 › 세일 상품 · page 12 · as of May 12, 2026", "Source: Shipping · as of Nov 2, 2026"]
    assert lines.all_inner_texts() == shown
    link = lines.get_by_role("link")
    assert (link.count(), link.get_attribute("href"), link.get_attribute("target")) == (1, GUIDE["url"], "_blank")
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert page.locator("details.source").count() == 0, "a place in the FAQ's files is not for customers"
    page.reload()
    expect(lines).to_have_text(shown)
    browser.switch_language(page, "ko")
    expect(lines).to_have_text(["출처: 고객 안내서 › 환불 › 세일 상품 · 12쪽 · 2026. 5. 12. 기준", "출처: Shipping · 2026. 11. 2. 기준"])
    desk.says("Ask again.", **published({"url": "https://pine.example/help/returns?a=1", "updated": "May"}))
    browser.retry(page)
    expect(lines).to_have_text(["출처: pine.example/help/returns"])
    desk.says("Standard shipping costs $4.90.", source=SOURCE)
    browser.retry(page)
    expect(lines).to_have_count(0)
    expect(page.locator("details.source")).to_have_count(1)


def test_rows_of_cells_are_a_table_and_lines_stay_lines(page: Page, desk: Served) -> None:
    text = "It depends.\nCountry | up to 2 kg\nFrance | €7.90\n<i>Korea</i> | €19.90\nHeavier: | ask us.\n\nWe ship: daily | weekly"
    desk.says(text[:30], text[30:])
    browser.ask(page, "what does shipping cost?")
    said = page.locator(".turn.bot .text")
    assert said.locator("tr").all_inner_texts() == ["Country\tup to 2 kg", "France\t€7.90", "<i>Korea</i>\t€19.90", "Heavier:\task us."]
    assert said.locator("i").count() == 0
    assert said.inner_text().splitlines()[0] == "It depends."
    assert said.inner_text().splitlines()[-1] == "We ship: daily | weekly", "one line is no table"
    assert page.evaluate("document.querySelector('.announcer').textContent").endswith(text), "what is read aloud"
    desk.says("A | b\nc | d")
    assert browser.ask(page, "a | b\nc | d") == "A\tb\nc\td"
    assert page.locator(".turn.customer table").count() == 0


def test_a_refusal_offers_the_questions_that_are_near_and_a_click_asks_one(page: Page, desk: Served) -> None:
    desk.says(HANDOFF["en"], near=["Can I return a tent?", "<b>Do you</b> repair tents?"])
    browser.ask(page, "tent gone wrong")
    near = page.locator(".turn.bot .near")
    expect(near).to_contain_text(EN["near"])
    assert near.get_by_role("button").all_inner_texts() == ["Can I return a tent?", "<b>Do you</b> repair tents?"]
    expect(page.locator(".turn.bot .connect")).to_have_text(EN["person"])
    page.reload()
    expect(near.get_by_role("button")).to_have_count(2)
    desk.says("Within 30 days.", source=SOURCE)
    near.get_by_role("button").first.click()
    browser.wait_asked(page, 2)
    assert browser.wait_answered(page) == "Within 30 days."
    assert browser.shown_turns(page)[2] == ("user", "Can I return a tent?")
    expect(near).to_have_count(0)


def test_a_question_back_has_its_choices_as_buttons_and_no_person_under_it(page: Page, desk: Served) -> None:
    desk.says(
        "Do you mean “Can I return a tent?” or “Do you repair tents?”?",
        outcome="asked back",
        near=["Can I return a tent?", "Do you repair tents?"],
    )
    browser.ask(page, "tent gone wrong")
    near = page.locator(".turn.bot .near")
    assert near.get_by_role("button").all_inner_texts() == ["Can I return a tent?", "Do you repair tents?"]
    expect(near).not_to_contain_text(EN["near"])
    expect(page.locator(".turn.bot .connect")).to_have_count(0)
    desk.says("Repairs cost $18.", source=SOURCE, outcome="said")
    near.get_by_role("button").last.click()
    browser.wait_asked(page, 2)
    assert browser.wait_answered(page) == "Repairs cost $18."
    assert browser.shown_turns(page)[2] == ("user", "Do you repair tents?")


def conversation_of(desk: Served, page: Page) -> str:
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "frontdesk_customer")  # type: ignore[typeddict-item]
    customer = desk.store.customer(token)
    assert customer is not None
    conversation = desk.store.current(customer.id)
    assert conversation is not None
    return conversation.id


def test_the_first_words_say_that_an_ai_answers_until_a_person_does(page: Page, desk: Served) -> None:
    about, box = page.locator("#about"), page.locator("#question textarea")
    expect(about).to_have_text(EN["about"])
    expect(page.locator(".greeting")).to_have_text(EN["greeting"])
    expect(box).to_have_accessible_description(EN["about"])
    assert all("AI" in text for text in (EN["about"], EN["greeting"], EN["assistant"], KO["about"], KO["greeting"], KO["assistant"]))
    desk.says(sentence("ar", ["en"]))
    browser.ask(page, "كم تكلفة الشحن؟")
    assert page.locator(".turn.bot .text").evaluate("text => getComputedStyle(text).direction") == "rtl"
    expect(page.locator(".turn.bot .connect")).to_be_visible()
    browser.send(page, "نعم من فضلك")
    notice(page, EN["next"])
    expect(about).to_be_hidden()
    expect(box).to_have_accessible_description("")
    browser.clear(page)
    expect(about).to_be_visible()


def test_a_person_answers_in_the_same_window(page: Page, desk: Served) -> None:
    browser.ask(page, QUESTIONS[0])
    page.click("#person")
    notice(page, EN["next"])
    page.reload()
    notice(page, EN["next"])
    waiting = desk.waiting()
    assert desk.do(desk.desk.take(waiting, "Ben"))
    notice(page, EN["agent"].format(agent="Ben"))
    desk.do(desk.desk.reply(waiting, "Ben", "One moment."))
    assert desk.do(desk.desk.take(waiting, "Anna", admin=True))
    notice(page, EN["agent"].format(agent="Anna"))
    desk.do(desk.desk.reply(waiting, "Anna", "Hello, this is Anna."))
    expect(page.locator(".turn.agent .text")).to_have_text(["One moment.", "Hello, this is Anna."])
    expect(page.locator(".turn.agent .who")).to_have_text(["Ben", "Anna"])
    browser.send(page, "Thank you, Anna.")
    wait_for(lambda: desk.store.messages(waiting)[-1].text == "Thank you, Anna.")
    expect(page.locator("#chat .turn .text").last).to_have_text("Thank you, Anna.")
    assert browser.shown_turns(page)[-1][0] == "user", "the bot keeps still"
    desk.do(desk.desk.finish(waiting, "Anna", "solved"))
    notice(page, EN["closed"])
    assert browser.shown_turns(page)[-1][1] == "Thank you, Anna.", "what was said can still be read"
    browser.send(page, "One more thing")
    browser.wait_asked(page, 1)
    assert browser.wait_answered(page) == ANSWER


@pytest.mark.slow
def test_the_place_in_the_queue_and_the_hours_are_told(
    chromium: Browser, page: Page, desk: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = browser.new_context(chromium).new_page()
    browser.open_chat(other, desk.url)
    other.click("#person")
    notice(other, EN["next"])
    page.click("#person")
    notice(page, EN["queued"].format(place=2))
    browser.send(other, "Never mind.")
    browser.wait_asked(other, 1)
    browser.clear(other)
    notice(page, EN["next"])
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    never = days[(datetime.now(UTC).weekday() + 3) % 7] + " 09:00-10:00"
    monkeypatch.setattr(desk.desk, "hours", read_hours(DeskConfig(hours=(never,))))
    browser.send(page, "My tent leaks.")
    notice(page, EN["away"])
    assert page.get_attribute("#question textarea", "placeholder") == EN["message"]
    assert [message.text for message in desk.store.messages(desk.waiting())][-1:] == ["My tent leaks."]
    browser.clear(page)
    other.context.close()


def test_stop_and_answer_again(page: Page, desk: Served) -> None:
    desk.says(*("very " for _ in range(9)))
    desk.engine.allowed = 3
    browser.send(page, "Tell me all.")
    shown = browser.wait_streaming(page)
    assert browser.stop(page).startswith(shown[:4])
    assert browser.notice(page) == EN["stopped"]
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA", "the button that was pressed is gone"
    expect(page.locator(".turn.bot .incomplete")).to_have_text(EN["incomplete"])
    desk.says("All of it.")
    desk.engine.allowed = math.inf
    assert browser.retry(page) == "All of it."
    assert [role for role, _ in browser.shown_turns(page)] == ["user", "assistant"]
    assert browser.notice(page) == ""


def test_words_that_could_not_be_sent_stay_in_the_box(customer: BrowserContext, page: Page, desk: Served) -> None:
    customer.set_offline(True)
    browser.send(page, "Are you there?")
    notice(page, EN["offline"])
    assert page.input_value("#question textarea") == "Are you there?"
    assert browser.shown_turns(page) == []
    customer.set_offline(False)
    expect(page.locator("#notice [data-link='']")).to_be_attached()
    page.press("#question textarea", "Enter")
    assert browser.wait_asked(page, 1) is None
    assert browser.wait_answered(page) == ANSWER
    assert page.input_value("#question textarea") == ""


def test_enter_pressed_twice_says_it_once(page: Page, desk: Served) -> None:
    page.click("#person")  # the bot's answer on its way would refuse the second
    notice(page, EN["next"])
    waiting = desk.waiting()
    page.fill("#question textarea", "My tent is torn.")
    page.evaluate("Promise.all([frontdesk.send(), frontdesk.send()])")
    browser.send(page, "And wet.")
    browser.wait_asked(page, 2)
    assert [message.text for message in desk.store.messages(waiting)] == ["My tent is torn.", "And wet."]
    browser.clear(page)


def test_an_engine_that_is_away_is_told_in_words(page: Page, desk: Served) -> None:
    desk.engine.status, desk.engine.error = 503, b'{"error": {"message": "not ready"}}'
    try:
        assert browser.ask(page, "Hello?") == ""
        notice(page, EN["unreachable"])
    finally:
        desk.engine.status = 200
    assert browser.retry(page) == ANSWER


def test_without_cookies_it_says_so(chromium: Browser, desk: Served) -> None:
    page = browser.new_context(chromium).new_page()
    page.route("**/api/chat*", lambda route: route.fulfill(status=401, json={"error": {"code": "no_session"}}))
    page.route("**/api/chat/events*", lambda route: route.fulfill(status=401, json={"error": {"code": "no_session"}}))
    page.goto(desk.url)
    notice(page, EN["no_session"])
    page.context.close()


@pytest.mark.slow
def test_who_comes_while_the_store_is_away_is_let_in_once_it_is_back(
    customer: BrowserContext, desk: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    page = customer.new_page()
    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_customer", away)
        page.goto(desk.url)
        notice(page, EN["not_entered"])
        browser.send(page, "Are you there?")
        notice(page, EN["not_stored"])
        expect(page.locator("#notice")).not_to_contain_text(EN["no_session"])
    page.wait_for_selector("#notice [data-link='']", state="attached")
    assert page.input_value("#question textarea") == "Are you there?"
    page.press("#question textarea", "Enter")
    browser.wait_asked(page, 1)
    assert browser.wait_answered(page) == ANSWER


def test_korean_by_the_browsers_language_and_the_switch(chromium: Browser, desk: Served) -> None:
    context = browser.new_context(chromium, locale="ko-KR", viewport={"width": 360, "height": 640})
    page = context.new_page()
    browser.open_chat(page, desk.url)
    expect(page.locator(".greeting")).to_have_text(KO["greeting"])
    for name in ("send", "person"):
        expect(page.locator(f"#{name}")).to_have_text(KO[name])
    assert page.get_by_role("log", name=KO["chat"]).count() == 1
    browser.ask(page, "배송비는 얼마인가요?")
    page.click("#person")
    notice(page, KO["next"])
    browser.switch_language(page, "en")
    notice(page, EN["next"])
    page.reload()
    expect(page.locator("#send")).to_have_text(EN["send"])
    notice(page, EN["next"])
    browser.clear(page)
    context.close()


@pytest.mark.slow
def test_no_switch_of_the_language_is_lost(chromium: Browser, desk: Served) -> None:
    """Each click comes as soon as the page shows the language before: an answer to that must not take the new choice back."""
    page = browser.new_context(chromium).new_page()
    browser.open_chat(page, desk.url)
    for _ in range(30):
        for language in ("ko", "en"):
            browser.switch_language(page, language)
    page.context.close()


# Keyboard, screen reader, contrast, width

UNNAMED = """() => [...document.querySelectorAll('button, a, input, textarea, summary, iframe, [tabindex]')].filter(node => {
    if (!node.checkVisibility()) return false;
    const label = node.labels?.[0]?.innerText ?? '';
    return !(node.getAttribute('aria-label') ?? '' + node.innerText + label + (node.title ?? '')).trim();
}).map(node => node.outerHTML.slice(0, 200))"""

FAINT = """() => {
    const channels = colour => (colour.startsWith('color(srgb') ? colour.match(/[\\d.]+/g).map((n, i) => i < 3 ? n * 255 : +n)
        : colour.match(/[\\d.]+/g).map(Number));
    const over = (top, ground) => { const a = top[3] ?? 1; return ground.map((n, i) => a * top[i] + (1 - a) * n); };
    const light = rgb => rgb.map(n => n / 255).map(n => n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4)
        .reduce((sum, n, i) => sum + n * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = node => {
        const above = node.parentElement ? ground(node.parentElement) : [255, 255, 255];
        return over(channels(getComputedStyle(node).backgroundColor), above);
    };
    const bad = [];
    for (const node of document.querySelectorAll('body *')) {
        const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
        const placeholder = node.matches('textarea, input') && node.placeholder;
        if (!(own || placeholder) || !node.checkVisibility() || node.closest('.announcer, .who, .sr-only, script, style')) continue;
        const style = getComputedStyle(node, placeholder ? '::placeholder' : null);
        const back = ground(node), front = over(channels(style.color), back);
        const [low, high] = [light(front), light(back)].sort((a, b) => a - b);
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${node.outerHTML.slice(0, 120)}`);
    }
    return bad;
}"""


def nothing(page: Page, script: str) -> None:
    """What the script finds is nothing, at once or when the page has settled: Gradio lays it out in steps, and colours fade in."""
    with contextlib.suppress(AssertionError):
        wait_for(lambda: page.evaluate(script) == [])
    assert page.evaluate(script) == []


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ko", "dark")])
@pytest.mark.slow
def test_everything_can_be_read_named_and_fits_a_phone(chromium: Browser, desk: Served, language: Language, scheme: Any) -> None:
    locale = {"en": "en-US", "ko": "ko-KR"}[language]
    context = browser.new_context(chromium, locale=locale, color_scheme=scheme, viewport={"width": 360, "height": 640})
    page = context.new_page()
    desk.says("Standard shipping costs $4.90. ", "https://" + "x" * 200, source=SOURCE)
    browser.open_chat(page, desk.url)
    text = TEXTS[language]
    nothing(page, UNNAMED)
    nothing(page, FAINT)
    browser.ask(page, "y" * 300)
    page.click("summary")
    page.get_by_role("button", name=text["helpful"], exact=True).click()
    page.get_by_label(text["why_good"]).wait_for()
    page.click("#person")
    notice(page, text["next"])
    waiting = desk.waiting()
    desk.do(desk.desk.take(waiting, "Anna"))
    desk.do(desk.desk.reply(waiting, "Anna", "z" * 300))
    notice(page, text["agent"].format(agent="Anna"))
    nothing(page, UNNAMED)
    nothing(page, FAINT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    parts = "[...document.querySelectorAll('.log, .text, .under, .why, #notice')]"
    assert page.evaluate(f"{parts}.filter(node => node.scrollWidth > node.clientWidth + 1).map(node => node.className)") == []
    context.close()


def test_by_keyboard_alone(page: Page) -> None:
    page.wait_for_function("document.activeElement.tagName === 'TEXTAREA'")
    page.keyboard.type("How much?")
    page.keyboard.press("Enter")
    browser.wait_asked(page, 1)
    assert browser.wait_answered(page) == ANSWER
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA", "the focus stays in the box"
    reached = []
    for _ in range(8):
        page.keyboard.press("Shift+Tab")
        reached.append(page.evaluate("(document.activeElement.className + ' ' + document.activeElement.tagName).trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement.closest('label') ?? document.activeElement).outlineStyle")
        assert outline != "none", f"the focus cannot be seen on {reached[-1]}"
        if "log" in reached[-1]:
            break
    assert [re.sub("svelte-\\w+|gradio\\S*", "", name).split()[0] for name in reached] == ["down", "up", "SUMMARY", "log"]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_attribute("details.source", "open") is not None


def test_answers_are_read_out_once_and_whole(page: Page, desk: Served) -> None:
    page.evaluate(
        """() => { window.heard = [];
            new MutationObserver(() => window.heard.push(document.querySelector('.announcer').innerText.trim()))
                .observe(document.querySelector('.announcer'), {childList: true, subtree: true, characterData: true}); }"""
    )
    desk.says("Standard ", "shipping ", "costs ", "$4.90.")
    desk.engine.allowed = 3
    browser.send(page, "How much?")
    browser.wait_streaming(page)
    desk.engine.allowed = math.inf
    browser.wait_answered(page)
    page.wait_for_function("window.heard.length > 0")
    assert page.evaluate("window.heard") == [f"{EN['assistant']}: {ANSWER}"]
    assert page.get_attribute(".announcer", "aria-live") == "polite"
    assert page.get_attribute("[role=log]", "aria-live") == "off"


def test_nothing_of_gradio_is_left(page: Page, desk: Served) -> None:
    assert page.title() == f"{desk.config.company} · AI"
    source = page.context.request.get(desk.url).text()
    assert 'property="og:' not in source and "twitter:" not in source
    assert not page.locator("footer").is_visible()
    assert "gradio" not in page.inner_text("body").lower()
    assert page.locator("#company img").evaluate("image => image.naturalWidth > 0")
