"""How often a key may ask and how much at once, and how often an address may send wrong keys."""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from frontdesk.web.errors import ApiError
from frontdesk.web.rate_limit import RateLimit
from serve.gateway.key_cache import Principal

GUESSES = 20  # wrong keys that an address may send at once
GUESS_SECONDS = 5.0  # after so long it may send one more
MINUTE = 60.0  # seconds of a key's rate


class Limits:
    """What keys and addresses have used."""

    def __init__(self) -> None:
        self.rates: dict[int, RateLimit] = {}  # one for each rate that a key has, in requests a minute
        self.running: Counter[str] = Counter()
        self.guesses = RateLimit(GUESSES, GUESSES * GUESS_SECONDS)  # by network

    @contextmanager
    def place(self, principal: Principal) -> Iterator[dict[str, str]]:
        """A request's place; yields headers for the response. ApiError (429) beyond the key's limits."""
        if principal.concurrency and self.running[principal.name] >= principal.concurrency:
            message = f"this key may have {principal.concurrency} requests at once; wait for one to end"
            raise ApiError(429, message, kind="rate_limit_error", code="too_many_at_once", retry_after=1)
        headers = self._take(principal)
        self.running[principal.name] += 1
        try:
            yield headers
        finally:
            self.running[principal.name] -= 1

    def _take(self, principal: Principal) -> dict[str, str]:
        if not (rate := principal.rate):
            return {}
        limit = self.rates.setdefault(rate, RateLimit(rate, MINUTE))
        taken = limit.take(principal.name)
        headers = {
            "x-ratelimit-limit-requests": str(rate),
            "x-ratelimit-remaining-requests": str(int(limit.tokens(principal.name))),
            "x-ratelimit-reset-requests": f"{math.ceil(limit.wait(principal.name, rate))}s",
        }
        if taken:
            return headers
        message = f"this key may ask {rate} times a minute; ask again in a moment"
        wait = limit.wait(principal.name)
        raise ApiError(429, message, None, "rate_limit_exceeded", "rate_limit_error", wait, headers)
