"""What a page says: its questions with their answers as entries, its main text as passages, each with address and dates."""

import re
from collections.abc import Iterator
from datetime import date
from email.utils import parsedate_to_datetime
from itertools import chain
from logging import CRITICAL, getLogger
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from data_tools.readers.faqs import html
from data_tools.readers.faqs.blocks import Block, asks, bare
from data_tools.readers.faqs.passages import ROW, passages
from data_tools.readers.records import FaqRecord
from data_tools.sources.json_stream import Broken
from data_tools.sources.text import Source
from frontdesk.errors import warn
from frontdesk.facts.entries import Origin

HEADINGS = f"//*[{html.HEADING}]"
FURNITURE = " | ".join(
    (
        "//*[@role='dialog' or @role='navigation' or @role='contentinfo']",
        f"{HEADINGS}/a[starts-with(@href, '#')][string-length(.) < 2]",
        "//*[contains(concat(' ', @class, ' '), ' mw-editsection ')]",  # "[edit]" in the headings of a wiki
    )
)
"""What neither trafilatura nor the reader of questions takes for furniture, as XPath."""
ENDS = ("head", "p", "list", "item", "table", "row", "quote", "code", "div", "lb", "body")  # elements that end a line
UPDATED = ("article:modified_time", "og:updated_time", "dateModified", "last-modified")
REVIEWED = ("reviewed", "last-reviewed", "lastReviewed")
EXPIRES = ("article:expiration_time", "expires")
"""What pages call these dates, in meta tags or JSON-LD; `http-equiv` is about caches, not about what is said."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LETTERS = re.compile(r"\W+")
EMPTY = 200  # characters; a page that shows fewer, and nothing that can be read, is an empty frame
SENTENCE = 40  # letters from which a text that stands within an answer is no chance


def knowledge(source: Source, page: Any, modified: str = "") -> list[FaqRecord]:
    """The entries of a page, then its passages without what an entry says. `modified` is the header's date."""
    origin = _origin(source.path, page, modified)
    menus = [menu for menu in page.xpath("//details | //dl") if _is_menu(menu)]
    for element in (*page.xpath(FURNITURE), *menus):
        element.drop_tree()
    found = list(html.marked(page))
    for item in found:
        if isinstance(item, Broken):
            warn(f"{source.at(item.line)}: {item.why} (skipped)")
    entries = [_entry(item, source, origin) for item in found if isinstance(item, html.Found)]
    entries = [record for record in entries if record.answers and record.questions]
    said = [_letters(line) for record in entries for text in (*record.questions, *record.answers) for line in text.split("\n")]
    lines, whole = set(said), "\n".join(said)
    blocks = [block for block in main_text(page) if not _known(_letters(block.text), lines, whole)]
    return entries + [_asked(record) for record in passages(source, blocks, origin)]


def needs_script(page: Any) -> bool:
    """Whether a page without knowledge is a frame that a script fills."""
    return bool(page.xpath("//script")) and len(html.text_of(page)) < EMPTY


def _entry(found: html.Found, source: Source, origin: Origin) -> FaqRecord:
    url = f"{origin.url}#{found.anchor}" if found.anchor else origin.url
    return found.record(source)._replace(origin=origin._replace(heading=found.category, url=url))


def _asked(record: FaqRecord) -> FaqRecord:
    """A passage whose heading asks, and which is all that stands below it, is an entry."""
    heading = record.origin.heading.rpartition(" > ")[2] or record.origin.title
    whole = asks(heading) and not record.questions[0].endswith("…")
    return record._replace(passage=False, questions=(bare(heading),)) if whole else record


def _known(letters: str, lines: set[str], whole: str) -> bool:
    return letters in lines or (len(letters) >= SENTENCE and letters in whole)


def _letters(text: str) -> str:
    return LETTERS.sub("", text.casefold())


def _is_menu(element: Any) -> bool:
    """Whether most of an element's text are links."""
    linked = sum(len(text) for text in element.xpath(".//a//text()"))
    return 2 * linked > len("".join(element.itertext()).strip())


