"""The components of the console's first tab: three columns; on a phone the queue or the conversation."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from ui.console import parts as show
from ui.console.texts import TEXTS
from ui.desk.desk import MAX_CHARACTERS

RESULTS = ("solved", "message_taken", "spam")


class Screen:
    """The components. `shown`: what follows the store; `box`: what belongs to the reply."""

    def __init__(self, work: Any, label: Callable[..., Any], choose: str) -> None:
        """Within a Blocks. `work` is what each open console begins with; `label` has a component named; `choose` sends `data-open`."""
        self.state = gr.State(work)
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
                self.entries = gr.HTML(show.hint(""), elem_id="faq")
                self.replies = gr.HTML(elem_id="replies")
        self.shown = [self.queue, self.head, self.transcript, self.note, self.take, self.compose]
        self.box = [self.reply, self.used, self.origin]
        self.inputs = [self.state, *self.box]
        self.outputs = [*self.shown, *self.box, self.search, self.entries]

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
