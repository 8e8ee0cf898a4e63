"""The console's list of all conversations, running and past."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import gradio as gr

from frontdesk.store.search import PAGE, Which, find
from frontdesk.store.store import Store, StoreUnavailable
from ui.console import parts as show
from ui.console.login.session import Who
from ui.console.texts import TEXTS, language_of

WHICH: dict[Which, str] = {"all": "every_state", "running": "running", "past": "past"}


class List:
    """Components and events of the tab."""

    def __init__(self, store: Store, zone: str, who: Callable[[gr.Request], Who]) -> None:
        self.store, self.zone, self.who = store, zone, who

    def build(self, label: Callable[..., Any], choose: str) -> None:
        """A line to search with, and a table."""
        with gr.Row(elem_id="all-search"):
            self.words = label(
                gr.Textbox(show_label=False, container=False, max_length=200, elem_id="all-words"), "search_hint", "label", "placeholder"
            )
            self.which = label(gr.Radio([*WHICH], value="all", show_label=False, container=False, elem_id="all-which"), "state", "label")
            self.search = label(gr.Button("Search", scale=0, min_width=0, elem_id="all-go"), "search", "value")
        self.found = gr.HTML(elem_id="found", js_on_load=choose)
        with gr.Row(elem_id="pages"):
            self.newer = label(gr.Button("Newer", scale=0, min_width=0, interactive=False, elem_id="newer"), "previous", "value")
            self.older = label(gr.Button("Older", scale=0, min_width=0, interactive=False, elem_id="older"), "next", "value")
        self.page = gr.State(0)

    def choices(self, text: dict[str, str]) -> list[tuple[str, str]]:
        """What the switch shows."""
        return [(text[key], which) for which, key in WHICH.items()]

    def connect(self, tab: gr.Tab, settings: dict[str, Any]) -> None:
        """Search when the tab is opened, by the button, Enter and the switch; turn pages."""
        events = {"inputs": [self.words, self.which, self.page], "outputs": [self.found, self.newer, self.older, self.page], **settings}
        for trigger in (tab.select, self.words.submit, self.search.click, self.which.input):
            trigger(self._first, **events)
        self.newer.click(self._newer, **events)
        self.older.click(self._older, **events)

    def _first(self, words: str, which: Which, page: int, request: gr.Request) -> list[Any]:
        return self._show(words, which, 0, request)

    def _newer(self, words: str, which: Which, page: int, request: gr.Request) -> list[Any]:
        return self._show(words, which, page - 1, request)

    def _older(self, words: str, which: Which, page: int, request: gr.Request) -> list[Any]:
        return self._show(words, which, page + 1, request)

    def _show(self, words: str, which: Which, page: int, request: gr.Request) -> list[Any]:
        """Updates of the table and the pager, and the page that is shown now."""
        self.who(request)
        text, page = TEXTS[language_of(request.headers)], max(0, page)
        try:
            found, count = find(self.store, words[:200], which if which in WHICH else "all", self.zone, page)
        except StoreUnavailable:
            return [show.note(text["not_read"]), gr.skip(), gr.skip(), gr.skip()]
        pager = gr.update(interactive=page > 0), gr.update(interactive=(page + 1) * PAGE < count)
        return [show.found(found, count, page * PAGE, ZoneInfo(self.zone), text), *pager, page]
