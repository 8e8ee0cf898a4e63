"""Lists of people beside an export, and the lists that hold no messages."""

import json

import pytest

from data_tools.readers import people
from data_tools.readers.records import Person
from frontdesk.errors import UserError

MINA = {
    "id": "U1", "team_id": "T1", "name": "mina", "deleted": False, "real_name": "Mina Park", "is_bot": False,
    "profile": {"real_name": "Mina Park", "display_name": "Mina", "email": "mina@example.com"},
}  # fmt: skip
SURVEY = {"id": "U7", "name": "survey", "real_name": "", "is_bot": True, "profile": {"display_name": ""}}
SLACKBOT = {"id": "USLACKBOT", "name": "slackbot", "is_bot": False, "profile": {"display_name": "Slackbot"}}
CUSTOMER = {"id": 2001, "name": "Mina Park", "role": "end-user", "email": "mina@example.com"}
AGENT = {"id": 9001, "name": "Jo", "role": "agent", "email": None}
ADMIN = {"id": 9002, "name": "Al", "role": "admin", "email": "al@example.com"}


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def test_people_of_slack_have_all_their_names_and_no_role(source):
    file = source(json.dumps([MINA, SURVEY, SLACKBOT], indent=4), "users.json")

    assert people.looks_like(file)
    assert people.read(file) == {
        "U1": Person(("Mina", "Mina Park", "mina", "mina@example.com")),
        "U7": Person(("survey",), bot=True),
        "USLACKBOT": Person(("Slackbot", "slackbot"), bot=True),
    }


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([CUSTOMER, AGENT, ADMIN]),
        json.dumps([CUSTOMER, AGENT, ADMIN], indent=1),
        json.dumps({"users": [CUSTOMER, AGENT, ADMIN], "next_page": None, "count": 3}),
        json.dumps({"users": [CUSTOMER, AGENT, ADMIN], "count": 3}, indent=2),
        lines(CUSTOMER, AGENT, ADMIN),
    ],
    ids=["list", "list over lines", "document", "document over lines", "JSON lines"],
)
def test_people_of_zendesk_have_roles(source, text):
    file = source(text)

    assert people.looks_like(file)
    assert not people.is_side_file(file)
    assert people.read(file) == {
        "2001": Person(("Mina Park", "mina@example.com"), "customer"),
        "9001": Person(("Jo",), "agent"),
        "9002": Person(("Al", "al@example.com"), "agent"),
    }


def test_somebody_without_names_goes_by_the_id(source):
    nameless = {"id": "U3", "name": "", "is_bot": False, "profile": {"display_name": " ", "email": None}}
    assert people.read(source(json.dumps([MINA, nameless])))["U3"] == Person(("U3",))


@pytest.mark.parametrize(
    "text", [json.dumps([MINA, {"name": "al"}]), json.dumps([MINA, "al"]), json.dumps([MINA])[:-9], json.dumps([MINA])[:-1]]
)
def test_a_damaged_list_is_told_with_its_line(source, text):
    with pytest.raises(UserError, match=r"users\.json:1: found .*; expected .*; "):
        people.read(source(text, "users.json"))


CHANNEL = {
    "id": "C1",
    "name": "support",
    "created": 1772463600,
    "creator": "U1",
    "is_archived": False,
    "members": ["U1", "U9"],
    "topic": {"value": ""},
}


@pytest.mark.parametrize(
    "document",
    [
        [CHANNEL],
        [CHANNEL | {"members": [f"U{number}" for number in range(20_000)]}],
        [{"id": "D1", "created": 1772463600, "members": ["U1", "U9"]}],
        [{"user_id": "U1", "user_name": "mina", "date": "1772463600", "change_type": "added", "app_type": "Survey"}],
        [{"id": "F1", "created": 1772463600, "name": "notes", "filetype": "quip", "user": "U1"}],
        [],
    ],
    ids=["channels", "a large channel", "dms", "integration logs", "canvases", "empty"],
)
def test_lists_of_slack_without_messages_are_known(source, document):
    for file in (source(json.dumps(document), "a.json"), source(json.dumps(document, indent=4) + "\n", "b.json")):
        assert people.is_side_file(file)
        assert not people.looks_like(file)


@pytest.mark.parametrize(
    "text",
    [
        lines({"conversation_id": "1", "role": "agent", "name": "Jo", "text": "hi"}),
        lines({"id": 1, "name": "Jo", "role": "agent", "email": "jo@example.com", "message": "hi"}),
        json.dumps([{"id": "C1", "name": "Jo", "members": 2, "text": "hi"}]),
        json.dumps([{"type": "message", "user": "U1", "ts": "1772463600.000100", "text": "hi", "user_profile": MINA["profile"]}]),
        json.dumps({"users": [{"id": "a", "name": "Jo", "email": "jo@example.com", "type": "agent"}], "thread": {}}),
        json.dumps({"messages": [{"role": "user", "content": "hi"}]}),
        json.dumps({"id": 1, "comments": [{"body": "hi", "author_id": 2001}]}),
        "id,name,role,email\n1,Jo,agent,jo@example.com\n",
        "[김] [오후 3:12] 네\n",
        "[[[[",
        "",
    ],
)
def test_files_with_messages_are_neither(source, text):
    assert not people.looks_like(source(text))
    assert not people.is_side_file(source(text))
