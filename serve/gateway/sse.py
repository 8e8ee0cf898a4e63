"""Answers in the format of OpenAI's API, whole or as server-sent events.

A verified answer is made here, from what the desk may say. Of the engine's own stream only the words and the
token counts are read. The bare model's stream passes through unchanged, but for the event with the token
counts, which the client gets only if it has asked for it.
"""

import json
import time
import uuid
from typing import Any

from frontdesk.answers.ask_back import heading, quoted
from frontdesk.answers.reply import Reply
from frontdesk.facts.entries import Entry
from frontdesk.web.sse import END, event

DONE = b"data: [DONE]"
DISCLOSURE = {"ai-disclosure": "mode=machine-generated"}
"""A header of every answer, the bare model's too, as draft-abaris-aicdh words it."""
COUNTED = b'"usage":{'  # only in an event with token counts: within a text, quotes are escaped
Json = dict[str, Any]


def provenance(reply: Reply) -> Json:
    """The field `frontdesk` of a response: that no person wrote it; what became of the question; the FAQ entry
    that the answer rests on, with its id, first question, place in the sources and, where known, where it was
    published (`origin`), and all of them if several; and a question from each of the entries that the desk asks
    about or, where it escalates, of the nearest."""
    named = [_named(entry) for entry in reply.sources]
    field: Json = {"ai": True, "outcome": reply.outcome, "source": named[0] if named else None}
    field |= {"sources": named} if len(named) > 1 else {}
    entries = reply.decision.entries if reply.outcome == "escalated" else reply.decision.asks
    near = [quoted(heading(entry.questions)) for entry in entries if entry.questions]
    return field | ({"near": near} if near else {})


def _named(entry: Entry) -> Json:
    named = {"id": entry.id, "question": entry.questions[0] if entry.questions else "", "source": entry.source}
    return named | ({"origin": origin} if (origin := entry.origin.citation()) else {})


class Completion:
    """A verified answer on its way to the client."""

    def __init__(self, model: str, usage: bool) -> None:
        """`usage`: the client wants the token counts at the end of a stream."""
        self.usage = usage
        self.head: Json = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": model}

    def start(self) -> bytes:
        """The first event."""
        return self._chunk({"role": "assistant", "content": ""})

    def words(self, text: str) -> bytes:
        """An event with the next words."""
        return self._chunk({"content": text})

    def end(self, ours: Json, counted: Json) -> bytes:
        """The last events. The field `frontdesk` is in the last before the end."""
        if not self.usage:
            return self._chunk({}, "stop", frontdesk=ours) + DONE + END
        last = {**self.head, "object": "chat.completion.chunk", "choices": [], "usage": counted, "frontdesk": ours}
        return self._chunk({}, "stop") + event(last) + DONE + END

    def whole(self, text: str, ours: Json, counted: Json) -> bytes:
        """The body of a response that is no stream."""
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        body = {**self.head, "object": "chat.completion", "choices": [choice], "usage": counted, "frontdesk": ours}
        return json.dumps(body, ensure_ascii=False).encode()

    def _chunk(self, delta: Json, finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return event({**self.head, "object": "chat.completion.chunk", "choices": [choice], **more})


class EngineStream:
    """The engine's stream, event by event. `done`: its end was seen."""

    def __init__(self) -> None:
        self.rest = b""  # of an incomplete event
        self.done = False

    def events(self, data: bytes) -> list[bytes]:
        """The events that are whole with what has come."""
        *events, self.rest = (self.rest + data).split(END)
        self.done = self.done or DONE in events
        return events


class Words(EngineStream):
    """The words in the engine's stream. `counted`: the token counts so far."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: Json = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}

    def add(self, data: bytes) -> str:
        """The words in what has come. Raises KeyError for an event that is no chunk of an answer."""
        return "".join(map(self._words, self.events(data)))

    def _words(self, event: bytes) -> str:
        if event == DONE:
            return ""
        chunk = json.loads(event.removeprefix(b"data:"))
        self.counted = chunk.get("usage") or self.counted
        return "".join(choice["delta"].get("content") or "" for choice in chunk["choices"])


class RawStream(EngineStream):
    """A stream that passes through. `counted`: the token counts."""

    def __init__(self, usage: bool) -> None:
        """`usage`: the client wants the token counts."""
        super().__init__()
        self.usage = usage
        self.counted: Json | None = None

    def add(self, data: bytes) -> bytes:
        """What may be sent now."""
        return b"".join(out + END for event in self.events(data) if (out := self.event(event)))

    def event(self, event: bytes) -> bytes:
        """The event as the client gets it; empty if it gets none."""
        if COUNTED in event:
            self.counted = json.loads(event.removeprefix(b"data:"))["usage"]
            return event if self.usage else b""
        return event
