"""The engine's stream of server-sent events on its way to the client: as little is done to it as is needed.

The bare model's bytes go on as they come. So do the product's, whose words are read on the way, so that the last event can tell the source.
"""

import json
from collections.abc import Sequence
from typing import Any

from frontdesk.grounding import source_of
from frontdesk.retrieval import Entry

END = b"\n\n"
DONE = b"data: [DONE]"


def source_field(entry: Entry | None) -> dict[str, Any]:
    """The field `frontdesk` of a response: the FAQ entry that the answer rests on, by its id, first question and place in the sources."""
    question = entry.questions[0] if entry and entry.questions else ""
    return {"source": {"id": entry.id, "question": question, "source": entry.source} if entry else None}


def whole(body: bytes, entries: Sequence[Entry]) -> bytes:
    """A plain response of the engine as the product's."""
    answer = json.loads(body)
    text = answer["choices"][0]["message"]["content"] or ""
    return json.dumps({**answer, "frontdesk": source_field(source_of(text, entries))}, ensure_ascii=False).encode()


class BareStream:
    """A stream that goes on as it comes. `done` tells whether its end was seen."""

    def __init__(self) -> None:
        self.tail = b""

    def add(self, data: bytes) -> bytes:
        """What may be sent now."""
        self.tail = (self.tail + data)[-len(DONE + END) :]
        return data

    @property
    def done(self) -> bool:
        return self.tail == DONE + END


class ProductStream:
    """The product's stream, with the source in the last event before the end."""

    def __init__(self, entries: Sequence[Entry], usage: bool) -> None:
        """`usage`: an event with the count of tokens comes after that of the last word."""
        self.entries, self.usage = entries, usage
        self.rest = b""  # of an event that has not come whole
        self.words: list[str] = []
        self.done = False

    def add(self, data: bytes) -> bytes:
        """What may be sent now."""
        *events, self.rest = (self.rest + data).split(END)
        return b"".join(self._event(event) + END for event in events)

    def _event(self, event: bytes) -> bytes:
        if event == DONE:
            self.done = True
        elif event.startswith(b"data:"):
            return self._read(event)
        return event

    def _read(self, event: bytes) -> bytes:
        """The event, with the source where nothing comes after it."""
        chunk = json.loads(event.removeprefix(b"data:"))
        choice = next(iter(chunk.get("choices") or ()), None)
        if choice is None:
            told = self.usage and "error" not in chunk
        else:
            self.words.append(choice["delta"].get("content") or "")
            told = choice.get("finish_reason") is not None and not self.usage
        if not told:
            return event
        chunk["frontdesk"] = source_field(source_of("".join(self.words), self.entries))
        return b"data: " + json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode()
