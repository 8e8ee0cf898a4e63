"""A candidate answers too, after the customer has been answered, and nobody sees it: are its answers the same?

One at a time, and only while customers leave room. Each comparison is a line of `runs/NAME/release/shadow-ID.jsonl`, without words:
{"outcome", "entry", "words": whether they are the same}, or {"failed": a code}. The file ends at MOST_BYTES: more say nothing new.
"""

import asyncio
import json
from collections.abc import Callable

from frontdesk.answers.reply import Reply
from frontdesk.prompt.render import Message
from frontdesk.web import access_log
from frontdesk.web.errors import ApiError
from serve.gateway import sse
from serve.gateway.engine_client import EngineClient
from serve.gateway.engines import Engines
from serve.gateway.schema import Asked
from serve.gateway.verified import verified

SECONDS = 60.0  # for one answer
MOST_BYTES = 1024**2  # some 20,000 comparisons


class Shadow:
    """Compares answers while a candidate is in shadow."""

    def __init__(self, engines: Engines, room: Callable[[], bool]) -> None:
        """`room`: whether customers leave room for it now."""
        self.engines, self.room = engines, room
        self.task: asyncio.Task[None] | None = None

    def begin(self, asked: Asked, messages: list[Message], reply: Reply, text: str) -> None:
        """Compare with an answer that was given, `text`. Where no engine was asked, there is nothing to compare."""
        engine = self.engines.shadow()
        busy = self.task is not None and not self.task.done()
        if engine and not busy and reply.decision.reads and self.room():
            self.task = asyncio.create_task(self._compare(engine, asked, messages, reply, text))

    async def _compare(self, engine: EngineClient, asked: Asked, messages: list[Message], reply: Reply, text: str) -> None:
        other, version = Reply(reply.decision), self.engines.version_of(engine)
        try:
            async with asyncio.timeout(SECONDS):
                said = "".join([piece async for piece in verified(engine, asked, messages, other, sse.Words())])
            ids = [[entry.id for entry in one.sources] for one in (reply, other)]
            line: dict[str, object] = {"outcome": reply.outcome == other.outcome, "entry": ids[0] == ids[1], "words": text == said}
        except (ApiError, TimeoutError) as error:
            line = {"failed": getattr(error, "code", None) or "time_limit"}
        try:
            with (self.engines.run.release / f"shadow-{version}.jsonl").open("a") as file:
                if file.tell() < MOST_BYTES:
                    file.write(json.dumps(line) + "\n")
        except OSError as error:  # a full disk is no reason to stop
            access_log.write("a comparison was not noted", problem=str(error))
