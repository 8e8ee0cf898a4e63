"""A conversation as it was spoken: what `load.py` makes of the readers' messages."""

from typing import NamedTuple

from data_tools.readers.records import Role


class Turn(NamedTuple):
    """What one speaker said at once, or what stood between turns; `skipped` says why that is none."""

    role: Role
    text: str
    at: str | None  # ISO 8601 without a zone
    source: str  # path:line
    name: str = ""
    skipped: str | None = None


class Conversation(NamedTuple):
    """Turns in the order spoken."""

    id: str
    turns: list[Turn]

    @property
    def source(self) -> str:
        """Where it begins."""
        return self.turns[0].source
