"""Telegram's export of a chat and of an account; texts in pieces; files that are cut or damaged."""

import json

import pytest

from data_tools.readers.messengers import telegram
from data_tools.sources.json_stream import Broken


def said(number, text, **fields):
    """A message as Telegram Desktop writes it."""
    when = {"date": f"2026-03-02T15:{number:02d}:00", "date_unixtime": str(1772463600 + 60 * number)}
    who = {"from": "Mina Park", "from_id": "user11"}
    return {"id": number, "type": "message", **when, **who, "text": text, "text_entities": []} | fields


def chat(*messages, **fields):
    return {"name": "Mina Park", "type": "personal_chat", "id": 77} | fields | {"messages": list(messages)}


def read(source):
    assert telegram.looks_like(source)
    return list(telegram.read(source, {}))


@pytest.fixture(params=[None, 1], ids=["compact", "as exported"])
def export(source, request):
    """The messages of a document, written in both ways."""
    return lambda document: read(source(json.dumps(document, ensure_ascii=False, indent=request.param)))


def test_a_chat_is_a_room(export):
    messages = export(chat(said(1, "Where is my tea?"), said(2, "On its way!", **{"from": "Blue Kettle"})))

    assert [(message.at, message.name, message.text) for message in messages] == [
        ("2026-03-02T15:01:00", "Mina Park", "Where is my tea?"),
        ("2026-03-02T15:02:00", "Blue Kettle", "On its way!"),
    ]
    assert {(message.thread, message.role, message.skipped) for message in messages} == {(None, None, None)}


def test_chats_of_an_account_are_kept_apart(export):
    listed = {
        "about": "All chats.",
        "list": [chat(said(1, "one")), chat(id=78), chat(said(2, "two"), said(3, "three"), id=79, type="bot_chat")],
    }
    left = {"about": "Left.", "list": [chat(said(4, "four"), id=80)]}
    account = {
        "about": "Your data.",
        "personal_information": {"user_id": 1, "first_name": "Jo"},
        "contacts": {"about": "", "list": [{"name": "Al"}]},
    }
    messages = export(account | {"chats": listed, "left_chats": left})

    assert [(message.thread, message.text) for message in messages] == [("77", "one"), ("79", "two"), ("79", "three"), ("80", "four")]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("plain", "plain"),
        (["write to ", {"type": "email", "text": "mina@example.com"}, " please"], "write to mina@example.com please"),
        ([{"type": "text_link", "text": "here", "href": "https://example.com"}], "here"),
        ("two\nlines ", "two\nlines"),
    ],
)
def test_text_may_come_in_pieces(export, text, whole):
    assert [message.text for message in export(chat(said(1, text)))] == [whole]


@pytest.mark.parametrize(
    ("message", "skipped"),
    [
        ({"type": "service", "actor": "Mina Park", "action": "phone_call", "text": ""}, "room event"),
        ({"type": "service", "actor": "Mina Park", "action": "invite_members", "members": ["Jo"], "text": ""}, "room event"),
        ({"photo": "photos/1.jpg", "text": ""}, "attachment"),
        ({"file": "(File not included.)", "media_type": "sticker", "text": ""}, "attachment"),
        ({"media_type": "voice_message", "file": "v.ogg", "text": []}, "attachment"),
        ({"location_information": {"latitude": 1.0, "longitude": 2.0}, "text": ""}, "attachment"),
        ({"photo": "photos/1.jpg", "text": "this is the crack"}, None),
        ({"forwarded_from": "Al", "text": "from Al"}, None),
        ({"text": ""}, "empty"),
        ({"text": [" "]}, "empty"),
        ({"type": "unsupported", "text": ""}, "other event"),
    ],
)
def test_what_is_no_turn_is_told(export, message, skipped):
    assert [found.skipped for found in export(chat(said(1, "x") | message))] == [skipped]


def test_somebody_who_left_telegram_has_the_number(export):
    assert [message.name for message in export(chat(said(1, "hi", **{"from": None})))] == ["user11"]


