"""Dialogues as JSON of any making: a record holds a list of turns, `[speaker, text]` or objects with a speaker and a text."""

from typing import Any

from data_tools.readers.generic.columns import who
from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, iso, read_by_record
from data_tools.sources.json_stream import Broken, Record, line_of, read_json
from data_tools.sources.tables import find_column, text_of
from data_tools.sources.text import Source
from data_tools.sources.times import parse_time

FORMAT = "JSON dialogues"
LAYOUT: Layout = "threads"
SPEAKER = ("speaker", "role", "from", "author", "sender", "who", "화자", "역할")
TEXT = ("text", "utterance", "content", "value", "message", "body", "내용", "발화")
TIME = ("time", "timestamp", "at", "createdat", "date", "시간")
ID = ("id", "convoid", "conversationid", "dialogueid", "dialogid", "sessionid", "ticketid", "대화id")


def looks_like(source: Source) -> bool:
    """Whether the first record has a list of turns."""
    if not source.start.startswith(("{", "[")):
        return False
    first = next(read_json(source), None)
    return isinstance(first, Record) and _turns(first.value) is not None


def read(source: Source, people: People) -> MessageStream:
    """The turns of each record. Where no speaker's word is an agent's, speakers are told apart by name."""
    return read_by_record(source, _dialogue)


def _dialogue(record: Record, name: str) -> MessageStream:
    turns = _turns(record.value)
    if turns is None:
        yield Broken(record.line, "found no list of turns; expected [speaker, text] or {speaker, text} items; fix or remove that record")
        return
    key = find_column(record.value, ID)
    thread = text_of(record.value[key]) if key else name
    names_agents = any(who(said[0])[0] == "agent" for turn in turns if (said := _said(turn)))
    for turn in turns:
        yield _message(turn, line_of(turn, record.line), thread, names_agents)


def _turns(record: dict[str, Any]) -> list[Any] | None:
    """The first list of the record whose first item is a turn."""
    lists = (value for value in record.values() if isinstance(value, list) and value)
    return next((value for value in lists if _said(value[0])), None)


def _said(turn: Any) -> tuple[str, str, str] | None:
    """Speaker, text and time of a turn, or None for what is no turn."""
    if isinstance(turn, list) and len(turn) == 2 and all(isinstance(part, str) for part in turn):
        return turn[0], turn[1], ""
    if not isinstance(turn, dict):
        return None
    speaker, text, time = (find_column(turn, names) for names in (SPEAKER, TEXT, TIME))
    if speaker is None or text is None or not isinstance(turn[speaker], str) or not isinstance(turn[text], str):
        return None
    return turn[speaker], turn[text], text_of(turn[time]) if time else ""


def _message(turn: Any, line: int, thread: str, names_agents: bool) -> ExportMessage | Broken:
    """One turn; where the record says who is an agent (`names_agents`), a word that is no role is neither side's."""
    said = _said(turn)
    if said is None:
        return Broken(line, f"found {str(turn)[:60]!r}; expected a speaker and a text; fix or remove that turn")
    speaker, text, time = said
    role, skipped = who(speaker)
    if names_agents and not role and not skipped:
        skipped = "neither customer nor agent"
    return ExportMessage(line, thread, iso(parse_time(time) if time else None), "" if role else speaker, role, text.strip(), skipped)
