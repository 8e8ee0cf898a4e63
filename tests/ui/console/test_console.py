"""The agents' console in a browser: what only a browser shows. test_work.py and its neighbours test the rest."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import update

from frontdesk.store import calls, keys
from frontdesk.store.search import last_call
from frontdesk.store.store import StoreUnavailable
from frontdesk.store.tables import Edit, Login
from tests.ui.browser import new_context, wait_until
from tests.ui.console_served import REPLIES, Office
from tests.ui.desks import told
from tests.waits import wait_for
from ui.console.texts import TEXTS

EN = TEXTS["en"]
EVIL = "<script>boom()</script><img src=http://out.example/x onerror=boom()> [x](javascript:boom()) ${boom()} {{boom}} &lt;"  # < 120
SUGGESTED = "Shipping is 4 dollars."
SOUND = """window.beeps = 0;
const tone = {connect: next => next, start() {}, stop() {}, gain: {}};
window.AudioContext = class { createOscillator() { window.beeps += 1; return tone } createGain() { return tone } close() {} }"""


@contextmanager
def agent(chromium: Browser, office: Office, key: str, deaf: bool = False, **context: object) -> Iterator[Page]:
    """An agent's browser, logged in; a `deaf` one hears of no change.

    At its end no script may have failed, none of a text's may have run, and nothing may come from outside.
    """
    with new_context(chromium, **{"viewport": {"width": 1280, "height": 800}, **context}) as opened:
        page, failures, outside = opened.new_page(), [], []
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("dialog", lambda dialog: failures.append(dialog.message))
        page.on("console", lambda said: failures.append(said.text) if "Content Security Policy" in said.text else None)
        page.on("request", lambda request: outside.append(request.url) if not request.url.startswith(office.address) else None)
        page.add_init_script("window.boom = () => { window.boomed = true }")
        if deaf:
            page.route("**/desk/live*", lambda route: route.abort())
        page.goto(f"{office.address}/desk/")
        log_in(page, key)
        yield page
        assert page.evaluate("window.boomed") is None
        assert (failures, outside) == ([], [])


def log_in(page: Page, key: str) -> None:
    page.fill("#key", key)
    page.click("main button")
    page.wait_for_selector("body[data-ready]")


def waiting(page: Page, conversation: str) -> None:
    page.wait_for_selector(f"[data-queue=waiting] [data-open='{conversation}']")


def choose(page: Page, conversation: str) -> None:
    page.click(f"#queue [data-open='{conversation}']")
    page.wait_for_selector(f"#head [data-conversation='{conversation}']")


def take(page: Page, conversation: str, suggestion: str = "here") -> None:
    """Choose it, take it, and wait until the bot's suggestion is so far."""
    choose(page, conversation)
    page.click("#take")
    page.wait_for_selector(f"#compose[data-suggestion={suggestion}]")


def said(office: Office, conversation: str) -> list[tuple[str, str]]:
    return [(one.speaker, one.text) for one in office.store.messages(conversation)]


