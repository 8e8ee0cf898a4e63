"""Zendesk Chat's events as a table: messages, what is no turn, and other names of columns."""

from data_tools.readers import chat_format
from data_tools.readers.helpdesks import zendesk_chat
from data_tools.sources.json_stream import Broken

EVENTS = """chat_id,timestamp,type,name,nick,sender_type,msg
c1,2026-03-02T15:00:00Z,chat.memberjoin,Visitor 12,visitor,Visitor,
c1,2026-03-02T15:00:01Z,chat.msg,Welcome,agent:trigger,Trigger,"Hello, how can we help?"
c1,2026-03-02T15:00:09Z,chat.msg,Visitor 12,visitor,Visitor,"My zip, it broke"
c1,2026-03-02T15:01:00Z,chat.msg,Iris,agent:7,Agent,It costs £24.
c1,2026-03-02T15:02:00Z,chat.file,Visitor 12,visitor,Visitor,
,2026-03-02T15:02:00Z,chat.msg,Visitor 12,visitor,Visitor,lost
c2,1772463600,chat.msg,Visitor 13,visitor:99,,Are you open?
"""


def test_messages_and_other_events(source):
    made = source(EVENTS)
    assert chat_format(made) is zendesk_chat

    found = list(zendesk_chat.read(made, {}))
    assert [item for item in found if isinstance(item, Broken)] == [
        Broken(7, "found an event without 'chat_id'; expected the id of its chat; export anew")
    ]
    told = [(one.thread, one.role, one.text, one.skipped) for one in found if not isinstance(one, Broken)]
    assert told == [
        ("c1", "customer", "", "other event"),
        ("c1", None, "Hello, how can we help?", "bot"),
        ("c1", "customer", "My zip, it broke", None),
        ("c1", "agent", "It costs £24.", None),
        ("c1", "customer", "", "attachment"),
        ("c2", None, "Are you open?", None),
    ]
    assert [one.at for one in found if not isinstance(one, Broken)][2::3] == ["2026-03-02T15:00:09", "2026-03-02T15:00:00"]


def test_columns_in_words_and_semicolons(source):
    made = source("Session ID;Timestamp;Event Type;Sender;Nick;Message\ns1;2026-03-02 15:00;chat.msg;Visitor;visitor;Hi\n")

    assert chat_format(made) is zendesk_chat
    [message] = zendesk_chat.read(made, {})
    assert (message.thread, message.role, message.text, message.at) == ("s1", "customer", "Hi", "2026-03-02T15:00:00")
