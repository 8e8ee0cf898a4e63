"""Zendesk logs: tickets a line and documents, what is no turn, and mistakes."""

import json

import pytest

from data_tools.readers.helpdesks import zendesk_log
from data_tools.sources.json_stream import Broken


def event(who, text, minute=0, kind="Messaging::ConversationMessage", **more):
    at = f"2026-03-02T15:{minute:02}:00Z"
    return {"type": kind, "created_at": at, "author": {"type": who}, "content": {"type": "text", "text": text}, **more}


EVENTS = [event("user", "Hi", 0), event("agent", "Hello", 1), event("end-user", "Bye", 2)]
TALK = [("customer", "Hi"), ("agent", "Hello"), ("customer", "Bye")]


def read(source):
    return list(zendesk_log.read(source, {}))


def said(messages):
    return [(message.role, message.text) for message in messages if not message.skipped]


def test_a_ticket_a_line(source):
    made = source("\n".join(json.dumps({"ticket_id": number, "events": EVENTS}) for number in (7, 8)))
    messages = read(made)

    assert zendesk_log.looks_like(made)
    assert said(messages) == TALK * 2
    assert [(message.thread, message.line) for message in messages] == [("7", 1)] * 3 + [("8", 2)] * 3
    assert [message.at for message in messages[:2]] == ["2026-03-02T15:00:00", "2026-03-02T15:01:00"]


def test_a_document_gives_each_event_its_line(source):
    text = json.dumps({"events": EVENTS, "meta": {"has_more": False}}, indent=1)
    made = source(text, name="log.json")
    lines, messages = text.split("\n"), read(made)

    assert zendesk_log.looks_like(made)
    assert said(messages) == TALK
    assert {message.thread for message in messages} == {"log-1"}
    for message in messages:
        assert lines[message.line - 1].strip() == "{"
        assert any(f'"text": "{message.text}"' in line for line in lines[message.line : message.line + 10])


def test_a_comment_of_a_ticket_is_html(source):
    body = {"type": "html", "body": '<div class="zd-comment">Hi<br>there &amp; you</div>'}
    made = {**event("agent", "", kind="Comment"), "content": body, "author": {"type": "agent", "display_name": "Ida"}}
    assert [(message.name, message.text, message.skipped) for message in read(source(json.dumps({"events": [made]})))] == [
        ("Ida", "Hi\nthere & you", None)
    ]


@pytest.mark.parametrize(
    ("made", "skipped"),
    [
        (event("agent", "vip", kind="InternalNote"), "internal note"),
        (event("agent", "vip", public=False), "internal note"),
        (event("agent", "vip", kind="Comment", metadata={"public": False}), "internal note"),
        (event("system", "opened"), "system"),
        (event("bot", "Welcome"), "bot"),
        (event("user", "", kind="Messaging::ConversationRead"), "other event"),
        (event("user", None), "empty"),
        (event("user", "", attachments=[{"file_name": "a.png"}]), "attachment"),
        ({**event("user", ""), "content": {"type": "image", "mediaUrl": "x"}}, "attachment"),
        (event("channel", "ping"), "neither customer nor agent"),
    ],
)
def test_what_is_no_turn_says_why(source, made, skipped):
    messages = read(source(json.dumps({"ticket_id": 1, "events": [made, *EVENTS]})))
    assert [message.skipped for message in messages] == [skipped, None, None, None]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"ticket_id": 2, "events": [{"ty', "found no valid JSON"),
        ('{"ticket_id": 2}', "found no list 'events'; expected one in each ticket"),
        ('{"ticket_id": 2, "events": ["x"]}', "found a str in 'events'; expected a JSON object"),
        ('{"ticket_id": 2, "events": [{"type": "message", "content": {"text": 5}}]}', "found a int as an event's text"),
        ("5", "found a int; expected a JSON object"),
    ],
)
def test_mistakes_name_the_line_and_reading_goes_on(source, line, why):
    whole = json.dumps({"ticket_id": 1, "events": EVENTS})
    messages = read(source(f"{whole}\n{line}\n{whole}"))
    broken = [message for message in messages if isinstance(message, Broken)]

    assert len(messages) == 7
    assert [(one.line, one.why.startswith(why)) for one in broken] == [(2, True)]
