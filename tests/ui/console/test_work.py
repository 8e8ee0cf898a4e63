"""The console's pages and actions over HTTP: escaping, whose conversation it is, and what a suggestion leaves."""

from collections.abc import Iterator

import httpx
import pytest
from lxml import html

from frontdesk.store.search import PAGE, last_call
from frontdesk.store.store import StoreUnavailable
from frontdesk.store.tables import Edit
from tests.ui.console_served import Office
from tests.ui.desks import told
from ui.console.texts import TEXTS, language_of
from ui.desk.desk import MAX_CHARACTERS

EN = TEXTS["en"]
EVIL = "</textarea></title><script>boom()</script><img src=x onerror=boom()> \" ' {{ 7 * 7 }} {% x %} &lt;"
PAGES = ("", "conversations", "review", "numbers")


@pytest.fixture(scope="module")
def staff(office: Office) -> dict[str, str]:
    """Keys by name."""
    return {name: office.key(name, role) for name, role in (("anna", "agent"), ("bert", "agent"), ("root", "admin"))}


@pytest.fixture
def anna(office: Office, staff: dict[str, str]) -> Iterator[httpx.Client]:
    with office.browser(staff["anna"]) as client:
        yield client


@pytest.fixture
def bert(office: Office, staff: dict[str, str]) -> Iterator[httpx.Client]:
    with office.browser(staff["bert"]) as client:
        yield client


@pytest.fixture
def root(office: Office, staff: dict[str, str]) -> Iterator[httpx.Client]:
    with office.browser(staff["root"]) as client:
        yield client


def act(client: httpx.Client, action: str, conversation: str, **fields: str) -> str:
    """The note that an action leaves."""
    answer = client.post(f"/desk/{action}", data={"conversation": conversation, **fields})
    assert answer.status_code == 200
    return str(answer.json()["note"])


def regions(client: httpx.Client, conversation: str, **more: str) -> dict[str, str]:
    found: dict[str, str] = client.get("/desk/work", params={"conversation": conversation, **more}).json()["regions"]
    return found


def test_a_conversation_from_the_queue_to_its_end(office: Office, anna: httpx.Client, bert: httpx.Client) -> None:
    _, conversation = office.call("Where is my parcel?")
    state = anna.get("/desk/work", params={"conversation": conversation}).json()
    assert (state["free"], state["mine"], state["owed"]) == (True, False, 0)
    assert act(anna, "take", conversation) == ""
    assert act(bert, "take", conversation) == EN["taken_by_other"]
    state = anna.get("/desk/work", params={"conversation": conversation}).json()
    assert (state["free"], state["mine"], state["owed"]) == (False, True, office.store.messages(conversation)[-1].id)
    suggestion = anna.post("/desk/suggest", data={"conversation": conversation}).json()
    assert suggestion["text"] == "Shipping is 4 dollars." and "How much is shipping?" in suggestion["note"]
    assert act(anna, "send", conversation, text=" It comes. ", suggested=suggestion["text"]) == ""
    assert act(anna, "send", conversation, text="Anything else?") == ""
    first, second = office.store.messages(conversation)[-2:]
    assert (first.text, first.agent, second.text) == ("It comes.", "anna", "Anything else?")
    with office.store.reading() as session:
        assert session.get(Edit, first.id).suggested == suggestion["text"]
        assert session.get(Edit, second.id) is None, "it came from no suggestion"
    assert anna.get("/desk/work", params={"conversation": conversation}).json()["owed"] == 0
    assert act(anna, "close", conversation, result="parcel found") == ""
    assert last_call(office.store, conversation).result == "parcel found"
    assert EN["state_closed"] in regions(bert, conversation)["head"]


@pytest.mark.parametrize(("result", "kept"), [("", "solved"), ("메시지 접수", "message taken"), ("spam", "spam"), ("x" * 300, "x" * 200)])
def test_a_result_is_kept_in_english_if_it_is_one_of_ours(office: Office, anna: httpx.Client, result: str, kept: str) -> None:
    _, conversation = office.call("Close me")
    act(anna, "take", conversation)
    assert act(anna, "close", conversation, result=result) == ""
    assert last_call(office.store, conversation).result == kept


def test_anothers_conversation_is_read_and_not_touched(office: Office, anna: httpx.Client, bert: httpx.Client) -> None:
    _, conversation = office.call("Mine?")
    act(anna, "take", conversation)
    before = office.store.messages(conversation)
    assert act(bert, "send", conversation, text="Not me") == EN["not_yours"]
    assert act(bert, "give-back", conversation) == EN["not_yours"]
    assert act(bert, "close", conversation) == EN["not_yours"]
    asked = len(office.engine.bodies)
    assert bert.post("/desk/suggest", data={"conversation": conversation}).json() == {"text": "", "note": EN["not_yours"]}
    assert len(office.engine.bodies) == asked
    assert [one.id for one in office.store.messages(conversation)] == [one.id for one in before]
    assert (office.store.conversation(conversation).state, office.store.handoff(conversation).agent) == ("agent", "anna")
    assert "Mine?" in regions(bert, conversation)["transcript"]
    assert act(anna, "give-back", conversation) == ""
    assert office.store.conversation(conversation).state == "bot"


@pytest.mark.parametrize("action", ["take", "send", "give-back", "close"])
def test_a_conversation_that_is_gone(anna: httpx.Client, action: str) -> None:
    notes = {"take": "taken_by_other", "close": "not_yours"}
    for id in ("0" * 32, "", "' OR 1=1 --"):
        assert act(anna, action, id, text="Hello") == EN[notes.get(action, "gone")]
    assert EN["choose"] in regions(anna, "0" * 32)["transcript"]


