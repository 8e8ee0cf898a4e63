"""The page: its components, and what happens when a customer does something."""

import html
import re
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from ui.chat import Assistant, Conversation
from ui.texts import LANGUAGES, NAMES, TEXTS, Language

ANSWERS_AT_ONCE = 32  # more wait in Gradio's queue
QUEUED_AT_MOST = 128
WAITING = "• • •"

_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

# The browser's language decides, until the customer has chosen one. Either way the page says so to screen readers.
FIRST_LANGUAGE = """() => {
    const language = localStorage.getItem("frontdesk-language") ?? (navigator.language.startsWith("ko") ? "ko" : "en");
    document.documentElement.lang = language;
    return [language, null];
}"""
CHOSEN_LANGUAGE = """(language, conversation) => {
    localStorage.setItem("frontdesk-language", language);
    document.documentElement.lang = language;
    return [language, conversation];
}"""


class Page:
    """The components of one Blocks app and the events that tie them to the conversation."""

    def __init__(self, company: str, questions: list[str], assistant: Assistant) -> None:
        """`questions` become buttons. The finished app is `self.blocks`."""
        self.assistant = assistant
        self.i18n = gr.I18n(**{language: {**TEXTS[language]} for language in LANGUAGES})
        with gr.Blocks(title=company, analytics_enabled=False, fill_height=True) as self.blocks:
            self.conversation = gr.State(Conversation())
            self._build(company, questions)
            self._connect()
        self.blocks.queue(max_size=QUEUED_AT_MOST)

    def _build(self, company: str, questions: list[str]) -> None:
        text = self.i18n
        with gr.Row(elem_id="header"):
            with gr.Column(scale=1, min_width=200):
                gr.HTML(f"<h1>{html.escape(company)}</h1>", elem_id="company")
                self.about = gr.HTML(text("about"), elem_id="about")
            self.language = gr.Radio(
                [(NAMES[language], language) for language in NAMES],
                label=text("language"), show_label=False, container=False, min_width=150, elem_id="language",
            )  # fmt: skip
        # Text stays text. Gradio puts it into the page as HTML even with render_markdown=False, so _turns escapes it as well.
        self.chat = gr.Chatbot(
            label=text("chat"), show_label=False, container=False, elem_id="chat", height=None, scale=1, buttons=[],
            render_markdown=False, sanitize_html=True, latex_delimiters=[], allow_tags=False, feedback_options=None,
            placeholder=text("greeting"),
        )  # fmt: skip
        with gr.Column(elem_id="suggestions", visible=bool(questions)) as self.suggestions:
            self.often_asked = gr.HTML(text("often_asked"), elem_id="often-asked")
            with gr.Row():
                self.questions = [
                    gr.Button(question, size="sm", min_width=10, elem_id=f"suggestion-{number}")
                    for number, question in enumerate(questions)
                ]
        self.notice = gr.HTML(_notice(Conversation()), elem_id="notice")
        with gr.Row(elem_id="ask"):
            self.question = gr.Textbox(
                placeholder=text("placeholder"), label=text("placeholder"), show_label=False, container=False,
                lines=1, max_lines=5, scale=1, autofocus=True, elem_id="question",
            )  # fmt: skip
            self.send = gr.Button(text("send"), variant="primary", scale=0, min_width=90, elem_id="send")
            self.stop = gr.Button(text("stop"), variant="stop", scale=0, min_width=90, visible=False, elem_id="stop")
        with gr.Row(elem_id="after"):
            self.retry = gr.Button(text("retry"), size="sm", variant="secondary", scale=0, min_width=10, interactive=False, elem_id="retry")
            self.clear = gr.Button(text("clear"), size="sm", variant="secondary", scale=0, min_width=10, interactive=False, elem_id="clear")

    def _connect(self) -> None:
        labels = [self.about, self.language, self.chat, self.often_asked, self.notice, self.question]
        labels += [self.send, self.stop, self.retry, self.clear, self.conversation]
        chosen = {"inputs": [self.language, self.conversation], "outputs": labels, "queue": False, **_QUIET}
        self.blocks.load(self._set_language, js=FIRST_LANGUAGE, **chosen)
        self.language.input(self._set_language, js=CHOSEN_LANGUAGE, **chosen)

        screen = [self.chat, self.notice, self.suggestions, self.send, self.stop, self.retry, self.clear]
        streamed = {"concurrency_limit": ANSWERS_AT_ONCE, "concurrency_id": "answers", "trigger_mode": "multiple", **_QUIET}
        typed = {"inputs": [self.question, self.conversation], "outputs": [self.question, *screen], **streamed}
        self.question.submit(self._ask_typed, **typed)
        self.send.click(self._ask_typed, **typed)
        for button in self.questions:
            button.click(self._ask, inputs=[button, self.conversation], outputs=screen, **streamed)
        self.retry.click(self._retry, inputs=self.conversation, outputs=screen, **streamed)
        self.stop.click(self._stop, inputs=self.conversation, outputs=screen, queue=False, **_QUIET)
        self.clear.click(self._clear, inputs=self.conversation, outputs=screen, queue=False, **_QUIET)

    def _set_language(self, language: Language, conversation: Conversation) -> list[Any]:
        conversation.language = language
        text = TEXTS[language]
        buttons = [gr.update(value=text[key]) for key in ("send", "stop", "retry", "clear")]
        return [
            text["about"],
            gr.update(value=language, label=text["language"]),
            gr.update(placeholder=text["greeting"], label=text["chat"]),
            text["often_asked"],
            _notice(conversation),
            gr.update(placeholder=text["placeholder"], label=text["placeholder"]),
            *buttons,
            conversation,
        ]

    async def _ask_typed(self, text: str | None, conversation: Conversation) -> AsyncIterator[list[Any]]:
        """Ask what stands in the text box, and empty it once the question is taken."""
        box: Any = gr.skip() if conversation.busy else ""
        async for update in self._ask(text, conversation):
            yield [box, *update]
            box = gr.skip()

    async def _ask(self, text: str | None, conversation: Conversation) -> AsyncIterator[list[Any]]:
        if conversation.busy:
            yield _only_notice(conversation, "wait")
        elif conversation.ask(text or ""):
            async for update in self._answer(conversation):
                yield update
        else:
            yield _screen(conversation)  # as it is: Gradio empties the outputs of a generator that yields nothing

    async def _retry(self, conversation: Conversation) -> AsyncIterator[list[Any]]:
        if conversation.exchanges and not conversation.busy:
            async for update in self._answer(conversation, again=True):
                yield update
        else:
            yield _screen(conversation)

    async def _answer(self, conversation: Conversation, *, again: bool = False) -> AsyncIterator[list[Any]]:
        """The whole screen at the start and at the end, and only the chat in between."""
        started = False
        async for _ in self.assistant.answer(conversation, again=again):
            yield _only_chat(conversation) if started else _screen(conversation)
            started = True
        yield _screen(conversation)

    async def _stop(self, conversation: Conversation) -> list[Any]:
        await conversation.stop()
        return _screen(conversation)

    async def _clear(self, conversation: Conversation) -> list[Any]:
        await conversation.clear()
        return _screen(conversation)


