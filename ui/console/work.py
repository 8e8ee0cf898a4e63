"""The console's first tab: the queue, the conversation that an agent has chosen, and what helps to answer it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import gradio as gr

from frontdesk.config.schema import Config
from frontdesk.reports.html import Html
from frontdesk.store.search import last_call
from frontdesk.store.store import Closed, NotYours, Store, StoreUnavailable
from frontdesk.store.tables import Conversation, Handoff, Message, Rating
from ui.console import parts as show
from ui.console.faq import Faq
from ui.console.login.session import Who
from ui.console.screen import Screen
from ui.console.texts import TEXTS, language_of
from ui.desk.desk import MAX_CHARACTERS, Desk

# A suggestion goes into an empty box at once, and into any by the button; either way it is then no longer on offer. It is marked as used
# where it went in: only then what is sent is kept as its edit.
OFFER = """(offer, note, box, used, origin) => offer && !box.trim() ? ['', '', offer, '1', note]
    : ['', '', box, used, offer ? origin : note || origin]"""
REPLACE = "(offer, note, box, used, origin) => offer ? ['', '', offer, '1', note] : ['', '', box, used, note || origin]"


@dataclass
class Draft:
    """What stands in the box of a conversation."""

    words: str = ""
    used: str = ""
    origin: str = ""
    suggested: str = ""


@dataclass
class Work:
    """What one open console is at. Never holds who the agent is: each event tells that anew."""

    selected: str = ""
    asked: int = 0  # the customer's message for which a suggestion was asked for last
    suggested: str = ""
    away: bool = False  # the store could not be read last time
    drafts: dict[str, Draft] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A conversation as the store has it now."""

    conversation: Conversation
    call: Handoff | None
    messages: list[Message]
    ratings: dict[int, Rating]

    def held_by(self, who: Who) -> bool:
        """Whether this agent has it."""
        return self.conversation.state == "agent" and self.call is not None and self.call.agent == who.name


