"""Boilerplate: what agents say over and over is trained a limited number of times; beyond that it is context only."""

from collections import Counter
from collections.abc import Sequence

TOP = 20
LEAST = 5  # a sentence is trained at least so many times: in a few conversations nothing is said too often


class Boilerplate:
    """Counts agents' sentences by their digests, then tells which turns are over the cap. `share` is of all agent messages."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.said: Counter[int] = Counter()
        self.trained: Counter[int] = Counter()
        self.cap = LEAST
        self.top: dict[int, str] = {}  # the most frequent sentences, as they are first met

    def count(self, turns: Sequence[tuple[int, ...]]) -> None:
        """Count the sentences of a conversation's turns."""
        for sentences in turns:
            self.said.update(sentences)

    def settle(self) -> None:
        """Fix how often one sentence is trained, after all conversations were counted."""
        self.cap = max(LEAST, int(self.share * self.said.total()))
        self.top = dict.fromkeys((sentence for sentence, number in self.said.most_common(TOP) if number > 1), "")

    def meet(self, sentences: tuple[int, ...], text: str) -> None:
        """Remember the words of a frequent sentence that is a turn of its own."""
        if len(sentences) == 1 and self.top.get(sentences[0]) == "":
            self.top[sentences[0]] = text

    def table(self) -> list[dict[str, object]]:
        """The most frequent sentences: `{"text", "count", "trained"}`."""
        shown = ((sentence, text) for sentence, text in self.top.items() if text)
        return [{"text": text, "count": self.said[sentence], "trained": self.trained[sentence]} for sentence, text in shown]

    def is_over(self, sentences: tuple[int, ...]) -> bool:
        """Whether a turn is nothing but sentences that were trained often enough; if not, it is trained now."""
        if sentences and all(self.trained[one] >= self.cap for one in sentences):
            return True
        self.trained.update(sentences)
        return False
