"""FAQ as a Word document: headings and paragraphs as in Markdown, and tables of questions and answers.

A line is the number of a paragraph; each row of a table counts as one.
"""

import re
from collections.abc import Iterator
from itertools import groupby, repeat
from typing import TYPE_CHECKING

from data_tools.readers.faqs.blocks import ASKED, BOLD, SAID, Block, Piece, nothing_found, pairs, paragraph
from data_tools.readers.faqs.origins import Dates
from data_tools.readers.faqs.table import NEEDED, faq_record, find_columns
from data_tools.readers.records import FaqRecord
from data_tools.sources.json_stream import Broken
from data_tools.sources.tables import Row, check_unpacked, column_names, unreadable
from data_tools.sources.text import Source, fix_text
from frontdesk.errors import UserError
from frontdesk.facts.entries import Origin

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

FORMAT = "FAQ Word document"

UNPACKED = 1 << 28  # bytes that a document may unpack to: it is in memory as a whole
PARTS = ".//*[self::w:p or self::w:tbl][not(ancestor::w:tbl or ancestor::w:txbxContent)]"
RUNS = ".//w:r[not(ancestor::w:moveFrom or ancestor::w:txbxContent)]"
FIRST_ROWS = 3  # rows of a table among which its header is looked for
FIRST_PARTS = 20  # paragraphs among which the title is looked for
TITLE = ("Title", "제목")
HEADING = re.compile(r"(?:heading|제목) (\d)", re.IGNORECASE)


def looks_like(source: Source) -> bool:
    """Whether the file is a Word document."""
    return source.encoding == "docx"


def read(source: Source) -> Iterator[FaqRecord | Broken]:
    """One record for each question. Raises UserError for a document without one, or one that is broken."""
    blocks, rows, _ = contents(source)
    found = [*pairs(source, blocks), *rows]
    if not found:
        raise nothing_found(source)
    yield from found


def contents(source: Source) -> tuple[list[Block], list[FaqRecord], Origin]:
    """What stands in paragraphs, the records of the FAQ's tables, and the title and date that the document has. Raises UserError."""
    from docx import Document

    try:
        check_unpacked(source, UNPACKED)
        document = Document(str(source.file))
        known = document.core_properties
        titles = [part.text for part in document.paragraphs[:FIRST_PARTS] if part.style and part.style.name in TITLE]
        origin = Origin((titles or [known.title or ""])[0], updated=known.modified.date().isoformat() if known.modified else "")
        return *_contents(source, document), origin
    except UserError:
        raise
    except Exception as error:  # python-docx raises whatever it stumbles over
        raise unreadable(source, "Word document", error) from None


def _contents(source: Source, document: "Document") -> tuple[list[Block], list[FaqRecord]]:
    """What stands in paragraphs, and the records of the FAQ's tables."""
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    blocks: list[Block] = []
    records: list[FaqRecord] = []
    line, heading = 0, ""
    for element in document.element.body.xpath(PARTS):
        line += 1
        if element.tag.endswith("}p"):
            blocks += _paragraph(line, Paragraph(element, document))  # type: ignore[arg-type]
            heading = blocks[-1].text if blocks and 0 < blocks[-1].rank < BOLD else heading
            continue
        rows = [[fix_text(cell.text).strip() for cell in row.cells] for row in Table(element, document).rows]  # type: ignore[arg-type]
        header = next((number for number, cells in enumerate(rows[:FIRST_ROWS]) if find_columns(cells).keys() >= set(NEEDED)), None)
        if header is None:
            blocks += [block for number, cells in enumerate(rows) for block in _row(line + number, cells)]
        else:
            records += _records(source, heading, line + header, rows[header:])
        line += len(rows) - 1
    return blocks, records


def _records(source: Source, heading: str, line: int, rows: list[list[str]]) -> Iterator[FaqRecord]:
    """The records of a table, whose header stands at `line`; without a category of their own they have the heading above."""
    names = column_names(rows[0])
    columns, dates = find_columns(names), Dates(source)
    for number, cells in enumerate(rows[1:], line + 1):
        if any(cells):
            record = faq_record(source, Row(number, dict(zip(names, cells, strict=False))), columns, dates)
            yield record._replace(category=record.category or heading)
    dates.report()


def _row(line: int, cells: list[str]) -> Iterator[Block]:
    """A row of another table: a line, or a question and its answer where the cells or the first of them say so."""
    label = f"{cells[0]}." if cells else ""
    if len(cells) == 2 and (ASKED.fullmatch(label) or SAID.fullmatch(label)):
        yield Block(line, f"{label} {cells[1]}")
    elif label and ASKED.match(label):
        yield from (Block(line, cell) for cell in cells if cell)
    elif text := " | ".join(dict.fromkeys(filter(None, cells))):  # a cell that spans columns comes once for each
        yield Block(line, text)


def _paragraph(line: int, written: "Paragraph") -> Iterator[Block]:
    pieces = [Piece(fix_text(text), bold) for text, bold in _pieces(written)]
    text = "".join(piece.text for piece in pieces).strip()
    style = (written.style.name if written.style else None) or ""
    if match := HEADING.match(style):
        yield Block(line, " ".join(text.split()), min(int(match[1]), BOLD - 1))
    elif text:
        listed = style.startswith("List") or bool(written._p.xpath("./w:pPr/w:numPr"))
        for number, block in enumerate(paragraph(repeat(line), pieces)):
            plain = listed and not number and not block.rank and not ASKED.match(block.text) and not SAID.match(block.text)
            yield block._replace(text=f"- {block.text}") if plain else block


def _pieces(written: "Paragraph") -> Iterator[tuple[str, bool]]:
    """The parts of a paragraph, with what was inserted and without what was deleted; a link is its text and its address."""
    from docx.text.hyperlink import Hyperlink
    from docx.text.run import Run

    bold_style = bool(written.style and written.style.font.bold)
    for parent, elements in groupby(written._p.xpath(RUNS), key=lambda element: element.getparent()):
        runs = [Run(element, written) for element in elements]
        bold = [bool(run.style.font.bold or bold_style) if run.bold is None else run.bold for run in runs]
        yield from ((run.text, is_bold) for run, is_bold in zip(runs, bold, strict=True))
        address = Hyperlink(parent, written).address if parent.tag.endswith("}hyperlink") else ""
        if address and address not in ("".join(run.text for run in runs), f"mailto:{''.join(run.text for run in runs)}"):
            yield f" ({address})", bold[-1]
