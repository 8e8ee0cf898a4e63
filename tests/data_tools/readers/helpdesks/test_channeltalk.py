"""Channel Talk: documents in either order, messages a line, kinds of messages, and mistakes."""

import json

import pytest

from data_tools.readers.helpdesks import channeltalk
from data_tools.sources.json_stream import Broken


def message(who, text, chat="uc7", at=1_780_000_000_000, **more):
    return {"chatId": chat, "chatType": "userChat", "personType": who, "createdAt": at, "plainText": text, **more}


MESSAGES = [
    message("user", "재고 있나요?"),
    message("user", "Hello?", chat="uc8"),
    message("manager", "네, 있습니다.", at=1_780_000_001_500),
]
CHATS = [{"id": "uc7", "userId": "u1", "name": "고객"}, {"id": "uc8"}]


def read(source):
    return list(channeltalk.read(source, {}))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"messages": MESSAGES, "userChats": CHATS}, ensure_ascii=False, indent=1),
        json.dumps({"userChats": CHATS, "users": [{"id": "u1"}], "messages": MESSAGES}, ensure_ascii=False),
        json.dumps(MESSAGES),
        "\n".join(map(json.dumps, MESSAGES)),
    ],
    ids=["messages first", "chats first", "list", "lines"],
)
def test_every_shape_gives_the_messages_in_order(source, text):
    made = source(text)
    messages = read(made)

    assert channeltalk.looks_like(made)
    assert [(one.thread, one.role, one.text) for one in messages] == [
        ("uc7", "customer", "재고 있나요?"), ("uc8", "customer", "Hello?"), ("uc7", "agent", "네, 있습니다."),
    ]  # fmt: skip
    assert [one.at for one in messages] == ["2026-05-28T20:26:40"] * 2 + ["2026-05-28T20:26:41.500000"]
    assert not any(one.skipped for one in messages)


def test_many_chats_before_the_messages_are_recognized(source):
    made = source(json.dumps({"userChats": CHATS * 5000, "messages": MESSAGES}))
    assert channeltalk.looks_like(made)
    assert len(read(made)) == len(MESSAGES)


def test_lines_are_where_messages_begin(source):
    text = json.dumps({"userChats": CHATS, "messages": MESSAGES}, ensure_ascii=False, indent=1)
    lines = text.split("\n")
    for one in read(source(text)):
        assert lines[one.line - 1].strip() == "{"
        assert one.text in "".join(lines[one.line : one.line + 6])


def test_blocks_are_read_where_there_is_no_plain_text(source):
    bullets = {"type": "bullets", "blocks": [{"type": "text", "value": "하나"}, {"type": "text", "value": "둘 &amp; 셋"}]}
    blocks = [{"type": "text", "value": "<b>안내</b>"}, bullets, {"type": "code", "value": "a <b> c"}]
    assert [one.text for one in read(source(json.dumps([message("manager", None, blocks=blocks)])))] == ["안내\n하나\n둘 & 셋\na <b> c"]


@pytest.mark.parametrize(
    ("made", "skipped"),
    [
        (message("manager", "진상", private=True), "internal note"),
        (message("manager", "진상", options=["silent", "private"]), "internal note"),
        (message("manager", "lunch?", chatType="group"), "internal note"),
        (message("manager", "ok", options=["silent"], private=False), None),
        (message("bot", "상담을 시작합니다", options=["actAsManager"]), "bot"),
        (message("manager", None, log={"action": "close"}), "other event"),
        (message("user", None, files=[{"name": "a.jpg"}]), "attachment"),
        (message("user", "보세요", files=[{"name": "a.jpg"}]), None),
        (message("user", ""), "empty"),
        (message("user", None, state="removed"), "deleted"),
        (message(None, "x"), "neither customer nor agent"),
    ],
)
def test_kinds_of_messages(source, made, skipped):
    assert [one.skipped for one in read(source(json.dumps([made])))] == [skipped]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (message("user", 5), "found a int in 'plainText'"),
        (message("user", None, blocks={}), "found a dict in 'blocks'"),
        ({**message("user", "x"), "chatId": None}, "found a message without 'chatId'"),
        ("x", "found a str"),
    ],
)
def test_a_broken_message_leaves_the_others(source, made, why):
    messages = read(source("\n".join(json.dumps(one) for one in (MESSAGES[0], made, MESSAGES[2]))))
    assert [(one.line, type(one) is Broken) for one in messages] == [(1, False), (2, True), (3, False)]
    assert messages[1].why.startswith(why)
