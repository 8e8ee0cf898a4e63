"""Search by words: BM25 (Robertson and Zaragoza 2009; bm25s) over words and their pieces.

Pieces keep most terms as they were through typing noise and Korean endings.
"""

import logging
import re
from collections.abc import Sequence

import numpy as np

WORD = re.compile(r"[^\W\d_가-힣]+|\d+|[가-힣]+")
GRAMS = (3, 4)
"""Lengths of the pieces of a word. Korean ones give pairs of syllables, which say more than letters."""


def terms(text: str) -> list[str]:
    """Words, and their pieces."""
    found: list[str] = []
    for word in WORD.findall(text.casefold()):
        found.append(word)
        if word[0] >= "가":
            found += [word[i : i + 2] for i in range(len(word) - 1)]
        else:
            edged = f"_{word}_"
            found += [edged[i : i + n] for n in GRAMS for i in range(len(edged) - n + 1)]
    return found


class LexicalIndex:
    """Texts, searched by their terms."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.INFO)  # at DEBUG it reports every index
        self.number = len(texts)
        self.bm25 = bm25s.BM25()
        self.bm25.index([terms(text) for text in texts], show_progress=False)

    def scores(self, query: Sequence[str]) -> np.ndarray:
        """The BM25 score of each text for the query's terms: [texts]."""
        known = [term for term in query if term in self.bm25.vocab_dict]
        return np.asarray(self.bm25.get_scores(known)) if known else np.zeros(self.number, np.float32)
