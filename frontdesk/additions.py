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


def append(path: Path, additions: Sequence[Addition], before: str | None = None) -> None:
    """Add lines that are not there, as the file's owner separates cells. `before`: its text, where the caller has read it; read
    here it must be UTF-8. Raises UserError."""
    before = _read(path) if before is None else before
    mark = delimiter(before)
    there = {tuple(row[:2]) for row in csv.reader(io.StringIO(before), delimiter=mark)}
    safe = [one._replace(question=one.question.lstrip("=+-@ \t")) for one in additions]  # no formula in a spreadsheet
    lines = dict.fromkeys(one for one in safe if one[:2] not in there)
    if lines:
        text = io.StringIO()
        csv.writer(text, delimiter=mark, lineterminator="\n").writerows(lines if before else [Addition._fields, *lines])
        write_text(path, before + ("\n" if before and not before.endswith("\n") else "") + text.getvalue())


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig") if path.is_file() else ""
    except UnicodeDecodeError:
        raise UserError(f"{path}: not UTF-8; expected what your spreadsheet calls `CSV UTF-8`; save it as that") from None
