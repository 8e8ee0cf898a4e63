"""What the gateway's log (frontdesk/web/access_log.py) tells of requests.

A request's line: `time` (UTC), `event` "request", `id` (the response's x-request-id), `route`, `status` (null: the client left before there
was one), `error` (a code, or "left"), `key` (its holder's name), `model`, `seconds`, `prompt_tokens`, `completion_tokens`. `/health` and
`/ready` are not told, which are asked every few seconds. Who shows no key and is refused gets no line: anybody could write as many as they
like. A line "refused" tells the number of these once a second, by their status and error.
"""

import asyncio
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field

from frontdesk.web.access_log import write

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
