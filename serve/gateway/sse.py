"""The engine's stream of server-sent events on its way to the client: as little is done to it as is needed.

The bare model's events go on as they come. So do the product's, whose words are read on the way, so that the last event can tell the
source. The event that counts the tokens is read, and goes on where the client has asked for it.
"""

import json
from typing import Any

from frontdesk.retrieval.grounding import Grounded, heading

END = b"\n\n"
DONE = b"data: [DONE]"
COUNTED = b'"usage":{'
"""Stands in the event that counts tokens and in no other: within a text, quotes are escaped."""


def told(answer: str, prompt: Grounded) -> dict[str, Any]:
    """The field `frontdesk` of a response: the FAQ entry that the answer rests on, by its id, first question and place in the sources;
    where it rests on none, a question of each of the entries that are nearest to what was asked."""
    entry = prompt.source_of(answer)
    if entry is None:
        near = [heading(one.questions) for one in prompt.entries or prompt.near if one.questions]
        return {"source": None} | ({"near": near} if near else {})
    return {"source": {"id": entry.id, "question": entry.questions[0] if entry.questions else "", "source": entry.source}}


def whole(answer: dict[str, Any], prompt: Grounded) -> bytes:
    """A plain response of the engine as the product's."""
    text = answer["choices"][0]["message"]["content"] or ""
    return json.dumps({**answer, "frontdesk": told(text, prompt)}, ensure_ascii=False).encode()


class BareStream:
    """A stream whose events go on as they come. `done` tells whether its end was seen, `counted` what was counted before it."""

    def __init__(self, usage: bool) -> None:
        """`usage`: the client wants the count of tokens."""
        self.usage = usage
        self.rest = b""  # of an event that has not come whole
        self.counted: dict[str, Any] | None = None
        self.done = False

    def add(self, data: bytes) -> bytes:
        """What may be sent now."""
        *events, self.rest = (self.rest + data).split(END)
        return b"".join(out + END for event in events if (out := self.event(event)))

    def event(self, event: bytes) -> bytes:
        """The event as the client gets it; nothing for none."""
        if event == DONE:
            self.done = True
        elif COUNTED in event:
            self.counted = json.loads(event.removeprefix(b"data:"))["usage"]
            return event if self.usage else b""
        return event


class ProductStream(BareStream):
    """The product's stream, with the source in the last event before the end."""

    def __init__(self, prompt: Grounded, usage: bool) -> None:
        super().__init__(usage)
        self.prompt = prompt
        self.words: list[str] = []

    def event(self, event: bytes) -> bytes:
        if not (event := super().event(event)).startswith(b"data:") or event == DONE:
            return event
        chunk = json.loads(event.removeprefix(b"data:"))
        choice = next(iter(chunk.get("choices") or ()), None)
        if choice is None:
            last = self.usage and "error" not in chunk
        else:
            self.words.append(choice["delta"].get("content") or "")
            last = choice.get("finish_reason") is not None and not self.usage
        if not last:
            return event
        chunk["frontdesk"] = told("".join(self.words), self.prompt)
        return b"data: " + json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode()
