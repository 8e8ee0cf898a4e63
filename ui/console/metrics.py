"""The numbers of page and store at `/metrics`, in Prometheus' format, for whoever sends an admin's key.

The store is asked at each scrape. While it is away its numbers are left out, and keys that it knew within LONGEST seconds stay valid:
Prometheus must see that the store is away.
"""

import math
import time
from asyncio import to_thread
from collections.abc import Iterator

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from frontdesk.store import keys
from frontdesk.store.credentials import digest
from frontdesk.store.store import Store, StoreUnavailable, now
from frontdesk.store.tables import Conversation, Handoff
from frontdesk.web.address import network
from frontdesk.web.metrics import new_registry
from frontdesk.web.rate_limit import RateLimit
from ui.console.session import Logins
from ui.desk.desk import Desk

STATES = ("bot", "waiting", "agent", "closed")
LONGEST = 600.0  # as the gateway's key cache
WRONG, WRONG_SECONDS = 20, 100.0
"""Wrong keys that an address may send at once, and after how long as many again."""


class PageMetrics(Collector):
    """See the module."""

    def __init__(self, desk: Desk, store: Store, logins: Logins) -> None:
        self.desk, self.store, self.logins = desk, store, logins
        self.accepted: dict[str, float] = {}  # when an admin's key was last found in the store, by its digest
        self.wrong_keys = RateLimit(WRONG, WRONG_SECONDS)
        self.registry = new_registry()
        self.registry.register(self)

    async def show(self, request: Request) -> Response:
        """All numbers; 401 or 403 without an admin's key, which a laptop without keys does not ask for."""
        if status := await to_thread(self._refusal, request):
            problem = "expected an admin's key, as `Authorization: Bearer KEY`" if status < 429 else "not now; ask again in a moment"
            return PlainTextResponse(problem, status)
        return Response(
            await to_thread(generate_latest, self.registry), media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"}
        )

    def _refusal(self, request: Request) -> int:
        """The status of a request that may not see them; 0 if it may."""
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        key, address = key.strip() if kind.lower() == "bearer" else "", network(request.client.host if request.client else "")
        if key and self.wrong_keys.wait(address):
            return 429
        try:
            role = self._role(key, request)
        except StoreUnavailable:
            return 0 if time.monotonic() - self.accepted.get(digest(key), -math.inf) < LONGEST else 503
        if role == "admin":
            self.accepted[digest(key)] = time.monotonic()
            return 0
        if role is None and key:
            self.wrong_keys.take(address)
        return 403 if role else 401

    def _role(self, key: str, request: Request) -> str | None:
        if not key:
            return "admin" if self.logins.open(request.headers) else None
        found = keys.find(self.store, key)
        return found.role if found else None

    def collect(self) -> Iterator[Metric]:
        """Called by the registry. Labels are states, never anybody's words."""
        yield CounterMetricFamily("frontdesk_messages", "Messages of customers that this process stored", value=self.desk.messages)
        yield GaugeMetricFamily("frontdesk_answers_in_progress", "Answers in progress, waiting ones too", self.desk.answers.running)
        yield GaugeMetricFamily("frontdesk_people_available", "1 within the hours in which people answer", float(self.desk.open))
        try:
            counts, wait = self._stored()
        except StoreUnavailable:
            return
        conversations = GaugeMetricFamily("frontdesk_conversations", "Conversations in the store, by who answers", labels=["state"])
        for state in STATES:
            conversations.add_metric([state], counts.get(state, 0))
        yield conversations
        yield GaugeMetricFamily("frontdesk_longest_wait_seconds", "Since the oldest call for a person that nobody took; 0: none", wait)

    def _stored(self) -> tuple[dict[str, int], float]:
        """Conversations by state, and the age of the oldest call that waits."""
        waiting = select(func.min(Handoff.at)).join(Conversation, Conversation.id == Handoff.conversation_id)
        with self.store.reading() as session:
            counts = dict(session.execute(select(Conversation.state, func.count()).group_by(Conversation.state)).tuples().all())
            first = session.scalar(waiting.where(Conversation.state == "waiting", Handoff.closed_at.is_(None)))
        return counts, max(0.0, now() - first) if first else 0.0
