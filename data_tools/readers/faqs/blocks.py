"""Pairs of question and answer in written pages (Markdown, web pages, Word).

A question is a heading or line that says so (`Q.`, `질문:`, a question mark), or a heading with text below it. What
stands below, up to the next question or heading of its rank, is its answer; the headings above are its category.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import PurePath
from typing import NamedTuple

from data_tools.readers.records import FaqRecord
from data_tools.sources.json_stream import Broken
from data_tools.sources.text import Source
from frontdesk.errors import UserError
from frontdesk.facts.entries import Origin

BOLD, ASKING = 7, 8
"""The ranks of a line in bold, and of a line in bold or with `Q.` before it that asks; below those of headings."""
ASKED = re.compile(r"(?:\[(?:Q|Question|질문|문)\s?\d*\]|\(?(?:Q|Question|질문|문)\s?\d*\s?[.:)．：])\s*", re.IGNORECASE)
SAID = re.compile(r"(?:\[(?:A|Answer|답변|답)\s?\d*\]|\(?(?:A|Answer|답변|답)\s?\d*\s?[.:)．：])\s*", re.IGNORECASE)
SAID_BEHIND = re.compile(r"(?<=[?？])\s+(?=(?:A|Answer|답변|답)\s?\d*\s?[.:)．：])", re.IGNORECASE)
"""Where a line goes on with the answer."""
NUMBER = re.compile(r"\d{1,2}[.)]\s+")
MARKED = re.compile(
    rf"""^(?:
      \ {{0,3}}\#{{1,6}}\s  # a heading
    | .*<summary>
    | \ *(?:[-*+]\s+|\d+[.)]\s+)?  # in a list or not:
      (?:(?:\*\*|__)?{ASKED.pattern}\S | (?:\*\*|__).+(?:\*\*|__)\ *$ | (?:\*\*|__).+[?？](?:\*\*|__))
    )""",
    re.MULTILINE | re.IGNORECASE | re.VERBOSE,
)
"""What tells a page of questions from a table."""
LARGEST = 1 << 25  # bytes of a page
LONGEST_ANSWER = 1200  # characters in a document; what is longer below a heading that asks is a section, and becomes passages
MARKS = ("?", "？")
NO_TITLE = re.compile(
    r"microsoft (?:word|powerpoint).*|(?:word|powerpoint) (?:document|presentation)|untitled.*|.*\.(?:docx?|pptx?|indd|od[tp]|pdf|html?)",
    re.IGNORECASE,
)
"""Titles that a program gives."""


def whole_text(source: Source) -> str:
    """The text of a page. Raises UserError for one that is too large to be a page."""
    if source.size > LARGEST:
        raise UserError(f"{source.at(1)}: found {source.size >> 20} MB; expected a page of at most {LARGEST >> 20} MB; split it")
    return "\n".join(source.lines())


class Block(NamedTuple):
    """A line of a page: where it stands, its text, and its rank: 1 to 6 for a heading, `BOLD`, `ASKING`, or 0 for other text.
    `anchor` is the id by which a heading can be linked."""

    line: int
    text: str
    rank: int = 0
    anchor: str = ""

    @property
    def asks(self) -> bool:
        """Whether it says that it is a question."""
        return self.rank == ASKING or (0 < self.rank < BOLD and asks(self.text))


class Piece(NamedTuple):
    """A part of a paragraph, in bold or not; its text may have line ends."""

    text: str
    bold: bool


def paragraph(lines: Iterable[int], pieces: Iterable[Piece]) -> Iterator[Block]:
    """The blocks of a paragraph, whose lines stand at `lines`: one for each line, two for a question in bold that text follows."""
    rows: list[list[Piece]] = [[]]
    for text, bold in pieces:
        first, *rest = text.split("\n")
        rows[-1].append(Piece(first, bold))
        rows += [[Piece(part, bold)] for part in rest]
    for line, row in zip(lines, rows, strict=False):
        lead = "".join(piece.text for piece in takewhile(lambda piece: piece.bold or not piece.text.strip(), row)).strip()
        text = "".join(piece.text for piece in row).strip()
        if lead and lead != text and lead.endswith(MARKS):
            yield Block(line, lead, BOLD)
            yield Block(line, text.removeprefix(lead).strip())
        elif text:
            yield Block(line, text, BOLD if lead == text else 0)


@dataclass
class _Question:
    """A question whose answer is being read."""

    block: Block
    category: str
    answer: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        text = text if self.answer else behind(SAID, text)
        self.answer += [text] if text else []

    def record(self, source: Source) -> FaqRecord:
        questions = tuple(filter(None, [bare(self.block.text)]))
        answers = ("\n".join(self.answer),) if self.answer else ()
        return FaqRecord(source.at(self.block.line), "", self.category, "", questions, answers, ())


def pairs(source: Source, page: Iterable[Block]) -> Iterator[FaqRecord | Broken]:
    """The questions of a page in their order, those without an answer too.

    Text above the first question is ignored; text below a category that belongs to none of its questions is broken.
    """
    blocks = [part for block in page for part in _parts(block)]
    headings = [block for block in blocks if block.rank]
    title = headings[0] if [block.rank for block in headings].count(headings[0].rank if headings else 0) == 1 else None
    path: list[Block] = []
    asked: _Question | None = None
    started = stray = False
    for index, block in enumerate(blocks):
        kind = _kind(blocks, index, asked, started)
        if kind == "text":
            if asked:
                asked.add(block.text)
            elif started and not stray:
                stray = True
                yield Broken(block.line, f"found {block.text[:40]!r} below no question; expected a question above it; move or remove it")
            continue
        if asked:
            yield asked.record(source)
        path = [above for above in path if above.rank < block.rank]
        category = " > ".join(bare(above.text) for above in path if above is not title or len(path) == 1)
        asked = _Question(block, category) if kind == "question" else None
        started, stray = started or asked is not None, False
        if block.rank != ASKING:
            path.append(block)
    if asked:
        yield asked.record(source)


def title_of(source: Source, known: str, blocks: Sequence[Block]) -> str:
    """What a document is called: as its properties have it unless a program wrote that, by its only heading of the first rank
    at its beginning, or by its file."""
    known = " ".join(known.split())
    first = [block.text for block in blocks if block.rank == 1]
    if known and not NO_TITLE.fullmatch(known):
        return known
    return bare(first[0]) if len(first) == 1 and blocks[0].text == first[0] else " ".join(re.split(r"[\s_]+", PurePath(source.path).stem))


def asked_apart(source: Source, page: Iterable[Block], origin: Origin) -> tuple[list[FaqRecord], list[Block]]:
    """What of a document asks and is answered, as entries, and the blocks of everything else. `origin` is the document's."""
    records: list[FaqRecord] = []
    rest: list[Block] = []
    path: list[Block] = []
    for asked, blocks in _sections([part for block in page for part in _parts(block)]):
        first = blocks[0]
        if first.rank:
            path = [above for above in path if above.rank < first.rank]
        headings = [text for above in path if (text := bare(above.text)) != origin.title]
        if asked and 0 < sum(map(len, asked.answer)) <= LONGEST_ANSWER:
            asked.category = " > ".join(headings)
            where = origin._replace(heading=" > ".join([*headings, bare(first.text)] if first.rank < BOLD else headings))
            records.append(asked.record(source)._replace(origin=where))
        else:
            rest += blocks
        path += [first] if 0 < first.rank < BOLD else []
    return records, rest


