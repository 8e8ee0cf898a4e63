"""The keys that the gateway knows: those in its environment, and the store's, which are read again every
second.

Each of several gateways on PostgreSQL tells there that it lives, and knows how many do.

Requests are checked in memory alone. While the store cannot be read, the keys read last stay valid for
`LONGEST` seconds. Any other key may be new: its client is asked to try again (503).
"""

import asyncio
import hmac
import math
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass

from frontdesk.config.schema import Config
from frontdesk.engine.vllm import api_key
from frontdesk.errors import UserError
from frontdesk.store import credentials, fleet, keys
from frontdesk.store.store import Store, StoreUnavailable, open_store
from frontdesk.web import access_log
from frontdesk.web.address import is_loopback

POLL = 1.0  # seconds between two reads of the store
STALE = 10.0  # seconds after the last read from which an unknown key may simply be new
FIRST_SECONDS = 5.0
LONGEST = 600.0
"""Seconds that keys stay valid while the store cannot be read, even one that is revoked meanwhile."""


@dataclass(frozen=True)
class Principal:
    """Whoever a key belongs to."""

    name: str
    role: str
    rate: int | None = None
    concurrency: int | None = None
    guessable: bool = False  # the key was chosen by a person; ours are random


LOCAL = Principal(credentials.LOCAL, "admin")  # anybody on this machine, where nobody needs a key


class KeyCache:
    """Removes the page's key from the environment: child processes need not know it."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store: Store | None = None
        self.stored: dict[str, Principal] = {}
        self.fixed: dict[str, Principal] = {}
        if own := api_key():
            self.fixed[credentials.digest(own)] = Principal("environment", "customer", guessable=True)
        self.always_needed = bool(own) or not is_loopback(config.serve.host)
        """Whether everybody needs a key, whatever the store holds."""
        if page := os.environ.pop(credentials.PAGE_KEY, None):
            self.fixed[credentials.digest(page)] = Principal("page", "admin")
        self.any = True  # whether the store has a key, or may have one because it was not read yet
        self.read_at = -math.inf
        self.looked = asyncio.Event()
        self.id, self.gateways = secrets.token_hex(16), 1  # this gateway's, and how many there are

    @property
    def age(self) -> float:
        return time.monotonic() - self.read_at

    @property
    def stale(self) -> bool:
        """Whether the store may have newer keys."""
        return self.age > STALE

    @property
    def needed(self) -> bool:
        """Whether everybody needs a key."""
        return self.always_needed or self.any

    @property
    def shared(self) -> Store | None:
        """The store, if it is one that gateways share and it was read just now."""
        return self.store if self.store and self.store.shared and self.age < 4 * POLL else None

    def principal(self, key: bytes) -> Principal | None:
        """Whose key it is. The environment's are compared in constant time, the store's looked up by hash."""
        hash = credentials.digest(key)
        for known, principal in self.fixed.items():
            if hmac.compare_digest(known, hash):
                return principal
        return self.stored.get(hash) if self.age < LONGEST else None

    def read(self) -> None:
        """Read the store; blocks. UserError if it cannot be opened, StoreUnavailable if not read now."""
        self.store = self.store or open_store(self.config)
        found = keys.list_keys(self.store)
        self.stored = {key.hash: Principal(key.name, key.role, key.rate, key.concurrency) for key in found if key.revoked_at is None}
        self.any = bool(found)
        if self.store.shared:
            self.gateways = fleet.beat(self.store, self.id, f"gateway {self.config.name}")
        self.read_at = time.monotonic()

    async def watch(self) -> None:
        """Keep the cache up to date. Runs until it is cancelled. A problem is logged once."""
        logged = ""
        while True:
            problem = ""
            try:
                await asyncio.to_thread(self.read)
            except (StoreUnavailable, UserError) as error:
                problem = str(error)
            if problem != logged:
                access_log.write("keys", readable=not problem, problem=problem)
            logged = problem
            self.looked.set()
            await asyncio.sleep(POLL)

    async def first_look(self) -> None:
        """Wait for the first read, but no longer than FIRST_SECONDS."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.looked.wait(), FIRST_SECONDS)

    def close(self) -> None:
        if self.store:
            with suppress(StoreUnavailable):
                if self.store.shared:
                    fleet.leave(self.store, self.id)
            self.store.close()
