"""Files that are either whole or not there: written under a temporary name, renamed when complete."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from frontdesk.errors import UserError


@contextlib.contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder that takes the place of `target` when the block ends without an exception."""
    temporary = target.with_name(f".{target.name}.partial")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    shutil.rmtree(target, ignore_errors=True)
    temporary.rename(target)


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8, atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON, atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object a line, atomically."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def read_json(path: Path) -> Any:
    """Read one JSON file that a stage of ours wrote."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Read a JSONL file; a broken line is a UserError that names its number."""
    rows = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); expected JSON lines in UTF-8; make it anew with the stage before") from None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(
                f"{path}:{number}: not valid JSON ({error}); expected one JSON object a line; correct or remove that line"
            ) from None
        if not isinstance(row, dict):
            raise UserError(f"{path}:{number}: found a {type(row).__name__}; expected one JSON object a line; correct or remove that line")
        rows.append(row)
    return rows


def link(source: Path, target: Path) -> None:
    """Give a file a second name, which takes no space. It is a copy where there are no hard links, or the file is another user's.

    Raises FileNotFoundError where there is no such file.
    """
    try:
        os.link(source.resolve(strict=True), target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


def sha256(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def delimiter(text: str) -> str:
    """What separates the cells of a table that a spreadsheet may have saved in its own way."""
    first = text.partition("\n")[0]
    return next((mark for mark in ";\t" if mark in first), ",")
