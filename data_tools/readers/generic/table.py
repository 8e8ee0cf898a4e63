"""Chats as a table, CSV, XLSX or JSON lines: one message a row, or one exchange of message and answer.

Columns are found by name or content, unless the config names them. Without a role column, `data.agents` tells
who is an agent; without one for the conversation, only exchanges are read.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple, cast

from data_tools.readers.generic.columns import COLUMNS, EXCHANGE, MEANING, find_columns, who
from data_tools.readers.records import ExportMessage, Layout, MessageStream, People, iso
from data_tools.sources.json_stream import Broken, read_json
from data_tools.sources.tables import Row, find_column, looks_like_csv, read_csv, read_xlsx, text_of
from data_tools.sources.text import Source
from data_tools.sources.times import epoch_time, parse_time
from frontdesk.errors import UserError

FORMAT = "chat table"
LAYOUT: Layout = "mixed"

SAMPLE = 1000  # rows by which columns are recognized
OBJECT = re.compile(r"\s*\[?\s*(?=\{)")
DAY_MONTH = re.compile(r"(\d{1,2})([/.-])\s?(\d{1,2})\2\s?(\d{4})\b")
"""A date whose first number is the day or the month."""
COMPACT = re.compile(r"(\d{8})(\d{4}(?:\d\d)?)")  # a date and a time of day with nothing between the numbers
Cells = Mapping[str | None, Any]
EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")


def looks_like(source: Source) -> bool:
    """Whether the file is a workbook, rows of cells, or JSON whose first object has a table's columns or nothing but plain values."""
    if not source.start.startswith(("{", "[")):
        return source.encoding == "xlsx" or looks_like_csv(source)
    try:
        match = OBJECT.match(source.head)
        return match is not None and _is_row(json.JSONDecoder().raw_decode(source.head, match.end())[0])
    except (ValueError, RecursionError):
        return False


def _is_row(values: dict[str, Any]) -> bool:
    if {"type", "ts"} <= values.keys():  # Slack's
        return False
    plain = {name for name, value in values.items() if not isinstance(value, dict | list)}
    found = {field for field, names in (COLUMNS | EXCHANGE).items() if find_column(plain, names.split())}
    message = {"conversation", "text"} <= found and bool({"role", "name"} & found)
    return message or found >= EXCHANGE.keys() or (len(values) > 1 and len(plain) == len(values))


def read(source: Source, people: People, columns: Mapping[str, str] = {}) -> MessageStream:
    """All messages; those of an exchange follow one another. `columns` names columns by conversation, role, name, text and time.

    Raises UserError for a table without a row that can be read, or without a column that is needed. `people` is not used.
    """
    rows = _rows(source)
    sample = list(islice(rows, SAMPLE))
    found = find_columns(source, _readable(source, sample), columns)
    day_first = _day_first(source, sample, found.get("date") or found.get("time"))
    table = _Table(Path(source.path).stem, day_first, found)
    messages = _exchange if "answer" in found else _message
    for row in chain(sample, rows):
        if isinstance(row, Broken):
            yield row
        else:
            yield from messages(row, table)


class _Table(NamedTuple):
    """The file's name without its ending, whether dates such as 3/2/2026 begin with the day, and the column of each field."""

    stem: str
    day_first: bool | None
    columns: Mapping[str, str]

    def text(self, values: Cells, field: str) -> str:
        """What a row has for a field; "" where there is no such column."""
        return text_of(values.get(self.columns.get(field)))

    def at(self, values: Cells) -> str | None:
        """When a row was said."""
        return _when(self.text(values, "time"), self.text(values, "date"), self.day_first)


def _rows(source: Source) -> Iterator[Row | Broken]:
    """The table's rows; those of JSON hold values of any type."""
    if source.encoding == "xlsx":
        yield from read_xlsx(source)
    elif source.start.startswith(("{", "[")):
        for record in read_json(source, inner=False):
            yield record if isinstance(record, Broken) else Row(record.line, record.value)
    else:
        yield from read_csv(source)


def _readable(source: Source, sample: list[Row | Broken]) -> list[dict[str, str]]:
    """The values of the first rows. Raises UserError where none can be read."""
    values = [row.values for row in sample if isinstance(row, Row)]
    if values:
        return values
    broken = next((row for row in sample if isinstance(row, Broken)), None)
    why = broken.why if broken else "found no row below a header; expected one message a row; export the table anew"
    raise UserError(f"{source.at(broken.line if broken else source.first_line)}: {why}")


def _message(row: Row, table: _Table) -> tuple[ExportMessage | Broken]:
    line, values, column = row.line, cast(Cells, row.values), table.columns["text"]
    if isinstance(values.get(column), dict | list):
        return (Broken(line, f"found a {type(values[column]).__name__} in {column!r}; expected text; correct that row"),)
    text, thread, word = (table.text(values, field) for field in ("text", "conversation", "role"))
    role, skipped = who(word) if "role" in table.columns else (None, None)
    skipped = skipped or ("" if text else "empty")
    if not skipped and not role and "role" in table.columns:
        known = ", ".join(name for name in MEANING if name.isascii() == word.isascii())
        return (Broken(line, f"found {word[:40]!r} as a speaker's role; expected one of {known}; correct the cell"),)
    if not skipped and not thread:
        why = f"found a message without its conversation; expected an id in {table.columns['conversation']!r}; fill in the cell"
        return (Broken(line, why),)
    return (ExportMessage(line, thread or None, table.at(values), table.text(values, "name"), role, text, skipped or None),)


def _exchange(row: Row, table: _Table) -> tuple[ExportMessage | Broken, ...]:
    line, values, columns = row.line, cast(Cells, row.values), [table.columns["question"], table.columns["answer"]]
    if any(isinstance(values.get(column), dict | list) for column in columns):
        return (Broken(line, f"found a list or an object in {columns[0]!r} or {columns[1]!r}; expected text; correct that row"),)
    thread, at = table.text(values, "conversation") or f"{table.stem}-{line}", table.at(values)
    asked, said = (table.text(values, field) for field in ("question", "answer"))
    return (
        ExportMessage(line, thread, at, table.text(values, "name"), "customer", asked, None if asked else "empty"),
        ExportMessage(line, thread, at, "", "agent", said, None if said else "empty"),
    )


@lru_cache(maxsize=8192)  # rows that follow one another share their minute, or their second
def _when(time: str, day: str, day_first: bool | None) -> str | None:
    if time[:8].isdecimal() and EPOCH.fullmatch(time):
        moment = epoch_time(time)
    else:
        moment = parse_time(_year_first(time, day_first), parse_time(_year_first(day, day_first)) if day else None)
    return iso(moment)


def _year_first(text: str, day_first: bool | None) -> str:
    if text[:8].isdecimal() and (match := COMPACT.fullmatch(text)):
        return f"{match[1]}T{match[2]}"
    return text if day_first is None else DAY_MONTH.sub(r"\4-\3-\1" if day_first else r"\4-\1-\3", text, count=1)


def _day_first(source: Source, sample: list[Row | Broken], column: str | None) -> bool | None:
    """Whether dates begin with the day: by the first with a number above 12, else by their dots. None for dates with the year in front."""
    if not any(DAY_MONTH.match(text_of(row.values.get(column or ""))) for row in sample if isinstance(row, Row)):
        return None
    dotted = False
    for row in _rows(source):
        if isinstance(row, Row) and (match := DAY_MONTH.match(text_of(row.values.get(column or "")))):
            dotted = match[2] == "."
            if int(match[1]) > 12 or int(match[3]) > 12:
                return int(match[1]) > 12
    return dotted
