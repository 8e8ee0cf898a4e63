"""Input files as text: which files a config names, and what encoding each one is in."""

import codecs
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from frontdesk.errors import UserError
from frontdesk.files import sha256

ENCODINGS = "UTF-8, UTF-16 or CP949"


@dataclass(frozen=True)
class Source:
    """One input file. `text` has NFC letters, "\\n" line ends and no byte order mark."""

    path: str
    text: str
    encoding: str
    sha256: str

    def at(self, line: int) -> str:
        """The place of a line, `path:line`."""
        return f"{self.path}:{line}"

    @property
    def start(self) -> str:
        """The first line that is not blank."""
        return self.text.lstrip().split("\n", 1)[0]


def find_files(paths: Iterable[str], key: str) -> list[Path]:
    """The files that a config key names, each once; a folder stands for the files in it, sorted. Raises UserError."""
    found: list[Path] = []
    for name in paths:
        path = Path(name)
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
            if not inside:
                raise UserError(f"{name}: found an empty folder; expected at least one file; add it or mend '{key}' in the config")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise UserError(f"{name}: no such file or folder; expected a source named in '{key}'; mend the path in the config")
    return list(dict.fromkeys(found))


def read_source(path: Path) -> Source:
    """Read a text file of unknown encoding. Raises UserError for a file that is no text."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); expected a readable text file; mend its permissions") from None
    encoding = guess_encoding(raw)
    if encoding is None:
        found = "an Excel workbook or zip archive" if raw.startswith(b"PK\x03\x04") else "bytes that are no text"
        raise UserError(f"{path}: found {found}; expected text in {ENCODINGS}; save it as CSV (UTF-8) and name that file")
    text = raw.decode(encoding).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return Source(path.as_posix(), unicodedata.normalize("NFC", text), encoding, sha256(path))


def guess_encoding(raw: bytes) -> str | None:
    """The first encoding that fits the bytes, in the order of how surely it can be told; None for no text."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _fits(raw, "utf-16")
    if b"\0" in raw:  # UTF-16 without a mark: blanks and line ends have their zero byte on one side only
        even, odd = raw[::2].count(0), raw[1::2].count(0)
        return _fits(raw, "utf-16-le" if odd > even else "utf-16-be") if min(even, odd) * 20 < max(even, odd) else None
    return _fits(raw, "utf-8") or _korean(raw) or _fits(raw, "cp1252")


def _fits(raw: bytes, encoding: str) -> str | None:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    return encoding


def _korean(raw: bytes) -> str | None:
    """CP949, unless most of what it gives are syllables that nobody writes: then it is Western text of Windows.

    Everyday syllables are those of the older EUC-KR, whose bytes are both 0xA1 or higher.
    """
    try:
        letters = [letter.encode("cp949") for letter in raw.decode("cp949") if not letter.isascii()]
    except UnicodeDecodeError:
        return None
    everyday = sum(1 for letter in letters if min(letter) >= 0xA1)
    return "cp949" if everyday * 2 > len(letters) else None
