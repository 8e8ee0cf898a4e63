"""How the sources of a run are read: an account of each file, and the records that could not be read."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_tools.sources.files import Inputs
from data_tools.sources.json_stream import Broken
from data_tools.sources.text import Source
from frontdesk.errors import UserError, warn
from frontdesk.files import sha256

WARNINGS_SHOWN = 10


@dataclass
class Account:
    """What became of one file, or of a website with its pages as parts."""

    source: Source
    format: str
    counts: Counter[str] = field(default_factory=Counter)  # messages, conversations, entries, broken
    parts: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)  # further keys of its line in the manifest

    @property
    def paths(self) -> tuple[str, ...]:
        """What entries and rows call their source."""
        return self.parts or (self.source.path,)

    @classmethod
    def written(cls, name: str, format: str, path: Path, **counts: int) -> "Account":
        """Of a file that was not read but made here."""
        size = path.stat().st_size
        return cls(Source(name, path, "utf-8", sha256(path), size, position=size), format, Counter(counts))

    def as_json(self) -> dict[str, Any]:
        """The file's line in the manifest."""
        source = self.source
        described = {"path": source.path, "format": self.format, "encoding": source.encoding, "sha256": source.sha256}
        units = {unit: self.counts[unit] for unit in ("messages", "conversations", "entries", "broken")}
        return described | {"damaged": source.damaged, "mended": source.fixed} | units | self.details


@dataclass
class Reading:
    """How sources are read, and what was found: an account of each file, and the places of broken records."""

    inputs: Inputs
    strict: bool = False
    accounts: list[Account] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)  # path:line, in the order read

    def lose(self, account: Account, broken: Broken) -> None:
        """Report a record that cannot be read and go on. Raises UserError where the user wants none skipped."""
        place = account.source.at(broken.line)
        if self.strict:
            raise UserError(f"{place}: {broken.why}")
        account.counts["broken"] += 1
        self.broken.append(place)
        if len(self.broken) <= WARNINGS_SHOWN:
            warn(f"{place}: {broken.why} (skipped)")

    def share_done(self, messages: int) -> float:
        """The part of the input that is done: what was read of the files, less the messages that were read and wait."""
        size = sum(account.source.size for account in self.accounts)
        position = sum(account.source.position for account in self.accounts)
        read = sum(account.counts["messages"] for account in self.accounts)
        return position / max(1, size) * min(1, messages / max(1, read))

    def report_skipped(self) -> None:
        """Warn of what was skipped in silence so far. Raises UserError where the user wants nothing skipped."""
        if len(self.broken) > WARNINGS_SHOWN:
            warn(f"{len(self.broken) - WARNINGS_SHOWN} more broken records were skipped; the ledger lists them")
        for path, reason in self.inputs.skipped:
            if self.strict:
                raise UserError(f"{path}: {reason}")
            warn(f"{path}: {reason} (skipped)")
