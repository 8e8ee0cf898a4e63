"""Zendesk tickets with their comments: one a line, a list of them, or documents `{"tickets": […]}`.

Without Zendesk's users export, whoever asked for or submitted the ticket is the customer and others are agents.
"""

from functools import partial
from typing import Any

from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, Role, begins_with, each_object, iso, read_by_record
from data_tools.sources.html_text import html_text
from data_tools.sources.json_stream import Broken, Record
from data_tools.sources.tables import text_of
from data_tools.sources.text import Source
from data_tools.sources.times import parse_time

FORMAT = "Zendesk tickets"
LAYOUT: Layout = "threads"
BODIES = ("plain_body", "body", "html_body")
NO_EVENTS = r'(?!.*"events"\s*:\s*\[)'

looks_like = begins_with(
    rf'(?=.*"comments"\s*:\s*\[)(?=.*"author_id"\s*:){NO_EVENTS}', rf'(?=.*"description"\s*:)(?=.*"requester_id"\s*:){NO_EVENTS}'
)


def read(source: Source, people: People) -> MessageStream:
    """The comments of each ticket, after its description where no comment repeats that."""
    return read_by_record(source, partial(_ticket, people), "tickets")


def _ticket(people: People, record: Record, name: str) -> MessageStream:
    ticket, comments, description = record.value, record.value.get("comments"), record.value.get("description")
    if comments is None and isinstance(description, str):
        comments = []
    if not isinstance(comments, list):
        yield Broken(record.line, "found a ticket without a list 'comments'; expected its comments; export the tickets with comments")
        return
    if isinstance(description, str) and description.strip() and not any(_repeats(comment, description) for comment in comments):
        author = ticket.get("submitter_id") or ticket.get("requester_id")
        first = {"author_id": author, "body": description, "public": ticket.get("is_public"), "created_at": ticket.get("created_at")}
        comments = [first, *comments]
    thread = text_of(ticket.get("id")) or name
    yield from each_object(comments, "comments", record.line, partial(_message, thread, _roles(ticket), people))


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


def _message(thread: str, roles: dict[str, Role], people: People, comment: dict[str, Any], line: int) -> ExportMessage | Broken:
    author = text_of(comment.get("author_id"))
    if not author:
        return Broken(line, "found a comment without 'author_id'; expected the id of who wrote it; export the ticket anew")
    if wrong := next((key for key in BODIES if not isinstance(comment.get(key), str | None)), None):
        return Broken(line, f"found a {type(comment[wrong]).__name__} in '{wrong}'; expected text in quotes; export the ticket anew")
    person = people.get(author)
    role = (person and person.role) or roles.get(author) or ("agent" if "customer" in roles.values() else None)
    text, at = _text(comment), iso(parse_time(text_of(comment.get("created_at"))))
    name = person.names[0] if person else "" if role else author
    skipped = _why_skipped(comment, author, text) or ("bot" if person and person.bot else None)
    return ExportMessage(line, thread, at, name, role, text, skipped)


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
