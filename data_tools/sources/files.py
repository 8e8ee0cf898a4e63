"""The files that a config names: folders are walked, `.zip` and `.gz` unpacked; what cannot be read is reported.

Archives are unpacked to numbered files, so no name inside can lead out, and within limits against zip bombs.
"""

import errno
import gzip
import lzma
import os
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO, cast

from data_tools.sources.text import Source, office, read_source, unreadable
from frontdesk.errors import UserError

LARGEST = 64 << 30  # bytes that one archive may unpack to, archives inside it included
RATIO = 200
"""How many times its own size an archive may unpack to, beyond the first `FREE` bytes. Chats take about a tenth when packed."""
FREE = 1 << 30
DAMAGE = (zipfile.BadZipFile, OSError, EOFError, zlib.error, lzma.LZMAError, NotImplementedError, ValueError, struct.error)
"""What the libraries raise for archives that are damaged or packed in a way that they do not know."""
MEMBERS = 100_000
DEPTH = 3  # archives inside archives


@dataclass
class Budget:
    """How much one of the user's archives, with the archives inside it, may unpack to."""

    name: str
    packed: int
    unpacked: int = 0

    def check(self, more: int) -> None:
        """Raises UserError for an archive that unpacks to far more than chats do."""
        if self.unpacked + more > min(LARGEST, FREE + RATIO * self.packed):
            raise UserError(
                f"{self.name}: found an archive of {self.packed} bytes that unpacks to more than {self.unpacked + more >> 20} MB; "
                "expected chats or an FAQ; if it is right, unpack it yourself and name the folder"
            )


