"""The engine's stream of server-sent events on its way to the client: as little is done to it as possible.

Events pass through unchanged. Of a grounded model's, the words are collected on the way, so that the last
event can name the source. The event with the token counts is read, and passed on only if the client has asked
for it.
"""

import json
from typing import Any

from frontdesk.retrieval.grounding import Grounded, heading
from frontdesk.web.sse import END

DONE = b"data: [DONE]"
AI = {"ai": True}
"""In the field `frontdesk` of every answer: a machine wrote or chose these words (EU AI Act, article 50)."""
DISCLOSURE = {"ai-disclosure": "mode=machine-generated"}
"""The same as a header of every answer, the bare model's too, as draft-abaris-aicdh words it."""
COUNTED = b'"usage":{'  # only in the event with the token counts: within a text, quotes are escaped


def provenance(answer: str, prompt: Grounded) -> dict[str, Any]:
    """The field `frontdesk` of a response: the FAQ entry that the answer rests on, with its id, first
    question and place in the sources. If it rests on none: a question from each of the entries nearest to
    what was asked."""
    entry = prompt.source_of(answer)
    if entry is None:
        near = [heading(one.questions) for one in prompt.entries or prompt.near if one.questions]
        return AI | {"source": None} | ({"near": near} if near else {})
    return AI | {"source": {"id": entry.id, "question": entry.questions[0] if entry.questions else "", "source": entry.source}}


def with_provenance(answer: dict[str, Any], prompt: Grounded) -> bytes:
    """A plain response of the engine, with the field `frontdesk`."""
    text = answer["choices"][0]["message"]["content"] or ""
    return json.dumps({**answer, "frontdesk": provenance(text, prompt)}, ensure_ascii=False).encode()


class RawStream:
    """A stream that passes through. `done`: its end was seen; `counted`: the token counts."""

    def __init__(self, usage: bool) -> None:
        """`usage`: the client wants the token counts."""
        self.usage = usage
        self.rest = b""  # of an incomplete event
        self.counted: dict[str, Any] | None = None
        self.done = False

    def add(self, data: bytes) -> bytes:
        """What may be sent now."""
        *events, self.rest = (self.rest + data).split(END)
        return b"".join(out + END for event in events if (out := self.event(event)))

    def event(self, event: bytes) -> bytes:
        """The event as the client gets it; empty if it gets none."""
        if event == DONE:
            self.done = True
        elif COUNTED in event:
            self.counted = json.loads(event.removeprefix(b"data:"))["usage"]
            return event if self.usage else b""
        return event


class GroundedStream(RawStream):
    """A grounded model's stream: the last event before the end names the source."""

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
        chunk["frontdesk"] = provenance("".join(self.words), self.prompt)
        return b"data: " + json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode()