class Workplace:
    """The events of the tab."""

    def __init__(self, desk: Desk, store: Store, config: Config, who: Callable[[gr.Request], Who]) -> None:
        self.desk, self.store, self.config, self.who = desk, store, config, who
        self.zone = ZoneInfo(config.desk.timezone)
        self.faq = Faq(config)

    def build(self, label: Callable[..., Any], choose: str) -> None:
        """Make the components."""
        self.screen = Screen(Work(), label, choose)

    def connect(self, blocks: gr.Blocks, live: gr.HTML, settings: dict[str, Any]) -> None:
        """Tie components to events with these settings."""
        at = self.screen
        offered, into = [at.offer, at.offer_note], [at.offer, at.offer_note, *at.box]

        def and_suggest(event: Any) -> None:
            event.then(self.suggest_new, at.state, offered, **settings).then(None, into, into, js=OFFER, **settings)

        refreshed = {"inputs": at.state, "outputs": at.shown, **settings}
        blocks.load(self.refresh, **refreshed).then(self.show_replies, outputs=at.replies, **settings)
        and_suggest(live.pulse(self.pulse, trigger_mode="always_last", **refreshed))
        for choice in (at.queue.choose, at.head.choose, live.reopen):
            and_suggest(choice(self.choose, at.inputs, at.outputs, **settings))
        and_suggest(at.take.click(self.take_it, **refreshed))
        answered = [*at.shown, *at.box]
        at.send.click(self.send_it, at.inputs, answered, **settings)
        at.give_back.click(self.give_it_back, at.inputs, answered, **settings)
        at.close.click(self.close_it, [*at.inputs, at.result], answered, **settings)
        at.suggest.click(self.suggest_again, at.state, offered, **settings).then(None, into, into, js=REPLACE, **settings)
        at.discard.click(None, None, at.box, js="() => ['', '', '']", **settings)
        at.search.submit(self.find, at.search, at.entries, **settings)  # words that are pasted first do not count as input
        at.search.input(self.find, at.search, at.entries, trigger_mode="always_last", **settings)

    # What is shown

    async def refresh(self, work: Work, request: gr.Request) -> list[Any]:
        """The screen as it is now. A note stays until the agent does something."""
        return await self._screen(work, request, None)

    async def pulse(self, work: Work, event: gr.EventData, request: gr.Request) -> list[Any]:
        """The screen, after a change that the page has heard of. It tells which transcript it shows: the same one is not sent again."""
        return await self._screen(work, request, None, str(event.drawn))

    async def _screen(self, work: Work, request: gr.Request, note: str | None = "", drawn: str = "") -> list[Any]:
        """Updates of queue, head, transcript, note, take and compose. What cannot be read stays as it is."""
        who, text = await asyncio.to_thread(self.who, request), self._text(request)
        try:
            calls = await asyncio.to_thread(self.store.queue)
            case = await self._case(work.selected)
            free = case is not None and await asyncio.to_thread(self.store.free, work.selected, who.name, who.admin)
        except StoreUnavailable:
            work.away = True
            return [gr.skip(), gr.skip(), gr.skip(), show.note(note or text["not_read"]), gr.skip(), gr.skip()]
        if note is None and work.away:
            note = ""
        work.away = False
        return [
            show.queue(calls, who, work.selected, text),
            show.head(case.conversation, case.call, self.zone, text) if case else "",
            gr.skip() if case and show.drawn(case.conversation, text) == drawn else self._transcript(case, text),
            gr.skip() if note is None else show.note(note),
            gr.update(visible=free),
            gr.update(visible=case is not None and case.held_by(who)),
        ]

    def _transcript(self, case: Case | None, text: dict[str, str]) -> Html:
        return show.transcript(case.conversation, case.messages, case.ratings, self.zone, text) if case else show.hint(text["choose"])

    async def _case(self, id: str) -> Case | None:
        """The conversation on the screen; None where none is, or it is gone."""
        conversation = await asyncio.to_thread(self.store.conversation, id) if id else None
        if conversation is None:
            return None
        call = await asyncio.to_thread(last_call, self.store, id)
        return Case(conversation, call, await asyncio.to_thread(self.store.messages, id), await asyncio.to_thread(self.store.ratings, id))

    def show_replies(self, request: gr.Request) -> Html:
        """What does not change while the console is open."""
        return show.replies(self.config.desk.replies, self._text(request))

    def _text(self, request: gr.Request) -> dict[str, str]:
        return TEXTS[language_of(request.headers)]

    # What agents do

    async def choose(self, work: Work, words: str, used: str, origin: str, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Show another conversation. Each keeps what was begun in its box."""
        if work.selected:
            work.drafts[work.selected] = Draft(words, used, origin, work.suggested)
        work.selected, work.asked = str(event.id) if event.id != show.NONE else "", 0
        draft = work.drafts.get(work.selected, Draft())
        work.suggested = draft.suggested
        screen = await self._screen(work, request)
        try:
            call = await asyncio.to_thread(last_call, self.store, work.selected) if work.selected else None
        except StoreUnavailable:
            call = None
        wish = call.wish if call else ""
        return [*screen, draft.words, draft.used, draft.origin, "", self._entries(wish, request)]

    async def take_it(self, work: Work, request: gr.Request) -> list[Any]:
        """Take the conversation from the queue."""

        async def take(who: Who, text: dict[str, str]) -> str:
            return "" if await self.desk.take(work.selected, who.name, who.admin) else text["taken_by_other"]

        return await self._screen(work, request, await self._do(take, request))

    async def send_it(self, work: Work, words: str, used: str, origin: str, request: gr.Request) -> list[Any]:
        """Send the reply. The box keeps it where it was not stored."""
        text = self._text(request)
        words = words.strip()
        if not words or len(words) > MAX_CHARACTERS:
            note = text["too_long" if words else "nothing_to_send"]
            return [*await self._screen(work, request, note), gr.skip(), gr.skip(), gr.skip()]

        async def send(who: Who, _text: dict[str, str]) -> str:
            await self.desk.reply(work.selected, who.name, words, work.suggested if used and work.suggested else None)
            return ""

        return await self._emptied(work, request, await self._do(send, request))

    async def give_it_back(self, work: Work, words: str, used: str, origin: str, request: gr.Request) -> list[Any]:
        """The bot goes on."""

        async def give(who: Who, _text: dict[str, str]) -> str:
            await self.desk.give_back(work.selected, who.name)
            return ""

        return await self._emptied(work, request, await self._do(give, request))

    async def close_it(self, work: Work, words: str, used: str, origin: str, result: str | None, request: gr.Request) -> list[Any]:
        """Close the conversation, which must be this agent's."""

        async def close(who: Who, _text: dict[str, str]) -> str:
            case = await self._case(work.selected)
            if case is None or not case.held_by(who):
                raise NotYours
            await self.desk.finish(work.selected, who.name, (result or "").strip()[:200] or TEXTS["en"]["solved"])
            return ""

        return await self._emptied(work, request, await self._do(close, request))

    async def _do(self, action: Callable[[Who, dict[str, str]], Awaitable[str]], request: gr.Request) -> str:
        """Do something to the store. Returns what the agent should know, "" where all is well."""
        text = self._text(request)
        try:
            return await action(await asyncio.to_thread(self.who, request), text)
        except StoreUnavailable:
            return text["not_stored"]
        except NotYours:
            return text["not_yours"]
        except (Closed, LookupError):
            return text["gone"]

    async def _emptied(self, work: Work, request: gr.Request, note: str) -> list[Any]:
        """The screen, with an empty box unless something went wrong."""
        screen = await self._screen(work, request, note)
        if note:
            return [*screen, gr.skip(), gr.skip(), gr.skip()]
        work.drafts.pop(work.selected, None)
        work.suggested = ""
        return [*screen, "", "", ""]

    # What helps them

    async def suggest_new(self, work: Work, request: gr.Request) -> list[Any]:
        """The bot's reply to what the customer has just said, once."""
        return await self._suggest(work, request, again=False)

    async def suggest_again(self, work: Work, request: gr.Request) -> list[Any]:
        """The bot's reply, now."""
        return await self._suggest(work, request, again=True)

    async def _suggest(self, work: Work, request: gr.Request, again: bool) -> list[Any]:
        """The suggestion and a line on where it comes from; nothing where the conversation is not this agent's or off the screen again."""
        selected, text = work.selected, self._text(request)
        try:
            who, case = await asyncio.to_thread(self.who, request), await self._case(selected)
            last = case.messages[-1] if case and case.messages else None
            if case is None or last is None or not case.held_by(who):
                return [gr.skip(), gr.skip()]
            if not again and (last.speaker != "customer" or last.id == work.asked):
                return [gr.skip(), gr.skip()]
            work.asked = last.id
            suggestion = await self.desk.suggest(selected)
        except StoreUnavailable:
            return ["", show.origin(text["not_read"], None, text)]
        if work.selected != selected:
            return [gr.skip(), gr.skip()]
        if not suggestion.text.strip():
            return ["", show.origin(text["no_suggestion"], None, text)]
        work.suggested = suggestion.text.strip()[:MAX_CHARACTERS]
        return [work.suggested, show.origin(text["suggested"], suggestion.source, text)]

    def find(self, words: str, request: gr.Request) -> Html:
        """FAQ entries for some words."""
        self.who(request)
        return self._entries(words, request)

    def _entries(self, words: str, request: gr.Request) -> Html:
        return show.entries(self.faq.find(words), self._text(request)) if words.strip() else show.hint("")
