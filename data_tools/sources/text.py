"""Input files as text, read in pieces: their encodings, and what was read in a wrong encoding fixed."""

import codecs
import re
import struct
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TextIO

from frontdesk.errors import UserError
from frontdesk.files import sha256

ENCODINGS = "UTF-8, UTF-16 or CP949"
HEAD = 1 << 16  # bytes by which a file's format is recognized
CHUNK = 1 << 20
MARK = 1024  # bytes among which a PDF says that it is one
OFFICE = {"xl/workbook.xml": "xlsx", "word/document.xml": "docx", "ppt/presentation.xml": "pptx"}
NO_TEXT = (*OFFICE.values(), "pdf")
"""The encodings of documents that are no text."""
SUSPECT = re.compile("[\u0080-\u00ff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{2,}")
"""What UTF-8 or CP949 looks like when it was read as a Western encoding."""
PLAIN = re.compile("[\x00-\x7f\ufffd]+")
WORD = re.compile("[A-Za-z0-9]")
LONGEST_LINE = 1 << 17  # characters; a longer line is no person's, and fixing it would take seconds
SAMPLE = 10_000  # letters by which Korean is told apart from Western text
DAMAGE = 0.02  # a file with at most this share of broken characters is still text in that encoding


@dataclass
class Source:
    """One input file. An office document or PDF has one of `NO_TEXT` as its encoding, and no text."""

    path: str  # as people know it; `archive.zip/inner.txt` inside an archive
    file: Path  # where its bytes lie
    encoding: str
    sha256: str
    size: int  # bytes
    damaged: int = 0  # broken characters, read as U+FFFD
    fixed: int = field(default=0, compare=False)  # lines that were read in a wrong encoding before, counted while reading
    position: int = field(default=0, compare=False)  # bytes read so far

    @cached_property
    def head(self) -> str:
        """The beginning of the text, by which its format is recognized; "" for a document that is no text."""
        if self.encoding in NO_TEXT:
            return ""
        try:
            with self.file.open("rb") as file:
                text = codecs.getincrementaldecoder(self.encoding)("replace").decode(file.read(HEAD))
        except OSError as error:
            raise unreadable(self.path, error) from None
        lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return "\n".join(fix_text(line) for line in lines)

    def forget(self) -> None:
        """Free the head, which comes again when it is asked for."""
        self.__dict__.pop("head", None)

    def at(self, line: int) -> str:
        """The place of a line, `path:line`."""
        return f"{self.path}:{line}"

    @property
    def start(self) -> str:
        """The first line that is not blank."""
        return self.head.lstrip().split("\n", 1)[0]

    @property
    def first_line(self) -> int:
        """The number of that line."""
        return self.head[: len(self.head) - len(self.head.lstrip())].count("\n") + 1

    def lines(self) -> Iterator[str]:
        """All lines without their ends, in NFC, wrong encodings fixed."""
        with self._opened() as text:
            for number, line in enumerate(text):
                if number % 256 == 0:
                    self.position = text.buffer.raw.tell()  # type: ignore[attr-defined]
                whole = (line.removeprefix("\ufeff") if number == 0 else line).rstrip("\n")
                right = fix_text(whole)
                self.fixed += is_fixed(whole, right)
                yield right

    def chunks(self) -> Iterator[str]:
        """The text as it stands, in pieces of about a megabyte."""
        with self._opened() as text:
            first = text.read(CHUNK).removeprefix("\ufeff")
            while first:
                self.position = text.buffer.raw.tell()  # type: ignore[attr-defined]
                yield first
                first = text.read(CHUNK)

    @contextmanager
    def _opened(self) -> Iterator[TextIO]:
        """The file as text. Raises UserError for one that vanished, or whose disk fails."""
        try:
            with self.file.open(encoding=self.encoding, errors="replace") as text:
                yield text
        except OSError as error:
            raise unreadable(self.path, error) from None


def read_source(path: Path, name: str | None = None) -> Source:
    """Open a file of unknown encoding; `name` is what people call it. Raises UserError for a file that is no text."""
    name = name or path.as_posix()
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
        kind = office(path, head)
        encoding, damaged = (kind, 0) if kind else guess_encoding(path, head)
        digest, size = sha256(path), path.stat().st_size
    except OSError as error:
        raise unreadable(name, error) from None
    if not encoding:
        raise UserError(f"{name}: found bytes that are no text; expected text in {ENCODINGS}; save it as CSV (UTF-8) and name that file")
    return Source(name, path, encoding, digest, size, damaged)


def unreadable(name: str, error: OSError) -> UserError:
    """The error for a file that cannot be opened or read."""
    return UserError(f"{name}: cannot be read ({error.strerror}); expected a readable text file; see whether it is there and yours to read")


