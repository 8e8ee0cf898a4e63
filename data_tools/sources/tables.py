"""Tables, CSV and XLSX, one row at a time: the line where a row begins, and its values by column."""

import csv
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice, takewhile
from typing import Any, NamedTuple
from zipfile import ZipFile

from data_tools.sources.json_stream import Broken
from data_tools.sources.text import NO_TEXT, Source, fix_text
from frontdesk.errors import UserError, warn

MARKS = ",;\t|"
FIRST_LINES = 20  # rows by which delimiter and header are recognized
SAMPLE = 400  # lines in which these rows are looked for: a cell with a page of HTML takes many
LONGEST_ROW = 1 << 20  # characters of one row
MOST_LINES = 2000  # lines of one row
UNPACKED = 1 << 30  # bytes that an office document may unpack to
MOST_COLUMNS = 1 << 14  # as many as Excel can have
LONGEST_NAME = 200  # characters of a column's name; the rest is ignored
MOST_SHOWN = 30  # columns that a message names
LAST_ROW = 1 << 20  # the last row that Excel can have
QUOTES = 'expected quotes that close; end the quoted cell with " and write a quote inside it as ""'

ENDLESS = f"found a quote that never closes; {QUOTES}"


class Row(NamedTuple):
    """One row: the line where it begins (in a workbook its number), and each column's text as written, "" where the row lacks it."""

    line: int
    values: dict[str, str]


def read_csv(source: Source) -> Iterator[Row | Broken]:
    """The rows below the header, which is the first line with several cells. Rows that are wholly blank are left out.

    A row that cannot be read costs its first line only. Raises UserError for a header that cannot be read.
    """
    lines = source.lines()
    first = list(islice(lines, SAMPLE))
    header: list[str] = []
    for line, cells in _records(chain(first, lines), delimiter(first)):
        if header:
            yield Broken(line, cells) if isinstance(cells, str) else _row(line, header, cells)
        elif isinstance(cells, str):
            raise UserError(f"{source.at(line)}: {cells}")
        elif _names_columns(cells):
            if len(cells) > MOST_COLUMNS:
                raise UserError(f"{source.at(line)}: found {len(cells)} columns; expected at most {MOST_COLUMNS}; end the header's line")
            header = column_names(cells)


def looks_like_csv(source: Source) -> bool:
    """Whether the text begins with rows of two or more cells, most of them as many as in the first."""
    if source.encoding in NO_TEXT or source.start.startswith(("<", "{", "[", "# ", "##")):
        return False
    lines = source.head.split("\n")[:SAMPLE]
    share, width = _fit(lines, delimiter(lines))
    return width > 1 and share >= 0.5


def delimiter(lines: list[str]) -> str:
    """The one of comma, semicolon, tab and pipe that splits the first lines into the same number of cells, and into most of them."""
    return max(MARKS, key=lambda mark: _fit(lines, mark))


def _fit(lines: list[str], mark: str) -> tuple[float, int]:
    """The share of rows with as many cells as the header, and their number; nothing where there is no header."""
    read = takewhile(lambda cells: cells != ENDLESS, (cells for _, cells in _records(iter(lines), mark)))  # where the lines end
    rows = [cells for cells in islice(read, FIRST_LINES) if not isinstance(cells, str)]
    start = next((number for number, cells in enumerate(rows) if _names_columns(cells)), len(rows))
    widths = [len(cells) for cells in rows[start:]]
    return (widths.count(widths[0]) / len(rows), widths[0]) if widths else (0.0, 0)


def _names_columns(cells: list[str]) -> bool:
    """Whether a row can be a header: it has several cells, unlike a title above the table or Excel's `sep=;`."""
    return sum(bool(cell.strip()) for cell in cells) > 1


