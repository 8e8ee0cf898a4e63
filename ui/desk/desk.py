"""The desk: what customers, agents and pages do with conversations. Only a `Desk` writes them.

When `say` returns, the message is stored, and the answer has begun if the bot has the conversation; `watch`
only looks. The transcript is the store's: a browser sends new words, and its own idea of the history changes
nothing.
"""

import time
from asyncio import sleep, timeout, to_thread
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from frontdesk.answers.languages import is_sentence
from frontdesk.config.hours import read_hours
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.facts.handoff import handoff_sentences, is_handoff
from frontdesk.store import fleet, leases
from frontdesk.store.store import Closed, Store, StoreUnavailable
from frontdesk.store.tables import Conversation, Message, Reason
from frontdesk.web import tracing
from frontdesk.web.rate_limit import RateLimit, TooMany
from ui.chat.texts import Language
from ui.desk.answers import Answers
from ui.desk.bot import Assistant, StreamedAnswer, turns
from ui.desk.handoff import reason_to_call, says_more, says_yes, wish_of
from ui.desk.live_state import CustomerSession, CustomerSessions
from ui.desk.views import LEFT, Stored, View, draw, read, shown

COOKIE = "frontdesk_customer"
MAX_CHARACTERS = 2000  # of one message; texts of the page name this number
MAX_MESSAGES = 400  # of one conversation
BY_CUSTOMER = 20  # messages a minute
BY_ADDRESS = 120  # messages a minute from one address, which may be a whole office
TICK_SECONDS = 0.08  # between two updates of a page; one for each token is too much for a browser
LOOK_SECONDS = 5.0  # between two checks of the store for changes by another process
LISTENING_SECONDS = 60.0  # the same where the store tells of them
THUMBS_DOWN = 2  # in a conversation; then a person is called


class Empty(Exception):
    """The message has no text."""


class Wait(Exception):
    """An answer is in progress."""


class Full(Exception):
    """The conversation has MAX_MESSAGES."""


class TooLong(Exception):
    """An agent's message has more than MAX_CHARACTERS."""


@dataclass(frozen=True)
class Suggestion:
    """The bot's reply to the customer's last words; "" if it would only escalate, or cannot be asked."""

    text: str
    source: dict[str, Any] | None


