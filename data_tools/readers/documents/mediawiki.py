"""A MediaWiki's XML export (Special:Export or dumpBackup): the newest text of each page.

Redirects, and pages about users, files, templates and talk, are left out. A line is where the text of a page begins.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lxml import etree  # type: ignore[import-untyped]

from data_tools.readers.faqs.blocks import Block, Piece, asked_apart, paragraph
from data_tools.readers.faqs.origins import iso_day, web_address
from data_tools.readers.faqs.passages import passages
from data_tools.readers.records import FaqRecord, LeftOut
from data_tools.sources.json_stream import Broken
from data_tools.sources.text import NO_TEXT, Source, fix_text
from frontdesk.facts.entries import Origin

if TYPE_CHECKING:
    from mwparserfromhell.nodes import Node, Tag
    from mwparserfromhell.wikicode import Wikicode

FORMAT = "MediaWiki export"

BEGINS = re.compile(r"<mediawiki\b")
OWN = 100  # namespaces from here on are the wiki's own; odd ones are talk
KEPT = (0, 4, 12)  # articles, project, help
CODE = 828
LONGEST, MOST_TAGS, MOST_OPEN = 300_000, 4000, 1000
"""Letters, tags, and brackets that do not close of a page. The parser's time grows with the square of these: a second for so many."""
BRACKETS = (("{{", "}}"), ("{|", "|}"), ("[", "]"))
UNSEEN = ("ref", "gallery", "math", "references", "style", "script", "templatestyles")
LISTS = {"li": "- ", "dt": "", "dd": ""}
NO_LINK = re.compile(r"\s*:?\s*(?:file|image|category|파일|그림|분류)\s*:", re.IGNORECASE)


def looks_like(source: Source) -> bool:
    """Whether the file is an export."""
    return source.encoding not in NO_TEXT and BEGINS.search(source.head[:1000]) is not None


def read(source: Source) -> Iterator[FaqRecord | Broken | LeftOut]:
    """Entries and passages of each page; what follows a place where the XML is broken is lost, and reported."""
    left_out: Counter[str] = Counter()
    base = ""
    line = 1
    try:
        for _, element in etree.iterparse(str(source.file), tag=("{*}base", "{*}page"), resolve_entities=False, no_network=True):
            line = element.sourceline
            if element.tag.endswith("}base"):
                base = (element.text or "").rsplit("/", 1)[0]
                continue
            why = _why_left_out(element)
            left_out[why] += bool(why)
            if not why:
                yield from _page(source, element, base)
            element.clear()
    except etree.XMLSyntaxError as error:
        why = f"found broken XML ({' '.join(str(error).split())[:200]}); expected a whole export; export the wiki anew"
        yield Broken(min(line, error.lineno or line), why)
    yield from (LeftOut(why, number) for why, number in left_out.items() if number)


def _why_left_out(page: Any) -> str:
    kind = int(space) if (space := page.findtext("{*}ns", "0").strip()).isdecimal() else 0
    if page.find("{*}redirect") is not None:
        return "redirect"
    return "" if kind in KEPT or (kind >= OWN and kind % 2 == 0 and kind != CODE) else "page of a wiki that is no article"


def _page(source: Source, page: Any, base: str) -> Iterator[FaqRecord | Broken]:
    import mwparserfromhell

    title, newest = fix_text(page.findtext("{*}title", "")), page.findall("{*}revision")[-1:]
    text = newest[0].findtext("{*}text", "") if newest else ""
    line = page.sourceline
    tags, still_open = text.count("<"), max(text.count(one) - text.count(other) for one, other in BRACKETS)
    if len(text) > LONGEST or tags > MOST_TAGS or still_open > MOST_OPEN:
        found = f"found a page of {len(text)} letters, {tags} tags and {max(still_open, 0)} brackets that do not close"
        yield Broken(line, f"{found}; expected at most {LONGEST}, {MOST_TAGS} and {MOST_OPEN}; split it")
        return
    address = f"{base}/{quote(title.replace(' ', '_'), safe='/:')}" if web_address(base) else ""
    origin = Origin(title, url=address, updated=iso_day(newest[0].findtext("{*}timestamp", "")) if newest else "")
    asked, rest = asked_apart(source, list(_blocks(line, mwparserfromhell.parse(fix_text(text)))), origin)
    yield from asked
    yield from passages(source, rest, origin)


def _blocks(line: int, code: "Wikicode") -> Iterator[Block]:
    """The headings, paragraphs, items of lists and rows of a page."""
    from mwparserfromhell.nodes import Heading, Tag

    pieces: list[Piece] = []
    for node in code.nodes:
        is_table = isinstance(node, Tag) and str(node.tag).strip() == "table"
        if isinstance(node, Heading) or is_table:
            yield from _paragraphs(line, pieces)
            pieces = []
        if isinstance(node, Heading):
            yield Block(line, " ".join(_shown(node.title).split()), min(max(node.level - 1, 1), 6))
        elif is_table:
            rows = [code_of(node), *map(code_of, _tags(code_of(node), "tr"))]  # the first row needs no mark of its own
            cells = ([" ".join(_shown(code_of(cell)).split()) for cell in _tags(row, "td", "th")] for row in rows)
            yield from (Block(line, " | ".join(row)) for row in cells if any(row))
        else:
            bold = isinstance(node, Tag) and str(node.tag).strip() == "b"
            pieces.append(Piece(_text(node), bold))
    yield from _paragraphs(line, pieces)


def code_of(tag: "Node") -> "Wikicode":
    """What stands between the marks of a tag."""
    from mwparserfromhell.nodes import Tag

    assert isinstance(tag, Tag)
    return tag.contents


def _tags(code: "Wikicode", *names: str) -> list["Tag"]:
    return code.filter_tags(matches=lambda tag: str(tag.tag).strip() in names, recursive=False)


def _paragraphs(line: int, pieces: list[Piece]) -> Iterator[Block]:
    for block in paragraph(repeat(line), pieces):
        yield block._replace(text=" ".join(block.text.split()))


def _shown(code: "Wikicode") -> str:
    return "".join(map(_text, code.nodes))


def _text(node: "Node") -> str:
    """What readers see of a part of the text, without templates, notes, pictures and categories."""
    from mwparserfromhell.nodes import Comment, ExternalLink, Tag, Template, Wikilink

    if isinstance(node, Comment | Template):
        return ""
    if isinstance(node, Wikilink):
        return "" if NO_LINK.match(str(node.title)) else _shown(node.text or node.title)
    if isinstance(node, ExternalLink):
        return f"{_shown(node.title)} ({node.url})" if node.title else str(node.url)
    if isinstance(node, Tag):
        name = str(node.tag).strip().lower()
        return "\n" if name in ("br", "hr") else "" if name in UNSEEN else LISTS.get(name, "") + _shown(node.contents)
    return str(node.__strip__() or "") if hasattr(node, "__strip__") else str(node)
