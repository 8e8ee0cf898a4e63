"""What agents do, over HTTP: whose conversation it is, and what a suggestion leaves."""

import httpx
import pytest
from lxml import html

from frontdesk.store.search import last_call
from frontdesk.store.tables import Edit
from tests.ui.console_served import Office, act, regions
from tests.ui.desks import told
from ui.console.texts import TEXTS
from ui.desk.desk import MAX_CHARACTERS

EN = TEXTS["en"]


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