class Desk:
    """One run's desk. Its methods raise StoreUnavailable if the database fails; then nothing has changed."""

    def __init__(self, config: Config, store: Store, assistant: Assistant) -> None:
        self.config, self.store, self.assistant = config, store, assistant
        self.hours = read_hours(config.desk)
        self.offers = tuple(config.data.handoff.values())
        self.handoffs = handoff_sentences(self.offers, Run(config.name).data / "train.jsonl")
        self.answers = Answers(store, assistant, self.handoffs)
        self.sessions = CustomerSessions()
        self.by_customer, self.by_address = RateLimit(BY_CUSTOMER), RateLimit(BY_ADDRESS)
        self.messages = 0  # that customers sent to this process
        self.listening = False  # whether the store tells of changes (ui/desk/others.py)

    @property
    def open(self) -> bool:
        """Whether people are there now."""
        return self.hours.open_at(datetime.now(UTC))

    @property
    def look_seconds(self) -> float:
        """Between two checks of the store."""
        return LISTENING_SECONDS if self.listening else LOOK_SECONDS

    # Customers

    async def enter(self) -> tuple[str, str]:
        """(token, customer id) of a new customer."""
        token, customer = await to_thread(self.store.add_customer)
        return token, customer.id

    async def known(self, token: str | None) -> str | None:
        """The id of the customer who has this token."""
        if not token or len(token) > 100:
            return None
        return found.id if (found := await to_thread(self.store.customer, token)) else None

    # What a page draws

    async def view(self, customer_id: str, language: str = "en") -> View:
        """The conversation now. If the store cannot be read, as it was read last."""
        session = self.sessions.of(customer_id)
        away: tuple[str, ...] = ()
        try:
            stored = await self._stored(customer_id, session)
        except StoreUnavailable:
            if session.stored is None:
                raise
            stored, away = session.stored, ("store_away",)
        notices = (*self._notices(session, stored.conversation), *away)
        if stored.unanswered and not (session.busy or stored.asked or notices or session.lock.locked()):
            notices = ("interrupted",)  # the process that should have answered has ended
        if session.answer:
            return draw(stored, session.answer.text, session.replaced, notices, self.open, language)
        replaced = stored.asked if stored.turns and stored.turns[-1].speaker == "bot" else None
        return draw(stored, "" if stored.asked else None, replaced, notices, self.open, language)

    def _notices(self, session: CustomerSession, conversation: Conversation | None) -> tuple[str, ...]:
        """What the customer should read; where there may be other pages, the store knows it."""
        return tuple(conversation.notices or ()) if self.store.shared and conversation else session.notices

    async def watch(self, customer_id: str, language: str = "en", quiet: float | None = None) -> AsyncGenerator[View]:
        """The view now and after each change, at most every TICK_SECONDS; after `quiet` seconds without a
        change, the same one.

        Runs until it is closed.
        """
        session, last, shown_at = self.sessions.of(customer_id), None, 0.0
        with session.watched() as changed:
            while True:
                changed.clear()
                with suppress(StoreUnavailable):
                    view = await self.view(customer_id, language)
                    if view != last or (quiet and time.monotonic() - shown_at > quiet):
                        last, shown_at = view if view != last else last, time.monotonic()
                        yield last
                await sleep(TICK_SECONDS)
                if not session.busy:
                    with suppress(TimeoutError):
                        async with timeout(self.look_seconds):
                            await changed.wait()

    async def _stored(self, customer_id: str, session: CustomerSession) -> Stored:
        """What the store knows, read again if it has changed or may have. It is up to date when this returns."""
        async with session.reading:
            while session.stored is None or session.stale or time.monotonic() - session.stored.at > self.look_seconds:
                session.stale = False
                try:
                    session.stored = await to_thread(read, self.store, customer_id, session.stored)
                except StoreUnavailable:
                    session.stale = True
                    raise
            return session.stored

    # What customers do

    async def say(self, customer_id: str, text: str, language: Language, address: str | None = None) -> Message:
        """Store a message.

        If it asks for a person (ui/desk/handoff.py), one is called; else the bot's answer begins.

        Only the first MAX_CHARACTERS are taken, with a notice. Raises Empty, Wait (also while another page answers), TooMany or Full.
        """
        text, asked = text.strip(), time.monotonic()
        if not text:
            raise Empty
        session = self.sessions.of(customer_id)
        async with session.lock:
            if session.busy:
                raise Wait
            if address:
                self.by_address.count(address)
            await self._count(customer_id)
            notices = ("cut",) if len(text) > MAX_CHARACTERS else ()
            with tracing.span("store"):
                conversation, message = await to_thread(self._say, customer_id, text[:MAX_CHARACTERS], language, notices)
            self.messages += 1
            offered = "offer_person" in self._notices(session, conversation)
            session.notices = notices
            try:
                if conversation.state == "bot":
                    with suppress(StoreUnavailable, Closed):  # the message is stored anyway; the view says that nothing answered it
                        waits = await self._respond(session, conversation.id, asked, offered)
                        if waits and waits != conversation.id:  # it was joined to an earlier one
                            message = (await to_thread(self.store.messages, waits, message.id - 1))[0]
                elif conversation.state == "waiting":
                    with suppress(StoreUnavailable):
                        await to_thread(self._note_wish, conversation.id)
            finally:  # wake the pages once, after the answer has begun
                session.notify()
        return message

    async def _count(self, customer_id: str) -> None:
        """Count a message, at all pages together. Raises TooMany."""
        if not self.store.shared:
            self.by_customer.count(customer_id)
        elif not (used := await to_thread(fleet.take, self.store, f"customer {customer_id}", BY_CUSTOMER)).admitted:
            raise TooMany(max(1.0, (1 - used.tokens) * fleet.MINUTE / BY_CUSTOMER))

    def _say(self, customer_id: str, text: str, language: str, notices: tuple[str, ...]) -> tuple[Conversation, Message]:
        for _ in range(3):
            conversation = self.store.open(customer_id, self.config.name, language)
            if self.store.count(conversation.id) >= MAX_MESSAGES:
                raise Full
            with suppress(Closed):  # an agent closed it just now
                try:
                    message = self._store(conversation.id, text, notices)
                except leases.Busy:
                    raise Wait from None
                if conversation.language != language:
                    with suppress(StoreUnavailable):  # the message is stored
                        self.store.set_language(conversation.id, language)
                return conversation, message
        raise StoreUnavailable("the conversation is closed as soon as it is opened")

    def _store(self, conversation_id: str, text: str, notices: tuple[str, ...]) -> Message:
        if self.store.shared:
            return leases.ask(self.store, conversation_id, text, self.answers.page, notices)
        return self.store.say(conversation_id, "customer", text)

    async def _respond(self, session: CustomerSession, conversation_id: str, asked: float, offered: bool) -> str | None:
        """Call a person, and return the id of the waiting conversation; or have the bot answer."""
        messages = await to_thread(self.store.messages, conversation_id)
        reason = await to_thread(reason_to_call, messages, self.config.desk.topics, self.offers)
        if reason is None and offered and says_yes(messages[-1].text):
            reason = "error"
        if reason:
            return await self._call(session, conversation_id, reason, messages)
        self.answers.begin(session, conversation_id, messages, asked=asked)
        return None

    def _note_wish(self, conversation_id: str) -> None:
        """Show in the queue what a customer wants who first called a person and then said what for."""
        call = self.store.handoff(conversation_id)
        if call and not says_more(call.wish):
            self.store.set_wish(conversation_id, wish_of(self.store.messages(conversation_id)))

    async def answer(self, customer_id: str, again: bool = False) -> None:
        """Begin an answer if the bot owes one.

        `again`: also if one failed, or another in place of the last one; that counts as a message. Raises
        TooMany.
        """
        session = self.sessions.of(customer_id)
        async with session.lock:
            if not session.busy:
                await self._answer(session, customer_id, again)

    async def _answer(self, session: CustomerSession, customer_id: str, again: bool) -> None:
        conversation_id, messages = await to_thread(self._with_bot, customer_id)
        last = messages[-1] if messages else None
        if last is None or last.speaker not in ("customer", "bot"):
            return
        if again:
            await self._count(customer_id)
        if (last.speaker == "customer" and (again or session.tried != last.id)) or (last.speaker == "bot" and again):
            with suppress(leases.Busy, leases.Lost, LookupError):  # it is answered elsewhere, or over
                if self.store.shared:
                    await to_thread(leases.claim, self.store, conversation_id, last.id, self.answers.page)
                self.answers.begin(session, conversation_id, messages, replaced=last.id if last.speaker == "bot" else None)

    def _with_bot(self, customer_id: str) -> tuple[str, list[Message]]:
        """The conversation that the bot has with a customer, and its messages; ("", []) if there is none."""
        conversation = self.store.current(customer_id)
        if conversation is None or conversation.state != "bot":
            return "", []
        return conversation.id, self.store.messages(conversation.id)

    async def stop(self, customer_id: str) -> None:
        """End the answer in progress. What has arrived of it stays."""
        session = self.sessions.of(customer_id)
        if session.busy:
            await self.answers.stop(session)
        elif self.store.shared and (conversation := await to_thread(self.store.current, customer_id)):
            with suppress(LookupError):
                await to_thread(leases.stop, self.store, conversation.id)  # another page's
            session.notify()

    async def take_over(self, conversation: Conversation) -> None:
        """Do what a page that has died left undone: answer, or call a person. A complete answer stays."""
        session, page = self.sessions.of(conversation.customer_id), self.answers.page
        async with session.lock:
            if session.busy or conversation.asked is None:
                return
            messages = await to_thread(self.store.messages, conversation.id)
            with suppress(leases.Busy, leases.Lost, LookupError, Closed):
                await to_thread(leases.claim, self.store, conversation.id, conversation.asked, page)
                if messages[-1].speaker == "customer" and leases.STOPPED not in (conversation.notices or ()):
                    await self._respond(session, conversation.id, time.monotonic(), offered=False)
                else:
                    await to_thread(leases.end, self.store, conversation.id, conversation.asked, page, (), "", False, {})

    async def rate(self, customer_id: str, message_id: int, value: int, reason: str = "") -> None:
        """Rate an answer: 1, -1, or 0 to take the rating back.

        Raises LookupError if it is no answer to this customer.
        """
        session = self.sessions.of(customer_id)
        await to_thread(self.store.rate, customer_id, message_id, value, reason[:MAX_CHARACTERS])
        session.notify()
        if value < 0:
            async with session.lock:
                with suppress(StoreUnavailable):  # the rating is stored anyway
                    await self._call_if_unhappy(session, customer_id)

    async def _call_if_unhappy(self, session: CustomerSession, customer_id: str) -> None:
        conversation_id, messages = await to_thread(self._with_bot, customer_id)
        ratings = await to_thread(self.store.ratings, conversation_id)
        helped = max((message.id for message in messages if message.speaker == "agent"), default=0)
        if sum(rating.value < 0 for message_id, rating in ratings.items() if message_id > helped) >= THUMBS_DOWN:
            await self._call(session, conversation_id, "rating", messages)

    async def person(self, customer_id: str, language: Language = "en") -> None:
        """Call a person. `language`: of the new conversation, if none has begun."""
        session = self.sessions.of(customer_id)
        async with session.lock:
            conversation = await to_thread(self.store.open, customer_id, self.config.name, language)
            if conversation.state == "bot":
                messages = await to_thread(self.store.messages, conversation.id)
                offered = "offer_person" in self._notices(session, conversation)
                await self._call(session, conversation.id, "error" if offered else "wish", messages)

    async def _call(self, session: CustomerSession, conversation_id: str, reason: Reason, messages: Sequence[Message]) -> str | None:
        await self.answers.stop(session)
        waits = None
        with suppress(Closed):
            waits = await to_thread(self.store.call_person, conversation_id, reason, wish_of(messages), not self.open)
        session.notices = tuple(notice for notice in session.notices if notice == "cut")
        session.notify()
        self.sessions.notify_waiting()
        return waits

    async def restart(self, customer_id: str) -> None:
        """Close the conversation; the next message begins a new one."""
        session = self.sessions.of(customer_id)
        async with session.lock:
            await self.answers.stop(session)
            await to_thread(self._leave, customer_id)
            session.notices = ()
            session.notify()
        self.sessions.notify_waiting()

    def _leave(self, customer_id: str) -> None:
        """Leave the conversation. A message left for a person outside opening hours stays in the queue."""
        if (old := shown(self.store, customer_id)) is None:
            return
        call = self.store.handoff(old.id)
        if not (call and call.out_of_hours and not call.taken_at):
            self.store.finish(old.id, None, LEFT)
        if old.state == "closed" or self.store.current(customer_id):
            self.store.open(customer_id, self.config.name, old.language, anew=True)

    # What agents do

    async def suggest(self, conversation_id: str) -> Suggestion:
        """The bot's reply to the customer's last words. An agent may send it, change it or ignore it."""
        messages, answer = await to_thread(self.store.messages, conversation_id), StreamedAnswer()
        if said := turns(messages):
            await self.assistant.read(conversation_id, said, answer)
            with suppress(StoreUnavailable):
                await to_thread(self.store.spend, messages[-1].id, answer.prompt_tokens or 0, answer.completion_tokens or 0)
        useless = answer.trouble or is_handoff(answer.text, self.handoffs) or is_sentence(answer.text)
        return Suggestion("", None) if useless else Suggestion(answer.text, answer.source)

    async def take(self, conversation_id: str, agent: str, admin: bool = False) -> bool:
        """The agent takes a conversation that is free (store.free). False if somebody else was faster."""
        taken = await to_thread(self.store.take, conversation_id, agent, admin)
        await self._changed(conversation_id, taken)
        return taken

    async def reply(self, conversation_id: str, agent: str, text: str, suggested: str | None = None) -> Message:
        """Store an agent's message, and the reply that was suggested. Raises NotYours, Empty, TooLong."""
        text = text.strip()
        if not text:
            raise Empty
        if len(text) > MAX_CHARACTERS:
            raise TooLong
        message = await to_thread(self.store.reply, conversation_id, agent, text, suggested)
        await self._changed(conversation_id)
        return message

    async def give_back(self, conversation_id: str, agent: str) -> None:
        """The bot takes over again, and answers at once if the customer spoke last. Raises NotYours."""
        await to_thread(self.store.give_back, conversation_id, agent)
        with suppress(StoreUnavailable):  # the bot has it anyway; the view says that nothing answered
            if conversation := await to_thread(self.store.conversation, conversation_id):
                session = self.sessions.of(conversation.customer_id)
                async with session.lock:
                    if not session.busy:
                        session.tried = 0  # also if the call for a person had cut an answer
                        await self._answer(session, conversation.customer_id, again=False)
        await self._changed(conversation_id)

    async def finish(self, conversation_id: str, agent: str, result: str) -> None:
        """Close the conversation. Raises NotYours."""
        await to_thread(self.store.finish, conversation_id, agent, result)
        await self._changed(conversation_id)

    async def _changed(self, conversation_id: str, taken: bool = False) -> None:
        """Notify the customer's pages; if that fails, they look by themselves after a while. Once a person
        has `taken` it, the bot's answer in another conversation of this customer's is not needed."""
        with suppress(StoreUnavailable):
            conversation = await to_thread(self.store.conversation, conversation_id)
            if conversation and (session := self.sessions.by_customer.get(conversation.customer_id)):
                if taken:
                    await self.answers.stop(session)
                    session.notices = ()
                session.notify()
        self.sessions.notify_waiting()
