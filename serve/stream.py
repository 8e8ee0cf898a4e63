"""The engine's stream of server-sent events on its way to the client: as little is read of it as is needed.

The bare model's bytes go on as they come. Of the product's, the events are read until it is decided whether the answer begins with the
number of an FAQ entry, and at the end, where the source of the answer is told; those in between go on unread.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from frontdesk.grounding import source_of
from frontdesk.retrieval import Entry

END = b"\n\n"
DONE = b"data: [DONE]"
OPEN = b'"finish_reason":null'
"""In the event of an answer that goes on. In a text of the model's the quotes would be escaped."""

UNDECIDED = re.compile(r"\s*(?:\[(?:\d(?:\]\s*)?)?)?")
"""The beginning of an answer that may still become, or be, "[2] "."""
NUMBER = re.compile(r"\s*(?:\[\d\]\s*)?")


class Words:
    """An answer's words as they come, without the number of an entry at the beginning."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.held = ""
        self.source: Entry | None = None

    def add(self, text: str) -> str | None:
        """The words so far once they are certain, None until then."""
        self.held += text
        return None if UNDECIDED.fullmatch(self.held) else self.end()

    def end(self) -> str:
        """The words of what was held back: nothing more comes, or nothing more can change it."""
        self.source, _ = source_of(self.held, self.entries)
        match = NUMBER.match(self.held)
        assert match
        return self.held[match.end() :]


def source_field(entry: Entry | None) -> dict[str, Any]:
    """The field `frontdesk` of a response: the FAQ entry that the answer rests on, by its id, first question and place in the sources."""
    question = entry.questions[0] if entry and entry.questions else ""
    return {"source": {"id": entry.id, "question": question, "source": entry.source} if entry else None}


def whole(body: bytes, entries: Sequence[Entry]) -> bytes:
    """A plain response of the engine as the product's."""
    answer = json.loads(body)
    words = Words(entries)
    message = answer["choices"][0]["message"]
    text = words.add(message["content"] or "")
    message["content"] = words.end() if text is None else text
    return json.dumps({**answer, "frontdesk": source_field(words.source)}, ensure_ascii=False).encode()


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
    """The product's stream: without the entry's number, and with the source in the last event before the end."""

    def __init__(self, entries: Sequence[Entry], usage: bool) -> None:
        """`usage`: an event with the count of tokens comes after that of the last word."""
        self.words, self.usage = Words(entries), usage
        self.rest = b""  # of an event that has not come whole
        self.decided = self.done = False

    def add(self, data: bytes) -> bytes:
        """What may be sent now."""
        *events, self.rest = (self.rest + data).split(END)
        return b"".join(out + END for event in events if (out := self._event(event)))

    def _event(self, event: bytes) -> bytes:
        if event == DONE:
            self.done = True
        elif event.startswith(b"data:") and not (self.decided and OPEN in event):
            return self._read(event)
        return event

    def _read(self, event: bytes) -> bytes:
        """An event at the beginning or the end of the answer; nothing where its words are held back."""
        chunk = json.loads(event.removeprefix(b"data:"))
        choice = next(iter(chunk.get("choices") or ()), None)
        if choice is None:
            told = self.usage and "error" not in chunk
        else:
            ended = choice.get("finish_reason") is not None
            told = ended and not self.usage
            if not self.decided and not self._decide(choice["delta"], ended):
                return b""
        if told:
            chunk["frontdesk"] = source_field(self.words.source)
        return b"data: " + json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode()

    def _decide(self, delta: dict[str, Any], ended: bool) -> bool:
        """Write the words that are certain into the event. False: it has words, and none is certain."""
        spoken = delta.get("content") or ""
        text = self.words.add(spoken)
        if text is None and ended:
            text = self.words.end()
        self.decided = text is not None
        if text is not None:
            delta["content"] = text
        return self.decided or not spoken
