"""Search by words: BM25 (Robertson and Zaragoza 2009; bm25s) over words and their pieces.

Pieces keep most terms as they were through typing noise and Korean endings.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from itertools import chain

import numpy as np

WORD = re.compile(r"[^\W\d_가-힣]+|\d+|[가-힣]+")
GRAMS = (3, 4)
"""Lengths of the pieces of a word. Korean ones give pairs of syllables, which say more than letters."""


def terms(text: str) -> list[str]:
    """Words, and their pieces."""
    return list(chain.from_iterable(map(_terms, _words(text))))


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _terms(word: str) -> list[str]:
    """The word, and its pieces."""
    if word[0] >= "가":
        return [word, *(word[i : i + 2] for i in range(len(word) - 1))]
    edged = f"_{word}_"
    return [word, *(edged[i : i + n] for n in GRAMS for i in range(len(edged) - n + 1))]


class LexicalIndex:
    """Texts, searched by their terms."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.INFO)  # at DEBUG it reports every index
        number_of: defaultdict[str, int] = defaultdict(lambda: len(number_of))
        numbers = cache(lambda word: [number_of[term] for term in _terms(word)])  # an FAQ has few words, many times each
        of_texts = [list(chain.from_iterable(map(numbers, _words(text)))) for text in texts]
        self.bm25 = bm25s.BM25()
        self.bm25.index((of_texts, dict(number_of)), show_progress=False)
        counts = np.diff(self.bm25.scores["indptr"])  # texts of each term
        self.number = len(texts)
        self.idf = np.log(1 + (self.number - counts + 0.5) / (counts + 0.5))  # [terms], as BM25 has it
        self.unknown = float(np.log(1 + (self.number + 0.5) / 0.5))  # of a term that no text has

    def scores(self, query: Sequence[str]) -> np.ndarray:
        """The BM25 score of each text for the query's terms, as a share of what all of them could give: [texts]."""
        known = [term for term in query if term in self.bm25.vocab_dict]
        if not known:
            return np.zeros(self.number, np.float32)
        most = sum(self.idf[self.bm25.vocab_dict[term]] for term in known) + self.unknown * (len(query) - len(known))
        return np.asarray(self.bm25.get_scores(known) / max(most, 1e-9))
