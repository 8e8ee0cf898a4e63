"""Tells an open console what has changed, by server-sent events.

A browser slows down the timers of a page in the background, but not these events. So the title shows who waits while
the agent looks at something else.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from frontdesk.store.store import Store, StoreUnavailable
from frontdesk.web import sse
from ui.console.session import Logins, Who

TICK_SECONDS = 0.7
"""Between two looks into the store, of about a millisecond for each open console."""
QUIET_SECONDS = 15.0
"""After which an unchanged state is sent again, so that both sides notice a dead connection."""


@dataclass(frozen=True)
class Revision:
    """When it differs, the page redraws. `revision` is that of the conversation on the screen; `free`: this agent
    may take it."""

    queue: int
    revision: int
    waiting: int
    free: bool


def look(store: Store, conversation: str, who: Who) -> Revision:
    """As it is now."""
    waiting = sum(one.state == "waiting" for one, _ in store.queue())
    revision, free = (store.revision(conversation), store.free(conversation, who.name, who.admin)) if conversation else (0, False)
    return Revision(store.queue_revision(), revision, waiting, free)


class Live:
    """The route /live below /desk: `?conversation=ID` is the one on the screen."""

    def __init__(self, store: Store, logins: Logins) -> None:
        self.store, self.logins = store, logins

    async def answer(self, request: Request) -> Response:
        """The stream of events. It ends with the login."""
        return StreamingResponse(self._events(request), media_type="text/event-stream", headers=sse.HEADERS)

    async def _events(self, request: Request) -> AsyncIterator[bytes]:
        conversation = request.query_params.get("conversation", "")
        told: Revision | None = None
        now: Revision | None
        quiet = 0.0
        while True:
            try:
                if (who := await asyncio.to_thread(self.logins.who, request.headers)) is None:
                    yield sse.event({}, "end")
                    return
                now = await asyncio.to_thread(look, self.store, conversation, who)
            except StoreUnavailable:
                yield sse.event({}, "away")
                now = told = None
            if now and (now != told or quiet >= QUIET_SECONDS):
                yield sse.event(asdict(now))
                told, quiet = now, 0.0
            await asyncio.sleep(TICK_SECONDS)
            quiet += TICK_SECONDS
