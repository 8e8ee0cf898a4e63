"""FAQ as Markdown or plain text: headings, lines in bold, or lines that begin with `Q.` are questions, what stands below them answers.

Answers are plain text; only code keeps its backticks, and its indentation in a block between fences.
"""

import re
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

from data_tools.readers.faqs.blocks import ASKED, ASKING, MARKED, SAID, Block, Piece, nothing_found, pairs, paragraph, whole_text
from data_tools.readers.faqs.origins import Dates, known
from data_tools.readers.faqs.table import looks_like as is_table
from data_tools.readers.records import FaqRecord
from data_tools.sources.html_text import html_text
from data_tools.sources.json_stream import Broken
from data_tools.sources.text import NO_TEXT, Source
from frontdesk.errors import UserError
from frontdesk.facts.entries import Origin

if TYPE_CHECKING:
    from markdown_it.token import Token

FORMAT = "FAQ Markdown"

FRONT = re.compile(r"\A\s*---\n.*?\n(?:---|\.\.\.)(?=\n|\Z)", re.DOTALL)
"""What stands about a page at its beginning, for the program that shows it."""
KNOWN = re.compile(r"^([\w-]+)[ \t]*:[ \t]*(\S.*)$", re.MULTILINE)
LONGEST_LINE = 20_000  # characters; marks without end in one line would take minutes
SUMMARY = re.compile(r"<summary[^<>]*>((?:(?!</?summary).)*+)</summary>", re.DOTALL | re.IGNORECASE)
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
STRONG = re.compile(r"<(/?)(?:b|strong)\b", re.IGNORECASE)


def looks_like(source: Source) -> bool:
    """Whether the text has headings, questions in bold or lines that begin with `Q.`, and is no table."""
    if source.encoding in NO_TEXT or source.start.startswith(("{", "<!", "<html")):
        return False
    return MARKED.search(source.head) is not None and not is_table(source)


def read(source: Source) -> Iterator[FaqRecord | Broken]:
    """One record for each question. Raises UserError for a page without one."""
    blocks, origin = contents(source)
    found = list(pairs(source, blocks))
    if not found:
        raise nothing_found(source)
    yield from (item if isinstance(item, Broken) else item._replace(origin=origin) for item in found)


def contents(source: Source) -> tuple[list[Block], Origin]:
    """The page's lines, and what its front matter says of it. Raises UserError for lines that are too long."""
    from markdown_it import MarkdownIt

    page = whole_text(source)
    for line, text in enumerate(page.split("\n"), 1):
        if len(text) > LONGEST_LINE:
            raise UserError(f"{source.at(line)}: found a line of {len(text)} characters; expected paragraphs; break it into lines")
    text = FRONT.sub(lambda front: "\n" * front[0].count("\n"), page)
    front = FRONT.match(page)
    return list(_blocks(MarkdownIt("commonmark").enable("table").parse(text))), _origin(source, front[0] if front else "")


def _origin(source: Source, front: str) -> Origin:
    """The title, address and dates of the front matter's simple lines `key: value`."""
    values = {match[1]: match[2].strip(" \"'") for match in KNOWN.finditer(front)}
    dates = Dates(source)
    found = known(source.at(1), values, dates)
    dates.report()
    return found


def _blocks(tokens: list["Token"]) -> Iterator[Block]:
    rank = depth = line = 0
    item = ""
    cells: list[str] | None = None
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        depth += token.nesting * token.type.startswith(("bullet_list", "ordered_list"))
        if token.type in ("heading_open", "heading_close"):
            rank = int(token.tag[1]) if token.nesting > 0 else 0
        elif token.type == "list_item_open":
            item = "  " * (depth - 1) + (f"{token.info}{token.markup} " if token.info else "- ")
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            yield Block(line, " | ".join(cells))
            cells = None
        elif token.type == "inline":
            pieces = list(_pieces(token.children or []))
            text = "".join(piece.text for piece in pieces).replace("\n", " ").strip()
            if cells is not None:
                cells.append(text)
            elif rank:
                yield Block(line, text, rank)
            else:
                yield from _item(item, paragraph(count(line), pieces))
                item = ""
        elif token.type == "fence":
            yield Block(line, f"{token.markup}{token.info}\n{token.content}{token.markup}")
        elif token.type == "code_block":  # often a page whose text is indented
            yield from paragraph(count(line), [Piece(token.content, False)])
        elif token.type == "html_block":
            yield from _html(line, token.content)


def _item(mark: str, blocks: Iterator[Block]) -> Iterator[Block]:
    """The lines of a list's item, the first with its mark unless it is a question or says that it is an answer."""
    for block in blocks:
        plain = not block.rank and not ASKED.match(block.text) and not SAID.match(block.text)
        yield block._replace(text=mark + block.text) if plain else block
        mark = ""


def _pieces(tokens: list["Token"]) -> Iterator[Piece]:
    """The parts of a paragraph; a link is its text and its address, and code keeps its marks."""
    bold = 0
    links: list[tuple[str, list[str]]] = []
    for token in tokens:
        text = token.content if token.type in ("text", "image") else ""
        if token.type in ("softbreak", "hardbreak") or (token.type == "html_inline" and BREAK.match(token.content)):
            text = "\n"
        elif token.type == "code_inline":
            text = f"{token.markup}{token.content}{token.markup}"
        elif token.type in ("strong_open", "strong_close"):
            bold += token.nesting
        elif token.type == "html_inline" and (strong := STRONG.match(token.content)):
            bold += -1 if strong[1] else 1
        elif token.type == "link_open":
            links.append((str(token.attrs.get("href", "")), []))
        elif token.type == "link_close":
            address, shown = links.pop()
            plain = address.startswith("#") or "".join(shown) in (address, address.removeprefix("mailto:"))
            text = "" if plain else f" ({address})"
        for _, shown in links:
            shown.append(text)
        yield Piece(text, bold > 0)


def _html(line: int, html: str) -> Iterator[Block]:
    """The texts of a piece of HTML; each `<summary>` is a question."""
    for number, part in enumerate(SUMMARY.split(html)):
        text = html_text(part)
        if text and number % 2:
            yield Block(line, " ".join(text.split()), ASKING)
        elif text:
            yield from (Block(line, row) for row in text.split("\n"))
        line += part.count("\n")