def test_nothing_and_too_much_are_not_sent(office: Office, anna: httpx.Client) -> None:
    _, conversation = office.call("Say nothing")
    act(anna, "take", conversation)
    before = len(office.store.messages(conversation))
    assert act(anna, "send", conversation, text=" \n ") == EN["nothing_to_send"]
    assert act(anna, "send", conversation, text="가" * (MAX_CHARACTERS + 1)) == EN["too_long"]
    assert anna.post("/desk/send", content="x" * 100_000).status_code == 413
    assert anna.post("/desk/send", content="&".join("a=1" for _ in range(100))).status_code == 400
    assert anna.post("/desk/send", content=b"\xff%ff=\x00&conversation").status_code == 200
    assert len(office.store.messages(conversation)) == before
    longest = "가" * MAX_CHARACTERS
    assert act(anna, "send", conversation, text=longest, suggested=longest) == ""


def test_without_a_suggestion_it_is_told(office: Office, anna: httpx.Client) -> None:
    _, conversation = office.call("A hard one")
    act(anna, "take", conversation)
    office.engine.parts = told("")
    try:
        assert anna.post("/desk/suggest", data={"conversation": conversation}).json() == {"text": "", "note": EN["no_suggestion"]}
    finally:
        office.engine.parts = told("Shipping is ", "4 dollars.")


def test_a_transcript_that_the_page_has_is_not_sent_again(office: Office, anna: httpx.Client) -> None:
    customer, conversation = office.call("Once")
    first = regions(anna, conversation)
    drawn = html.fromstring(first["transcript"]).get("data-drawn")
    assert set(regions(anna, conversation, seen=drawn)) == {"queue", "head"}
    office.do(office.desk.say(customer, "Twice", "en"))
    assert "Twice" in regions(anna, conversation, seen=drawn)["transcript"]


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
        assert "49" not in html.document_fromstring(page).text_content().replace("4.90", "")
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


def test_only_admins_get_numbers(anna: httpx.Client, root: httpx.Client) -> None:
    refused = anna.get("/desk/numbers")
    assert (refused.status_code, refused.text) == (403, EN["only_admins"])
    assert "/desk/numbers" not in anna.get("/desk/").text
    page = root.get("/desk/numbers").text
    cards = html.document_fromstring(page).find_class("card")
    assert len(cards) == 7
    assert len(cards[0].xpath("./details//tbody/tr")) == 7
    assert cards[0].xpath(".//svg//*[local-name()='rect']/*[local-name()='title']")
    days = html.document_fromstring(root.get("/desk/numbers", params={"period": "month"}).text)
    assert len(days.xpath("(//section)[1]/details//tbody/tr")) == 30


def test_the_list_is_turned_page_by_page(office: Office, anna: httpx.Client) -> None:
    customer = office.store.add_customer()[1].id
    ids = [office.store.open(customer, "shop", "en", anew=True).id for _ in range(PAGE + 1)]
    seen: list[str] = []
    for page in ("0", "1"):
        found = html.document_fromstring(anna.get("/desk/conversations", params={"words": customer, "page": page}).text)
        seen += found.xpath("//*[@id='found']//@data-open")
        newer, older = (found.get_element_by_id(id) for id in ("newer", "older"))
        assert (newer.get("href") is None, older.get("href") is None) == (page == "0", page == "1")
        assert (
            EN["found"].format(first=1 if page == "0" else PAGE + 1, last=PAGE if page == "0" else PAGE + 1, count=PAGE + 1)
            in found.text_content()
        )
    assert sorted(seen) == sorted(ids)
    link = html.document_fromstring(anna.get("/desk/conversations", params={"words": customer}).text).get_element_by_id("older").get("href")
    assert seen[PAGE] in anna.get(f"/desk/conversations{link}").text


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_page_speaks_both_languages(office: Office, staff: dict[str, str], language: str) -> None:
    office.call("Language?")
    with office.browser(staff["root"], **{"Accept-Language": language}) as root:
        for path, key in zip(PAGES, ("desk_tab", "all_tab", "review_tab", "numbers_tab"), strict=True):
            page = html.document_fromstring(root.get(f"/desk/{path}").text)
            assert page.get("lang") == language
            assert page.xpath("//*[@id='tabs']/*[@aria-current]/text()") == [TEXTS[language][key]]
        assert TEXTS[language]["waiting"] in root.get("/desk/").text


def test_both_languages_have_every_text() -> None:
    assert TEXTS["en"].keys() == TEXTS["ko"].keys()
    for key in TEXTS["en"]:
        assert TEXTS["en"][key].count("{") == TEXTS["ko"][key].count("{"), key
    assert all(TEXTS[language][key].strip() for language in TEXTS for key in TEXTS[language])


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"accept-language": "ko-KR,ko;q=0.9,en;q=0.8"}, "ko"),
        ({"accept-language": "fr,ko;q=0.9"}, "ko"),
        ({"accept-language": "ko", "cookie": "frontdesk_language=en"}, "en"),
        ({"accept-language": "ko", "cookie": "frontdesk_language=<b>"}, "ko"),
    ],
)
def test_the_language_is_the_agents_choice_or_the_browsers(headers: dict[str, str], language: str) -> None:
    assert language_of(headers) == language
