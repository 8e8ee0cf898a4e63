"""Answers in progress: each runs in a task of the page's process, one per conversation, and is stored when it
ends.

No page needs to be open meanwhile. An answer that is stopped, or that breaks because the engine died, is
stored as far as it came and marked as cut. Where there may be several pages, only the one that has the lease
(frontdesk/store/leases.py) stores its answer.
"""

import asyncio
import secrets
import time
from asyncio import to_thread
from collections.abc import Sequence

import anyio

from frontdesk.answers.languages import is_sentence
from frontdesk.facts.handoff import is_handoff
from frontdesk.store import leases
from frontdesk.store.store import Closed, Store, StoreUnavailable
from frontdesk.store.tables import Message
from frontdesk.web import access_log, tracing
from ui.desk.bot import Assistant, StreamedAnswer, turns
from ui.desk.live_state import CustomerSession

AT_ONCE = 32  # answers of all pages, half of what the gateways take; more wait here, where nobody refuses them
WAITING = 256  # more than these are refused for now
KEEP_SECONDS = 60.0  # how long to retry when the database cannot store an answer
PAUSE = 1.0  # seconds between two tries


class Answers:
    """Begins, stops and keeps answers."""

    def __init__(self, store: Store, assistant: Assistant, handoffs: Sequence[str]) -> None:
        """`handoffs`: the sentences with which the bot escalates."""
        self.store, self.assistant, self.handoffs = store, assistant, handoffs
        self.page = secrets.token_hex(16)  # the name of this process
        self.places = anyio.CapacityLimiter(AT_ONCE)
        self.running = 0

    def share(self, pages: int) -> None:
        """Leave their part of the places to the other pages."""
        self.places.total_tokens = max(1, AT_ONCE // pages)

    def begin(
        self,
        session: CustomerSession,
        conversation_id: str,
        messages: Sequence[Message],
        replaced: int | None = None,
        asked: float | None = None,
    ) -> None:
        """Begin to answer the customer's last message. `replaced`: the id of an earlier answer to it;
        `asked`: when it was sent, by the monotonic clock."""
        session.answer = answer = StreamedAnswer(asked=asked or time.monotonic())
        session.replaced, session.tried, session.conversation_id = replaced, messages[-1].id, conversation_id
        session.notices = tuple(notice for notice in session.notices if notice == "cut")
        session.reader = asyncio.create_task(self._read(conversation_id, messages, answer, replaced is not None))
        session.keeper = asyncio.create_task(self._keep(session, conversation_id, session.reader, answer))
        session.notify(changed=False)

    async def stop(self, session: CustomerSession) -> None:
        """End the answer in progress, if there is one."""
        if session.busy and session.reader and session.keeper:
            session.reader.cancel()
            await asyncio.wait({session.keeper}, timeout=5)

    async def check(self, session: CustomerSession) -> None:
        """End the answer in progress if the customer stopped it at another page, or if this page has lost it."""
        conversation = await to_thread(self.store.conversation, session.conversation_id)
        mine = conversation is not None and leases.held(conversation, session.tried, self.page)
        if session.busy and session.reader and not (mine and leases.STOPPED not in (conversation.notices or ())):  # type: ignore[union-attr]
            session.reader.cancel()

    async def _read(self, conversation_id: str, messages: Sequence[Message], answer: StreamedAnswer, otherwise: bool) -> None:
        if self.running >= AT_ONCE + WAITING:
            answer.trouble = "busy"
            return
        self.running += 1
        try:
            with tracing.span("place"):
                await self.places.acquire()
            try:
                with tracing.span("answer"):
                    await self.assistant.read(conversation_id, turns(messages), answer, otherwise=otherwise)
            finally:
                self.places.release()
        finally:
            self.running -= 1

    async def _keep(self, session: CustomerSession, conversation_id: str, reader: asyncio.Task[None], answer: StreamedAnswer) -> None:
        """Wait for the answer and store it; while this process shuts down, what there is of it, unless another page gives it whole."""
        trouble, more = "stopped", tuple[str, ...]()
        try:
            try:
                await asyncio.wait({reader})
            except asyncio.CancelledError:
                if self.store.shared:  # ui/desk/others.py has ended the lease
                    return
            trouble = _trouble(reader, answer)
            failed = trouble not in ("", "stopped")
            keep = bool(answer.text.strip()) and not (failed and session.replaced)  # a complete answer is better than a part of another
            more = {"": (), "unreachable": (trouble, "offer_person")}.get(trouble, (trouble,))
            if keep or self.store.shared:
                with tracing.span("store"):
                    await self._store(conversation_id, session, answer, more, keep)
        finally:
            reader.cancel()
            session.notices = (*session.notices, *more)
            session.answer = session.replaced = None
            session.notify()

    async def _store(
        self, conversation_id: str, session: CustomerSession, answer: StreamedAnswer, notices: Sequence[str], keep: bool
    ) -> None:
        """Store the answer if it is one to `keep`, and end the lease."""
        model, data = self.assistant.versions_of(answer)
        refusal = answer.outcome == "escalated" or is_handoff(answer.text, self.handoffs) or is_sentence(answer.text)
        columns = {
            "cut": bool(notices),
            "refusal": refusal,
            "source": answer.source,
            "sources": answer.sources or None,
            "near": answer.near or None,
            "model_version": model,
            "data_version": data,
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.completion_tokens,
            "seconds": answer.seconds,
        }
        deadline = time.monotonic() + KEEP_SECONDS
        while True:
            try:
                if self.store.shared:
                    told = (notices, answer.text if keep else "", session.replaced is not None, columns)
                    await to_thread(leases.end, self.store, conversation_id, session.tried, self.page, *told)
                elif session.replaced is not None:
                    await to_thread(self.store.amend, session.replaced, text=answer.text, **columns)
                else:
                    await to_thread(self.store.say, conversation_id, "bot", answer.text, **columns)
                return
            except (Closed, LookupError, leases.Lost):  # the customer has left or was removed, or is answered otherwise
                return
            except StoreUnavailable as error:
                if time.monotonic() > deadline:
                    access_log.write("an answer could not be stored", problem=str(error))
                    return
            await asyncio.sleep(PAUSE)


def _trouble(reader: asyncio.Task[None], answer: StreamedAnswer) -> str:
    """Why an answer is incomplete; "" if it is not."""
    if not reader.done() or reader.cancelled():
        return "stopped"
    if (error := reader.exception()) is not None:
        access_log.defect(error)
        return "unreachable"
    return answer.trouble
