"""The console's first tab: the queue, the conversation that an agent has chosen, and what helps to answer it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import gradio as gr

from frontdesk.config import Config
from frontdesk.markup import Html
from frontdesk.store.search import last_call
from frontdesk.store.store import Closed, NotYours, Store, StoreUnavailable
from frontdesk.store.tables import Conversation, Handoff, Message, Rating
from ui import console_html as show
from ui.console_faq import Faq
from ui.console_texts import TEXTS, language_of
from ui.desk import MAX_CHARACTERS, Desk
from ui.login import Who

RESULTS = ("solved", "message_taken", "spam")
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
    drawn: tuple[str, int, str] = ("", -1, "")  # conversation, revision and language of the transcript on the screen
    suggested: str = ""
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
    """Components and events of the tab."""

    def __init__(self, desk: Desk, store: Store, config: Config, who: Callable[[gr.Request], Who]) -> None:
        self.desk, self.store, self.config, self.who = desk, store, config, who
        self.zone = ZoneInfo(config.desk.timezone)
        self.faq = Faq(config)

    def build(self, label: Callable[..., Any], choose: str) -> None:
        """Three columns; on a phone the queue or the conversation."""
        self.state = gr.State(Work())
        with gr.Row(elem_id="work"):
            with gr.Column(elem_id="list", min_width=0):
                self.queue = gr.HTML(elem_id="queue", js_on_load=choose)
            with gr.Column(elem_id="middle", min_width=0):
                self.head = gr.HTML(elem_id="head", js_on_load=choose)
                self.transcript = gr.HTML(elem_id="transcript")
                self.note = gr.HTML(show.note(""), elem_id="note")
                self.take = label(gr.Button("Take", variant="primary", visible=False, elem_id="take"), "take", "value")
                with gr.Column(visible=False, elem_id="compose") as self.compose:
                    self._build_reply(label)
            with gr.Column(elem_id="tools", min_width=0):
                self.search = label(
                    gr.Textbox(show_label=False, container=False, max_length=200, elem_id="faq-search"), "faq_hint", "label", "placeholder"
                )
                self.entries = gr.HTML(elem_id="faq")
                self.replies = gr.HTML(elem_id="replies")
        self.screen = [self.queue, self.head, self.transcript, self.note, self.take, self.compose]
        self.box = [self.reply, self.used, self.origin]
        self.inputs = [self.state, *self.box]
        self.outputs = [*self.screen, *self.box, self.search, self.entries]

    def _build_reply(self, label: Callable[..., Any]) -> None:
        self.origin = gr.HTML("", elem_id="origin")
        reply = gr.Textbox(show_label=False, container=False, lines=3, max_lines=10, max_length=MAX_CHARACTERS, elem_id="reply")
        self.reply = label(reply, "reply", "label")
        label(self.reply, "reply_hint", "placeholder")
        with gr.Row(elem_id="actions"):
            self.send = label(gr.Button("Send", variant="primary", scale=0, min_width=0, elem_id="send"), "send", "value")
            self.suggest = label(gr.Button("Suggest", scale=0, min_width=0, elem_id="suggest"), "suggest", "value")
            self.discard = label(gr.Button("Discard", scale=0, min_width=0, elem_id="discard"), "discard", "value")
            self.give_back = label(gr.Button("Back to the bot", scale=0, min_width=0, elem_id="give-back"), "give_back", "value")
            self.result = label(
                gr.Dropdown(
                    [*RESULTS], value="solved", allow_custom_value=True, show_label=False, container=False, min_width=0, elem_id="result"
                ),
                "result", "label",
            )  # fmt: skip
            self.close = label(gr.Button("Close", scale=0, min_width=0, elem_id="close"), "close", "value")
        self.used = gr.Textbox(visible="hidden", show_label=False, elem_id="used")
        self.offer = gr.Textbox(visible="hidden", show_label=False, elem_id="offer")
        self.offer_note = gr.Textbox(visible="hidden", show_label=False, elem_id="offer-note")

    def results(self, text: dict[str, str]) -> list[tuple[str, str]]:
        """How a conversation may end: what is shown, and what is kept."""
        return [(text[key], TEXTS["en"][key]) for key in RESULTS]

    def connect(self, blocks: gr.Blocks, live: gr.HTML, settings: dict[str, Any]) -> None:
        """Tie components to events with these settings."""
        offered, into = [self.offer, self.offer_note], [self.offer, self.offer_note, *self.box]

        def and_suggest(event: Any) -> None:
            event.then(self.suggest_new, self.state, offered, **settings).then(None, into, into, js=OFFER, **settings)

        refreshed = {"inputs": self.state, "outputs": self.screen, **settings}
        blocks.load(self.refresh, **refreshed).then(self.show_replies, outputs=[self.replies, self.entries], **settings)
        and_suggest(live.pulse(self.refresh, trigger_mode="always_last", **refreshed))
        chosen = {"inputs": self.inputs, "outputs": self.outputs, **settings}
        for chooser in (self.queue, self.head):
            and_suggest(chooser.choose(self.choose, **chosen))
        and_suggest(self.take.click(self.take_it, **refreshed))
        answered = {"inputs": self.inputs, "outputs": [*self.screen, *self.box], **settings}
        self.send.click(self.send_it, **answered)
        self.give_back.click(self.give_it_back, **answered)
        self.close.click(self.close_it, **{**answered, "inputs": [*self.inputs, self.result]})
        self.suggest.click(self.suggest_again, self.state, offered, **settings).then(None, into, into, js=REPLACE, **settings)
        self.discard.click(None, None, self.box, js="() => ['', '', '']", **settings)
        self.search.submit(self.find, self.search, self.entries, **settings)  # words that are pasted first do not count as input
        self.search.input(self.find, self.search, self.entries, trigger_mode="always_last", **settings)

    # What is shown

    async def refresh(self, work: Work, request: gr.Request) -> list[Any]:
        """The screen as it is now."""
        return await self._screen(work, request)

    async def _screen(self, work: Work, request: gr.Request, note: str = "") -> list[Any]:
        """Updates of queue, head, transcript, note, take and compose. What cannot be read stays as it is."""
        who, text, language = await asyncio.to_thread(self.who, request), self._text(request), language_of(request.headers)
        try:
            calls = await asyncio.to_thread(self.store.queue)
            case = await self._case(work.selected)
        except StoreUnavailable:
            return [gr.skip(), gr.skip(), gr.skip(), show.note(text["not_stored"]), gr.skip(), gr.skip()]
        state = case.conversation.state if case else ""
        drawn = (work.selected, case.conversation.revision if case else -1, language)
        fresh, work.drawn = drawn != work.drawn or not case, drawn
        return [
            show.queue(calls, who, work.selected, text),
            show.head(case.conversation, case.call, self.zone, text) if case else "",
            gr.skip()
            if not fresh
            else show.transcript(case.messages, case.ratings, self.zone, text)
            if case
            else show.hint(text["choose"]),
            show.note(note),
            gr.update(visible=state == "waiting"),
            gr.update(visible=case is not None and case.held_by(who)),
        ]

    def _transcript(self, case: Case | None, text: dict[str, str]) -> Html:
        return show.transcript(case.messages, case.ratings, self.zone, text) if case else show.hint(text["choose"])

    async def _case(self, id: str) -> Case | None:
        """The conversation on the screen; None where none is, or it is gone."""
        conversation = await asyncio.to_thread(self.store.conversation, id) if id else None
        if conversation is None:
            return None
        call = await asyncio.to_thread(last_call, self.store, id)
        return Case(conversation, call, await asyncio.to_thread(self.store.messages, id), await asyncio.to_thread(self.store.ratings, id))

    def show_replies(self, request: gr.Request) -> list[Html]:
        """What does not change while the console is open."""
        text = self._text(request)
        return [show.replies(self.config.desk.replies, text), show.hint("")]

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
            return "" if await self.desk.take(work.selected, who.name) else text["taken_by_other"]

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
