"""The gateway's log lines about requests (frontdesk/web/access_log.py writes them).

A request's line has `time` (UTC), `event` "request", `id` (the response's x-request-id), `route`, `status`
(null: the client left before there was one), `error` (a code, or "left"), `key` (the name of its principal),
`model`, `seconds`, `prompt_tokens` and `completion_tokens`. `/health` and `/ready` are polled often and not
logged. A refused request without a valid key gets no line of its own, or anybody could fill the log: a line
"refused" counts them once a second, by status and error.
"""

import asyncio
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field

from frontdesk.web.access_log import write

UNLOGGED = ("/health", "/ready")
REFUSED_SECONDS = 1.0  # between two lines about refused requests


@dataclass
class AccessRecord:
    """One request on its way through the gateway."""

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
        if self.route not in UNLOGGED:
            fields = {name: value for name, value in vars(self).items() if name != "begun"}
            write("request", **fields, seconds=round(time.monotonic() - self.begun, 4))


class RefusalCounter:
    """Refused requests without a valid key, counted until the next line."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, record: AccessRecord) -> None:
        """Count one; the first one schedules the line."""
        if not self.counts:
            asyncio.get_running_loop().call_later(REFUSED_SECONDS, self.write)
        self.counts[" ".join(filter(None, (str(record.status), record.error)))] += 1

    def write(self) -> None:
        write("refused", requests=dict(self.counts))
        self.counts.clear()
