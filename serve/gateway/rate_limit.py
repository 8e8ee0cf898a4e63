"""How often and how much at once: buckets of tokens, one for each key with a rate, one for each address that sends wrong keys."""

import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from frontdesk.web.address import network
from serve.gateway.key_cache import Holder
from serve.gateway.schema import ApiError

GUESSES = 20
"""Wrong keys that an address may send at once."""
GUESSES_A_SECOND = 0.2
"""How they come back."""
MINUTE = 60.0
"""Seconds of a key's rate."""
ADDRESSES = 10_000
"""That are remembered; the oldest is forgotten first."""


class Bucket:
    """Up to `most` tokens, of which `rate` come back each second."""

    def __init__(self, most: float, rate: float) -> None:
        self.most, self.rate = most, rate
        self.tokens, self.at = most, time.monotonic()

    def fill(self) -> float:
        """The tokens there are now."""
        now = time.monotonic()
        self.tokens, self.at = min(self.most, self.tokens + (now - self.at) * self.rate), now
        return self.tokens

    def take(self) -> bool:
        """One, if there is one."""
        if self.fill() < 1:
            return False
        self.tokens -= 1
        return True

    def until(self, tokens: float) -> int:
        """Whole seconds until there are so many."""
        return max(0, math.ceil((tokens - self.fill()) / self.rate))


class Limits:
    """What keys have used. Kept in this process; a new start begins anew."""

    def __init__(self) -> None:
        self.buckets: dict[tuple[str, int], Bucket] = {}
        self.running: Counter[str] = Counter()
        self.guesses: dict[str, Bucket] = {}

    @contextmanager
    def place(self, holder: Holder) -> Iterator[dict[str, str]]:
        """A request's place; yields headers for its response. Raises ApiError (429) where the key has had all it may."""
        if holder.concurrency and self.running[holder.name] >= holder.concurrency:
            message = f"this key may have {holder.concurrency} requests at once; wait for one to end"
            raise ApiError(429, message, kind="rate_limit_error", code="too_many_at_once", retry_after=1)
        headers = self._take(holder)
        self.running[holder.name] += 1
        try:
            yield headers
        finally:
            self.running[holder.name] -= 1

    def _take(self, holder: Holder) -> dict[str, str]:
        if not (rate := holder.rate):
            return {}
        bucket = self.buckets.setdefault((holder.name, rate), Bucket(rate, rate / MINUTE))
        taken = bucket.take()
        headers = {
            "x-ratelimit-limit-requests": str(rate),
            "x-ratelimit-remaining-requests": str(int(bucket.tokens)),
            "x-ratelimit-reset-requests": f"{bucket.until(rate)}s",
        }
        if taken:
            return headers
        message = f"this key may ask {rate} times a minute; ask again in a moment"
        raise ApiError(429, message, kind="rate_limit_error", code="rate_limit_exceeded", retry_after=bucket.until(1), headers=headers)

    def guess(self, address: str) -> None:
        """Count a wrong key."""
        bucket = self.guesses.pop(network(address), None) or Bucket(GUESSES, GUESSES_A_SECOND)
        self.guesses[network(address)] = bucket
        bucket.take()
        if len(self.guesses) > ADDRESSES:
            del self.guesses[next(iter(self.guesses))]

    def wait(self, address: str) -> int:
        """Seconds until the address may guess again; 0: now."""
        bucket = self.guesses.get(network(address))
        return bucket.until(1) if bucket else 0
