"""Slack's messages: threads, names, references in texts, and what is no turn."""

import json

import pytest

from data_tools.readers.messengers import slack
from data_tools.readers.records import Person
from data_tools.sources.json_stream import Broken

PEOPLE = {"U1": Person(("Mina", "Mina Park")), "U9": Person(("Jo (Support)",)), "U7": Person(("Survey",), bot=True)}
TOP = "1772463600.000100"


def said(text, second=0, **fields):
    return {"type": "message", "user": "U1", "text": text, "ts": f"{1772463600 + second}.000100"} | fields


@pytest.fixture(params=[None, 4], ids=["compact", "as exported"])
def day(source, request):
    """The messages of a day's file, written in both ways."""

    def read(*messages, name="support/2026-03-02.json"):
        file = source(json.dumps(messages, indent=request.param), name)
        assert slack.looks_like(file)
        return list(slack.read(file, PEOPLE))

    return read


def test_messages_of_a_channel_have_no_thread(day):
    messages = day(said("Where is my tea?"), said("On its way!", 60, user="U9"))

    assert [(message.at, message.name, message.text) for message in messages] == [
        ("2026-03-02T15:00:00.000100", "Mina", "Where is my tea?"),
        ("2026-03-02T15:01:00.000100", "Jo (Support)", "On its way!"),
    ]
    assert {(message.thread, message.role, message.skipped) for message in messages} == {(None, None, None)}


def test_a_thread_is_named_by_its_folder_and_first_message(day):
    messages = day(
        said("alone", thread_ts=TOP, reply_count=0),
        said("opens", thread_ts=TOP, reply_count=2),
        said("opens, in an older export", thread_ts=TOP),
        said("answers", 60, thread_ts=TOP, user="U9"),
        said("answers all", 90, thread_ts=TOP, subtype="thread_broadcast"),
    )
    assert [message.thread for message in messages] == [None, *[f"support-{TOP}"] * 4]


def test_a_thread_goes_on_in_the_next_file(day):
    (first,) = day(said("opens", thread_ts=TOP), name="support/2026-03-02.json")
    (next_day,) = day(said("answers", 90_000, thread_ts=TOP), name="support/2026-03-03.json")
    (elsewhere,) = day(said("other", thread_ts=TOP), name="sales/2026-03-02.json")
    (without_folder,) = day(said("other", thread_ts=TOP), name="2026-03-02.json")

    assert first.thread == next_day.thread
    assert len({first.thread, elsewhere.thread, without_folder.thread}) == 3


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<@U1> and <@U9|jo>", "@Mina and @Jo (Support)"),
        ("<@U404>, <@U405|al>", "@U404, @al"),
        ("see <#C1|orders>", "see #orders"),
        ("<!here> <!channel|channel> <!subteam^S1|@team>", "@here @channel @team"),
        ("at <!date^1772463600^{date_short}|Mar 2, 2026>", "at Mar 2, 2026"),
        ("<https://example.com/a?b=1&amp;c=2>", "https://example.com/a?b=1&c=2"),
        ("rate us <https://example.com/r|here>", "rate us here"),
        (
            "<mailto:mina@example.com|mina@example.com> <mailto:jo@example.com> <tel:+442079460000>",
            "mina@example.com jo@example.com +442079460000",
        ),
        ("3 &lt; 5 &amp;&amp; 5 &gt; 3", "3 < 5 && 5 > 3"),
        ("&amp;lt;", "&lt;"),
        ("a &lt;b&gt; tag", "a <b> tag"),
        (" two\nlines ", "two\nlines"),
    ],
)
def test_references_read_as_slack_shows_them(day, written, shown):
    assert [message.text for message in day(said(written))] == [shown]


