"""PDF: paragraphs in reading order, headings by the size and weight of their letters, tables as rows. A line is a page.

What runs along the pages (headers, footers, page numbers) is dropped, and words hyphenated at the end of a line are joined.
"""

import re
from collections import Counter
from collections.abc import Iterator
from ctypes import c_double
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from data_tools.readers.documents.layout import CELL, Rule, Span, lines, rules, running
from data_tools.readers.faqs.blocks import ASKED, SAID, Block, asked_apart, title_of
from data_tools.readers.faqs.passages import passages
from data_tools.readers.records import FaqRecord
from data_tools.sources.json_stream import Broken
from data_tools.sources.tables import unreadable
from data_tools.sources.text import Source, fix_text
from frontdesk.errors import UserError
from frontdesk.facts.entries import Origin
from frontdesk.terminal import track

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

FORMAT = "PDF"

MOST_PAGES = 5000
MOST_LETTERS = 20_000  # of a page; more is no text for people
MOST_DRAWN = 20_000  # things drawn on a page among which lines across are looked for
BLANK = 0.15  # likewise, from which it is a blank
WIDE = 1.0  # gap within a line, in sizes of its letters, from which it parts two cells or columns
LARGER = 1.15  # times the text's size: a heading
LONGEST_HEADING = 100  # characters of a heading that is told by its weight alone
BOLD_WEIGHT = 600
HYPHENS = ("\x02", "\xad", "-", "\u2010", "\ufffe")  # at the end of a line; the first is PDFium's own
BULLET = re.compile(r"[•▪◦○●■□‣∙·*–\uf0b7-]\s+|\(?\d{1,2}[.)]\s+")
PARTICLE = re.compile(
    r"(?:을|를|은|는|의|에|에는|에도|에서|에게|로|으로|와|과|까지|부터|마다|니다|습니다|됩니다|합니다|입니다|되며|하며|되고|되는)(?![가-힣])"
)
ENDS = re.compile(r"[.!?。:]['\"”’)]?$")


class Line(NamedTuple):
    """A line of text and its page, from 1."""

    page: int
    span: Span


def looks_like(source: Source) -> bool:
    """Whether the file is a PDF."""
    return source.encoding == "pdf"


def read(source: Source) -> Iterator[FaqRecord | Broken]:
    """Entries and passages in their order, and what pages have no text. Raises UserError for a PDF that cannot be read, has a
    password, has no text at all, or has more than `MOST_PAGES` pages."""
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(source.file) as document:
            pages, drawn, edges = _pages(source, document)
            known = document.get_metadata_dict()
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UserError(f"{source.at(1)}: found a PDF with a password; expected one without; save it without the password") from None
        raise unreadable(source, "PDF", error) from None
    empty = [number for number, spans in enumerate(pages, 1) if not spans]
    if len(empty) == len(pages):
        why = f"found {len(pages)} pages without a text layer, such as a scan; expected text; run an OCR program on it, such as ocrmypdf"
        raise UserError(f"{source.at(1)}: {why}")
    if empty:
        why = f"found no text layer on the pages {_ranges(empty)}; expected text; run an OCR program on it if they are scans"
        yield Broken(empty[0], why)
    dropped = running(pages, edges)
    found = [
        Line(page + 1, span)
        for page, spans in enumerate(pages)
        for span in lines([span for span in spans if (page, span) not in dropped], drawn[page])
    ]
    blocks = list(_blocks(found))
    title = title_of(source, fix_text(known.get("Title", "")), blocks)
    updated = re.match(r"D:(\d{4})(\d\d)(\d\d)", known.get("ModDate") or known.get("CreationDate") or "")
    origin = Origin(title, updated="-".join(updated.groups()) if updated else "")
    asked, rest = asked_apart(source, blocks, origin)
    for record in (*asked, *passages(source, rest, origin)):
        yield record._replace(origin=record.origin._replace(page=record.source.rsplit(":", 1)[1]))


def _pages(source: Source, document: "PdfDocument") -> tuple[list[list[Span]], list[list[Rule]], list[tuple[float, float]]]:
    """The text of each page, the lines drawn across it, and how high its lower and upper edge are."""
    number = len(document)
    if number > MOST_PAGES:
        raise UserError(f"{source.at(1)}: found {number} pages; expected at most {MOST_PAGES}; split the document")
    pages, drawn, edges = [], [], []
    for place in track(range(number), source.path, number, "pages"):
        page = document[place]
        pages.append(_spans(page))
        drawn.append(_rules(page))
        box, turn = page.get_cropbox(), page.get_rotation()
        low, high = sorted(_turned(turn, box, *corner)[2] for corner in (box[:2], box[2:]))
        edges.append((low, high))
        page.close()
        source.position = source.size * (place + 1) // number
    return pages, drawn, edges