def _screen(conversation: Conversation) -> list[Any]:
    """Updates of chat, notice, suggestions, send, stop, retry and clear."""
    begun, busy = bool(conversation.exchanges), conversation.busy
    return [
        _turns(conversation),
        _notice(conversation),
        gr.update(visible=not begun),
        gr.update(visible=not busy),
        gr.update(visible=busy),
        gr.update(interactive=begun and not busy),
        gr.update(interactive=begun),
    ]


def _only_chat(conversation: Conversation) -> list[Any]:
    return [_turns(conversation), *[gr.skip()] * 6]


def _only_notice(conversation: Conversation, *more: str) -> list[Any]:
    return [gr.skip(), _notice(conversation, *more), *[gr.skip()] * 5]


def _turns(conversation: Conversation) -> list[dict[str, str]]:
    """The conversation as Gradio's messages; three dots stand for an answer that has not begun."""
    turns = []
    for exchange in conversation.exchanges:
        turns.append({"role": "user", "content": as_text(exchange.question)})
        awaited = conversation.busy and exchange.waiting
        if awaited or exchange.answer:
            turns.append({"role": "assistant", "content": WAITING if awaited else as_text(exchange.answer)})
    return turns


def as_text(text: str) -> str:
    """HTML that shows `text` exactly. A lone "&" is left, for Gradio also reads the string out to screen readers."""
    return re.sub(r"&(?=[#\w])", "&amp;", text).replace("<", "&lt;")


def _notice(conversation: Conversation, *more: str) -> str:
    """What the customer should know now, as HTML. Its attributes tell a test, or a style, where the conversation stands."""
    texts = TEXTS[conversation.language]
    shown = " ".join(html.escape(texts[key]) for key in (*conversation.notices, *more))
    return f'<div role="status" data-questions="{len(conversation.exchanges)}" data-busy="{conversation.busy}">{shown}</div>'