def column_names(cells: Iterable[str]) -> list[str]:
    """The header's cells, trimmed; "column 3" for a blank one and "name (2)" for one that comes again."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = " ".join(cell.split()) or f"column {number}"
        names.append(f"{name} ({number})" if name in names else name)
    return names


def _row(line: int, header: list[str], cells: list[str]) -> Row | Broken:
    if len(cells) > len(header) and any(map(str.strip, cells[len(header) :])):
        return Broken(line, _too_many(len(cells), len(header)))
    return Row(line, dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=False)))


def _too_many(found: int, expected: int) -> str:
    return f"found {found} cells; expected {expected} as in the header; put a cell that holds the delimiter in quotes"


class _Torn(csv.Error):
    """What is wrong with a row of several lines."""


class _Ahead(NamedTuple):
    """A line read while a quote was open: whether the quote is still open after it (None: it is broken), and the cells that it adds."""

    text: str
    is_open: bool | None
    cells: int


def _records(lines: Iterator[str], mark: str) -> Iterator[tuple[int, list[str] | str]]:
    """The line and the cells of each record that is not blank, or what is wrong with it.

    Lines read in search of a closing quote are kept with what they do inside quotes: however many quotes never close, no
    line is looked at for each of them.
    """
    ahead: deque[_Ahead] = deque()
    line, width = 0, 0
    while (text := ahead.popleft().text if ahead else next(lines, None)) is not None:
        line += 1
        more = 0
        try:
            cells, is_open = _cells(text, mark) if '"' in text else (text.split(mark), False)
            if is_open:
                _close(text, len(cells), width or LONGEST_ROW, ahead, lines, mark)
                cells, _ = _cells("\n".join([text, *(following.text for following in ahead)]), mark)
                if width and any(map(str.strip, cells[width:])):
                    raise _Torn(_too_many(len(cells), width))
                more = len(ahead)
                ahead.clear()
        except csv.Error as error:
            yield line, str(error) if isinstance(error, _Torn) else f"found a broken row ({error}); {QUOTES}"
            continue
        if any(map(str.strip, cells)):
            width = width or (len(cells) if _names_columns(cells) else 0)
            yield line, cells
        line += more


def _cells(text: str, mark: str) -> tuple[list[str], bool]:
    """The cells of a text, and whether its last quote is open. Raises csv.Error."""
    reader = csv.reader([text, '"'], delimiter=mark, strict=True)
    return next(reader), reader.line_num == 2  # the second line is taken in only by an open quote, which it closes


def _close(text: str, cells: int, width: int, ahead: deque[_Ahead], lines: Iterator[str], mark: str) -> None:
    """Read `ahead` the lines to the end of a record whose first line leaves a quote open. Raises _Torn."""
    size = len(text) + sum(len(line.text) for line in ahead)
    cells += sum(line.cells for line in ahead)
    while not ahead or ahead[-1].is_open:
        if cells > width:
            raise _Torn(_too_many(cells, width))
        if size > LONGEST_ROW or len(ahead) >= MOST_LINES:
            raise _Torn(f"found a quote that does not close within {MOST_LINES} lines; {QUOTES}")
        following = next(lines, None)
        if following is None:
            raise _Torn(ENDLESS)
        ahead.append(_inside(following, mark))
        size += len(following)
        cells += ahead[-1].cells
    if ahead[-1].is_open is None:
        raise _Torn(f"found a quote that does not close before the one in line {len(ahead) + 1} of the row; {QUOTES}")


def _inside(text: str, mark: str) -> _Ahead:
    try:
        cells, is_open = _cells('"' + text, mark) if '"' in text else ([text], True)
    except csv.Error:
        return _Ahead(text, None, 0)
    return _Ahead(text, is_open, len(cells) - 1)


def read_xlsx(source: Source) -> Iterator[Row | Broken]:
    """The rows below the header of the first visible sheet that has one: a row of two cells or more among its first rows.

    Raises UserError for a workbook that is broken, has a password or no such sheet, or unpacks to more than 1 GB.
    """
    try:
        check_unpacked(source, UNPACKED)
        yield from _workbook(source)
    except UserError:
        raise
    except Exception as error:  # openpyxl raises whatever it stumbles over
        raise unreadable(source, "workbook", error) from None


def check_unpacked(source: Source, most: int) -> None:
    """Raises UserError for an office document that unpacks to more than `most` bytes, before anything is unpacked."""
    with ZipFile(source.file) as archive:
        size = sum(part.file_size for part in archive.infolist())
    if size > most:
        found = f"{source.at(1)}: found a document that unpacks to {size >> 20} MB"
        raise UserError(f"{found}; expected at most {most >> 20} MB; save it as CSV (UTF-8)")


def unreadable(source: Source, kind: str, error: Exception) -> UserError:
    """The error for an office document that its library cannot read."""
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return UserError(f"{source.at(1)}: found a {kind} that cannot be read ({reason}); expected one without a password; save it anew")


def _workbook(source: Source) -> Iterator[Row | Broken]:
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    with source.file.open("rb") as file:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the format lacks beside values
            book = load_workbook(file, read_only=True, data_only=True)
        sheets = []
        for sheet in book.worksheets:
            lines = (line for line, cells in islice(_sheet_rows(sheet), FIRST_LINES) if _names_columns(cells))
            if sheet.sheet_state == "visible" and (header_line := next(lines, 0)):
                sheets.append((sheet, header_line))
        if not sheets:
            raise UserError(f"{source.at(1)}: found no sheet with a header; expected a row of column names; add it above the rows")
        if len(sheets) > 1:
            others = ", ".join(repr(sheet.title) for sheet, _ in sheets[1:])
            warn(f"{source.path}: found the sheets {others} beside {sheets[0][0].title!r}; only the first is read; save each as a file")
        sheet, header_line = sheets[0]
        header: list[str] = []
        for line, cells in _sheet_rows(sheet):
            if line == header_line:
                header = column_names(cells)
            elif line > header_line and any(map(str.strip, cells)):
                yield _row(line, header, cells)


def _sheet_rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    sheet.reset_dimensions()  # some programs write wrong ones
    for line, cells in enumerate(sheet.iter_rows(min_row=1, max_row=LAST_ROW, min_col=1, values_only=True), 1):
        texts = (f"{cell:.15g}" if isinstance(cell, float) else cell for cell in cells)
        yield line, [fix_text(cell) if isinstance(cell, str) else text_of(cell) for cell in texts]


def plain_name(name: str) -> str:
    """A column's name by which it is found: case, blanks and punctuation do not count."""
    return "".join(letter for letter in name[:LONGEST_NAME].casefold() if letter.isalnum())


