"""The run's FAQ for agents: found by words and their pieces, without the encoder, which the gateway has."""

import threading

from frontdesk.answers.knowledge import read_entries
from frontdesk.config.schema import Config
from frontdesk.facts.entries import Entry
from frontdesk.models.adapters import run_of
from frontdesk.retrieval.index import Index
from frontdesk.retrieval.lexical import terms

SHOWN = 6  # entries


class Faq:
    """`faq.jsonl`, read when it is first searched and again when it has changed."""

    def __init__(self, config: Config) -> None:
        self.path = run_of(config).faq
        self.lock = threading.Lock()
        self.stamp = 0
        self.index: Index | None = None

    def find(self, words: str) -> list[Entry]:
        """The likeliest entries, the best first; none where there is no FAQ."""
        with self.lock:
            try:
                stamp = self.path.stat().st_mtime_ns
                if stamp != self.stamp:
                    entries = read_entries(self.path)
                    self.index = Index(entries) if entries else None
                    self.stamp = stamp
            except (OSError, ValueError, KeyError):  # while `make data` puts its folder in place; what was known stays
                pass
            found = self.index.search([words], SHOWN) if self.index else []
        asked = set(terms(words))
        return [entry for entry in found if asked & set(terms(" ".join(entry.texts)))]  # where nothing fits, all fit as little