def main_text(page: Any) -> Iterator[Block]:
    """The headings, paragraphs, items and rows of the main text, without menus, banners, votes and the like."""
    from trafilatura import bare_extraction

    getLogger("trafilatura").setLevel(CRITICAL)  # it warns of each page without text
    places = [(_letters(html.text_of(heading)), heading.sourceline, _anchor(heading)) for heading in page.xpath(HEADINGS)]
    found = bare_extraction(page, favor_precision=True, include_comments=False, include_formatting=True)
    line = 1
    for rank, text in _lines(found.body) if found else ():
        place = next((place for place in places if rank and place[0] == _letters(text)), None)
        if place:
            places.remove(place)
        line = place[1] if place else line
        yield Block(line, text, rank, place[2] if place else "")


def _anchor(heading: Any) -> str:
    """The id by which a heading can be linked: its own, or that of a link in it or the section that it begins."""
    inner = heading.xpath("descendant-or-self::*/@id | .//a/@name")
    outer = heading.getparent() if heading.getprevious() is None and heading.getparent() is not None else heading
    return str(inner[0] if inner else outer.get("id", ""))


def _lines(body: Any) -> Iterator[tuple[int, str]]:
    """Each line of trafilatura's tree with its rank, 0 but for headings. A row of a table is one, unless the table is the page's layout."""
    layout = {row for row in body.iter("row") if row.find(".//head") is not None}
    rank, words, row, mark = 0, [""], None, ""
    for event, node in etree.iterwalk(body, events=("start", "end")):
        begins, tag = event == "start", node.tag
        row = (node if begins else None) if tag == "row" and node not in layout else row
        if row is not None and tag == "cell" and begins and "".join(words).strip():
            words.append(ROW)
        elif (row is None or tag == "row") and tag in (*ENDS, "cell"):
            lines = "".join(words).split("\n") if tag == "code" else ["".join(words)]
            yield from ((rank or _bold(node, text), mark + text) for line in lines if (text := " ".join(line.split()).strip(" |")))
            rank = int(node.get("rend", "h2")[1:]) if tag == "head" and begins else 0
            mark = "- " if tag == "item" and begins else ""
            words = []
        elif tag in ENDS:
            words.append(" ")
        words.append((node.text if begins else node.tail) or "")
    if text := " ".join("".join(words).split()):
        yield 0, text


def _bold(node: Any, text: str) -> int:
    """The rank of a paragraph: that of a heading where it is all in bold and no sentence."""
    bold = node.tag == "p" and len(node) == 1 and node[0].get("rend") == "#b" and " ".join("".join(node[0].itertext()).split()) == text
    return 6 if bold and not text.endswith((".", "!", "。", "다")) else 0


def _origin(url: str, page: Any, modified: str) -> Origin:
    """What a page says of itself: title and dates."""
    dates = dict(chain(_meta(page), _linked_data(page)))
    updated, reviewed, expires = (
        next((day for name in names if (day := _day(dates.get(name)))), "") for names in (UPDATED, REVIEWED, EXPIRES)
    )
    times = page.xpath("//article//time/@datetime | //main//time/@datetime")
    titles = [" ".join(html.text_of(heading).split()) for heading in page.xpath("//h1")]
    named = [
        *(titles if len(titles) == 1 else []),
        *page.xpath("//meta[@property='og:title']/@content"),
        *page.xpath("//head/title/text()"),
    ]
    title = next(filter(None, (" ".join(name.split()) for name in named)), "")
    updated = updated or next(filter(None, map(_day, [*times, modified])), "")
    return Origin(title, url=url, updated=updated, reviewed=reviewed, expires=expires)


def _meta(page: Any) -> Iterator[tuple[str, str]]:
    for meta in page.xpath("//meta[@content]"):
        yield meta.get("property") or meta.get("name") or meta.get("itemprop") or "", meta.get("content")


def _linked_data(page: Any) -> Iterator[tuple[str, str]]:
    """The dates of JSON-LD, wherever they stand in it."""
    for text in page.xpath("//script[contains(@type, 'ld+json')]/text()"):
        yield from re.findall(r'"(dateModified|lastReviewed|expires)"\s*:\s*"([^"]+)"', text)


def _day(value: str | None) -> str:
    """A date as ISO 8601; "" for one that cannot be read."""
    value = value or ""
    try:
        if found := DAY.match(value.strip()):
            return date.fromisoformat(found[0]).isoformat()
        return parsedate_to_datetime(value).date().isoformat()
    except ValueError:
        return ""
