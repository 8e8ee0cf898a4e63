"""Zendesk logs: tickets a line and documents, what is no turn, and mistakes."""

import json

import pytest

from data_tools.readers import read_chat
from frontdesk.errors import UserError


def event(who, text, minute=0, kind="Messaging::ConversationMessage", **more):
    at = f"2026-03-02T15:{minute:02}:00Z"
    return {"type": kind, "created_at": at, "author": {"type": who}, "content": {"type": "text", "text": text}, **more}


EVENTS = [event("user", "Hi", 0), event("agent", "Hello", 1), event("user", "Bye", 2)]


def spoken(chat):
    return [[(turn.role, turn.text) for turn in conversation.turns] for conversation in chat.conversations]


def test_a_ticket_a_line(source):
    lines = [json.dumps({"ticket_id": number, "events": EVENTS}) for number in (7, 8)]
    name, chat = read_chat(source("\n".join(lines)), ())

    assert name == "Zendesk conversation log"
    assert [conversation.id for conversation in chat.conversations] == ["7", "8"]
    assert spoken(chat) == [[("customer", "Hi"), ("agent", "Hello"), ("customer", "Bye")]] * 2
    assert {turn.source for turn in chat.conversations[1].turns} == {"input.txt:2"}


def test_a_document_gives_each_event_its_line(source):
    read = source(json.dumps({"events": EVENTS}, indent=1))
    chat = read_chat(read, ())[1]

    lines = read.text.split("\n")
    assert spoken(chat) == [[("customer", "Hi"), ("agent", "Hello"), ("customer", "Bye")]]
    for turn in chat.conversations[0].turns:
        begin = int(turn.source.split(":")[1])
        assert lines[begin - 1].strip() == "{"
        assert any(f'"text": "{turn.text}"' in line for line in lines[begin : begin + 10])


def test_events_are_put_in_order(source):
    assert spoken(read_chat(source(json.dumps({"ticket_id": 1, "events": [EVENTS[1], EVENTS[2], EVENTS[0]]})), ())[1]) == [
        [("customer", "Hi"), ("agent", "Hello"), ("customer", "Bye")]
    ]


def test_what_nobody_said_is_counted(source):
    others = [
        event("agent", "vip", kind="InternalNote"),
        event("agent", "vip", public=False),
        event("system", "opened"),
        event("bot", "Welcome"),
        event("user", "", kind="Messaging::ConversationRead"),
        event("user", None),
        event("channel", "ping"),
    ]
    chat = read_chat(source(json.dumps({"ticket_id": 1, "events": others + EVENTS})), ())[1]

    assert spoken(chat) == [[("customer", "Hi"), ("agent", "Hello"), ("customer", "Bye")]]
    assert chat.dropped == {
        "message: internal note": 2, "message: system": 1, "message: bot": 1, "message: other event": 1, "message: without text": 1,
        "message: neither customer nor agent": 1,
    }  # fmt: skip
    assert chat.messages == len(others) + len(EVENTS)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"ticket_id": 2, "events": [', r"input\.txt:2: not valid JSON .*mend or remove that line"),
        ('{"ticket_id": 2}', r"input\.txt:2: found no list 'events'; expected one in each ticket"),
        ('{"ticket_id": 2, "events": ["x"]}', r"input\.txt:2: found 'x' in 'events'; expected a JSON object"),
    ],
)
def test_mistakes_name_the_line(source, line, message):
    with pytest.raises(UserError, match=message):
        read_chat(source(json.dumps({"ticket_id": 1, "events": EVENTS}) + "\n" + line + "\n"), ())
