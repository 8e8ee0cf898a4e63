"""A stand-in for an encoder: texts are similar by their words."""

import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from frontdesk.retrieval.dense import unit


class ByWords:
    """The sum of a random vector for each word, as a unit vector. `asked`: the texts that it has encoded."""

    def __init__(self, size: int = 256) -> None:
        self.size, self.asked = size, list[str]()
        self.same: dict[str, str] = {}  # words that mean another

    def vectors(self, texts: Sequence[str]) -> Any:
        self.asked += texts
        return unit(np.stack([sum(map(self._word, re.findall(r"\w+", text.casefold())), self._word("")) for text in texts]))

    def _word(self, word: str) -> Any:
        seed = zlib.crc32(self.same.get(word, word).encode(errors="surrogatepass"))
        return np.random.default_rng(seed).normal(size=self.size).astype(np.float32) * (1 if word else 0.01)
