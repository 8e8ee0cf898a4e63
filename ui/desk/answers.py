"""Answers on their way: each runs in a task of the page's process, one for a conversation, and is stored when it ends.

No page needs to be open for it. An answer that is stopped, or that the engine's death ends, is stored as far as it came, and marked as cut.
"""

import asyncio
import time
from asyncio import to_thread
from collections.abc import Sequence
from contextlib import suppress

from frontdesk.facts.handoff import is_handoff
from frontdesk.store.store import Closed, Store, StoreUnavailable
from frontdesk.store.tables import Message
from frontdesk.web import access_log as journal
from ui.desk.bot import Answer, Assistant, turns
from ui.desk.live_state import Talk

AT_ONCE = 32  # answers; more wait here, where nobody turns them away. Half of what the gateway takes
WAITING = 256  # that wait; more are told to try later
KEEP_SECONDS = 60.0  # for which a database that can't be written is asked again to take an answer
PAUSE = 1.0  # between two tries


class Answers:
    """Begins, stops and keeps answers."""

    def __init__(self, store: Store, assistant: Assistant, handoffs: Sequence[str]) -> None:
        """`handoffs`: the sentences by which the bot hands over."""
        self.store, self.assistant, self.handoffs = store, assistant, handoffs
        self.places = asyncio.Semaphore(AT_ONCE)
        self.running = 0

    def begin(
        self, talk: Talk, conversation_id: str, messages: Sequence[Message], replaced: int | None = None, asked: float | None = None
    ) -> None:
        """Begin to answer the customer's last message; `replaced` is the id of an earlier answer to it, `asked` its time (monotonic)."""
        talk.answer = answer = Answer(asked=asked or time.monotonic())
        talk.replaced, talk.tried = replaced, messages[-1].id
        talk.notices = tuple(notice for notice in talk.notices if notice == "cut")
        talk.reader = asyncio.create_task(self._read(messages, answer, replaced is not None))
        talk.keeper = asyncio.create_task(self._keep(talk, conversation_id, talk.reader, answer))
        talk.ring(changed=False)

    async def stop(self, talk: Talk) -> None:
        """End the answer on its way, if there is one."""
        if talk.busy and talk.reader and talk.keeper:
            talk.reader.cancel()
            await asyncio.wait({talk.keeper}, timeout=5)

    async def _read(self, messages: Sequence[Message], answer: Answer, otherwise: bool) -> None:
        if self.running >= AT_ONCE + WAITING:
            answer.trouble = "busy"
            return
        self.running += 1
        try:
            async with self.places:
                await self.assistant.read(turns(messages), answer, otherwise=otherwise)
        finally:
            self.running -= 1

    async def _keep(self, talk: Talk, conversation_id: str, reader: asyncio.Task[None], answer: Answer) -> None:
        """Wait for the answer and store it; also when this process ends. Then the conversation is free for the next message."""
        trouble = "stopped"
        try:
            with suppress(asyncio.CancelledError):
                await asyncio.wait({reader})
            trouble = _trouble(reader, answer)
            failed = trouble not in ("", "stopped")
            if answer.text.strip() and not (failed and talk.replaced):  # a whole answer is better than a part of another
                await self._store(conversation_id, talk.replaced, answer, cut=bool(trouble))
        finally:
            reader.cancel()
            more = {"": (), "unreachable": (trouble, "offer_person")}.get(trouble, (trouble,))
            talk.notices = (*talk.notices, *more)
            talk.answer = talk.replaced = None
            talk.ring()

    async def _store(self, conversation_id: str, replaced: int | None, answer: Answer, cut: bool) -> None:
        model, data = self.assistant.versions()
        refusal = is_handoff(answer.text, self.handoffs)
        columns = {
            "cut": cut,
            "refusal": refusal,
            "source": answer.source,
            "near": answer.near if refusal else None,
            "model_version": model,
            "data_version": data,
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.completion_tokens,
            "seconds": answer.seconds,
        }
        deadline = time.monotonic() + KEEP_SECONDS
        while True:
            try:
                if replaced is not None:
                    await to_thread(self.store.amend, replaced, text=answer.text, **columns)
                else:
                    await to_thread(self.store.say, conversation_id, "bot", answer.text, **columns)
                return
            except (Closed, LookupError):  # the customer has left, or was removed
                return
            except StoreUnavailable as error:
                if time.monotonic() > deadline:
                    journal.write("an answer could not be stored", problem=str(error))
                    return
            await asyncio.sleep(PAUSE)


def _trouble(reader: asyncio.Task[None], answer: Answer) -> str:
    """Why an answer is not whole; "" where it is."""
    if not reader.done() or reader.cancelled():
        return "stopped"
    if (error := reader.exception()) is not None:
        journal.defect(error)
        return "unreachable"
    return answer.trouble