@pytest.mark.parametrize(
    ("fields", "skipped"),
    [
        ({"subtype": "channel_join"}, "room event"),
        ({"subtype": "channel_leave"}, "room event"),
        ({"subtype": "channel_topic"}, "room event"),
        ({"subtype": "pinned_item"}, "room event"),
        ({"subtype": "bot_message", "user": None, "username": "CSAT"}, "bot"),
        ({"bot_id": "B1"}, "bot"),
        ({"user": "U7"}, "bot"),
        ({"user": "USLACKBOT"}, "bot"),
        ({"subtype": "tombstone"}, "deleted"),
        ({"text": "", "files": [{"id": "F1", "name": "crack.jpg"}]}, "attachment"),
        ({"text": "", "attachments": [{"text": "quoted"}]}, "attachment"),
        ({"text": "look", "files": [{"id": "F1"}]}, None),
        ({"text": "<@U1|mina> uploaded a file: <https://x.slack.com/f|crack.jpg>", "subtype": "file_share"}, "attachment"),
        ({"subtype": "me_message"}, None),
        ({"edited": {"user": "U1", "ts": "1772463700.000000"}}, None),
        ({"subtype": "message_changed"}, "other event"),
        ({"type": "user_typing"}, "other event"),
        ({"text": ""}, "empty"),
        ({"text": None}, "empty"),
    ],
)
def test_what_is_no_turn_is_told(day, fields, skipped):
    _, message = day(said("hi"), said("Mina joined", 1) | fields)
    assert message.skipped == skipped


def test_a_comment_on_an_old_upload_is_what_was_said(day):
    text = "<@U1|mina> uploaded a file: <https://x.slack.com/f|crack.jpg> and commented: this is\nthe crack"
    assert [(message.text, message.skipped) for message in day(said(text, subtype="file_share"))] == [("this is\nthe crack", None)]


def test_a_message_that_stands_twice_is_said_once(day):
    messages = day(said("first"), said("first, edited"), said("second", 5))
    assert [(message.text, message.skipped) for message in messages] == [
        ("first", None),
        ("first, edited", "other event"),
        ("second", None),
    ]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "Mina"),
        ({"user": "U404"}, "U404"),
        ({"user": "U404", "user_profile": {"display_name": "", "real_name": "Al Guest", "name": "al"}}, "Al Guest"),
        ({"user": None, "bot_id": "B1", "bot_profile": {"name": "CSAT"}}, "CSAT"),
        ({"user": None, "username": "CSAT", "subtype": "bot_message"}, "CSAT"),
    ],
)
def test_who_speaks_is_named(day, fields, name):
    assert [message.name for message in day(said("hi") | fields)] == [name]


@pytest.mark.parametrize("wrong", [{"ts": None}, {"ts": "soon"}, {"text": ["hi"]}, {"user": {"id": "U1"}}, {"user": None}])
def test_a_message_of_wrong_types_is_broken_alone(day, wrong):
    one, two, three = day(said("one"), said("two", 1) | wrong, said("three", 2))
    assert isinstance(two, Broken)
    assert (one.text, three.text) == ("one", "three")


def test_lines_are_those_where_messages_begin(source):
    text = json.dumps([said("one", blocks=[{"type": "rich_text"}]), said("two", 1)], indent=4)
    lines = text.split("\n")
    messages = list(slack.read(source(text), PEOPLE))

    assert [lines[message.line - 1].strip() for message in messages] == ["{", "{"]
    assert messages[0].line < messages[1].line == lines.index('        "text": "two",') - 2


@pytest.mark.parametrize("share", [0.4, 0.8, 0.99])
def test_a_cut_file_gives_the_messages_before_the_cut_and_says_so(source, share):
    text = json.dumps([said(f"text {number}", number) for number in range(9)], indent=4)
    found = list(slack.read(source(text[: int(len(text) * share)]), PEOPLE))
    texts = [item.text for item in found if not isinstance(item, Broken)]

    assert isinstance(found[-1], Broken)
    assert texts == [f"text {number}" for number in range(len(texts))]
    assert len(texts) >= int(9 * share) - 1


@pytest.mark.parametrize(
    "document",
    [
        [{"id": "U1", "name": "mina", "is_bot": False, "profile": {}}],
        [{"id": "C1", "name": "support", "members": []}],
        [{"conversation_id": "1", "role": "customer", "text": "hi"}],
        {"messages": [said("hi")]},
        [],
    ],
)
def test_other_files_are_not_claimed(source, document):
    assert not slack.looks_like(source(json.dumps(document)))
