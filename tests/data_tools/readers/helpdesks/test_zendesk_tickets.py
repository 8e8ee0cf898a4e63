"""Zendesk tickets: shapes of files, who speaks, the description, what is no turn, and mistakes."""

import json

import pytest

from data_tools.readers.helpdesks import zendesk_tickets
from data_tools.readers.records import Person
from data_tools.sources.json_stream import Broken

MINA, OTTO, LEE = 11, 92, 93  # the customer and two agents


def comment(author, text, minute=0, **more):
    return {"author_id": author, "body": text, "public": True, "created_at": f"2026-04-01T09:{minute:02}:00Z", **more}


def ticket(number=5, comments=None, **more):
    spoken = [comment(MINA, "My lamp flickers", 0), comment(OTTO, "Which one?", 1), comment(MINA, "The green one", 2)]
    return {"id": number, "requester_id": MINA, "submitter_id": MINA, "comments": spoken if comments is None else comments, **more}


def read(source, people=None):
    return list(zendesk_tickets.read(source, people or {}))


def said(messages):
    return [(message.role, message.text) for message in messages if not message.skipped]


TALK = [("customer", "My lamp flickers"), ("agent", "Which one?"), ("customer", "The green one")]


@pytest.mark.parametrize(
    "dump",
    [
        lambda tickets: "\n".join(map(json.dumps, tickets)),
        json.dumps,
        lambda tickets: json.dumps({"count": 2, "tickets": tickets, "next_page": None}, indent=2),
        lambda tickets: "\n".join(json.dumps({"tickets": [one]}) for one in tickets),
    ],
    ids=["lines", "list", "document", "pages"],
)
def test_every_shape_gives_the_same(source, dump):
    made = source(dump([ticket(5), ticket(6)]))
    messages = read(made)

    assert zendesk_tickets.looks_like(made)
    assert said(messages) == TALK * 2
    assert [message.thread for message in messages] == ["5"] * 3 + ["6"] * 3
    assert messages[0].at == "2026-04-01T09:00:00"


def test_lines_are_where_comments_begin(source):
    text = json.dumps({"tickets": [ticket()]}, indent=1)
    lines = text.split("\n")

    for message in read(source(text)):
        assert lines[message.line - 1].strip() == "{"
        assert any(message.text in line for line in lines[message.line : message.line + 3])


def test_people_decide_before_the_ticket_does(source):
    people = {
        str(MINA): Person(("Mina Park",), "agent"),
        str(OTTO): Person(("Otto",), None, bot=True),
        str(LEE): Person(("Lee",), "customer"),
    }
    messages = read(source(json.dumps(ticket(comments=[comment(MINA, "a"), comment(OTTO, "b"), comment(LEE, "c")]))), people)

    assert [(message.name, message.role, message.skipped) for message in messages] == [
        ("Mina Park", "agent", None), ("Otto", "agent", "bot"), ("Lee", "customer", None),
    ]  # fmt: skip


def test_an_agent_who_submitted_a_ticket_for_a_customer_is_an_agent(source):
    asked = ticket(comments=[comment(OTTO, "You called"), comment(MINA, "Yes")], submitter_id=OTTO, assignee_id=OTTO)
    assert said(read(source(json.dumps(asked)))) == [("agent", "You called"), ("customer", "Yes")]


def test_a_ticket_that_names_nobody_leaves_the_roles_open(source):
    messages = read(source(json.dumps({"id": 1, "comments": [comment(MINA, "Hi"), comment(OTTO, "Hello")]})))
    assert [(message.name, message.role) for message in messages] == [(str(MINA), None), (str(OTTO), None)]


@pytest.mark.parametrize(
    "first",
    [
        {"body": "My  lamp\nflickers"},
        {"body": None, "plain_body": "My lamp flickers", "html_body": "<b>other</b>"},
        {"body": None, "html_body": "<p>My lamp <b>flickers</b></p>"},
        {"body": "My lamp flickers", "plain_body": "My lamp flickers!"},
    ],
)
def test_a_description_that_a_comment_repeats_counts_once(source, first):
    comments = [comment(OTTO, "Which one?", 1), {**comment(MINA, ""), **first}]
    messages = read(source(json.dumps(ticket(comments=comments, description="My lamp flickers "))))
    assert len(messages) == 2


def test_a_description_that_no_comment_repeats_comes_first(source):
    messages = read(source(json.dumps(ticket(description="The first thing", created_at="2026-04-01T08:00:00Z"))))
    assert said(messages) == [("customer", "The first thing"), *TALK]
    assert messages[0].at == "2026-04-01T08:00:00"


@pytest.mark.parametrize(("more", "skipped"), [({}, None), ({"is_public": True}, None), ({"is_public": False}, "internal note")])
def test_a_ticket_with_a_description_only_is_one_message(source, more, skipped):
    made = source(json.dumps({"id": 7, "requester_id": MINA, "description": "Only this", **more}))
    assert zendesk_tickets.looks_like(made)
    assert [(message.role, message.text, message.skipped) for message in read(made)] == [("customer", "Only this", skipped)]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"plain_body": "plain&nbsp;text", "body": "b", "html_body": "<p>h</p>"}, "plain text"),
        ({"plain_body": " ", "body": "as *written*", "html_body": "<p>h</p>"}, "as *written*"),
        ({"body": None, "html_body": "<div><p>one</p><p>two &amp; three</p></div>"}, "one\ntwo & three"),
        ({"body": "a <b>tag</b> &amp; all"}, "a <b>tag</b> &amp; all"),
    ],
)
def test_the_plainest_body_is_taken(source, body, text):
    assert [message.text for message in read(source(json.dumps(ticket(comments=[{**comment(MINA, ""), **body}]))))] == [text]


@pytest.mark.parametrize(
    ("made", "skipped"),
    [
        (comment(OTTO, "do not tell", public=False), "internal note"),
        (comment(-1, "merged"), "system"),
        (comment(OTTO, "Call from +1", type="VoiceComment"), "other event"),
        (comment(MINA, "", attachments=[{"file_name": "lamp.jpg"}]), "attachment"),
        (comment(MINA, " ", attachments=[]), "empty"),
    ],
)
def test_what_is_no_turn_says_why(source, made, skipped):
    assert [message.skipped for message in read(source(json.dumps(ticket(comments=[made]))))] == [skipped]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ("text", "found a str in 'comments'"),
        ({"body": "who?"}, "found a comment without 'author_id'"),
        (comment(MINA, 5), "found a int in 'body'"),
        (comment(MINA, "x", html_body=["x"]), "found a list in 'html_body'"),
    ],
)
def test_a_broken_comment_leaves_the_others(source, made, why):
    messages = read(source("\n" + json.dumps(ticket(comments=[*ticket()["comments"], made]))))
    broken = [message for message in messages if isinstance(message, Broken)]

    assert said(message for message in messages if not isinstance(message, Broken)) == TALK
    assert [(one.line, one.why.startswith(why)) for one in broken] == [(2, True)]


def test_a_ticket_without_comments_and_a_cut_line_are_broken(source):
    messages = read(source(json.dumps(ticket()) + '\n{"id": 8, "requester_id": 1}\n' + json.dumps(ticket(9))[:-30]))
    assert [type(message) is Broken for message in messages] == [False, False, False, True, True]
    assert [message.line for message in messages[3:]] == [2, 3]
    assert "comments" in messages[3].why


def test_tickets_without_an_id_are_told_apart(source):
    messages = read(source("\n".join(json.dumps(ticket(None)) for _ in range(2)), name="in/export.ndjson"))
    assert {message.thread for message in messages} == {"export-1", "export-2"}
