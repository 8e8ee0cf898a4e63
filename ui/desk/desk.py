"""The desk: what customers, agents and pages do with conversations. All of it goes through one `Desk`, and nothing else writes them.

What is said is stored when `say` returns, and its answer is on its way where the bot has the conversation; `answer` and `watch` only look.
The transcript is the store's: a browser sends new words, and what it takes for the history changes nothing.
"""

import time
from asyncio import sleep, timeout, to_thread
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from frontdesk.config.hours import read_hours
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.facts.handoff import handoff_sentences, is_handoff
from frontdesk.store.store import Closed, Store, StoreUnavailable
from frontdesk.store.tables import Conversation, Message, Reason
from ui.chat.texts import Language
from ui.desk.answers import Answers
from ui.desk.bot import Answer, Assistant, turns
from ui.desk.handoff import reason_to_call, says_more, says_yes, wish_of
from ui.desk.live_state import Limit, Talk, Talks, TooMany
from ui.desk.views import LEFT, Stored, Turn, View, draw, read, shown

__all__ = ["Desk", "Empty", "Full", "Suggestion", "TooLong", "TooMany", "Turn", "View", "Wait"]

COOKIE = "frontdesk_customer"
MAX_CHARACTERS = 2000  # of one message; the texts of the page name this number
MAX_MESSAGES = 400  # of one conversation
BY_CUSTOMER = 20  # messages a minute
BY_ADDRESS = 120  # messages a minute of all customers behind one address, such as an office
TICK_SECONDS = 0.08  # between two updates of a page; a browser chokes on one per token
LOOK_SECONDS = 5.0  # between two looks at the store for what another process changed
THUMBS_DOWN = 2  # in a conversation that call a person


class Empty(Exception):
    """There is nothing in the message."""


class Wait(Exception):
    """An answer is on its way."""


class Full(Exception):
    """The conversation has as many messages as one may have."""


class TooLong(Exception):
    """An agent's message has more than MAX_CHARACTERS."""


@dataclass(frozen=True)
class Suggestion:
    """What the bot would say to the customer's last words; "" where it would only hand over, or can't be asked."""

    text: str
    source: dict[str, Any] | None


