"""CSV and JSON-lines files as records: a line number and named values each."""

import csv
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from data_tools.source import Source
from frontdesk.errors import UserError


class Record(NamedTuple):
    """One row of a table or one JSON object, and the line where it begins."""

    line: int
    values: dict[str, Any]


def read_csv(source: Source) -> tuple[list[str], list[Record]]:
    """The header and the rows of a CSV, delimited by comma, semicolon or tab. Raises UserError for a broken row.

    Rows that are wholly blank are left out. A short row lacks its last values.
    """
    lines = [line + "\n" for line in source.text.split("\n")]
    reader = csv.reader(lines, delimiter=delimiter(source.start), strict=True)
    header: list[str] = []
    records: list[Record] = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if header:
                    records.append(Record(line, _named(source, line, header, cells)))
                else:
                    header = [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise UserError(
            f"{source.at(line)}: broken CSV row ({error}); expected quotes that close; "
            'end the quoted cell with " and write a quote inside it as ""'
        ) from None
    return header, records


def delimiter(header: str) -> str:
    """The one of comma, semicolon and tab that parts the header line into the most cells."""
    return max(",;\t", key=lambda mark: len(next(csv.reader([header], delimiter=mark), [])))


def _named(source: Source, line: int, header: list[str], cells: list[str]) -> dict[str, Any]:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise UserError(
            f"{source.at(line)}: found {len(cells)} cells; expected {len(header)} as in the header; "
            "put a cell that holds the delimiter in quotes"
        )
    return dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=False))


def read_json(source: Source) -> list[Record]:
    """The objects of a file with one JSON object (or list of objects) a line, or with one JSON document. Raises UserError."""
    if source.start.strip() in ("{", "["):
        return _objects(source, 1, source.text)
    return [record for line, text in enumerate(source.text.split("\n"), 1) if text.strip() for record in _objects(source, line, text)]


def _objects(source: Source, line: int, text: str) -> list[Record]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        place = source.at(line + error.lineno - 1)
        raise UserError(f"{place}: not valid JSON ({error.msg}); expected one JSON object a line; mend or remove that line") from None
    values = value if isinstance(value, list) else [value]
    for item in values:
        if not isinstance(item, dict):
            raise UserError(f"{source.at(line)}: found a {type(item).__name__}; expected a JSON object; mend or remove that line")
    return [Record(line, item) for item in values]


def find_column(header: Iterable[str], names: tuple[str, ...]) -> str | None:
    """The header cell that is called one of `names`, earlier names first; case, blanks and punctuation do not count."""
    plain = {"".join(letter for letter in cell.casefold() if letter.isalnum()): cell for cell in reversed(list(header))}
    return next((plain[name] for name in names if name in plain), None)


def text_of(value: Any) -> str:
    """A cell or JSON value as trimmed text; nothing for a missing value."""
    return "" if value is None else str(value).strip()
