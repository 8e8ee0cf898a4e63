"""Chat tables: columns and roles in both languages, order, and mistakes."""

import json

import pytest

from data_tools.readers import read_chat
from frontdesk.errors import UserError

HEADER = "conversation_id,timestamp,sender_role,message"


def spoken(chat):
    return {conversation.id: [(turn.role, turn.text) for turn in conversation.turns] for conversation in chat.conversations}


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\n1,2026-01-01T10:00:00Z,customer,Hi\n1,2026-01-01T10:01:00Z,agent,Hello\n",
        "대화번호,일시,보낸사람유형,내용\n1,2026. 1. 1. 오전 10:00,고객,Hi\n1,2026. 1. 1. 오전 10:01,상담사,Hello\n",
        "Ticket;Date;Author Type;Text\n1;2026-01-01 10:00;visitor;Hi\n1;2026-01-01 10:01;staff;Hello\n",
        "session\tspeaker\tcontent\n1\tuser\tHi\n1\tassistant\tHello\n",
        '{"ticket": 1, "role": "user", "content": "Hi"}\n{"ticket": 1, "role": "admin", "content": "Hello"}\n',
        json.dumps([{"ticket": 1, "role": "user", "text": "Hi"}, {"ticket": 1, "role": "agent", "text": "Hello"}]),
    ],
)
def test_columns_and_roles_of_each_style(source, text):
    name, chat = read_chat(source(text), ())

    assert name == "chat table"
    assert spoken(chat) == {"1": [("customer", "Hi"), ("agent", "Hello")]}


def test_names_tell_the_agent_where_no_role_does(source):
    text = "conversation,name,text\n1,Ann,Hi\n1,Shop,Hello\n"

    assert spoken(read_chat(source(text), ("Shop",))[1]) == {"1": [("customer", "Hi"), ("agent", "Hello")]}
    with pytest.raises(UserError, match=r"found the speakers 'Ann' \(1 messages\), 'Shop' \(1 messages\).*set data\.agents"):
        read_chat(source(text), ())


def test_conversations_mixed_and_unordered_are_sorted_out(source):
    rows = ["2,2026-01-01T10:05,agent,d", "1,2026-01-01T10:01,agent,b", "1,2026-01-01T10:00,customer,a", "2,2026-01-01T10:02,customer,c",
            "1,2026-01-01T10:02,customer,e"]  # fmt: skip
    chat = read_chat(source("\n".join([HEADER, *rows])), ())[1]

    assert spoken(chat) == {"2": [("customer", "c"), ("agent", "d")], "1": [("customer", "a"), ("agent", "b"), ("customer", "e")]}
    assert [turn.source for turn in chat.conversations[1].turns] == ["input.txt:4", "input.txt:3", "input.txt:6"]


def test_system_bot_and_empty_rows_are_counted(source):
    rows = ["1,,customer,Hi", "1,,system,joined", "1,,bot,Welcome", "1,,agent,", "1,,agent,Hello"]
    chat = read_chat(source("\n".join([HEADER, *rows])), ())[1]

    assert spoken(chat) == {"1": [("customer", "Hi"), ("agent", "Hello")]}
    assert chat.dropped == {"message: system": 1, "message: bot": 1, "message: empty": 1}
    assert chat.messages == len(rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "conversation_id,role,words\n1,agent,x\n",
            r":1: found the columns conversation_id, role, words; expected one for the text, called text, ",
        ),
        ("nr,role,text\n1,agent,x\n", r":1: found the columns nr, role, text; expected one for the conversation"),
        ("conversation_id,text\n1,x\n", r":1: found no column for who speaks; expected one called role"),
        (f"{HEADER}\n1,,customer,a\n1,,owner,b\n", r":3: found 'owner' as a speaker's role; expected one of customer, .*correct the cell"),
        (f"{HEADER}\n,,customer,a\n", r":2: found a message without its conversation; expected its id"),
        ('{"ticket": 1, "role": "user", "text": "a"}\n{"ticket"\n', r":2: not valid JSON"),
        ("just some words\nand more\n", r":1: found a file that begins with 'just some words'; expected a chat export"),
    ],
)
def test_mistakes_name_the_line(source, text, message):
    with pytest.raises(UserError, match=message):
        read_chat(source(text), ())