class Desk:
    """One run's desk. Its methods raise StoreUnavailable where the database can't be used; then nothing has changed."""

    def __init__(self, config: Config, store: Store, assistant: Assistant) -> None:
        self.config, self.store, self.assistant = config, store, assistant
        self.hours = read_hours(config.desk)
        self.offers = tuple(config.data.handoff.values())
        self.handoffs = handoff_sentences(self.offers, Run(config.name).data / "train.jsonl")
        self.answers = Answers(store, assistant, self.handoffs)
        self.talks = Talks()
        self.by_customer, self.by_address = Limit(BY_CUSTOMER), Limit(BY_ADDRESS)

    @property
    def open(self) -> bool:
        """Whether people are there now."""
        return self.hours.open_at(datetime.now(UTC))

    # Customers

    async def enter(self, token: str | None, language: Language) -> tuple[str, str]:
        """(token, customer id) of whoever has the token; a new customer where nobody has it."""
        if token and (found := await self.known(token)):
            return token, found
        made, customer = await to_thread(self.store.add_customer)
        return made, customer.id

    async def known(self, token: str | None) -> str | None:
        """The id of the customer who has this token."""
        if not token or len(token) > 100:
            return None
        found = await to_thread(self.store.customer, token)
        return found.id if found else None

    # What a page draws

    async def view(self, customer_id: str, language: str = "en") -> View:
        """The conversation now. Where the store can't be read, as it was last known."""
        talk = self.talks.of(customer_id)
        away: tuple[str, ...] = ()
        try:
            stored = await self._stored(customer_id, talk)
        except StoreUnavailable:
            if talk.stored is None:
                raise
            stored, away = talk.stored, ("store_away",)
        notices = (*talk.notices, *away)
        if stored.unanswered and not (talk.busy or notices or talk.lock.locked()):
            notices = ("interrupted",)  # the process that was to answer has ended
        return draw(stored, talk.answer.text if talk.answer else None, talk.replaced, notices, self.open, language)

    async def watch(self, customer_id: str, language: str = "en", quiet: float | None = None) -> AsyncGenerator[View]:
        """The view now, and again whenever it has changed, at most every TICK_SECONDS; the same one after `quiet` seconds without a change.

        Runs until it is closed.
        """
        talk, last, told = self.talks.of(customer_id), None, 0.0
        with talk.watched() as changed:
            while True:
                changed.clear()
                with suppress(StoreUnavailable):
                    view = await self.view(customer_id, language)
                    if view != last or (quiet and time.monotonic() - told > quiet):
                        last, told = view if view != last else last, time.monotonic()
                        yield last
                await sleep(TICK_SECONDS)
                if not talk.busy:
                    with suppress(TimeoutError):
                        async with timeout(LOOK_SECONDS):
                            await changed.wait()

    async def _stored(self, customer_id: str, talk: Talk) -> Stored:
        """What the store knows: read anew where it has changed, or might have. Nothing has changed since when this returns."""
        async with talk.reading:
            while talk.stored is None or talk.stale or time.monotonic() - talk.stored.at > LOOK_SECONDS:
                talk.stale = False
                try:
                    talk.stored = await to_thread(read, self.store, customer_id, talk.stored)
                except StoreUnavailable:
                    talk.stale = True
                    raise
            return talk.stored

    # What customers do

    async def say(self, customer_id: str, text: str, language: Language, address: str | None = None) -> Message:
        """Store a message. A person is called where it asks for one (ui/desk/handoff.py); else the bot's answer begins.

        Only the first MAX_CHARACTERS are taken, with a notice. Raises Empty; Wait where an answer is on its way; TooMany; Full.
        """
        text, asked = text.strip(), time.monotonic()
        if not text:
            raise Empty
        talk = self.talks.of(customer_id)
        async with talk.lock:
            if talk.busy:
                raise Wait
            if address:
                self.by_address.count(address)
            self.by_customer.count(customer_id)
            conversation, message = await to_thread(self._say, customer_id, text[:MAX_CHARACTERS], language)
            offered = "offer_person" in talk.notices
            talk.notices = ("cut",) if len(text) > MAX_CHARACTERS else ()
            try:
                if conversation.state == "bot":
                    with suppress(StoreUnavailable, Closed):  # the message is stored all the same; the view says that nothing answered it
                        waits = await self._respond(talk, conversation.id, asked, offered)
                        if waits and waits != conversation.id:  # beside what was left before
                            message = (await to_thread(self.store.messages, waits, message.id - 1))[0]
                elif conversation.state == "waiting":
                    with suppress(StoreUnavailable):
                        await to_thread(self._note_wish, conversation.id)
            finally:  # pages are woken once the answer is on its way, not twice
                talk.ring()
        return message

    def _say(self, customer_id: str, text: str, language: str) -> tuple[Conversation, Message]:
        for _ in range(3):
            conversation = self.store.open(customer_id, self.config.name, language)
            if self.store.count(conversation.id) >= MAX_MESSAGES:
                raise Full
            with suppress(Closed):  # an agent closed it just now
                message = self.store.say(conversation.id, "customer", text)
                if conversation.language != language:
                    with suppress(StoreUnavailable):  # the message is stored
                        self.store.set_language(conversation.id, language)
                return conversation, message
        raise StoreUnavailable("the conversation is closed as soon as it is opened")

    async def _respond(self, talk: Talk, conversation_id: str, asked: float, offered: bool) -> str | None:
        """Call a person, and return the id of the conversation that waits; or have the bot answer."""
        messages = await to_thread(self.store.messages, conversation_id)
        reason = await to_thread(reason_to_call, messages, self.config.desk.topics, self.offers)
        if reason is None and offered and says_yes(messages[-1].text):
            reason = "error"
        if reason:
            return await self._call(talk, conversation_id, reason, messages)
        self.answers.begin(talk, conversation_id, messages, asked=asked)
        return None

    def _note_wish(self, conversation_id: str) -> None:
        """Who calls a person first, and then says what for, shows it in the queue all the same."""
        call = self.store.handoff(conversation_id)
        if call and not says_more(call.wish):
            self.store.set_wish(conversation_id, wish_of(self.store.messages(conversation_id)))

    async def answer(self, customer_id: str, again: bool = False) -> AsyncGenerator[None]:
        """Yields now and whenever the view has changed, until no answer is on its way.

        Begins one where the bot owes it; `again` also where one failed, or instead of the last one and otherwise than that, which counts as
        a message does. Raises TooMany.
        """
        talk = self.talks.of(customer_id)
        async with talk.lock:
            if not talk.busy:
                await self._owed(talk, customer_id, again)
        async with aclosing(self.watch(customer_id)) as views:
            async for view in views:
                yield
                if not view.busy:
                    return

    async def _owed(self, talk: Talk, customer_id: str, again: bool) -> None:
        conversation = await to_thread(self.store.current, customer_id)
        if conversation is None or conversation.state != "bot":
            return
        messages = await to_thread(self.store.messages, conversation.id)
        last = messages[-1] if messages else None
        if again and last and last.speaker in ("customer", "bot"):
            self.by_customer.count(customer_id)
        if last and last.speaker == "customer" and (again or talk.tried != last.id):
            self.answers.begin(talk, conversation.id, messages)
        elif last and last.speaker == "bot" and again:
            self.answers.begin(talk, conversation.id, messages, replaced=last.id)

    async def stop(self, customer_id: str) -> None:
        """End the answer on its way. What has come of it stays."""
        await self.answers.stop(self.talks.of(customer_id))

    async def rate(self, customer_id: str, message_id: int, value: int, reason: str = "") -> None:
        """A thumb on an answer: 1, -1, or 0 to take it back. Raises LookupError where it is no answer to this customer."""
        talk = self.talks.of(customer_id)
        await to_thread(self.store.rate, customer_id, message_id, value, reason[:MAX_CHARACTERS])
        talk.ring()
        if value < 0:
            async with talk.lock:
                with suppress(StoreUnavailable):  # the thumb is stored all the same
                    await self._call_if_unhappy(talk, customer_id)

    async def _call_if_unhappy(self, talk: Talk, customer_id: str) -> None:
        conversation = await to_thread(self.store.current, customer_id)
        if conversation is None or conversation.state != "bot":
            return
        messages = await to_thread(self.store.messages, conversation.id)
        ratings = await to_thread(self.store.ratings, conversation.id)
        helped = max((message.id for message in messages if message.speaker == "agent"), default=0)
        if sum(rating.value < 0 for message_id, rating in ratings.items() if message_id > helped) >= THUMBS_DOWN:
            await self._call(talk, conversation.id, "rating", messages)

    async def person(self, customer_id: str, reason: Reason = "wish", language: Language = "en") -> None:
        """Call a person. `language`: of the conversation, where none has begun."""
        talk = self.talks.of(customer_id)
        async with talk.lock:
            conversation = await to_thread(self.store.open, customer_id, self.config.name, language)
            if conversation.state == "bot":
                messages = await to_thread(self.store.messages, conversation.id)
                await self._call(talk, conversation.id, "error" if "offer_person" in talk.notices else reason, messages)

    async def _call(self, talk: Talk, conversation_id: str, reason: Reason, messages: Sequence[Message]) -> str | None:
        await self.answers.stop(talk)
        waits = None
        with suppress(Closed):
            waits = await to_thread(self.store.call_person, conversation_id, reason, wish_of(messages), not self.open)
        talk.notices = tuple(notice for notice in talk.notices if notice == "cut")
        talk.ring()
        self.talks.ring_waiting()
        return waits

    async def restart(self, customer_id: str) -> None:
        """Close the conversation; the next message begins a new one."""
        talk = self.talks.of(customer_id)
        async with talk.lock:
            await self.answers.stop(talk)
            await to_thread(self._leave, customer_id)
            talk.notices = ()
            talk.ring()
        self.talks.ring_waiting()

    def _leave(self, customer_id: str) -> None:
        """Have the customer read nothing. What was left for a person outside the hours is still to be read: it stays in the queue."""
        if (old := shown(self.store, customer_id)) is None:
            return
        call = self.store.handoff(old.id)
        if not (call and call.out_of_hours and not call.taken_at):
            self.store.finish(old.id, None, LEFT)
        if old.state == "closed" or self.store.current(customer_id):
            self.store.open(customer_id, self.config.name, old.language, anew=True)

    async def set_language(self, customer_id: str, language: Language) -> None:
        """The language that the customer reads now."""
        if conversation := await to_thread(self.store.current, customer_id):
            await to_thread(self.store.set_language, conversation.id, language)
            self.talks.of(customer_id).ring()

    # What agents do

    async def suggest(self, conversation_id: str) -> Suggestion:
        """The bot's reply to the customer's last words, for an agent to send, change or leave."""
        messages, answer = await to_thread(self.store.messages, conversation_id), Answer()
        if said := turns(messages):
            await self.assistant.read(said, answer)
            with suppress(StoreUnavailable):
                await to_thread(self.store.spend, messages[-1].id, answer.prompt_tokens or 0, answer.completion_tokens or 0)
        useless = answer.trouble or is_handoff(answer.text, self.handoffs)
        return Suggestion("", None) if useless else Suggestion(answer.text, answer.source)

    async def take(self, conversation_id: str, agent: str, admin: bool = False) -> bool:
        """The agent takes a conversation that is free (store.free); False where somebody else was faster."""
        taken = await to_thread(self.store.take, conversation_id, agent, admin)
        await self._changed(conversation_id, taken)
        return taken

    async def reply(self, conversation_id: str, agent: str, text: str, suggested: str | None = None) -> Message:
        """An agent's message, beside what was suggested. Raises NotYours, Empty, TooLong."""
        text = text.strip()
        if not text:
            raise Empty
        if len(text) > MAX_CHARACTERS:
            raise TooLong
        message = await to_thread(self.store.reply, conversation_id, agent, text, suggested)
        await self._changed(conversation_id)
        return message

    async def give_back(self, conversation_id: str, agent: str) -> None:
        """The bot answers again, and at once where the customer spoke last. Raises NotYours."""
        await to_thread(self.store.give_back, conversation_id, agent)
        with suppress(StoreUnavailable):  # it is the bot's all the same; the view says that nothing answered
            await self._answer_owed(conversation_id)
        await self._changed(conversation_id)

    async def _answer_owed(self, conversation_id: str) -> None:
        if (conversation := await to_thread(self.store.conversation, conversation_id)) is None:
            return
        talk = self.talks.of(conversation.customer_id)
        async with talk.lock:
            if not talk.busy:
                talk.tried = 0  # an answer that the call for a person cut is owed as well
                await self._owed(talk, conversation.customer_id, again=False)

    async def finish(self, conversation_id: str, agent: str, result: str) -> None:
        """Close the conversation. Raises NotYours."""
        await to_thread(self.store.finish, conversation_id, agent, result)
        await self._changed(conversation_id)

    async def _changed(self, conversation_id: str, taken: bool = False) -> None:
        """Tell the customer's pages. They look by themselves after a while: a failure to tell is no failure.

        Once a person has `taken` it, the bot's answer in a conversation that the customer began meanwhile is of no use.
        """
        with suppress(StoreUnavailable):
            conversation = await to_thread(self.store.conversation, conversation_id)
            if conversation and (talk := self.talks.by_customer.get(conversation.customer_id)):
                if taken:
                    await self.answers.stop(talk)
                    talk.notices = ()
                talk.ring()
        self.talks.ring_waiting()
