"""Readers of FAQ and chat exports. A file's format is told by its content, never by its name.

Each format is a module with `looks_like(source)` and `read(…)`; the first that recognizes a file reads it. FAQ readers give
`FaqRecord`s, chat readers a `ChatFile`.
"""

from data_tools.conversation import ChatFile
from data_tools.faq import FaqRecord
from data_tools.readers import chat_table, faq_csv, faq_jsonl, kakaotalk, zendesk_log
from data_tools.source import Source
from frontdesk.errors import UserError

FAQ_FORMATS = (
    ("FAQ JSONL", faq_jsonl.looks_like, faq_jsonl.read),
    ("FAQ CSV", faq_csv.looks_like, faq_csv.read),
)
CHAT_FORMATS = (
    ("Zendesk conversation log", zendesk_log.looks_like, zendesk_log.read),
    ("KakaoTalk", kakaotalk.looks_like, kakaotalk.read),
    ("chat table", chat_table.looks_like, chat_table.read),
)


def read_faq(source: Source) -> tuple[str, list[FaqRecord]]:
    """The format's name and the records of an FAQ file. Raises UserError."""
    for name, looks_like, read in FAQ_FORMATS:
        if looks_like(source):
            return name, read(source)
    raise _unknown(source, "FAQ", FAQ_FORMATS)


def read_chat(source: Source, agents: tuple[str, ...]) -> tuple[str, ChatFile]:
    """The format's name and the conversations of a chat export. Raises UserError."""
    for name, looks_like, read in CHAT_FORMATS:
        if looks_like(source):
            return name, read(source, agents)
    raise _unknown(source, "chat export", CHAT_FORMATS)


def _unknown(source: Source, kind: str, formats: tuple[tuple[str, object, object], ...]) -> UserError:
    found = f"a file that begins with {source.start[:60]!r}" if source.start else "an empty file"
    names = " or ".join(name for name, _, _ in formats)
    return UserError(f"{source.at(1)}: found {found}; expected a {kind} as {names}; export it anew or take it out of the config")
