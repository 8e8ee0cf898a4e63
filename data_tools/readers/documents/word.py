"""Word documents: paragraphs and tables in their order. A line is the number of a paragraph or row."""

from collections.abc import Iterator

from data_tools.readers.faqs.blocks import asked_apart, title_of
from data_tools.readers.faqs.docx import contents, looks_like
from data_tools.readers.faqs.passages import passages
from data_tools.readers.records import FaqRecord
from data_tools.sources.text import Source

__all__ = ["FORMAT", "looks_like", "read"]

FORMAT = "Word document"


def read(source: Source) -> Iterator[FaqRecord]:
    """Entries and passages. Raises UserError for a document that is broken."""
    blocks, rows, origin = contents(source)
    origin = origin._replace(title=title_of(source, origin.title, blocks))
    asked, rest = asked_apart(source, blocks, origin)
    yield from (record._replace(origin=origin) for record in rows)
    yield from asked
    yield from passages(source, [block for block in rest if block.text != origin.title], origin)
