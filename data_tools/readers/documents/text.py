"""Markdown and plain text: what asks becomes entries, what else stands below headings passages."""

from collections.abc import Iterator

from data_tools.readers.faqs.blocks import asked_apart, title_of
from data_tools.readers.faqs.markdown import contents
from data_tools.readers.faqs.passages import passages
from data_tools.readers.records import FaqRecord
from data_tools.sources.text import NO_TEXT, Source

FORMAT = "text"


def looks_like(source: Source) -> bool:
    """Whether the file is text with something in it."""
    return source.encoding not in NO_TEXT and bool(source.start)


def read(source: Source) -> Iterator[FaqRecord]:
    """Entries and passages. Raises UserError for a text that is too large."""
    blocks, origin = contents(source)
    origin = origin._replace(title=title_of(source, origin.title, blocks))
    asked, rest = asked_apart(source, blocks, origin)
    yield from asked
    yield from passages(source, rest, origin)