class Inputs:
    """Opens sources, and lists what was skipped and why. Made by `inputs()`."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.skipped: list[tuple[str, str]] = []  # path, reason
        self.unpacked = 0

    def find(self, paths: Iterable[str], key: str) -> Iterator[Source]:
        """Each file that `paths` name, once, folders and archives in the order of their names. Raises UserError, naming `key`."""
        seen: set[str] = set()
        for name in paths:
            path = Path(name)
            if not os.path.exists(path):  # noqa: PTH110  # Path.exists raises for a name that is too long
                raise UserError(f"{name}: no such file or folder; expected a source named in '{key}'; fix the path in the config")
            files = self._walk(path) if path.is_dir() else [path]
            if not files:
                raise UserError(f"{name}: found an empty folder; expected at least one file; add it or fix '{key}' in the config")
            for file in files:
                real = os.path.realpath(file)
                if real not in seen:
                    seen.add(real)
                    yield from self._open(file, _shown(os.fsencode(file)), named=file == path)

    def _walk(self, folder: Path) -> list[Path]:
        """All files below a folder, sorted, without hidden ones; links to folders are not followed."""
        closed: list[OSError] = []
        found = [Path(where, name) for where, _, names in os.walk(folder, onerror=closed.append) for name in names]
        self.skipped += [(path, str(unreadable(path, error)).removeprefix(f"{path}: ")) for error in closed if (path := error.filename)]
        return sorted(path for path in found if not _hidden(path.relative_to(folder)))

    def _open(self, file: Path, name: str, named: bool, depth: int = 0, budget: Budget | None = None) -> Iterator[Source]:
        """The source that a file is, or those that are in it. A file that the user named must be readable."""
        try:
            yield from self._sources(file, name, depth, budget)
        except UserError as error:
            if named:
                raise
            self.skipped.append((name, str(error).removeprefix(f"{name}: ")))

    def _sources(self, file: Path, name: str, depth: int, budget: Budget | None) -> Iterator[Source]:
        try:
            if not stat.S_ISREG(file.stat().st_mode):
                raise UserError(f"{name}: found a pipe or a device; expected a file; save what it gives as one")
            with file.open("rb") as opened:
                head = opened.read(4)
            budget = budget or Budget(name, file.stat().st_size)
        except OSError as error:
            raise unreadable(name, error) from None
        is_gzip, is_zip = head.startswith(b"\x1f\x8b"), head in (b"PK\x03\x04", b"PK\x05\x06") and not office(file, head)
        if not is_gzip and not is_zip:
            yield read_source(file, name)
        elif depth == DEPTH:
            raise UserError(f"{name}: found archives inside archives, {DEPTH + 1} deep; expected chats or an FAQ; unpack it yourself")
        elif is_gzip:
            yield from self._gzip(file, name, depth, budget)
        else:
            yield from self._zip(file, name, depth, budget)

    def _gzip(self, file: Path, name: str, depth: int, budget: Budget) -> Iterator[Source]:
        try:
            with gzip.open(file) as inner:
                target = self._unpack(cast(BinaryIO, inner), budget)
        except DAMAGE as error:
            raise _damaged(name, error) from None
        inside = name.removesuffix(".gz") if name.endswith(".gz") else f"{name}/text"
        yield from self._open(target, f"{name}/{PurePosixPath(inside).name}", True, depth + 1, budget)

    def _zip(self, file: Path, name: str, depth: int, budget: Budget) -> Iterator[Source]:
        try:
            archive = zipfile.ZipFile(file)
        except DAMAGE as error:
            raise _damaged(name, error) from None
        with archive:
            members = sorted((member for member in archive.infolist() if not member.filename.endswith("/")), key=_inner)
            if not members:
                raise UserError(f"{name}: found an empty archive; expected at least one file; make it anew or fix the config")
            if len(members) > MEMBERS:
                raise UserError(f"{name}: found {len(members)} files in the archive; expected at most {MEMBERS}; unpack it yourself")
            budget.check(sum(member.file_size for member in members))
            for member in members:
                yield from self._member(archive, member, name, depth, budget)

    def _member(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, depth: int, budget: Budget) -> Iterator[Source]:
        inner = _inner(member)
        shown = f"{name}/{inner}"
        if inner.is_absolute() or ".." in inner.parts:
            leads_out = f"found the member {member.filename!r} that leads out of the archive; it was not read; make the archive anew"
            self.skipped.append((name, leads_out))
        elif member.flag_bits & 1:
            self.skipped.append((shown, "found an encrypted file; expected one without a password; unpack it yourself"))
        elif not _hidden(inner):
            try:
                with archive.open(member) as opened:
                    target = self._unpack(cast(BinaryIO, opened), budget)
            except DAMAGE as error:
                self.skipped.append((shown, str(_damaged(shown, error)).removeprefix(f"{shown}: ")))
                return
            yield from self._open(target, shown, False, depth + 1, budget)

    def _unpack(self, packed: BinaryIO, budget: Budget) -> Path:
        self.unpacked += 1
        target = self.scratch / str(self.unpacked)
        with target.open("wb") as out:
            while block := packed.read(1 << 20):
                budget.check(len(block))
                budget.unpacked += len(block)
                out.write(block)
        return target


@contextmanager
def inputs() -> Iterator[Inputs]:
    """Inputs whose unpacked files are removed at the end of the block."""
    scratch = Path(tempfile.mkdtemp(prefix="frontdesk-"))
    try:
        yield Inputs(scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _hidden(path: PurePath) -> bool:
    """Whether a file or a folder that it lies in is hidden, or belongs to the operating system."""
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)


def _inner(member: zipfile.ZipInfo) -> PurePosixPath:
    """The path of a member. Windows in Korea writes names in CP949, which zipfile takes for CP437."""
    name = member.filename
    if not member.flag_bits & 0x800 and not name.isascii():
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("cp949")
    return PurePosixPath(unicodedata.normalize("NFC", _plain(name)).replace("\\", "/"))


def _shown(name: bytes) -> str:
    """A file's name in text that can be written. One that is no UTF-8 was made by Windows in Korea, or is damaged."""
    for encoding in ("utf-8", "cp949"):
        with suppress(UnicodeError):
            return _plain(name.decode(encoding))
    return _plain(name.decode(errors="replace"))


def _plain(name: str) -> str:
    """A name without line ends and control characters."""
    return "".join("\ufffd" if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in name)


def _damaged(name: str, error: Exception) -> UserError:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return UserError(f"{name}: found no room to unpack it in {tempfile.gettempdir()}; make room there, or set TMPDIR to another folder")
    return UserError(f"{name}: found a damaged archive ({error}); expected a whole one; copy or export it anew")
