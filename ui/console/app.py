"""The agents' console at /desk: who waits, one conversation with what helps to answer it, all conversations, review, and numbers.

`mount_console(app, desk, store, config)` adds it to the page's application. Every event asks anew who sends it (login.py); what a
browser sends besides is only ever a choice or new words. Conversations are changed through the Desk alone.
"""

from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, Router

from frontdesk.config.hours import read_hours
from frontdesk.config.schema import Config
from frontdesk.reports.html import Html
from frontdesk.store.statistics import PERIODS, Period
from frontdesk.store.store import Store
from ui.app import SYSTEM_FONTS
from ui.console import parts as show
from ui.console.conversations import List
from ui.console.guard import ConsoleMiddleware
from ui.console.live import Live
from ui.console.login.page import HOME, LoginPage
from ui.console.login.session import Logins, Who
from ui.console.review.tab import review_tab
from ui.console.statistics import numbers
from ui.console.texts import TEXTS, language_of
from ui.console.work import Workplace
from ui.desk.desk import Desk

HERE = Path(__file__).parent
# Gradio's queue is left out: it is one more way in, and each of its events costs milliseconds of statistics that nobody sees.
QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
CHOOSE = """element.addEventListener('click', event => {
    const row = event.target.closest('[data-open]');
    if (row) trigger('choose', {id: row.dataset.open});
});"""


def mount_console(app: FastAPI, desk: Desk, store: Store, config: Config) -> None:
    """Add the console to an application, ahead of the routes that it has. Raises UserError for a time zone that there is none."""
    read_hours(config.desk)
    logins = Logins(store, config)
    console = Console(desk, store, config, logins)
    gr.mount_gradio_app(
        app,
        console.blocks,
        path="/desk",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=gr.themes.Base(neutral_hue="stone", primary_hue="teal", font=SYSTEM_FONTS, font_mono=("ui-monospace", "monospace")),
        css_paths=HERE / "console.css",
    )
    mount = app.router.routes.pop()
    assert isinstance(mount, Mount)
    login, live = LoginPage(logins, config.company), Live(store, logins)
    inside = Router(
        [
            Route("/login", login.show, methods=["GET"]),
            Route("/login", login.enter, methods=["POST"]),
            Route("/logout", login.leave, methods=["POST"]),
            Route("/who", login.who),
            Route("/live", live.answer),
            Mount("", mount.app),
        ]
    )
    app.router.routes[:0] = [Route("/desk", lambda _: RedirectResponse(HOME, 308)), Mount("/desk", ConsoleMiddleware(inside, logins))]


class Console:
    """The components and the events that tie them to the store. The finished app is `self.blocks`."""

    def __init__(self, desk: Desk, store: Store, config: Config, logins: Logins) -> None:
        self.store, self.config, self.logins = store, config, logins
        self.labels: list[tuple[Any, str, str]] = []  # component, its property, key of TEXTS
        self.work = Workplace(desk, store, config, self.who)
        self.list = List(store, config.desk.timezone, self.who)
        with gr.Blocks(title=f"{config.company} · Desk", analytics_enabled=False, fill_width=True) as self.blocks:
            self._build()
            self._connect()

    def who(self, request: gr.Request) -> Who:
        """Who sent an event. Raises PermissionError for nobody: the login ended since the guard let the request in."""
        who = self.logins.who(request.headers)
        if who is None:
            raise PermissionError("not logged in")
        return who

    def _build(self) -> None:
        self.bar = gr.HTML(elem_id="bar")
        self.live = gr.HTML(js_on_load=(HERE / "console.js").read_text(encoding="utf-8"), elem_id="live")
        with gr.Tabs(elem_id="tabs", selected="desk") as self.tabs:
            with gr.Tab("Desk", id="desk") as desk:
                self.work.build(self.label, CHOOSE)
            with gr.Tab("Conversations", id="all") as self.every_tab:
                self.list.build(self.label, CHOOSE)
            with gr.Tab("Review", id="review") as review:
                review_tab(self.store, lambda request: self.who(request).name)
            with gr.Tab("Numbers", id="numbers", visible=False) as self.numbers_tab:
                self.period = self.label(gr.Radio([*PERIODS], value="week", container=False, elem_id="period"), "period", "label")
                self.numbers = gr.HTML(elem_id="numbers", js_on_load=CHOOSE)
        for tab, key in ((desk, "desk_tab"), (self.every_tab, "all_tab"), (review, "review_tab"), (self.numbers_tab, "numbers_tab")):
            self.label(tab, key, "label")

    def label(self, component: Any, key: str, *properties: str) -> Any:
        """Have the component named in the agent's language."""
        self.labels += [(component, name, key) for name in properties]
        return component

    def _connect(self) -> None:
        named = list(dict.fromkeys(component for component, _, _ in self.labels))
        self.blocks.load(self._greet, outputs=[self.bar, *named], **QUICK)
        self.work.connect(self.blocks, self.live, QUICK)
        self.list.connect(self.every_tab, QUICK)
        for chooser in (self.list.found, self.numbers):
            chooser.choose(self.work.choose, inputs=self.work.screen.inputs, outputs=self.work.screen.outputs, **QUICK).then(
                lambda: gr.update(selected="desk"), outputs=self.tabs, **QUICK
            )
        shown = {"inputs": self.period, "outputs": self.numbers, **QUICK}
        self.numbers_tab.select(self._numbers, **shown)
        self.period.input(self._numbers, **shown)

    def _greet(self, request: gr.Request) -> list[Any]:
        """The top line, and every component's name."""
        who, language = self.who(request), language_of(request.headers)
        text = TEXTS[language]
        updates: dict[Any, dict[str, Any]] = {}
        for component, name, key in self.labels:
            updates.setdefault(component, {})[name] = text[key]
        updates[self.period]["choices"] = [(text[period], period) for period in PERIODS]
        updates[self.list.which]["choices"] = self.list.choices(text)
        updates[self.work.screen.result]["choices"] = self.work.screen.results(text)
        updates[self.numbers_tab]["visible"] = who.admin
        return [show.bar(self.config.company, who, language, text), *(gr.update(**update) for update in updates.values())]

    def _numbers(self, period: Period, request: gr.Request) -> Html:
        text = TEXTS[language_of(request.headers)]
        if not self.who(request).admin:
            return show.note(text["only_admins"])
        return numbers(self.store, period if period in PERIODS else "week", self.config.desk.timezone, text)
