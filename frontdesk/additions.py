"""What people accept at the desk as entries of the FAQ: `runs/NAME/feedback/faq_additions.csv`, which is read with `data.faq`.

The file is its owner's: it grows, and keeps what was changed in it, by whatever spreadsheet.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from frontdesk.errors import UserError
from frontdesk.files import delimiter, write_text


class Addition(NamedTuple):
    """A line of the file: its columns."""

    question: str
    answer: str
    conversation: str  # in which somebody asked


def append(path: Path, one: Addition) -> None:
    """Add a line, as the file's owner separates cells, unless its question is there with this answer. Raises UserError where the file
    is not UTF-8."""
    before = _read(path)
    line = one._replace(question=no_formula(one.question))
    if list(line[:2]) not in [row[:2] for row in csv.reader(io.StringIO(before), delimiter=delimiter(before))]:
        write_text(path, with_lines(before, [line]))


def with_lines(before: str, lines: Sequence[Addition]) -> str:
    """The text of a file with further lines: below what is there, as its owner separates cells, or else below a header."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter(before), lineterminator="\n").writerows(lines if before else [Addition._fields, *lines])
    return before + ("\n" if before and not before.endswith("\n") else "") + text.getvalue()


def no_formula(question: str) -> str:
    """A question that no spreadsheet takes for a formula."""
    return question.lstrip("=+-@ \t")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig") if path.is_file() else ""
    except UnicodeDecodeError:
        raise UserError(f"{path}: not UTF-8; expected what your spreadsheet calls `CSV UTF-8`; save it as that") from None
