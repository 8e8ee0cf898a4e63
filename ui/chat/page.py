"""The layout of the customer's page.

Gradio lays it out and labels it; `chat.js` and `turns.js` draw the conversation.

All conversations go through the JSON API (ui/api/routes.py), which the page uses as a company's own page or
app would. Gradio's events only know the language: calling them directly gives access to no conversation.
"""

import html
import json
from typing import Any

import gradio as gr

from ui.chat.texts import LANGUAGES, NAMES, TEXTS, Language

# The browser's language counts until the customer chooses one. Screen readers learn it either way. In a frame of another
# site a browser may refuse to store the choice.
FIRST_LANGUAGE = """() => {
    let language = navigator.language.startsWith("ko") ? "ko" : "en";
    try { language = localStorage.getItem("frontdesk-language") ?? language; } catch {}
    document.documentElement.lang = language;
    window.frontdesk?.speak(language);
    return [language];
}"""
CHOSEN_LANGUAGE = """language => {
    try { localStorage.setItem("frontdesk-language", language); } catch {}
    window.frontdesk?.speak(language);
    return [language];
}"""
START = """import("/chat.js").then(chat => {
    window.frontdesk = chat;
    chat.start(element.querySelector("#conversation"));
    chat.speak(document.documentElement.lang || "en");
})"""


class Page:
    """The components of the app, `self.blocks`, and the events that connect them to the browser's modules."""

    def __init__(self, company: str, questions: list[str], logo: bool = False) -> None:
        """`questions` become buttons; `logo`: show the picture at `/logo` beside the company's name."""
        self.i18n = gr.I18n(**{language: {**TEXTS[language]} for language in LANGUAGES})
        with gr.Blocks(title=title(company), analytics_enabled=False, fill_height=True) as self.blocks:
            self._build(company, questions, logo)
            self._connect()

    def _build(self, company: str, questions: list[str], logo: bool) -> None:
        text = self.i18n
        with gr.Row(elem_id="header"):
            picture = '<img src="logo" alt="">' if logo else ""
            gr.HTML(f"<h1>{picture}<span>{html.escape(company)}</span></h1>", elem_id="company", js_on_load=None)
            self.language = gr.Radio(
                [(NAMES[language], language) for language in NAMES],
                label=text("language"), show_label=False, container=False, min_width=150, elem_id="language",
            )  # fmt: skip
            self.about = gr.HTML(text("about"), elem_id="about", js_on_load=None)
        gr.HTML(_conversation(), elem_id="chat", js_on_load=START, scale=1)
        with gr.Column(elem_id="suggestions", visible=bool(questions)):
            self.often_asked = gr.HTML(text("often_asked"), elem_id="often-asked", js_on_load=None)
            with gr.Row():
                self.questions = [
                    gr.Button(question, size="sm", min_width=10, elem_id=f"suggestion-{number}")
                    for number, question in enumerate(questions)
                ]
        gr.HTML('<div role="status"></div>', elem_id="notice", js_on_load=None)
        with gr.Row(elem_id="ask"):
            self.question = gr.Textbox(
                placeholder=text("placeholder"), label=text("placeholder"), show_label=False, container=False,
                lines=1, max_lines=5, scale=1, autofocus=True, interactive=True, elem_id="question",
            )  # fmt: skip
            self.send = gr.Button(text("send"), variant="primary", scale=0, min_width=90, elem_id="send")
            self.stop = gr.Button(text("stop"), variant="stop", scale=0, min_width=90, elem_id="stop")
        with gr.Row(elem_id="after"):
            self.person, self.retry, self.clear = (
                gr.Button(text(name), size="sm", variant="secondary", scale=0, min_width=10, elem_id=name)
                for name in ("person", "retry", "clear")
            )

    def _connect(self) -> None:
        self.buttons = {"send": self.send, "stop": self.stop, "person": self.person, "retry": self.retry, "clear": self.clear}
        labels = [self.about, self.often_asked, self.language, self.question, *self.buttons.values()]
        chosen: dict[str, Any] = {"inputs": self.language, "outputs": labels, "queue": False}
        chosen |= {"show_progress": "hidden", "api_visibility": "private"}
        self.blocks.load(self._first, js=FIRST_LANGUAGE, **chosen)
        self.language.input(self._labels, js=CHOSEN_LANGUAGE, trigger_mode="always_last", **chosen)
        self.question.submit(None, js="() => { frontdesk.send() }")
        for name, button in self.buttons.items():
            button.click(None, js=f"() => {{ frontdesk.{name}() }}")
        for button in self.questions:
            button.click(None, inputs=button, js="question => { frontdesk.send(question) }")

    def _first(self, language: Language) -> list[Any]:
        """The texts of the page, in a language that the browser has chosen."""
        return self._labels(language, value=language)

    def _labels(self, language: Language, **chosen: Language) -> list[Any]:
        """The texts of the page.

        The customer's own choice is not sent back: they may have changed it meanwhile.
        """
        text = TEXTS[language if language in TEXTS else "en"]
        return [
            text["about"],
            text["often_asked"],
            gr.update(label=text["language"], **chosen),
            gr.update(placeholder=text["placeholder"], label=text["placeholder"]),
            *(gr.update(value=text[name]) for name in self.buttons),
        ]


def title(company: str) -> str:
    """The page's title: what is heard first, before a language is chosen."""
    return f"{company} · AI"


def _conversation() -> str:
    """Where `chat.js` draws. The announcer reads each answer aloud once, complete; the log grows silently."""
    texts = html.escape(json.dumps(TEXTS, ensure_ascii=False), quote=True)
    return (
        f'<div id="conversation" data-texts="{texts}"><div class="log" role="log" aria-live="off" tabindex="0"></div>'
        '<div class="announcer" aria-live="polite"></div></div>'
    )
