"""PowerPoint: the title of a slide is the heading of its text and tables. Notes and hidden slides are left out. A line is a slide."""

import posixpath
from collections.abc import Iterator
from typing import Any
from zipfile import ZipFile

from lxml import etree  # type: ignore[import-untyped]

from data_tools.readers.faqs.blocks import Block, asked_apart, title_of
from data_tools.readers.faqs.origins import iso_day
from data_tools.readers.faqs.passages import passages
from data_tools.readers.records import FaqRecord, LeftOut
from data_tools.sources.tables import check_unpacked, unreadable
from data_tools.sources.text import Source, fix_text
from frontdesk.errors import UserError
from frontdesk.facts.entries import Origin

FORMAT = "PowerPoint"

UNPACKED = 1 << 30  # bytes, most of them pictures, which are not unpacked
PART = 1 << 26  # bytes of a slide
NAMES = {
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
}
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
SHAPES = "//p:sp[p:txBody][not(ancestor::*[local-name() = 'Fallback'])] | //a:tbl"
ROLE = "string(p:nvSpPr/p:nvPr/p:ph/@type)"
AROUND = ("dt", "ftr", "sldNum", "hdr")  # the date, footer and number of a slide


def looks_like(source: Source) -> bool:
    """Whether the file is a presentation."""
    return source.encoding == "pptx"


def read(source: Source) -> Iterator[FaqRecord | LeftOut]:
    """Entries and passages. Raises UserError for a presentation that is broken."""
    try:
        check_unpacked(source, UNPACKED)
        with ZipFile(source.file) as archive:
            slides = [_part(archive, name) for name in _slides(archive)]
            origin = _origin(archive)
    except UserError:
        raise
    except Exception as error:  # zipfile and lxml raise whatever they stumble over
        raise unreadable(source, "presentation", error) from None
    hidden = sum(slide.get("show") == "0" for slide in slides)
    blocks = [block for number, slide in enumerate(slides, 1) if slide.get("show") != "0" for block in _blocks(number, slide)]
    origin = origin._replace(title=title_of(source, origin.title, blocks))
    asked, rest = asked_apart(source, blocks, origin)
    for record in (*asked, *passages(source, rest, origin)):
        yield record._replace(origin=record.origin._replace(page=record.source.rsplit(":", 1)[1]))
    if hidden:
        yield LeftOut("hidden slide", hidden)


def _part(archive: ZipFile, name: str) -> Any:
    with archive.open(name) as part:
        content = part.read(PART)
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))


def _slides(archive: ZipFile) -> Iterator[str]:
    """The names of the slides' parts in the order in which they are shown."""
    targets = {link.get("Id"): link.get("Target") for link in _part(archive, "ppt/_rels/presentation.xml.rels")}
    for slide in _part(archive, "ppt/presentation.xml").iterfind("p:sldIdLst/p:sldId", NAMES):
        yield posixpath.normpath(posixpath.join("/ppt", targets[slide.get(LINK)])).lstrip("/")


def _origin(archive: ZipFile) -> Origin:
    if "docProps/core.xml" not in archive.NameToInfo:
        return Origin()
    core = _part(archive, "docProps/core.xml")
    return Origin(fix_text(core.findtext("dc:title", "", NAMES)), updated=iso_day(core.findtext("dcterms:modified", "", NAMES)))


def _blocks(number: int, slide: Any) -> Iterator[Block]:
    """The title first, wherever it stands, then the texts in the order of the file."""
    shapes = slide.xpath(SHAPES, namespaces=NAMES)
    titles = [shape for shape in shapes if shape.xpath(ROLE, namespaces=NAMES) in ("title", "ctrTitle")]
    for shape in titles:
        if text := " ".join(" ".join(_paragraphs(shape)).split()):
            yield Block(number, text, 1)
    for shape in shapes:
        if shape.tag.endswith("}tbl"):
            rows = [[" ".join(_paragraphs(cell)) for cell in row.iterfind("a:tc", NAMES)] for row in shape.iterfind("a:tr", NAMES)]
            yield from (Block(number, " | ".join(row)) for row in rows if any(row))
        elif shape not in titles and shape.xpath(ROLE, namespaces=NAMES) not in AROUND:
            yield from (Block(number, text) for text in _paragraphs(shape))


def _paragraphs(shape: Any) -> Iterator[str]:
    for paragraph in shape.iterfind(".//a:p", NAMES):
        parts = (" " if part.tag.endswith("}br") else part.text or "" for part in paragraph.xpath(".//a:t | .//a:br", namespaces=NAMES))
        if text := fix_text("".join(parts)).strip():
            yield text
