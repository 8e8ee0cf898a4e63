"""The review tab: one candidate for training at a time, decided on by a person (frontdesk/store/candidates.py).

A tab of the agents' console. What customers, agents and models wrote is shown as text and nothing else. The answer stands in a box: it is
accepted as it is, accepted as corrected, or rejected; a question that nobody answered must be given one. Two people may review at once:
the first decision counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import Context

from frontdesk.reports.html import Html, join, tag
from frontdesk.store import candidates
from frontdesk.store.candidates import KINDS
from frontdesk.store.store import Store, StoreUnavailable
from frontdesk.store.tables import Candidate
from ui.console.review.texts import TEXTS
from ui.console.texts import language_of

STATES = ("new", "accepted", "rejected")
MAX_CHARACTERS = 2000  # of an answer, as of any message
QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
STYLE = Path(__file__).with_name("review.css")
KEYS = """document.addEventListener('keydown', event => {
    const enter = event.key === 'Enter' && (event.ctrlKey || event.metaKey);
    const name = enter ? 'accept' : event.altKey ? {KeyR: 'reject', KeyS: 'skip'}[event.code] : null;
    const button = name && document.querySelector(`#review-${name}`);
    if (button && button.offsetParent && !button.disabled) { event.preventDefault(); button.click(); }
});"""

Text = dict[str, str]


@dataclass
class Shown:
    """What one open tab shows."""

    id: int = 0  # of the candidate; 0: none
    status: str = "new"  # that it had
    answer: str = ""


def review_tab(store: Store, who: Callable[[gr.Request], str]) -> None:
    """Build the tab inside a `gr.Tab`. `who` gives the name of the person who sends an event, or raises PermissionError."""
    Review(store, who)


class Review:
    """The components and their events."""

    def __init__(self, store: Store, who: Callable[[gr.Request], str]) -> None:
        self.store, self.who = store, who
        tab, text = Context.block, TEXTS["en"]
        assert isinstance(tab, gr.Tab)
        self.shown = gr.State(Shown())
        gr.HTML(f"<style>{STYLE.read_text(encoding='utf-8')}</style>", js_on_load=KEYS, elem_id="review-style")
        with gr.Row(elem_id="review-top"):
            self.status = gr.Radio([(text[name], name) for name in STATES], value="new", container=False, elem_id="review-status")
            self.kind = gr.Radio([(text[name], name) for name in ("all", *KINDS)], value="all", container=False, elem_id="review-kind")
            self.left = gr.HTML(elem_id="review-left")
        with gr.Row(elem_id="review-columns"):
            self.card = gr.HTML(elem_id="review-card")
            with gr.Column():
                self.worse = gr.HTML(elem_id="review-worse")
                self.answer = gr.Textbox(lines=5, max_lines=14, max_length=MAX_CHARACTERS, label=text["answer"], elem_id="review-answer")
                with gr.Row(elem_id="review-actions"):
                    self.accept = gr.Button(text["accept"], variant="primary", elem_id="review-accept")
                    self.reject = gr.Button(text["reject"], variant="stop", elem_id="review-reject")
                    self.skip = gr.Button(text["skip"], elem_id="review-skip")
                    self.undo = gr.Button(text["undo"], visible=False, elem_id="review-undo")
                self.note = gr.HTML(elem_id="review-note")
        self._connect(tab)

    def _connect(self, tab: gr.Tab) -> None:
        screen = [self.shown, self.left, self.card, self.worse, self.answer, self.accept, self.reject, self.skip, self.undo, self.note]
        chosen = {"inputs": [self.status, self.kind], "outputs": [*screen, self.status, self.kind], **QUICK}
        for event in (self.status.input, self.kind.input, tab.select):
            event(self._first, **chosen)
        decided = {"inputs": [self.shown, self.answer, self.status, self.kind], "outputs": screen, **QUICK}
        for button, act in ((self.accept, self._accept), (self.reject, self._reject), (self.skip, self._skip), (self.undo, self._undo)):
            button.click(act, **decided)
        self.answer.change(self._name, inputs=[self.shown, self.answer], outputs=self.accept, trigger_mode="always_last", **QUICK)

    # What a reviewer does

    def _first(self, status: str, kind: str, request: gr.Request) -> list[Any]:
        text = self._text(request)
        named = [gr.update(choices=[(text[name], name) for name in names]) for names in (STATES, ("all", *KINDS))]
        return [*self._next(0, status, kind, request), *named]

    def _accept(self, shown: Shown, answer: str, status: str, kind: str, request: gr.Request) -> list[Any]:
        if shown.id and not answer.strip():
            return [*[gr.skip()] * 9, note(self._text(request)["empty"])]
        return self._decide("accepted", shown, answer, status, kind, request)

    def _reject(self, shown: Shown, answer: str, status: str, kind: str, request: gr.Request) -> list[Any]:
        return self._decide("rejected", shown, answer, status, kind, request)

    def _undo(self, shown: Shown, answer: str, status: str, kind: str, request: gr.Request) -> list[Any]:
        return self._decide("new", shown, answer, status, kind, request)

    def _decide(self, decision: str, shown: Shown, answer: str, status: str, kind: str, request: gr.Request) -> list[Any]:
        name = self.who(request)
        try:
            mine = not shown.id or candidates.review(self.store, shown.id, decision, answer[:MAX_CHARACTERS], name, was=shown.status)
        except StoreUnavailable:
            return [*[gr.skip()] * 9, note(self._text(request)["not_stored"])]
        return self._next(shown.id, status, kind, request, "" if mine else "decided")

    def _skip(self, shown: Shown, answer: str, status: str, kind: str, request: gr.Request) -> list[Any]:
        return self._next(shown.id, status, kind, request)

    def _name(self, shown: Shown, answer: str, request: gr.Request) -> Any:
        """The button says which it is: accepting, or accepting a correction."""
        self.who(request)
        return self._text(request)["correct" if shown.answer and answer.strip() != shown.answer.strip() else "accept"]

    # What is shown

    def _next(self, after: int, status: str, kind: str, request: gr.Request, told: str = "") -> list[Any]:
        """The screen with the next candidate after an id, or with the first again."""
        self.who(request)
        text, only = self._text(request), kind if kind in KINDS else None
        status = status if status in STATES else "new"
        try:
            some = candidates.candidates(self.store, status, only, after=after, limit=1)
            some = some or candidates.candidates(self.store, status, only, limit=1)
            counts = candidates.counts(self.store)
        except StoreUnavailable:
            return [*[gr.skip()] * 9, note(text["not_stored"])]
        numbers = {state: sum(number for (_, its), number in counts.items() if its == state) for state in STATES}
        left = tag("span", text["left"].format(left=numbers["new"], **numbers), data_left=numbers["new"])
        return [*self._screen(some[0] if some else None, left, text), note(text[told] if told else "")]

    def _screen(self, one: Candidate | None, left: Html, text: Text) -> list[Any]:
        answer = one.answer if one else ""
        new = one is not None and one.status == "new"
        return [
            Shown(one.id, one.status, answer) if one else Shown(),
            left,
            card(one, text) if one else tag("p", text["none"]),
            join([tag("b", text["worse"]), tag("div", one.worse, class_="said")]) if one and one.worse else "",
            gr.update(value=answer, label=text["answer"], placeholder=text["answer_hint"], interactive=new, info=text["keys"]),
            gr.update(value=text["accept"], interactive=new),
            gr.update(value=text["reject"], interactive=new),
            gr.update(value=text["skip"], interactive=one is not None),
            gr.update(value=text["undo"], visible=one is not None and not new),
        ]

    def _text(self, request: gr.Request) -> Text:
        return TEXTS[language_of(request.headers)]


def card(one: Candidate, text: Text) -> Html:
    """What it is, and the turns up to the question."""
    facts = [tag("span", text[one.kind]), tag("span", text["conversation"], " ", tag("code", one.conversation_id))]
    if one.size > 1:
        facts.append(tag("span", text["times"].format(size=one.size)))
    if one.reviewer:
        facts.append(tag("span", text["by"].format(who=one.reviewer)))
    if one.runs:
        facts.append(tag("span", text["runs"].format(runs=", ".join(one.runs))))
    turns = [_turn(turn["role"], turn["content"], text) for turn in one.messages]
    return tag("div", tag("div", *facts, class_="facts"), *turns, data_candidate=one.id)


def _turn(role: str, said: str, text: Text) -> Html:
    return tag("article", tag("b", text["customer" if role == "user" else "desk"]), tag("div", said, class_="said"), class_=role)


def note(words: str) -> Html:
    """What the reviewer should know now."""
    return tag("div", words, role="status")
