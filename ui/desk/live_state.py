"""What the page's process knows of each customer who is here now, beside the store. Nothing here outlives it, and nothing here needs to."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ui.desk.bot import Answer
from ui.desk.views import Stored

MINUTE = 60.0
IDLE_SECONDS = 600.0  # after which a customer who does nothing is forgotten here
MANY = 1000  # customers from which those who do nothing are looked for


class TooMany(Exception):
    """More than the limit of a minute."""

    def __init__(self, wait: float) -> None:
        """`wait`: seconds until the next one is allowed."""
        super().__init__(f"too many; the next in {wait:.0f} s")
        self.wait = wait


class Limit:
    """At most `most` of something in any minute, for each key."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.times: dict[str, deque[float]] = {}

    def count(self, key: str) -> None:
        """Raises TooMany, and then does not count."""
        now = time.monotonic()
        times = self.times.setdefault(key, deque())
        while times and now - times[0] >= MINUTE:
            times.popleft()
        if len(times) >= self.most:
            raise TooMany(max(1.0, MINUTE - (now - times[0])))
        times.append(now)
        if len(self.times) > MANY:
            self.times = {one: times for one, times in self.times.items() if times and now - times[-1] < MINUTE}


@dataclass(eq=False)
class Talk:
    """One customer."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the conversation goes a step on: what two tabs do at once comes one after the other."""
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while `stored` is read: one read does for all tabs."""
    stored: Stored | None = None
    stale: bool = False  # `stored` has changed since
    notices: tuple[str, ...] = ()
    answer: Answer | None = None  # on its way, or being stored
    replaced: int | None = None  # the message that the answer replaces
    tried: int = 0  # the newest message that an answer was begun to
    reader: asyncio.Task[None] | None = None  # reads it
    keeper: asyncio.Task[None] | None = None  # waits for the reader and stores the answer
    waiting: set[tuple[asyncio.Event, asyncio.AbstractEventLoop]] = field(default_factory=set)
    used: float = field(default_factory=time.monotonic)

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self.answer is not None

    def ring(self, changed: bool = True) -> None:
        """Wake those who watch. `changed`: what is stored is to be read anew."""
        self.stale = self.stale or changed
        for event, loop in tuple(self.waiting):
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    @contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        """An event that `ring` sets."""
        one = (asyncio.Event(), asyncio.get_running_loop())
        self.waiting.add(one)
        try:
            yield one[0]
        finally:
            self.waiting.discard(one)


class Talks:
    """Of all customers who are here."""

    def __init__(self) -> None:
        self.by_customer: dict[str, Talk] = {}

    def of(self, customer_id: str) -> Talk:
        """The customer's, a new one if need be."""
        if len(self.by_customer) > MANY and customer_id not in self.by_customer:
            self._forget_idle()
        talk = self.by_customer.setdefault(customer_id, Talk())
        talk.used = time.monotonic()
        return talk

    def _forget_idle(self) -> None:
        before = time.monotonic() - IDLE_SECONDS
        for customer_id, talk in tuple(self.by_customer.items()):
            if talk.used < before and not talk.busy and not talk.waiting and not talk.lock.locked():
                del self.by_customer[customer_id]

    def ring_waiting(self) -> None:
        """The queue has changed: those in it have another place."""
        for talk in self.by_customer.values():
            if talk.stored and talk.stored.state == "waiting":
                talk.ring()
