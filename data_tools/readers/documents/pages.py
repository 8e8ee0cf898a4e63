"""Web pages of a folder, those of a Confluence space's HTML export too. What a page marks as questions becomes entries."""

from collections.abc import Iterator
from typing import Any

from data_tools.readers.faqs.blocks import asked_apart, title_of, whole_text
from data_tools.readers.faqs.html import apart, looks_like, origin_of, parsed
from data_tools.readers.faqs.origins import iso_day
from data_tools.readers.faqs.passages import passages
from data_tools.readers.records import FaqRecord, LeftOut
from data_tools.sources.json_stream import Broken
from data_tools.sources.text import Source
from frontdesk.facts.entries import Origin

__all__ = ["FORMAT", "looks_like", "of_page", "read"]

FORMAT = "web page"

AROUND = "//*[@id='main-header' or @id='footer' or @class='page-metadata' or contains(@class, 'pageSection')]"
"""What Confluence puts around a page: its path, who wrote it, attachments and comments."""


def read(source: Source) -> Iterator[FaqRecord | Broken | LeftOut]:
    """Entries and passages of a page. Raises UserError for one that is empty or too large."""
    page, broken = parsed(source, whole_text(source))
    yield from broken
    name = page.xpath("string(//*[@id='title-text'])")
    if not name:
        yield from of_page(source, page, origin_of(page))
    elif page.xpath("//*[@id='main-content']"):
        yield from of_page(source, page, _confluence(page, " ".join(name.split())))
    else:  # the space's index
        yield LeftOut("index of a wiki", 1)


def of_page(source: Source, page: Any, origin: Origin, id: str = "") -> Iterator[FaqRecord | Broken]:
    """Entries and passages of a page that is parsed. `id`: as `passages` has it."""
    records, blocks = apart(source, page)
    origin = origin._replace(title=title_of(source, origin.title, blocks))
    asked, rest = asked_apart(source, blocks, origin)
    yield from (item if isinstance(item, Broken) else item._replace(origin=origin._replace(heading=item.category)) for item in records)
    yield from asked
    yield from passages(source, rest, origin, id)


def _confluence(page: Any, name: str) -> Origin:
    """The page's own title, behind that of its space, and its date; then leaves what is around the page out."""
    written = " ".join(page.xpath("string(//*[@class='page-metadata'])").split())
    origin = Origin(name.split(" : ", 1)[-1], url=origin_of(page).url, updated=iso_day(written))
    for element in page.xpath(AROUND):
        element.tag = "nav"
    return origin
