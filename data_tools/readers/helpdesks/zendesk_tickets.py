"""Zendesk tickets with their comments: one a line, a list of them, or documents `{"tickets": […]}`.

The people of Zendesk's users export tell who is an agent. Without them, whoever asked for or submitted the ticket is the
customer and everybody else an agent.
"""

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from data_tools.readers.records import ExportMessage, Layout, People, Role
from data_tools.sources.html_text import html_text
from data_tools.sources.json_stream import Broken, Record, line_of, read_json
from data_tools.sources.tables import text_of
from data_tools.sources.text import Source
from data_tools.sources.times import parse_time

FORMAT = "Zendesk tickets"
LAYOUT: Layout = "threads"
SHAPE = re.compile(
    r'\s*+(?:\[\s*+)?\{(?:(?=.*"comments"\s*:\s*\[)(?=.*"author_id"\s*:)|(?=.*"description"\s*:)(?=.*"requester_id"\s*:))'
    r'(?!.*"events"\s*:\s*\[)',
    re.DOTALL,
)
BODIES = ("plain_body", "body", "html_body")


def looks_like(source: Source) -> bool:
    """Whether the file begins with a ticket that has comments or a description, and people's ids."""
    return SHAPE.match(source.head) is not None


def read(source: Source, people: People) -> Iterator[ExportMessage | Broken]:
    """The comments of each ticket, after its description where no comment repeats that."""
    number, stem = 0, PurePath(source.path).stem
    for record in read_json(source, ("tickets",) if '"tickets"' in source.head else ()):
        if isinstance(record, Broken):
            yield record
        elif record.key != "document":
            number += 1
            yield from _ticket(record, f"{stem}-{number}", people)


def _ticket(record: Record, name: str, people: People) -> Iterator[ExportMessage | Broken]:
    ticket, comments, description = record.value, record.value.get("comments"), record.value.get("description")
    if comments is None and isinstance(description, str):
        comments = []
    if not isinstance(comments, list):
        yield Broken(record.line, "found a ticket without a list 'comments'; expected its comments; export the tickets with comments")
        return
    if isinstance(description, str) and description.strip() and not any(_repeats(comment, description) for comment in comments):
        comments = [_as_comment(ticket), *comments]
    thread, roles = text_of(ticket.get("id")) or name, _roles(ticket)
    for comment in comments:
        yield _message(comment, line_of(comment, record.line), thread, roles, people)


def _as_comment(ticket: dict[str, Any]) -> dict[str, Any]:
    author = ticket.get("submitter_id") or ticket.get("requester_id")
    return {"author_id": author, "body": ticket["description"], "public": ticket.get("is_public"), "created_at": ticket.get("created_at")}


def _repeats(comment: Any, description: str) -> bool:
    """Whether a comment is the ticket's description. Zendesk makes the description of the first comment."""
    if not isinstance(comment, dict):
        return False
    plain = [comment.get(key) for key in BODIES[:2]]
    if not any(plain):
        return description.split() == _text(comment).split()
    return any(isinstance(text, str) and text.split() == description.split() for text in plain)


def _roles(ticket: dict[str, Any]) -> dict[str, Role]:
    """The roles that follow from the ticket itself. Its assignee is an agent, even one who submitted it for a customer."""
    roles: dict[str, Role] = {text_of(ticket.get("submitter_id")): "customer"}
    roles[text_of(ticket.get("assignee_id"))] = "agent"
    roles[text_of(ticket.get("requester_id"))] = "customer"
    roles.pop("", None)
    return roles


def _message(comment: Any, line: int, thread: str, roles: dict[str, Role], people: People) -> ExportMessage | Broken:
    if not isinstance(comment, dict):
        return Broken(line, f"found a {type(comment).__name__} in 'comments'; expected a JSON object; fix or remove it")
    author = text_of(comment.get("author_id"))
    if not author:
        return Broken(line, "found a comment without 'author_id'; expected the id of who wrote it; export the ticket anew")
    if wrong := next((key for key in BODIES if not isinstance(comment.get(key), str | None)), None):
        return Broken(line, f"found a {type(comment[wrong]).__name__} in '{wrong}'; expected text in quotes; export the ticket anew")
    person = people.get(author)
    role = (person and person.role) or roles.get(author) or ("agent" if "customer" in roles.values() else None)
    text, at = _text(comment), parse_time(text_of(comment.get("created_at")))
    skipped = _why_skipped(comment, author, text) or ("bot" if person and person.bot else None)
    return ExportMessage(
        line, thread, at.isoformat() if at else None, person.names[0] if person else author if not role else "", role, text, skipped
    )


def _text(comment: dict[str, Any]) -> str:
    for key in BODIES:
        text = comment.get(key)
        if isinstance(text, str) and text.strip():
            return html_text(text) if key == "html_body" else text.replace("&nbsp;", " ").strip()  # plain bodies hold that entity
    return ""


def _why_skipped(comment: dict[str, Any], author: str, text: str) -> str | None:
    if comment.get("public") is False:
        return "internal note"
    if author == "-1":  # Zendesk itself
        return "system"
    if comment.get("type") == "VoiceComment":  # says that somebody called, not what they said
        return "other event"
    return None if text else "attachment" if comment.get("attachments") else "empty"
