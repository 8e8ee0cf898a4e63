"""The keys that the gateway knows: those of its environment, and the store's, which are read again every second.

A request is checked in memory alone. While the store cannot be read, the keys it had go on for `LONGEST` seconds; a key that is not among
them may be new, so it is told to come again (503), never let in.
"""

import asyncio
import hmac
import math
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontdesk.config.schema import Config
from frontdesk.engine.vllm import api_key
from frontdesk.errors import UserError
from frontdesk.store import keys
from frontdesk.web import access_log as journal
from frontdesk.web.address import is_loopback

if TYPE_CHECKING:
    from frontdesk.store.store import Store

POLL = 1.0
"""Seconds between two looks at the store."""
STALE = 10.0
"""Seconds after the last look from which an unknown key may be one that is only not known yet."""
FIRST_SECONDS = 5.0
LONGEST = 600.0
"""Seconds for which keys are good that can't be looked up; a key that was revoked meanwhile too."""


@dataclass(frozen=True)
class Holder:
    """Who shows a key."""

    name: str
    role: str
    rate: int | None = None
    concurrency: int | None = None
    guessable: bool = False
    """A key that somebody made up, and no random one of ours."""


LOCAL = Holder(keys.LOCAL, "admin")
"""Anybody on this machine, where nobody is asked for a key."""


class Keyring:
    """Takes the page's key out of the environment: what this process starts need not know it."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store: Store | None = None
        self.stored: dict[str, Holder] = {}
        self.fixed: dict[str, Holder] = {}
        if own := api_key():
            self.fixed[keys.digest(own)] = Holder("environment", "customer", guessable=True)
        self.asked = bool(own) or not is_loopback(config.serve.host)
        """Whether everybody must show a key, whatever is in the store."""
        if page := os.environ.pop(keys.PAGE_KEY, None):
            self.fixed[keys.digest(page)] = Holder("page", "admin")
        self.any = True
        """Whether the store has a key, or may have: it was not read yet."""
        self.read_at = -math.inf
        self.looked = asyncio.Event()

    @property
    def age(self) -> float:
        """Seconds since the store was read."""
        return time.monotonic() - self.read_at

    @property
    def stale(self) -> bool:
        """Whether there may be keys that are not known yet."""
        return self.age > STALE

    @property
    def needed(self) -> bool:
        """Whether everybody must show a key."""
        return self.asked or self.any

    def holder(self, key: bytes) -> Holder | None:
        """Whose key it is. The environment's are compared in constant time; the store's are found by a hash that nobody can aim at."""
        hash = keys.digest(key)
        for known, holder in self.fixed.items():
            if hmac.compare_digest(known, hash):
                return holder
        return self.stored.get(hash) if self.age < LONGEST else None

    def read(self) -> None:
        """Look at the store; blocks. Raises UserError where it cannot be opened, StoreUnavailable where it cannot be read now."""
        from frontdesk.store.store import open_store

        self.store = self.store or open_store(self.config)
        found = keys.list_keys(self.store)
        self.stored = {key.hash: Holder(key.name, key.role, key.rate, key.concurrency) for key in found if key.revoked_at is None}
        self.any = bool(found)
        self.read_at = time.monotonic()

    async def watch(self) -> None:
        """Keep what is known true to the store. Runs until it is cancelled. What keeps it from that is told once."""
        from frontdesk.store.store import StoreUnavailable

        told = ""
        while True:
            problem = ""
            try:
                await asyncio.to_thread(self.read)
            except (StoreUnavailable, UserError) as error:
                problem = str(error)
            if problem != told:
                journal.write("keys", readable=not problem, problem=problem)
            told = problem
            self.looked.set()
            await asyncio.sleep(POLL)

    async def first_look(self) -> None:
        """Wait until the keys were looked for, or for so long that somebody would ask what the gateway is waiting for."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.looked.wait(), FIRST_SECONDS)

    def close(self) -> None:
        if self.store:
            self.store.close()