def office(path: Path, head: bytes) -> str:
    """ "xlsx", "docx", "pptx" or "pdf" for such a document, else ""."""
    if b"%PDF-" in head[:MARK]:
        return "pdf"
    if not head.startswith(b"PK\x03\x04"):
        return ""
    try:
        with zipfile.ZipFile(path) as archive:
            return next((kind for part, kind in OFFICE.items() if part in archive.NameToInfo), "")
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error):  # a damaged archive
        return ""


def guess_encoding(path: Path, head: bytes) -> tuple[str, int]:
    """The first encoding that fits the whole file, the most certain first, and its broken characters; "" for no text."""
    marked = "utf-32" if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) else ""
    marked = marked or ("utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "")
    if wide := marked or _unmarked_utf16(head):
        return _fits(path, wide)
    if sum(byte < 32 and byte not in b"\t\n\r\f\v\x1b" for byte in head) * 50 > len(head):
        return "", 0
    return next((found for name in ("utf-8", "cp949", "cp1252") if (found := _fits(path, name))[0]), ("", 0))


def _unmarked_utf16(head: bytes) -> str:
    """The UTF-16 that a file without a mark is in, else "": its blanks and line ends have their zero byte on one side."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 50 < len(head):
        return ""
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = head.decode(encoding, "ignore")
    strange = sum(unicodedata.category(letter) in ("Cc", "Cn", "Co") and letter not in "\t\n\r\f\v\x1b" for letter in text)
    return encoding if strange * 50 <= len(text) else ""


def _fits(path: Path, encoding: str) -> tuple[str, int]:
    """The encoding and its broken characters where it fits, else an empty name.

    CP949 does not fit when most of what it gives are syllables that nobody writes: then it is Western text of Windows.
    """
    damaged = letters = 0
    sample = last = ""
    for chunk in _pieces(path, encoding, "replace"):
        last = chunk[-1]
        if not chunk.isascii():
            damaged += chunk.count("\ufffd")
            letters += len(chunk) - len(chunk.encode("ascii", "ignore"))
            sample = sample or PLAIN.sub("", chunk)[:SAMPLE]
    if encoding == "cp949" and _korean(sample) * 2 <= len(sample):
        return "", 0
    if damaged:
        before = sum(chunk.count("\ufffd") for chunk in _pieces(path, encoding, "ignore"))  # were broken before the file was written
        broken = damaged - before - (last == "\ufffd")  # the last one may be where the file was cut off
        if broken > (letters - damaged) * DAMAGE:
            return "", 0
    return encoding, damaged


def _pieces(path: Path, encoding: str, errors: str) -> Iterator[str]:
    with path.open("rb") as file:  # a file opened as text reads on without end where errors are ignored
        yield from codecs.iterdecode(iter(partial(file.read, CHUNK), b""), encoding, errors)


def folded(text: str) -> str:
    """Text as answers are compared: case and spacing do not count."""
    return " ".join(text.casefold().split())


def is_fixed(text: str, right: str) -> bool:
    """Whether `fix_text`, which gave `right`, changed more of a text than its form."""
    return right is not text and right != unicodedata.normalize("NFC", text)


def fix_text(text: str) -> str:
    """Text in NFC, with what was once read in a wrong encoding read rightly."""
    if text.isascii():
        return text
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if len(text) > LONGEST_LINE or not SUSPECT.search(text):
        return text
    fixed = _read_again(text)
    return text if fixed == text else fix_text(fixed)  # it may have been read wrongly twice


def _read_again(text: str) -> str:
    """Text that was read as Western: as UTF-8 if all of it fits, else as CP949 if that gives Korean, else what ftfy makes of it.

    Western signs that follow each other by chance ("CAFÉ’S", "AÇÃO") stay: ftfy tells them from what nobody writes.
    """
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    bad = is_bad(text)
    for right in ("utf-8", "cp949"):
        for wrong in ("latin-1", "sloppy-windows-1252"):  # ftfy's name for cp1252 with all bytes
            try:
                fixed = text.encode(wrong).decode(right)
            except UnicodeError:
                continue
            korean = _korean(fixed)
            mostly = korean * 2 > sum(letter > "\x7f" for letter in fixed) and (bad or not WORD.search(text))
            if (bad or korean) if right == "utf-8" else mostly:
                return fixed
    return str(fix_encoding(text))


def _korean(text: str) -> int:
    """How many Korean letters and syllables of everyday use: those of the older EUC-KR, whose bytes are both 0xA1 or higher."""
    return sum(("가" <= letter <= "힣" or "ㄱ" <= letter <= "ㅣ") and min(letter.encode("cp949")) >= 0xA1 for letter in text)
