"""The gateway's log: a JSON object a line, on standard output. It never holds what a customer or the model said, nor a key.

A request's line: `time` (UTC), `event` "request", `id` (the response's x-request-id), `route`, `status` (null: the client left before there
was one), `error` (a code, or "left"), `key` (its holder's name), `model`, `seconds`, `prompt_tokens`, `completion_tokens`. `/health` and
`/ready` are not told, which are asked every few seconds. Who shows no key and is refused gets no line: anybody could write as many as they
like. A line "refused" tells the number of these once a second, by their status and error.
"""

import asyncio
import json
import secrets
import time
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

UNTOLD = ("/health", "/ready")
TELL_SECONDS = 1.0
"""Between two lines about those who were refused."""


@dataclass
class Record:
    """One request, as it goes through the gateway."""

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    begun: float = field(default_factory=time.monotonic)
    route: str = "other"
    status: int | None = None
    error: str | None = None
    key: str | None = None
    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    def end(self) -> None:
        """Write its line."""
        if self.route not in UNTOLD:
            told = {name: value for name, value in vars(self).items() if name != "begun"}
            write("request", **told, seconds=round(time.monotonic() - self.begun, 4))


class Refused:
    """Requests of nobody we know that got nothing, counted until they are told."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, record: Record) -> None:
        """Count one; the first asks for the line."""
        if not self.counts:
            asyncio.get_running_loop().call_later(TELL_SECONDS, self.tell)
        self.counts[" ".join(filter(None, (str(record.status), record.error)))] += 1

    def tell(self) -> None:
        """Write the line."""
        write("refused", requests=dict(self.counts))
        self.counts.clear()


def write(event: str, **fields: Any) -> None:
    """A line. A disk that is full costs the line, not the answer."""
    now = time.time()
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03}Z"
    with suppress(OSError):
        print(json.dumps({"time": at, "event": event, **fields}, ensure_ascii=False), flush=True)


def defect(id: str, error: BaseException) -> None:
    """Where a defect of ours is. Not its message, which may hold a customer's words."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    where = [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    write("defect", id=id, error=type(error).__name__, where=where)