def test_the_time_is_that_of_the_clock_else_that_since_1970(export):
    times = [message.at for message in export(chat(said(1, "a"), said(1, "b", date=None), said(1, "c", date="?", date_unixtime="?")))]
    assert times == ["2026-03-02T15:01:00", "2026-03-02T15:01:00", None]


def test_lines_are_those_where_messages_begin(source):
    text = json.dumps(chat(said(1, "one", text_entities=[{"type": "plain", "text": "one"}]), said(2, "two")), indent=1)
    lines = text.split("\n")
    first, second = read(source(text))

    for message, number in ((first, 1), (second, 2)):
        assert lines[message.line - 1].strip() == "{"
        assert lines[message.line].strip() == f'"id": {number},'


@pytest.mark.parametrize("wrong", [{"text": 5}, {"text": None}, {"text": [5]}, {"text": [{"type": "bold"}]}, {"type": None}, {"type": 3}])
def test_a_message_of_wrong_types_is_broken_alone(export, wrong):
    one, two, three = export(chat(said(1, "one"), said(2, "two") | wrong, said(3, "three")))
    assert isinstance(two, Broken)
    assert (one.text, three.text) == ("one", "three")


def test_what_is_no_object_is_broken_alone(export):
    document = chat(said(1, "one"), said(2, "two"))
    document["messages"].insert(1, "stray")
    assert [isinstance(found, Broken) for found in export(document)] == [False, True, False]


@pytest.mark.parametrize("spoilt", [1, 2, 3])
def test_one_message_of_broken_json_leaves_the_others(source, spoilt):
    entities = [{"type": "plain", "text": "x"}, {"type": "bold", "text": "y"}]
    text = json.dumps(chat(*(said(number, f"text {number}", text_entities=entities) for number in (1, 2, 3))), indent=1)
    found = read(source(text.replace(f'"text {spoilt}"', f"text {spoilt}")))

    broken = [item for item in found if isinstance(item, Broken)]
    assert f"text {spoilt}" in text.split("\n")[broken[0].line - 1]
    assert [item.text for item in found if item not in broken] == [f"text {number}" for number in (1, 2, 3) if number != spoilt]


@pytest.mark.parametrize("stray", ["}", "} }", "{", '"x": ', ": ", "5", "oops"])
def test_a_stray_mark_between_messages_is_passed_over(source, stray):
    one, two = (json.dumps(said(number, f"text {number}")) for number in (1, 2))
    document = json.dumps(chat()).replace("[]", f"[{one},\n{stray}\n,{two}]")
    found = read(source(document))

    assert any(isinstance(item, Broken) for item in found)
    assert next(item for item in found if not isinstance(item, Broken)).text == "text 1"


@pytest.mark.parametrize("share", [0.45, 0.7, 0.95, 0.999])
def test_a_cut_file_gives_the_messages_before_the_cut_and_says_so(source, share):
    text = json.dumps(chat(*(said(number, f"text {number}") for number in range(9))), indent=1)
    found = read(source(text[: int(len(text) * share)]))
    texts = [item.text for item in found if not isinstance(item, Broken)]

    assert isinstance(found[-1], Broken)
    assert texts == [f"text {number}" for number in range(len(texts))]
    assert len(texts) >= int(9 * share) - 1


@pytest.mark.parametrize(
    "text",
    ['{"messages": [], "type" "x"}', '{"type": "personal_chat", "messages": {"a": 1}', '{"type": "personal_chat", "messages": []} extra'],
)
def test_a_document_that_is_no_json_says_so(source, text):
    found = list(telegram.read(source(text), {}))
    assert found and all(isinstance(item, Broken) for item in found)


@pytest.mark.parametrize(
    "document",
    [
        {"messages": [{"role": "user", "content": "hi"}]},
        {"messages": [{"chatId": "c", "personType": "user", "plainText": "hi", "createdAt": 1772463600000}], "userChats": []},
        {"conversations": [{"from": "human", "value": "hi"}]},
        {"conversation_id": "1", "type": "message", "text": "hi"},
        [{"type": "message", "user": "U1", "ts": "1772463600.000100", "text": "hi"}],
    ],
)
def test_other_files_are_not_claimed(source, document):
    assert not telegram.looks_like(source(json.dumps(document)))
