"""LiveChat: shapes of files, kinds of events, several threads of a chat, and mistakes."""

import json

import pytest

from data_tools.readers.helpdesks import livechat
from data_tools.sources.json_stream import Broken

USERS = [
    {"id": "c1", "type": "customer", "name": "Bo"},
    {"id": "a@shop.example", "type": "agent", "name": "Ana"},
    {"id": "s@shop.example", "type": "supervisor", "name": "Sam"},
]


def event(author, text, minute=0, kind="message", **more):
    at = f"2026-05-04T10:{minute:02}:00.250000Z"
    return {"type": kind, "text": text, "author_id": author, "created_at": at, "recipients": "all", **more}


EVENTS = [event("c1", "Do you ship to Busan?", 0), event("a@shop.example", "We do.", 1)]
TALK = [("customer", "Do you ship to Busan?"), ("agent", "We do.")]


def chat(name="T1", events=EVENTS, **more):
    return {"id": "C1", "users": USERS, "thread": {"id": name, "events": events}, **more}


def read(source):
    return list(livechat.read(source, {}))


def said(messages):
    return [(message.role, message.text) for message in messages if not message.skipped]


@pytest.mark.parametrize(
    "dump",
    [
        lambda chats: json.dumps({"chats": chats, "found_chats": 2}, indent=2),
        json.dumps,
        lambda chats: "\n".join(json.dumps(one, sort_keys=True) for one in chats),
    ],
    ids=["document", "list", "lines"],
)
def test_every_shape_gives_the_same(source, dump):
    made = source(dump([chat("T1"), chat("T2")]))
    messages = read(made)

    assert livechat.looks_like(made)
    assert said(messages) == TALK * 2
    assert [message.thread for message in messages] == ["T1", "T1", "T2", "T2"]
    assert [message.name for message in messages[:2]] == ["Bo", "Ana"]
    assert messages[0].at == "2026-05-04T10:00:00.250000"


def test_each_thread_of_a_chat_is_a_conversation(source):
    threads = [{"id": name, "events": EVENTS} for name in ("T1", "T2")]
    text = json.dumps({"id": "C1", "threads": [*threads, {"id": "T3", "restricted_access": "none"}], "users": USERS}, indent=1)
    made = source(text)
    messages, lines = read(made), text.split("\n")

    assert livechat.looks_like(made)
    assert [message.thread for message in messages] == ["T1", "T1", "T2", "T2"]
    assert all(lines[message.line - 1].strip() == "{" and message.text in lines[message.line + 1] for message in messages)


def test_a_thread_without_an_id_is_called_as_its_chat(source):
    assert {message.thread for message in read(source(json.dumps({**chat(None), "id": "C9"})))} == {"C9"}
    assert {message.thread for message in read(source(json.dumps({**chat(None), "id": None}), name="lc.json"))} == {"lc-1"}


@pytest.mark.parametrize(
    ("made", "skipped"),
    [
        (event("a@shop.example", "rude one", recipients="agents"), "internal note"),
        (event("a@shop.example", "rude one", visibility="agents", recipients=None), "internal note"),
        (event("s@shop.example", "offer 5 %"), "internal note"),
        ({"type": "system_message", "text": "Chat started", "recipients": "agents"}, "system"),
        (event("c1", None, kind="file", url="x"), "attachment"),
        (event("nobody", None, kind="file"), "neither customer nor agent"),
        (event("c1", None, kind="filled_form", fields=[]), "other event"),
        (event("a@shop.example", None, kind="rich_message"), "other event"),
        (event("c1", "gone", deleted=True), "deleted"),
        (event("nobody", "x"), "neither customer nor agent"),
        (event("c1", " "), "empty"),
    ],
)
def test_what_is_no_turn_says_why(source, made, skipped):
    assert [message.skipped for message in read(source(json.dumps(chat(events=[made, *EVENTS]))))] == [skipped, None, None]


@pytest.mark.parametrize(("made", "why"), [("x", "found a str in 'events'"), (event("c1", {"a": 1}), "found a dict in 'text'")])
def test_a_broken_event_leaves_the_others(source, made, why):
    messages = read(source(json.dumps(chat(events=[EVENTS[0], made, EVENTS[1]]))))
    assert [type(message) is Broken for message in messages] == [False, True, False]
    assert messages[1].why.startswith(why)


@pytest.mark.parametrize("broken", [{"id": "C2"}, {"id": "C2", "threads": 5}, {"id": "C2", "thread": None}, chat(events="x")])
def test_a_broken_chat_leaves_the_others(source, broken):
    messages = read(source("\n".join(json.dumps(one) for one in (chat(), broken, chat()))))
    assert [(message.line, type(message) is Broken) for message in messages] == [(1, False)] * 2 + [(2, True)] + [(3, False)] * 2
