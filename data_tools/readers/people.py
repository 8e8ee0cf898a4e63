"""Lists that stand beside an export's messages: who is who (`users.json` of Slack and Zendesk), and lists of channels and the like."""

import json
import re
from typing import Any

from data_tools.readers.records import Person, Role
from data_tools.sources.json_stream import Broken, read_json
from data_tools.sources.text import Source
from frontdesk.errors import UserError

BEGINNING = re.compile(r'\s*(?:\[|\{\s*"users"\s*:\s*\[)?\s*(?=\{)')
KEY = re.compile(r'"(\w+)"\s*:')
ROLES: dict[str, Role] = {"agent": "agent", "admin": "agent", "end-user": "customer"}  # Zendesk's
SAID = {"text", "ts", "message", "messages", "content", "body", "value", "comments", "events", "question", "answer"}
"""Names of fields that hold what people say: no list beside the messages has them."""
SLACK_USER = {"is_bot", "profile", "real_name", "team_id"}
OTHER_LIST = {"members", "is_archived", "creator", "change_type", "service_type", "filetype"}


def looks_like(source: Source) -> bool:
    """Whether the file lists people."""
    first = _first(source)
    if not {"id", "name"} <= first.keys() or SAID & first.keys():
        return False
    return len(SLACK_USER & first.keys()) > 1 or ("email" in first and first.get("role") in ROLES)


def is_side_file(source: Source) -> bool:
    """Whether the file lists channels, direct messages, apps and the like, or is an empty list: it holds no message."""
    if "".join(source.head.split()) == "[]":
        return True
    first = _first(source)
    return source.start.startswith("[") and bool(OTHER_LIST & first.keys()) and not SAID & first.keys() and not looks_like(source)


def read(source: Source) -> dict[str, Person]:
    """The people by their ids. Raises UserError for a record that is no person: names would be missing."""
    people: dict[str, Person] = {}
    for record in read_json(source, ("users",), inner=False):
        if isinstance(record, Broken):
            raise UserError(f"{source.at(record.line)}: {record.why}")
        if record.key == "document":
            continue
        if not record.value.get("id"):
            raise UserError(f'{source.at(record.line)}: found somebody without "id"; expected one; add it or remove the record')
        people[str(record.value["id"])] = _person(record.value)
    return people


def _person(value: dict[str, Any]) -> Person:
    profile = value.get("profile") if isinstance(value.get("profile"), dict) else {}
    assert isinstance(profile, dict)
    names = (
        *(profile.get("display_name"), profile.get("real_name"), value.get("real_name"), value.get("name")),
        *(profile.get("email"), value.get("email")),
    )
    distinct = dict.fromkeys(str(name).strip() for name in names if name and str(name).strip())
    bot = bool(value.get("is_bot")) or value["id"] == "USLACKBOT"
    return Person(tuple(distinct) or (str(value["id"]),), ROLES.get(str(value.get("role"))), bot)


def _first(source: Source) -> dict[str, Any]:
    """The first object of the file's list. Of one that is longer than the head, its names without values."""
    match = BEGINNING.match(source.head)
    if not match:
        return {}
    try:
        value = json.JSONDecoder().raw_decode(source.head, match.end())[0]
    except json.JSONDecodeError:
        return dict.fromkeys(KEY.findall(source.head))
    except (ValueError, RecursionError):  # no list of people has numbers of thousands of digits, or is so deep
        return {}
    return value if isinstance(value, dict) else {}
