"""Where text stands on a page, put into reading order: columns one after the other, and the rows of tables as `a | b`.

Lengths are points; the origin is the lower left corner of the page.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

NEAR = 3.0  # points within which two edges are one
ROWS = 3  # lines that each of two columns has at least
PROSE = 0.7
"""Share of its column's width that a line of prose has. Where most lines of both sides are narrower, it is a table."""
LAST = 5  # rows of a table by which its columns are known
MOST_RULES = 500  # on a page; more of them are a drawing
LONG = 10  # sizes of its letters that a line of prose is wide
OUTER = 2  # lines at the top and the bottom among which running headers and footers are looked for
MARGIN = 0.12  # of the page's height, within which they stand
CELL = " | "


class Span(NamedTuple):
    """Text without a wide gap in it, on one line; `text` ends with a blank where the document says so."""

    left: float
    right: float
    base: float
    text: str
    size: float
    bold: bool

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.right - self.left


class Rule(NamedTuple):
    """A line that is drawn across, such as between the rows of a table."""

    base: float
    left: float
    right: float


def rules(drawn: Iterable[Rule]) -> list[Rule]:
    """The lines across, those that go on in each other joined, from top to bottom; none of a drawing."""
    joined: list[Rule] = []
    for rule in sorted(drawn, key=lambda rule: (-round(rule.base / NEAR), rule.left)):
        last = joined[-1] if joined else None
        if last and abs(last.base - rule.base) <= NEAR and rule.left <= last.right + NEAR:
            joined[-1] = last._replace(right=max(last.right, rule.right))
        else:
            joined.append(rule)
    return joined if len(joined) <= MOST_RULES else []


def lines(spans: Sequence[Span], drawn: Sequence[Rule]) -> Iterator[Span]:
    """The lines of a page in reading order; a row of a table is one line."""
    for edge in _edges(spans):
        bands = [(band, *_beside(band, edge)) for band in _bands(spans, edge)]
        if any(_are_columns(left, right, edge, drawn) for _, left, right in bands):
            for band, left, right in bands:
                if _are_columns(left, right, edge, drawn):
                    yield from lines(left, drawn)
                    yield from lines(right, drawn)
                else:
                    yield from lines(band, drawn)
            return
    yield from _rows(spans, drawn)


def _edges(spans: Sequence[Span]) -> list[float]:
    """Where a column may begin: left edges that several lines share, the most frequent first."""
    starts = Counter(round(span.left / NEAR) for span in spans)
    first = min(starts, default=0)
    return [start * NEAR - NEAR for start, number in starts.most_common(8) if number >= ROWS and start > first + 10]


def _bands(spans: Sequence[Span], edge: float) -> Iterator[list[Span]]:
    """From top to bottom: what stands beside the edge, and what lies across it."""
    ordered = sorted(spans, key=lambda span: -span.base)
    yield from (list(band) for _, band in groupby(ordered, key=lambda span: span.left < edge < span.right))


def _beside(band: Sequence[Span], edge: float) -> tuple[list[Span], list[Span]]:
    return [span for span in band if span.right <= edge], [span for span in band if span.left >= edge]


def _are_columns(left: Sequence[Span], right: Sequence[Span], edge: float, drawn: Sequence[Rule]) -> bool:
    if min(len(left), len(right)) < ROWS:
        return False
    top, bottom = max(span.base for span in (*left, *right)), min(span.base for span in (*left, *right))
    across = sum(rule.left < edge - NEAR and rule.right > edge + NEAR and bottom < rule.base < top for rule in drawn)
    return across < 2 and all(_is_prose(side) for side in (left, right))


def _is_prose(side: Sequence[Span]) -> bool:
    """Whether most lines are long and fill their column, or the side is columns itself."""
    column = max(span.right for span in side) - min(span.left for span in side)
    if sum(span.width >= max(PROSE * column, LONG * span.size) for span in side) * 2 >= len(side):
        return True
    parted = (_beside(side, edge) for edge in _edges(side))
    return any(min(map(len, both)) >= ROWS and sum(map(len, both)) == len(side) and all(map(_is_prose, both)) for both in parted)