def _sections(blocks: list[Block]) -> Iterator[tuple[_Question | None, list[Block]]]:
    """Each question with its own block and those of its answer, and each other block alone."""
    asked: _Question | None = None
    held: list[Block] = []
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        has_text = following is not None and following.rank == 0
        if asked and (block.rank == 0 or _belongs(block, asked, has_text)):
            asked.add(block.text)
            held.append(block)
            continue
        if asked:
            yield asked, held
        asked, held = (_Question(block, "") if block.asks and has_text else None), [block]
        if not asked:
            yield None, held
    if asked:
        yield asked, held


def nothing_found(source: Source) -> UserError:
    """The error for a page without questions."""
    expected = "expected headings or lines that begin with Q. or 질문:, and answers below; mark the questions"
    return UserError(f"{source.at(1)}: found no question; {expected}")


def _parts(block: Block) -> Iterator[Block]:
    """A block with its rank; a question and its answer in one line are two."""
    line, text, rank, _ = block
    if rank in (0, BOLD) and ASKED.match(text):
        question, *answer = SAID_BEHIND.split(text, maxsplit=1)
        yield Block(line, question, ASKING)
        yield from (Block(line, part) for part in answer)
    else:
        yield Block(line, text, ASKING if rank == BOLD and text.endswith(MARKS) else rank)


def _kind(blocks: list[Block], index: int, asked: _Question | None, started: bool) -> str:
    """Whether a block is a question, a category of questions, or text."""
    block = blocks[index]
    has_text = index + 1 < len(blocks) and blocks[index + 1].rank == 0
    if block.rank == 0 or (asked and _belongs(block, asked, has_text)):
        return "text"
    below = list(takewhile(lambda other: not 0 < other.rank <= block.rank, map(blocks.__getitem__, range(index + 1, len(blocks)))))
    has_questions = any(other.asks for other in below)
    if block.asks:
        return "question" if has_text or not has_questions else "category"
    is_title = not started and any(0 < other.rank < BOLD for other in below)
    return "question" if has_text and not has_questions and not is_title else "category"


def _belongs(block: Block, asked: _Question, has_text: bool) -> bool:
    """Whether a heading or line in bold is a part of the answer above."""
    above = asked.block
    if block.rank == ASKING:
        return above.rank < BOLD and bool(asked.answer) and not ASKED.match(block.text)
    if SAID.match(block.text):
        return True
    if block.rank == BOLD:
        return above.rank < BOLD or (above.rank == ASKING and has_text)
    return block.rank > above.rank and above.asks and not block.asks


def asks(text: str) -> bool:
    """Whether a text says that it is a question."""
    return text.endswith(MARKS) or ASKED.match(behind(NUMBER, text)) is not None


def bare(text: str) -> str:
    """A question without the number and the `Q.` before it."""
    return behind(NUMBER, behind(ASKED, behind(NUMBER, text)))


def behind(mark: re.Pattern[str], text: str) -> str:
    """The text without a mark at its beginning."""
    match = mark.match(text)
    return text[match.end() :] if match else text
