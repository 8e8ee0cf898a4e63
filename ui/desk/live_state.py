"""What the page's process knows of each customer who is here now, beside the store. Nothing of it needs to
outlive the process."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ui.desk.bot import StreamedAnswer
from ui.desk.views import Stored

IDLE_SECONDS = 600.0  # after which the session of a customer who does nothing may be dropped
MANY = 1000  # sessions from which on idle ones are dropped


@dataclass(eq=False)
class CustomerSession:
    """One customer, in any number of tabs."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the conversation changes: what two tabs do at once happens one after the other."""
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while `stored` is read: one read serves all tabs."""
    stored: Stored | None = None
    stale: bool = False  # the store has changed since `stored` was read
    notices: tuple[str, ...] = ()
    answer: StreamedAnswer | None = None  # in progress, or being stored
    replaced: int | None = None  # the message that the answer replaces
    tried: int = 0  # the newest message to which an answer was begun
    conversation_id: str = ""  # that of the answer
    reader: asyncio.Task[None] | None = None  # reads the answer
    keeper: asyncio.Task[None] | None = None  # waits for the reader and stores the answer
    waiting: set[tuple[asyncio.Event, asyncio.AbstractEventLoop]] = field(default_factory=set)
    used: float = field(default_factory=time.monotonic)

    @property
    def busy(self) -> bool:
        """Whether an answer is in progress."""
        return self.answer is not None

    def notify(self, changed: bool = True) -> None:
        """Wake all watchers. `changed`: the store must be read again."""
        self.stale = self.stale or changed
        for event, loop in tuple(self.waiting):
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    @contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        """An event that `notify` sets, for as long as the block lasts."""
        event = asyncio.Event()
        waiter = (event, asyncio.get_running_loop())
        self.waiting.add(waiter)
        try:
            yield event
        finally:
            self.waiting.discard(waiter)


class CustomerSessions:
    """The sessions of all customers who are here."""

    def __init__(self) -> None:
        self.by_customer: dict[str, CustomerSession] = {}

    def of(self, customer_id: str) -> CustomerSession:
        """The customer's session, a new one if there is none."""
        if len(self.by_customer) > MANY and customer_id not in self.by_customer:
            self._forget_idle()
        session = self.by_customer.setdefault(customer_id, CustomerSession())
        session.used = time.monotonic()
        return session

    def _forget_idle(self) -> None:
        before = time.monotonic() - IDLE_SECONDS
        for customer_id, session in tuple(self.by_customer.items()):
            if session.used < before and not session.busy and not session.waiting and not session.lock.locked():
                del self.by_customer[customer_id]

    def notify_all(self) -> None:
        """Anything may have changed."""
        for session in self.by_customer.values():
            session.notify()

    def notify_waiting(self) -> None:
        """The queue has changed: customers in it may have another place."""
        for session in self.by_customer.values():
            if session.stored and session.stored.state == "waiting":
                session.notify()