def _rows(spans: Sequence[Span], drawn: Sequence[Rule]) -> Iterator[Span]:
    rows: list[list[Span]] = []
    for span in sorted(spans, key=lambda span: (-span.base, span.left)):
        if rows and rows[-1][0].base - span.base < 0.4 * span.size:
            rows[-1].append(span)
        else:
            rows.append([span])
    for is_table, group in groupby(_tables(rows, drawn), key=lambda table: len(table) > 1 or len(table[0]) > 1):
        for table in group:
            yield from _table(table, drawn) if is_table else iter(table[0])


def _tables(rows: list[list[Span]], drawn: Sequence[Rule]) -> Iterator[list[list[Span]]]:
    """Tables, and lines alone. A table goes on with what has cells, stands between its rules, or continues its cells."""
    table: list[list[Span]] = []
    for row in rows:
        if table and not (len(row) > 1 or _ruled(row, table, drawn) or _goes_on(row, table)):
            yield table
            table = []
        if len(row) > 1 or table:
            table.append(row)
        else:
            yield [row]
    if table:
        yield table


def _ruled(row: list[Span], table: list[list[Span]], drawn: Sequence[Rule]) -> bool:
    """Whether the rules above the table and below the row enclose both."""
    left, right = min(span.left for span in (*row, *table[0])), max(span.right for span in (*row, *table[0]))
    around = [rule for rule in drawn if rule.left <= left + NEAR and rule.right >= right - NEAR]
    below = [rule for rule in around if row[0].base - 2.5 * row[0].size < rule.base < row[0].base]
    return bool(below) and any(rule.base > table[0][0].base for rule in around)


def _goes_on(row: list[Span], table: list[list[Span]]) -> bool:
    """Whether a line continues cells of the row above: it lacks the first one and begins where a cell does."""
    starts = [span.left for span in max(table[-LAST:], key=len)]
    near = table[-1][0].base - row[0].base < 1.6 * row[0].size
    return near and row[0].left > starts[0] + NEAR and any(abs(row[0].left - start) <= NEAR for start in starts[1:])


def _table(table: list[list[Span]], drawn: Sequence[Rule]) -> Iterator[Span]:
    """A line for each row of a table, whose cells may take several lines."""
    starts = sorted(span.left for span in max(table, key=len))
    top, bottom = table[0][0].base + 2 * table[0][0].size, table[-1][0].base - 2 * table[-1][0].size
    between = [rule for rule in drawn if rule.left <= starts[0] + NEAR and rule.right >= starts[-1] and bottom < rule.base < top]
    whole: list[list[Span]] = []
    for above, row in pairwise([[], *table]):
        parted = any(row[0].base < rule.base < above[0].base for rule in between) if above else True
        if above and not parted and (between or _goes_on(row, whole[-1:])):
            whole[-1] += row
        else:
            whole.append([*row])
    for row in whole:
        cells = [""] * len(starts)
        for span in row:
            place = max((number for number, start in enumerate(starts) if start <= span.left + NEAR), default=0)
            cells[place] = f"{cells[place]} {span.text}".strip()
        first = row[0]
        yield Span(first.left, max(span.right for span in row), first.base, CELL.join(cells), first.size, all(span.bold for span in row))


def running(pages: Sequence[Sequence[Span]], edges: Sequence[tuple[float, float]]) -> set[tuple[int, Span]]:
    """The headers, footers and page numbers, with their page's place: what stands in the margin of several pages with the same
    text, or the same but for a number that grows with the pages. `edges`: how high each page's lower and upper edge are."""
    found: dict[str, list[tuple[int, Span]]] = {}
    for place, (spans, (low, high)) in enumerate(zip(pages, edges, strict=True)):
        margin = MARGIN * (high - low)
        bases = sorted({round(span.base) for span in spans})
        outer = {*bases[:OUTER], *bases[-OUTER:]}
        for span in spans:
            if round(span.base) in outer and not low + margin < span.base < high - margin:
                for key in _keys(span.text.strip(), place):
                    found.setdefault(key, []).append((place, span))
    most = 2 if len(pages) < 4 else 3
    return {one for same in found.values() if len({place for place, _ in same}) >= most for one in same}


def _keys(text: str, place: int) -> Iterator[str]:
    yield text
    for number in re.finditer(r"\d{1,5}", text):
        yield f"{text[: number.start()]}\0{int(number[0]) - place}\0{text[number.end() :]}"
