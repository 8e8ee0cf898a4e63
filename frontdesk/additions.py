"""What people accept at the desk as entries of the FAQ: `runs/NAME/feedback/faq_additions.csv`, which is read with `data.faq`.

The file is its owner's: it grows, and keeps what was changed in it, by whatever spreadsheet.
"""

import csv
import io
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
    mark, text = delimiter(before), io.StringIO()
    line = one._replace(question=one.question.lstrip("=+-@ \t"))  # no formula in a spreadsheet
    if list(line[:2]) not in [row[:2] for row in csv.reader(io.StringIO(before), delimiter=mark)]:
        csv.writer(text, delimiter=mark, lineterminator="\n").writerows([line] if before else [Addition._fields, line])
        write_text(path, before + ("\n" if before and not before.endswith("\n") else "") + text.getvalue())


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig") if path.is_file() else ""
    except UnicodeDecodeError:
        raise UserError(f"{path}: not UTF-8; expected what your spreadsheet calls `CSV UTF-8`; save it as that") from None
