"""Readers of FAQ and chat exports. A file's format is recognized by its content, never by its name.

A format is a module with `FORMAT`, `looks_like(source)` and `read(…)`, which gives what records.py defines, and for
chats a `LAYOUT`; the first that recognizes a file reads it. `helpdesks/channeltalk.py` is a short example.
CONTRIBUTING.md says how to add one.
"""

from types import ModuleType

from data_tools.readers.documents import articles, mediawiki, pages, pdf, slides, text, word
from data_tools.readers.faqs import docx as faq_docx
from data_tools.readers.faqs import html as faq_html
from data_tools.readers.faqs import jsonl as faq_jsonl
from data_tools.readers.faqs import markdown as faq_markdown
from data_tools.readers.faqs import table as faq_table
from data_tools.readers.generic import dialogues, openai_messages, sharegpt
from data_tools.readers.generic import table as chat_table
from data_tools.readers.helpdesks import channeltalk, intercom, livechat, zendesk_chat, zendesk_log, zendesk_tickets
from data_tools.readers.messengers import kakaotalk, slack, telegram, whatsapp
from data_tools.sources.text import NO_TEXT, Source
from frontdesk.errors import UserError

FAQ_FORMATS = (faq_docx, faq_html, faq_jsonl, faq_markdown, faq_table)
DOCUMENT_FORMATS = (pdf, word, slides, mediawiki, articles, pages, faq_jsonl, text)
CHAT_FORMATS = (
    *(zendesk_tickets, zendesk_log, intercom, livechat, channeltalk, telegram, slack, openai_messages, sharegpt),
    *(dialogues, kakaotalk, whatsapp, zendesk_chat, chat_table),
)


def faq_format(source: Source) -> ModuleType:
    """The module that reads an FAQ file. Raises UserError."""
    return _format(source, "FAQ", FAQ_FORMATS)


def document_format(source: Source) -> ModuleType:
    """The module that reads a document; a table with an FAQ's columns is read as one. Raises UserError."""
    return faq_table if faq_table.has_columns(source) else _format(source, "document", DOCUMENT_FORMATS)


def chat_format(source: Source) -> ModuleType:
    """The module that reads a chat export. Raises UserError."""
    return _format(source, "chat export", CHAT_FORMATS)


def _format(source: Source, kind: str, formats: tuple[ModuleType, ...]) -> ModuleType:
    for module in formats:
        if module.looks_like(source):
            return module
    found = f"a file that begins with {source.start[:60]!r}" if source.start else "an empty file"
    found = f"a document of the kind {source.encoding}" if source.encoding in NO_TEXT else found
    names = ", ".join(module.FORMAT for module in formats)
    do = "name it in data.documents" if kind == "FAQ" and source.encoding in NO_TEXT else "export it anew or take it out of the config"
    raise UserError(f"{source.at(1)}: found {found}; expected a {kind} ({names}); {do}")