def test_a_customer_is_heard_answered_and_served_without_a_reload(office: Office, staff: dict[str, str], chromium: Browser) -> None:
    with agent(chromium, office, staff["anna"]) as anna:
        anna.evaluate("window.same = true")
        customer, conversation = office.call("Where is my parcel?")
        waiting(anna, conversation)
        wait_until(anna, lambda: anna.title().startswith("(1) "))
        assert "Where is my parcel?" in anna.inner_text(f"[data-open='{conversation}']")
        expect(anna.locator(f"[data-open='{conversation}'] time")).not_to_be_empty()
        anna.focus(f"#queue [data-open='{conversation}']")
        anna.keyboard.press("Enter")
        anna.wait_for_selector(f"#head [data-conversation='{conversation}']")
        assert "from the FAQ: How much is shipping?" in anna.inner_text("#transcript article.bot")
        anna.click("#head summary")  # what `serve.forget` asks for
        assert office.store.conversation(conversation).customer_id in anna.inner_text("#head details")
        assert not anna.locator("#reply").is_visible()  # read-only until taken
        anna.wait_for_selector("#take")
        anna.keyboard.press("Alt+T")
        box = anna.locator("#reply")
        expect(box).to_have_value(SUGGESTED)
        assert "How much is shipping?" in anna.inner_text("#origin")
        expect(box).to_be_focused()
        box.fill("Your parcel comes tomorrow.")
        box.press("Control+Enter")
        wait_for(lambda: said(office, conversation)[-1] == ("agent", "Your parcel comes tomorrow."))
        expect(box).to_have_value("")
        expect(anna.locator("#origin")).to_be_empty()
        turn = office.do(office.desk.view(customer)).turns[-1]
        assert (turn.speaker, turn.text, turn.agent) == ("agent", "Your parcel comes tomorrow.", "anna")
        with office.store.reading() as session:
            assert session.get(Edit, turn.id).suggested == SUGGESTED

        office.do(office.desk.say(customer, "Thank you!", "en"))
        anna.wait_for_selector("#transcript article.customer:has-text('Thank you!')")
        expect(anna.locator("#told")).to_contain_text("Thank you!")
        anna.fill("#result", "parcel found")
        anna.press("#result", "Enter")
        anna.click("#close")
        wait_for(lambda: office.store.conversation(conversation).state == "closed")
        anna.wait_for_selector("#head [data-state=closed]")
        assert not anna.locator("#reply").is_visible()
        assert anna.evaluate("window.same")
    assert last_call(office.store, conversation).result == "parcel found"


@pytest.mark.slow
def test_of_two_agents_one_gets_it_and_the_other_is_told(office: Office, staff: dict[str, str], chromium: Browser) -> None:
    _, conversation = office.call("Do you have tents?")
    with agent(chromium, office, staff["anna"]) as anna, agent(chromium, office, staff["bert"], deaf=True) as bert:
        choose(bert, conversation)
        bert.wait_for_selector("#take")
        take(anna, conversation)
        bert.click("#take")
        expect(bert.locator("#note")).to_contain_text(EN["taken_by_other"])
        bert.wait_for_selector(f"[data-queue=others] [data-open='{conversation}']:has-text('anna')")
        assert not bert.locator("#reply").is_visible()
        anna.click("#give-back")
        wait_for(lambda: office.store.conversation(conversation).state == "bot")
        anna.wait_for_selector("#head [data-state=bot]")


