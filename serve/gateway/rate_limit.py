"""How often a key may ask and how much at once, and how often an address may send wrong keys.

With PostgreSQL a key's limits hold over all gateways (frontdesk/store/fleet.py): about a millisecond for each request of a key that
has limits. While the store is away, each gateway counts for itself.
"""

import asyncio
import math
from asyncio import to_thread
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from frontdesk.store import fleet
from frontdesk.store.store import Store, StoreUnavailable
from frontdesk.web.errors import ApiError
from frontdesk.web.rate_limit import RateLimit
from serve.gateway.key_cache import KeyCache, Principal

GUESSES = 20  # wrong keys that an address may send at once
GUESS_SECONDS = 5.0  # after so long it may send one more
MINUTE = 60.0  # seconds of a key's rate


class Limits:
    """What keys and addresses have used."""

    def __init__(self, key_cache: KeyCache) -> None:
        self.key_cache = key_cache
        self.rates: dict[int, RateLimit] = {}  # one for each rate that a key has, in requests a minute
        self.running: Counter[str] = Counter()
        self.turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # by key: what the store is told of it is in order
        self.releases: set[asyncio.Task[None]] = set()
        self.guesses = RateLimit(GUESSES, GUESSES * GUESS_SECONDS)  # by network

    @asynccontextmanager
    async def place(self, principal: Principal) -> AsyncIterator[dict[str, str]]:
        """A request's place; yields headers for the response. ApiError (429) beyond the key's limits."""
        name = principal.name
        if not (principal.rate or principal.concurrency):
            yield {}
            return
        async with self.turns[name]:
            headers = self._headers(principal, await self._use(principal))
            self.running[name] += 1
        try:
            yield headers
        finally:
            self.running[name] -= 1
            if principal.concurrency and (store := self.key_cache.shared):
                self.releases.add(task := asyncio.create_task(self._release(store, name)))
                task.add_done_callback(self.releases.discard)

    async def _use(self, principal: Principal) -> fleet.Use:
        """What came of a request, by all gateways or, where the store is away, by this one."""
        name, rate, most = principal.name, principal.rate, principal.concurrency
        if store := self.key_cache.shared:
            with suppress(StoreUnavailable):
                return await to_thread(fleet.admit, store, self.key_cache.id, name, self.running[name], rate, most)
        if most and self.running[name] >= most:
            return fleet.Use(False, True, 0.0)
        if not rate:
            return fleet.Use(True, False, 0.0)
        limit = self.rates.setdefault(rate, RateLimit(rate, MINUTE))
        return fleet.Use(limit.take(name), False, limit.tokens(name))

    async def _release(self, store: Store, name: str) -> None:
        async with self.turns[name]:
            with suppress(StoreUnavailable):  # the key's next request tells the same
                await to_thread(fleet.release, store, self.key_cache.id, name, self.running[name])

    def _headers(self, principal: Principal, use: fleet.Use) -> dict[str, str]:
        """Those of a response to the request; ApiError if it is refused."""
        if use.at_once:
            message = f"this key may have {principal.concurrency} requests at once; wait for one to end"
            raise ApiError(429, message, kind="rate_limit_error", code="too_many_at_once", retry_after=1)
        if not (rate := principal.rate):
            return {}
        headers = {
            "x-ratelimit-limit-requests": str(rate),
            "x-ratelimit-remaining-requests": str(int(use.tokens)),
            "x-ratelimit-reset-requests": f"{math.ceil((rate - use.tokens) * MINUTE / rate)}s",
        }
        if use.admitted:
            return headers
        message = f"this key may ask {rate} times a minute; ask again in a moment"
        wait = (1 - use.tokens) * MINUTE / rate
        raise ApiError(429, message, None, "rate_limit_exceeded", "rate_limit_error", wait, headers)