def find_column(header: Iterable[str], names: Iterable[str]) -> str | None:
    """The header cell that is called one of `names` (as `plain_name` gives them), earlier names first."""
    plain = {plain_name(cell): cell for cell in reversed(list(header))}
    return next((plain[name] for name in names if name in plain), None)


def listed(names: Iterable[str]) -> str:
    """Columns for a message of one line, which is short whatever a broken file calls them."""
    shown = [" ".join(name.split())[:40] for name in names]
    return (", ".join(shown[:MOST_SHOWN]) or "none") + f" and {len(shown) - MOST_SHOWN} more" * (len(shown) > MOST_SHOWN)


def given_columns(source: Source, header: list[str], given: Mapping[str, str], key: str) -> dict[str, str]:
    """The header cells that the config's `key` gives for each field. Raises UserError for one that is not there."""
    found = {field: name if name in header else find_column(header, (plain_name(name),)) for field, name in given.items()}
    for field, column in found.items():
        if column is None:
            place = f"{source.at(source.first_line)}: found the columns {listed(header)}"
            raise UserError(f"{place}; expected {given[field]!r} for the {field}; fix {key}.{field} in the config")
    return {field: column for field, column in found.items() if column is not None}


def text_of(value: Any) -> str:
    """A cell or JSON value as trimmed text; nothing for a missing value."""
    return "" if value is None else str(value).strip()
