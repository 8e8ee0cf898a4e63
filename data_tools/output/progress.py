"""Progress of long reading, on standard error: the share of the input, the messages, their speed and the time left."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from data_tools.sources.reading import Account


class Bar:
    """Reports how far the reading is, at most every few seconds and never in a short run."""

    def __init__(self, label: str, accounts: Sequence[Account]) -> None:
        self.label, self.accounts = label, accounts
        self.every = 1.0 if sys.stderr.isatty() else 15.0
        self.started = self.reported = time.monotonic()
        self.messages = 0

    def add(self, messages: int) -> None:
        """Count messages that are done."""
        self.messages += messages
        now = time.monotonic()
        if now - self.reported >= self.every:
            self.reported = now
            self.report(now - self.started)

    def report(self, seconds: float) -> None:
        share = self.share()
        left = f", {seconds * (1 - share) / share / 60:.1f} min left" if share > 0.01 else ""
        end = "\r" if sys.stderr.isatty() else "\n"
        print(
            f"  {self.label}: {share:4.0%}  {self.messages:,} messages, {self.messages / seconds:,.0f}/s{left}  ",
            end=end,
            file=sys.stderr,
            flush=True,
        )

    def share(self) -> float:
        """The part of the input that is done: what was read of the files, less the messages that were read and wait."""
        size = sum(account.source.size for account in self.accounts)
        read = sum(account.counts["messages"] for account in self.accounts)
        position = sum(account.source.position for account in self.accounts)
        return position / max(1, size) * min(1, self.messages / max(1, read))


@contextmanager
def bar(label: str, accounts: Sequence[Account]) -> Iterator[Bar]:
    """A bar for a block of work; its line is cleared at the end."""
    made = Bar(label, accounts)
    yield made
    if made.reported > made.started and sys.stderr.isatty():
        print(" " * 80, end="\r", file=sys.stderr, flush=True)