def _spans(page: "PdfPage") -> list[Span]:
    """The text of a page in the order of the file, parted where lines end and at wide gaps."""
    from pypdfium2 import raw

    text = page.get_textpage()
    left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
    x, y = c_double(), c_double()
    turn = page.get_rotation()
    spans: list[Span] = []
    last: Span | None = None
    letters: list[str] = []

    def end() -> None:
        if last and "".join(letters).strip():
            spans.append(last._replace(text=fix_text("".join(letters))))
        letters.clear()

    for index in range(min(text.count_chars(), MOST_LETTERS)):
        code = raw.FPDFText_GetUnicode(text, index)
        letter = "\ufffd" if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)
        if letter in "\r\n\0":
            continue
        if letter.isspace():
            letters += [" "] if letters and letters[-1] != " " else []
            continue
        raw.FPDFText_GetCharBox(text, index, left, right, bottom, top)
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        start, stop, base = left.value, right.value, y.value
        if turn:
            start, stop, base = _turned(turn, (left.value, bottom.value, right.value, top.value), x.value, y.value)
        if last and abs(base - last.base) < 0.3 * last.size and -last.size < start - last.right < WIDE * last.size:
            if letters[-1:] == [" "] and start - last.right < BLANK * last.size:
                letters.pop()  # where the font changes, as between Korean and figures, files have blanks that nobody sees
            last = last._replace(right=max(last.right, stop))
        else:
            end()
            size = abs(top.value - bottom.value) if (size := raw.FPDFText_GetFontSize(text, index)) <= 1 else size
            last = Span(start, stop, base, "", max(size, 1.0), raw.FPDFText_GetFontWeight(text, index) >= BOLD_WEIGHT)
        letters.append(letter)
    end()
    text.close()
    return spans


def _rules(page: "PdfPage") -> list[Rule]:
    from pypdfium2 import raw

    found = []
    for thing in islice(page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=3), MOST_DRAWN):
        box = thing.get_bounds()
        for x, y in (box[:2], box[2:]):
            left, right, base = _turned(page.get_rotation(), box, x, y)
            found += [Rule(base, left, right)] if right - left > 10 else []
    return rules(found)


def _turned(turn: int, box: tuple[float, ...], x: float, y: float) -> tuple[float, float, float]:
    """Where a thing begins and ends on its line, and how high that is, on a page that is shown turned by 0, 90, 180 or 270 degrees."""
    left, bottom, right, top = box
    shown = {0: (left, right, y), 90: (bottom, top, -x), 180: (-right, -left, -y), 270: (-top, -bottom, x)}
    return shown[turn]


def _blocks(found: list[Line]) -> Iterator[Block]:
    """Paragraphs, headings and rows."""
    sizes: Counter[float] = Counter()
    for _, span in found:
        sizes[round(span.size * 2) / 2] += len(span.text)
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    styles = sorted({style for line in found if (style := _style(line, body))}, reverse=True)
    ranks = {style: min(rank, 6) for rank, style in enumerate(styles, 1)}
    page, text, last = 0, "", None
    for line in found:
        style = _style(line, body)
        if last and _belongs(last, line, text, style == _style(last, body), bool(style)):
            text = _joined(text, line.span.text)
        else:
            if last and text.strip():
                yield Block(page, " ".join(text.split()), ranks.get(_style(last, body), 0))
            page, text = line.page, _item(line.span.text)
        last = line
    if last and text.strip():
        yield Block(page, " ".join(text.split()), ranks.get(_style(last, body), 0))


def _style(line: Line, body: float) -> tuple[float, ...]:
    """The size and weight of a heading; nothing for other text."""
    span = line.span
    size, text = round(span.size * 2) / 2, span.text.strip()
    larger = size >= LARGER * body
    heavy = span.bold and size >= 0.95 * body and not text.endswith((".", ",", ";"))
    told = any(map(str.isalpha, text)) and CELL not in text and not ASKED.match(text) and len(text) <= LONGEST_HEADING
    return (size, span.bold) if told and (larger or heavy) else ()


def _belongs(last: Line, line: Line, text: str, same: bool, heading: bool) -> bool:
    """Whether a line goes on with the paragraph or heading above."""
    one, other = last.span, line.span
    if not same or CELL in one.text or CELL in other.text or BULLET.match(other.text) or ASKED.match(other.text) or SAID.match(other.text):
        return False
    below = one.base - other.base
    if line.page != last.page or below < 0:  # in the next column or on the next page
        return not heading and not ENDS.search(text.strip())
    indented = not heading and other.left > one.left + other.size and not text.startswith("- ")
    return below < (1.7 if heading else 1.5) * max(one.size, other.size) and not indented


def _joined(text: str, more: str) -> str:
    """A paragraph with its next line. Korean breaks lines within words too: what is no word of its own belongs to the last one."""
    if text.rstrip().endswith(HYPHENS) and more[:1].islower() and text.rstrip()[-2:-1].isalpha():
        return text.rstrip()[:-1] + more
    return text.rstrip() + more if "가" <= text.rstrip()[-1:] <= "힣" and PARTICLE.match(more) else f"{text} {more}"


def _item(text: str) -> str:
    """A line with the sign of a list as Markdown has it."""
    bullet = BULLET.match(text)
    return f"- {text[bullet.end() :]}" if bullet and not bullet[0].strip(" ()")[:1].isdigit() else text


def _ranges(numbers: list[int]) -> str:
    """ "1, 3 to 5" of many pages, the first ten parts."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    shown = [str(part[0]) if len(part) == 1 else f"{part[0]} to {part[-1]}" for part in parts[:10]]
    return ", ".join(shown) + f" and {len(parts) - 10} more" * (len(parts) > 10)
