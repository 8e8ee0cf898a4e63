"""The ledger: one line for every message of the chat exports, and what became of it.

`ledger.jsonl` has `{"source": "path:line", "conversation", "fate", "reason", "masked": {kind: n}}`. Fates are

* kept: its text begins a message of a row (or stands in it as a placeholder);
* merged: its text goes on in that message;
* capped: as kept or merged, but context only and not trained: it was said often enough, or states what a held-out FAQ entry says;
* set aside: it contradicts the FAQ, or stands in a conversation that does;
* dropped, with the reason.

It holds no text. Every message is there once: what the readers gave plus what they could not read is what the ledger has.
"""

import json
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from json.encoder import encode_basestring as quoted  # a line for each message: several times as fast as json.dumps
from pathlib import Path

from data_tools.conversations.turns import Disposition


@lru_cache(1024)
def _as_json(disposition: Disposition) -> str:
    line = {"fate": disposition.outcome} | ({"reason": disposition.reason} if disposition.reason else {})
    return json.dumps(line, ensure_ascii=False)[1:-1]


class Ledger:
    """Writes the ledger and counts its lines."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="utf-8")
        self.dispositions: Counter[Disposition] = Counter()
        self.masked = 0

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def write(
        self, conversation: str, places: Sequence[str], dispositions: Sequence[Disposition], masks: Sequence[tuple[str, ...]]
    ) -> None:
        """One line for each message of a conversation: where it stands, its disposition, and the kinds of what was masked in it."""
        name = quoted(conversation)
        for place, disposition, kinds in zip(places, dispositions, masks, strict=True):
            masked = f', "masked": {json.dumps(Counter(kinds), ensure_ascii=False)}' if kinds else ""
            self.file.write(f'{{"source": {quoted(place)}, "conversation": {name}, {_as_json(disposition)}{masked}}}\n')
            self.masked += bool(kinds)
        self.dispositions.update(dispositions)

    def counts(self) -> dict[str, object]:
        """`{"read", "kept", "merged", "capped", "set aside", "dropped": {reason: n}, "masked"}`; read is the sum of all but masked."""
        by_outcome: Counter[str] = Counter()
        dropped: Counter[str] = Counter()
        for (outcome, reason), number in self.dispositions.items():
            if outcome == "dropped":
                dropped[reason] += number
            else:
                by_outcome[outcome] += number
        named = {outcome: by_outcome[outcome] for outcome in ("kept", "merged", "capped", "set aside")}
        return {"read": self.dispositions.total(), **named, "dropped": dict(sorted(dropped.items())), "masked": self.masked}