@pytest.mark.slow
def test_who_is_let_wait_can_be_taken_from_an_agent_that_left(
    office: Office, staff: dict[str, str], chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, conversation = office.call("Anybody?")
    assert office.do(office.desk.take(conversation, "anna"))
    with agent(chromium, office, staff["root"]) as root, agent(chromium, office, staff["bert"]) as bert:
        choose(root, conversation)
        root.wait_for_selector("#take", state="visible")  # an admin may
        choose(bert, conversation)
        assert not bert.locator("#take").is_visible()
        monkeypatch.setattr(calls, "SILENT_SECONDS", 0.0)
        bert.click("#take")  # it appears by itself
        wait_for(lambda: office.do(office.desk.view(customer)).agent == "bert")
        monkeypatch.undo()
        root.wait_for_selector(f"[data-queue=others] [data-open='{conversation}']:has-text('bert')")
        root.click("#take")
        wait_for(lambda: office.do(office.desk.view(customer)).agent == "root")
        bert.wait_for_selector(f"[data-queue=others] [data-open='{conversation}']:has-text('root')")
    office.do(office.desk.finish(conversation, "root", "solved"))


def test_a_failed_request_costs_no_words_and_no_place(office: Office, staff: dict[str, str], chromium: Browser) -> None:
    customer, conversation = office.call("Are you there?")
    with agent(chromium, office, staff["anna"]) as anna:
        take(anna, conversation)
        box = anna.locator("#reply")
        box.fill("I was writ")
        lost: list[int] = []

        def lose(route: Route) -> None:
            lost.append(route.fetch().status)  # the server has answered, the page never hears it
            route.abort()

        anna.route("**/desk/work*", lose)
        office.do(office.desk.say(customer, "Still there?", "en"))
        expect(anna.locator("#note")).to_have_text(EN["lost"])
        assert lost
        anna.unroute_all(behavior="wait")
        anna.wait_for_selector("#transcript article:has-text('Still there?')")  # it asks again by itself
        expect(anna.locator("#note")).to_be_empty()
        anna.route("**/desk/send", lambda route: route.abort())
        anna.click("#send")
        expect(anna.locator("#note")).to_have_text(EN["lost"])
        expect(box).to_have_value("I was writ")
        anna.unroute_all(behavior="wait")
        anna.reload()
        anna.wait_for_selector("#compose", state="visible")
        expect(box).to_have_value("I was writ")
        anna.click("#send")
        wait_for(lambda: said(office, conversation)[-1] == ("agent", "I was writ"))
        expect(box).to_have_value("")


@pytest.mark.slow
def test_a_store_that_is_away_is_told_once_and_costs_nothing(
    office: Office, staff: dict[str, str], chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    _, conversation = office.call("Is it open?")
    with agent(chromium, office, staff["anna"]) as anna:
        take(anna, conversation)
        anna.locator("#reply").fill("Yes, it is")
        monkeypatch.setattr(office.store, "reply", away)
        anna.click("#send")
        expect(anna.locator("#note")).to_have_text(EN["not_stored"])
        monkeypatch.setattr(office.store, "queue", away)
        anna.wait_for_selector("#offline", state="visible")
        anna.click(f"#queue [data-open='{conversation}']")
        expect(anna.locator("#note")).to_have_text(EN["not_read"])
        monkeypatch.undo()
        anna.wait_for_selector("#offline", state="hidden")
        expect(anna.locator("#note")).to_be_empty()
        expect(anna.locator("#reply")).to_have_value("Yes, it is")
        anna.click("#send")
        wait_for(lambda: said(office, conversation)[-1] == ("agent", "Yes, it is"))


@pytest.mark.slow
def test_words_begun_stay_with_their_conversation(office: Office, staff: dict[str, str], chromium: Browser) -> None:
    (_, one), (_, other) = office.call("First question?"), office.call("Second question?")
    with agent(chromium, office, staff["anna"]) as anna:
        box = anna.locator("#reply")
        waiting(anna, other)
        anna.focus(f"#queue [data-open='{one}']")
        anna.keyboard.press("ArrowDown")
        assert anna.evaluate("document.activeElement.dataset.open") == other
        take(anna, one)
        box.fill("For the first")
        take(anna, other)
        expect(box).to_have_value(SUGGESTED)
        anna.click("#discard")
        expect(box).to_have_value("")
        box.fill("For the second")
        anna.click("#tabs a:nth-child(3)")
        anna.wait_for_selector("body[data-ready] #review-card")
        anna.click("#tabs a:nth-child(1)")
        anna.wait_for_selector(f"#head [data-conversation='{other}']")  # it is open again
        expect(box).to_have_value("For the second")
        choose(anna, one)
        expect(box).to_have_value("For the first")
        anna.go_back()
        anna.wait_for_selector(f"#head [data-conversation='{other}']")
        expect(box).to_have_value("For the second")
        choose(anna, one)
        anna.click("#send")
        wait_for(lambda: said(office, one)[-1] == ("agent", "For the first"))
        choose(anna, other)
        expect(box).to_have_value("For the second")
        anna.click("#send")
        wait_for(lambda: said(office, other)[-1] == ("agent", "For the second"))
    last = {id: office.store.messages(id)[-1].id for id in (one, other)}
    with office.store.reading() as session:
        assert session.get(Edit, last[one]) is not None
        assert session.get(Edit, last[other]) is None  # that suggestion was discarded


@pytest.fixture
def held(office: Office) -> Iterator[None]:
    """The bot says nothing until `office.engine.allowed` is raised."""
    yield
    office.engine.allowed = float("inf")


@pytest.mark.usefixtures("held")
def test_a_late_suggestion_never_replaces_words(office: Office, staff: dict[str, str], chromium: Browser) -> None:
    _, conversation = office.call("Question?")
    with agent(chromium, office, staff["anna"]) as anna:
        box = anna.locator("#reply")
        office.engine.allowed = 0
        take(anna, conversation, "asked")
        box.press_sequentially("I am writing")
        office.engine.allowed = float("inf")
        anna.wait_for_selector("#compose[data-suggestion=late]")
        expect(box).to_have_value("I am writing")
        expect(anna.locator("#origin")).to_be_empty()
        office.engine.allowed = 0
        anna.click("#suggest")
        anna.wait_for_selector("#compose[data-suggestion=asked]")
        box.press("End")
        box.press_sequentially(" more")
        office.engine.allowed = float("inf")
        expect(anna.locator("#origin")).to_have_text(EN["late"])
        expect(box).to_have_value("I am writing more")
        office.engine.allowed, asked = 0, len(office.engine.bodies)
        anna.click("#suggest")
        anna.wait_for_selector("#compose[data-suggestion=asked]")
        box.fill("I am writing again")
        anna.click("#suggest")  # joins the one in progress
        office.engine.allowed = float("inf")
        expect(box).to_have_value(SUGGESTED)  # the button puts it into any box
        assert len(office.engine.bodies) == asked + 1
        box.fill("Thanks.")
        anna.click("#send")
        expect(box).to_have_value("")
    with office.store.reading() as session:
        assert session.get(Edit, office.store.messages(conversation)[-1].id).suggested == SUGGESTED


@pytest.mark.slow
@pytest.mark.usefixtures("held")
def test_a_suggestion_is_for_the_words_and_the_conversation_that_it_was_asked_for(
    office: Office, staff: dict[str, str], chromium: Browser
) -> None:
    (_, one), (_, other) = office.call("One?"), office.call("Other?")
    with agent(chromium, office, staff["anna"]) as anna:
        box = anna.locator("#reply")
        take(anna, other)
        anna.click("#discard")
        office.engine.allowed = 0
        take(anna, one, "asked")
        choose(anna, other)
        with anna.expect_response("**/desk/suggest"):
            office.engine.allowed = float("inf")
        choose(anna, one)
        expect(box).to_have_value(SUGGESTED)
        choose(anna, other)
        anna.wait_for_selector("#compose", state="visible")
        expect(box).to_have_value("")
        office.engine.allowed = 0
        anna.click("#suggest")
        box.fill("Sent meanwhile")
        anna.click("#send")
        expect(box).to_have_value("")
        office.engine.allowed = float("inf")
        anna.wait_for_selector("#compose[data-suggestion=late]")
        expect(box).to_have_value("")


@pytest.mark.slow
def test_faq_and_ready_made_replies_go_into_the_reply(office: Office, staff: dict[str, str], chromium: Browser) -> None:
    _, conversation = office.call("Anything")
    with agent(chromium, office, staff["anna"]) as anna:
        take(anna, conversation)
        box = anna.locator("#reply")
        box.fill("")
        # No piece of the word is in an entry; "nothing" has "ing", as "shipping".
        anna.locator("#faq-words").press_sequentially("zebra")
        anna.wait_for_selector(f"#faq >> text={EN['faq_none']}")
        anna.locator("#faq-words").fill("what is the shipping cost")
        anna.press("#faq-words", "Enter")
        anna.locator("#faq li:has-text('$4.90') [data-insert]").click()
        expect(box).to_have_value("Shipping costs $4.90.")
        anna.click(f"#replies li:has-text('{REPLIES[1]}') [data-insert]")
        expect(box).to_have_value(f"Shipping costs $4.90. {REPLIES[1]}")
        anna.press("#faq-words", "Control+Enter")  # that is another box
        box.press("Control+Enter")
        wait_for(lambda: said(office, conversation)[-1] == ("agent", f"Shipping costs $4.90. {REPLIES[1]}"))
    assert [speaker for speaker, _ in said(office, conversation)].count("agent") == 1


def test_what_people_and_models_write_is_shown_as_text_and_nothing_else(office: Office, staff: dict[str, str], chromium: Browser) -> None:
    office.engine.parts = told(EVIL, source={"id": "evil", "question": EVIL, "source": EVIL})
    try:
        customer, conversation = office.call(EVIL)
        answer = next(one.id for one in office.store.messages(conversation) if one.speaker == "bot")
        office.do(office.desk.rate(customer, answer, -1, EVIL))
        with agent(chromium, office, staff["root"]) as root:
            choose(root, conversation)
            for place in (
                f"#queue [data-open='{conversation}'] .wish",
                "#wish",
                "#transcript article.customer .said",
                "#transcript article.bot .said",
            ):
                assert root.inner_text(place) == EVIL
            for place in (".source", ".mark.disliked"):
                assert EVIL in root.inner_text(f"#transcript article.bot {place}")
            root.click("#take")
            expect(root.locator("#reply")).to_have_value(EVIL)
            assert EVIL in root.inner_text("#origin")
            root.locator("#faq-words").press_sequentially("tents")
            root.wait_for_selector("#faq b:has-text('<img src=x onerror=boom()> tents?')")
            root.press("#reply", "Control+Enter")
            root.wait_for_selector("#transcript article.agent")
            assert root.inner_text("#transcript article.agent .said") == EVIL
            assert root.locator("#page :is(img, script, iframe, [onerror], a[href^=javascript])").count() == 0
            for path, place in (("conversations", "#found [data-open]"), ("numbers", "#numbers .unanswered [data-open]")):
                root.click(f"#tabs [href='/desk/{path}']")
                root.wait_for_selector(f"{place} >> text=boom()")
                assert root.locator("#page :is(img, script, iframe, [onerror], a[href^=javascript])").count() == 0
    finally:
        office.engine.parts = told("Shipping is ", "4 dollars.")


@pytest.mark.slow
def test_old_conversations_are_found_and_only_read(office: Office, staff: dict[str, str], chromium: Browser) -> None:
    customer = office.do(office.enter())
    office.do(office.ask(customer, "A very rare zebra question"))
    conversation = office.store.current(customer).id
    with agent(chromium, office, staff["bert"]) as bert:
        bert.click("#tabs a:nth-child(2)")
        bert.wait_for_selector("body[data-ready] #found")
        for words in (office.store.current(customer).customer_id, "rare ZEBRA"):
            bert.fill("#all-words", words)
            bert.click("#all-go")
            expect(bert.locator("#found [data-open]")).to_have_count(1)
        bert.click("#all-which label:nth-child(3)")  # past ones
        expect(bert.locator("#found")).to_have_text(EN["found_none"])
        expect(bert.locator("#all-words")).to_have_value("rare ZEBRA")
        bert.click("#all-which label:nth-child(2)")
        bert.click(f"#found [data-open='{conversation}']")
        bert.wait_for_selector("#transcript article:has-text('rare zebra')")
        assert not bert.locator("#take").is_visible()
        assert not bert.locator("#reply").is_visible()
        office.do(office.ask(customer, "And a second one"))  # also what the bot says in it is seen as it comes
        bert.wait_for_selector("#transcript article:has-text('And a second one')")


@pytest.mark.slow
def test_admins_see_numbers_and_open_what_went_unanswered(office: Office, staff: dict[str, str], chromium: Browser) -> None:
    customer = office.do(office.enter())
    answer = office.do(office.ask(customer, "How much is a zebra?")).turns[-1]
    office.do(office.desk.rate(customer, answer.id, -1))
    with agent(chromium, office, staff["root"]) as root:
        root.click("#tabs a[href='/desk/numbers']")
        root.wait_for_selector("body[data-ready] [data-card=volume] svg rect")
        root.click("[data-card=volume] summary")
        assert root.locator("[data-card=volume] tbody tr").count() == 7
        root.click("#period label:nth-child(1)")
        expect(root.locator("[data-card=volume] tbody tr")).to_have_count(24)
        expect(root.locator("#period-day")).to_be_focused()
        root.click("[data-card=unanswered] > table [data-open]:has-text('How much is a zebra?')")
        root.wait_for_selector("#transcript article:has-text('How much is a zebra?')")


@pytest.mark.slow
def test_who_waits_is_heard_on_every_page(office: Office, staff: dict[str, str], chromium: Browser) -> None:
    with agent(chromium, office, staff["bert"]) as bert:
        bert.add_init_script(SOUND)
        bert.reload()
        bert.wait_for_selector("body[data-ready]")
        _, first = office.call("Silent?")
        waiting(bert, first)
        assert bert.evaluate("window.beeps") == 0
        bert.check("#sound")
        bert.click("#tabs a:nth-child(3)")
        bert.wait_for_selector("body[data-ready] #review-card")
        expect(bert.locator("#sound")).to_be_checked()
        wait_until(bert, lambda: bert.title().startswith("("))
        before = bert.title()
        office.call("Loud?")
        wait_until(bert, lambda: bert.evaluate("window.beeps") == 1)
        assert bert.title() != before


@pytest.mark.slow
def test_it_speaks_korean_and_fits_a_phone(office: Office, staff: dict[str, str], chromium: Browser) -> None:
    _, conversation = office.call("배송 조회는 어떻게 하나요?")
    phone = {"locale": "ko-KR", "viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}
    with agent(chromium, office, staff["anna"], **phone) as anna:
        assert anna.evaluate("document.documentElement.lang") == "ko"
        assert TEXTS["ko"]["waiting"] in anna.inner_text("#queue")
        assert not anna.locator("#head").is_visible()
        take(anna, conversation)
        assert anna.inner_text("#send") == TEXTS["ko"]["send"]
        assert not anna.locator("#queue").is_visible()
        assert anna.evaluate("document.documentElement.scrollWidth") <= 360
        anna.click("#head .back")
        anna.wait_for_selector("#queue", state="visible")
        anna.click("#bar [data-language]")
        anna.wait_for_selector(f"#bar >> text={EN['title']}")
        assert anna.evaluate("document.documentElement.lang") == "en"


@pytest.mark.slow
def test_a_login_that_ends_costs_no_words(office: Office, staff: dict[str, str], chromium: Browser) -> None:
    _, conversation = office.call("Will you be back?")
    with agent(chromium, office, staff["anna"]) as anna:
        take(anna, conversation)
        anna.fill("#reply", "I will")
        with office.store.transaction() as session:
            session.execute(update(Login).values(until=1.0))
        anna.wait_for_selector("#key")
        log_in(anna, staff["anna"])
        anna.wait_for_selector("#compose", state="visible")
        expect(anna.locator("#reply")).to_have_value("I will")
        anna.click("#logout button")  # after that nothing of hers is left in the browser
        anna.wait_for_selector("#key")
        assert anna.evaluate("sessionStorage.length") == 0


@pytest.mark.slow
def test_a_revoked_agent_sees_the_login(office: Office, chromium: Browser) -> None:
    with agent(chromium, office, office.key("leaver", "agent")) as leaver:
        keys.revoke(office.store, "leaver")
        leaver.wait_for_selector("#key")
        assert leaver.url.endswith("/desk/login")
