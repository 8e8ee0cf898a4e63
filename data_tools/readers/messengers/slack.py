"""Slack exports: a folder for each channel, in it a file for each day, in it a list of messages.

A thread (`thread_ts`) goes on in the files of later days. Who wrote is an id, which `users.json` beside the channels names.
"""

import re
from pathlib import PurePath
from typing import Any

from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, Person
from data_tools.sources.json_stream import Broken, read_json
from data_tools.sources.text import Source
from data_tools.sources.times import epoch_time

FORMAT = "Slack"
LAYOUT: Layout = "folder"

TS = re.compile(r'"ts"\s*:\s*"\d{9,}\.\d+"')
TYPE = re.compile(r'"type"\s*:\s*"message"')
SAID = (None, "file_share", "file_comment", "me_message", "thread_broadcast", "reply_broadcast")
"""Subtypes of what somebody said."""
BOT = ("bot_message", "slackbot_response")
DELETED = ("tombstone", "message_deleted")
ATTACHMENTS = ("files", "file", "attachments")
REWRITTEN = ("message_changed", "message_replied", "file_change")  # subtypes that repeat a message
REFERENCE = re.compile(r"<([@#!][^<>|]*|[^<>|\s:]*+:[^<>|]*)(?:\|([^<>]*))?>")
UPLOAD = re.compile(r"<@\w+(?:\|[^<>]*)?> (?:uploaded|shared) a file: <[^<>]*>(?: and commented: (.*))?", re.DOTALL)
"""What older exports write as the text of a file."""


def looks_like(source: Source) -> bool:
    """Whether the file is a list of objects with Slack's time stamps."""
    return source.start.startswith("[") and bool(TS.search(source.head) and TYPE.search(source.head))


def read(source: Source, people: People) -> MessageStream:
    """The messages of one channel's day."""
    folder = PurePath(source.path).parent.name
    seen: set[str] = set()
    for record in read_json(source, inner=False):
        if isinstance(record, Broken):
            yield record
            continue
        message = _message(record.line, record.value, folder, people)
        ts = str(record.value.get("ts"))
        repeated = isinstance(message, ExportMessage) and message.skipped is None and ts in seen
        seen.add(ts)
        yield message._replace(skipped="other event") if isinstance(message, ExportMessage) and repeated else message


def _message(line: int, value: dict[str, Any], folder: str, people: People) -> ExportMessage | Broken:
    text, user, at = value.get("text") or "", value.get("user") or "", epoch_time(value.get("ts"))
    if not isinstance(text, str) or not isinstance(user, str) or not at:
        return Broken(line, 'found no message of Slack; expected "ts", its time, and as "text" and "user" strings; fix or remove it')
    if not user and not any(value.get(key) for key in ("username", "bot_id", "subtype")):
        return Broken(line, 'found a message without its writer; expected "user", an id; add it or remove the message')
    if upload := UPLOAD.fullmatch(text):
        text = upload[1] or ""
    person, start, text = people.get(user), value.get("thread_ts"), _plain(text, people)
    if not start or (start == value.get("ts") and value.get("reply_count") == 0):  # said in the channel, also where nobody replied to it
        thread = None
    else:
        thread = f"{folder}-{start}" if folder else str(start)
    name, role = (person.names[0], person.role) if person else (_name(value), None)
    return ExportMessage(line, thread, at.isoformat(), name, role, text, _why_skipped(value, text, person))


def _name(value: dict[str, Any]) -> str:
    profile = value.get("user_profile") or value.get("bot_profile") or {}
    names = [profile.get(key) for key in ("display_name", "real_name", "name")] if isinstance(profile, dict) else []
    return str(next(filter(None, (*names, value.get("username"), value.get("user"))), ""))


def _why_skipped(value: dict[str, Any], text: str, person: Person | None) -> str | None:
    subtype = value.get("subtype")
    if value.get("type", "message") != "message" or subtype in REWRITTEN:
        return "other event"
    if subtype in DELETED:
        return "deleted"
    bot = bool(value.get("bot_id")) or value.get("user") == "USLACKBOT" or (person is not None and person.bot)
    if subtype in BOT or (subtype in SAID and bot):
        return "bot"
    if subtype not in SAID:
        return "room event"
    if text:
        return None
    return "attachment" if subtype == "file_share" or any(value.get(key) for key in ATTACHMENTS) else "empty"


def _plain(text: str, people: People) -> str:
    if "<" not in text and "&" not in text:
        return text.strip()
    shown = REFERENCE.sub(lambda match: _shown(match[1], match[2] or "", people), text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _shown(target: str, label: str, people: People) -> str:
    kind, rest = target[:1], target[1:]
    if kind == "@":
        return "@" + (people[rest].names[0] if rest in people else label or rest)
    if kind == "#":
        return "#" + (label or rest)
    if kind == "!":
        return label if "^" in rest and label else f"@{rest.split('^')[0]}"
    return label or target.removeprefix("mailto:").removeprefix("tel:")
