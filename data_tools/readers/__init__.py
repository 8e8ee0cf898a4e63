"""Readers of FAQ and chat exports. A file's format is told by its content, never by its name.

Each format is a module with `FORMAT`, `looks_like(source)` and `read(…)`; the first that recognizes a file reads it. FAQ readers
give `FaqRecord`s, chat readers `Message`s, and both give `Broken` for what cannot be read.
"""

from types import ModuleType

from data_tools.readers import (
    channeltalk,
    chat_table,
    dialogues,
    faq_docx,
    faq_html,
    faq_jsonl,
    faq_markdown,
    faq_table,
    intercom,
    kakaotalk,
    livechat,
    openai_messages,
    sharegpt,
    slack,
    telegram,
    whatsapp,
    zendesk_log,
    zendesk_tickets,
)
from data_tools.source import Source
from frontdesk.errors import UserError

FAQ_FORMATS = (faq_docx, faq_html, faq_jsonl, faq_markdown, faq_table)
CHAT_FORMATS = (
    *(zendesk_tickets, zendesk_log, intercom, livechat, channeltalk, telegram, slack, openai_messages, sharegpt),
    *(dialogues, kakaotalk, whatsapp, chat_table),
)


def faq_format(source: Source) -> ModuleType:
    """The module that reads an FAQ file. Raises UserError."""
    return _format(source, "FAQ", FAQ_FORMATS)


def chat_format(source: Source) -> ModuleType:
    """The module that reads a chat export. Raises UserError."""
    return _format(source, "chat export", CHAT_FORMATS)


def _format(source: Source, kind: str, formats: tuple[ModuleType, ...]) -> ModuleType:
    for module in formats:
        if module.looks_like(source):
            return module
    found = f"a file that begins with {source.start[:60]!r}" if source.start else "an empty file"
    names = ", ".join(module.FORMAT for module in formats)
    raise UserError(f"{source.at(1)}: found {found}; expected a {kind} ({names}); export it anew or take it out of the config")
