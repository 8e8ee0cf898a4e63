"""OpenAI messages: roles, contents of text or parts, names of conversations, and mistakes."""

import json

import pytest

from data_tools.readers.generic import openai_messages
from data_tools.sources.json_stream import Broken


def say(role, content, **more):
    return {"role": role, "content": content, **more}


TALK = [say("system", "You help."), say("user", "How long is the cable?"), say("assistant", "Two metres.", weight=1)]


def read(source):
    return list(openai_messages.read(source, {}))


@pytest.mark.parametrize(
    "dump",
    [lambda talks: "\n".join(map(json.dumps, talks)), json.dumps, lambda talks: json.dumps(talks, indent=1)],
    ids=["lines", "list", "long"],
)
def test_every_shape_gives_the_same(source, dump):
    made = source(dump([{"messages": TALK}, {"messages": TALK, "id": "chat-9"}]), name="in/train.jsonl")
    messages = read(made)

    assert openai_messages.looks_like(made)
    assert [(one.thread, one.role, one.text, one.skipped) for one in messages] == [
        (thread, *rest)
        for thread in ("train-1", "chat-9")
        for rest in ((None, "You help.", "system"), ("customer", "How long is the cable?", None), ("agent", "Two metres.", None))
    ]


def test_lines_are_where_messages_begin(source):
    text = json.dumps([{"messages": TALK}], indent=1)
    lines = text.split("\n")
    assert all(one.text in "".join(lines[one.line - 1 : one.line + 3]) for one in read(source(text)))


@pytest.mark.parametrize(
    ("made", "text", "skipped"),
    [
        (
            say("user", [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {}}, {"type": "text", "text": "red"}]),
            "Look:\nred",
            None,
        ),
        (say("user", [{"type": "image_url", "image_url": {}}]), "", "attachment"),
        (say("user", []), "", "empty"),
        (say("assistant", None, tool_calls=[{"id": "1"}]), "", "other event"),
        ({"role": "assistant", "tool_calls": [{"id": "1"}]}, "", "other event"),
        (say("assistant", "One moment.", tool_calls=[{"id": "1"}]), "One moment.", None),
        (say("assistant", None), "", "empty"),
        (say("tool", "42"), "42", "system"),
        (say("developer", "Be brief."), "Be brief.", "system"),
        (say("user", " hi \n", name="bo"), "hi", None),
    ],
)
def test_kinds_of_messages(source, made, text, skipped):
    assert [(one.text, one.skipped) for one in read(source(json.dumps({"messages": [made]})))] == [(text, skipped)]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ("hi", "found a str in 'messages'"),
        (say("narrator", "x"), "found 'narrator' as a message's role"),
        (say(None, "x"), "found 'None' as a message's role"),
        (say("user", 5), "found a int as a message's content"),
        ({"role": "user"}, "found a NoneType as a message's content"),
    ],
)
def test_a_broken_message_leaves_the_others(source, made, why):
    messages = read(source(json.dumps({"messages": [TALK[1], made, TALK[2]]})))
    assert [type(one) is Broken for one in messages] == [False, True, False]
    assert messages[1].why.startswith(why)


def test_a_broken_line_leaves_the_others(source):
    whole = json.dumps({"messages": TALK})
    messages = read(source(f'{whole}\n{{"messages": "x"}}\n{whole[:-9]}\n{whole}'))
    assert [(one.line, type(one) is Broken) for one in messages] == [(1, False)] * 3 + [(2, True), (3, True)] + [(4, False)] * 3
