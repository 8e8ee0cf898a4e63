"""Intercom: shapes of files, kinds of parts and authors, HTML bodies, and mistakes."""

import json

import pytest

from data_tools.readers.helpdesks import intercom
from data_tools.sources.json_stream import Broken


def part(who, body, kind="comment", at=1775000000, **more):
    return {"type": "conversation_part", "part_type": kind, "body": body, "created_at": at, "author": {"type": who, "name": "Noa"}, **more}


def conversation(number="21", parts=None, **more):
    first = {"type": "conversation", "delivered_as": "customer_initiated", "body": "<p>Is it open?</p>", "author": {"type": "lead"}}
    listed = [part("admin", "<p>Yes,<br>until six.</p>"), part("user", "<p>Fine &amp; thanks</p>")] if parts is None else parts
    talk = {"type": "conversation", "id": number, "created_at": 1774999990, "source": first}
    return {**talk, "conversation_parts": {"type": "conversation_part.list", "conversation_parts": listed}, **more}


TALK = [("customer", "Is it open?"), ("agent", "Yes,\nuntil six."), ("customer", "Fine & thanks")]


def read(source):
    return list(intercom.read(source, {}))


def said(messages):
    return [(message.role, message.text) for message in messages if not message.skipped]


@pytest.mark.parametrize(
    "dump",
    [
        lambda talks: json.dumps({"type": "conversation.list", "conversations": talks, "total_count": 2}),
        lambda talks: json.dumps(talks, indent=1),
        lambda talks: "\n".join(map(json.dumps, talks)),
    ],
    ids=["document", "list", "lines"],
)
def test_every_shape_gives_the_same(source, dump):
    made = source(dump([conversation("21"), conversation("22")]))
    messages = read(made)

    assert intercom.looks_like(made)
    assert said(messages) == TALK * 2
    assert [message.thread for message in messages] == ["21"] * 3 + ["22"] * 3


def test_a_single_conversation_over_many_lines(source):
    text = json.dumps(conversation(), indent=1)
    messages, lines = read(source(text)), text.split("\n")

    assert said(messages) == TALK
    assert [message.at for message in messages] == ["2026-03-31T23:33:10"] + ["2026-03-31T23:33:20"] * 2
    assert [message.name for message in messages] == ["", "Noa", "Noa"]
    assert [lines[message.line - 1].strip() for message in messages] == ['"source": {', "{", "{"]


def test_a_list_without_parts_gives_the_first_messages(source):
    made = source(json.dumps({"conversations": [{**conversation(), "conversation_parts": None}]}))
    assert intercom.looks_like(made)
    assert said(read(made)) == TALK[:1]


@pytest.mark.parametrize(
    ("made", "skipped"),
    [
        (part("admin", "<p>vip</p>", "note"), "internal note"),
        (part("admin", "<p>vip</p>", "note_and_reopen"), "internal note"),
        (part("bot", "<p>Welcome</p>"), "bot"),
        (part("admin", None, "close"), "other event"),
        (part("admin", "<p>over to Kai</p>", "assignment"), "other event"),
        (part("admin", None, "away_mode_assignment"), "other event"),
        (part("user", None, attachments=[{"name": "a.png"}]), "attachment"),
        (part("user", '<div><img src="a.png"></div>'), "attachment"),
        (part("user", "<p></p>"), "empty"),
        (part("user", None, redacted=True), "deleted"),
        (part("", "<p>hm</p>"), "neither customer nor agent"),
        (part("user", "<p>Still broken</p>", "open"), None),
        (part("team", "<p>Solved, bye</p>", "close"), None),
    ],
)
def test_kinds_of_parts(source, made, skipped):
    messages = read(source(json.dumps(conversation(parts=[made]))))
    assert [message.skipped for message in messages] == [None, skipped]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (7, "found a int in 'conversation_parts'"),
        (part("user", ["x"]), "found a list in 'body'"),
        ({**part("user", "x"), "author": "Noa"}, "found a str in 'author'"),
    ],
)
def test_a_broken_part_leaves_the_others(source, made, why):
    messages = read(source(json.dumps(conversation(parts=[made, part("admin", "on")]))))
    assert [type(message) is Broken for message in messages] == [False, True, False]
    assert messages[1].why.startswith(why)


@pytest.mark.parametrize("talk", [{"id": "3"}, {"id": "3", "source": "x"}, {"id": "3", "source": {}, "conversation_parts": 5}])
def test_a_record_that_is_no_conversation_is_broken(source, talk):
    messages = read(source(json.dumps(conversation()) + "\n" + json.dumps(talk)))
    assert [(message.line, type(message) is Broken) for message in messages] == [(1, False)] * 3 + [(2, True)]


@pytest.mark.parametrize("at", [None, "soon", 10**20, float("nan"), [5]])
def test_a_time_that_cannot_be_read_is_none(source, at):
    assert [message.at for message in read(source(json.dumps(conversation(parts=[part("user", "x", at=at)]))))][1:] == [None]
