"""Exact and near copies: MinHash signatures, clusters of rows that are alike, and the leak of copies across splits.

Near copies have a Jaccard index of character n-grams of at least `NEAR` (Broder 1997), found by MinHash LSH (Indyk and
Motwani 1998, library rensa) and verified. Questions have 3-grams, Korean ones 2-grams without blanks; conversations
8-grams and 4-grams: two that have nothing in common share four in ten 3-grams, but less than two in ten 8-grams.
"""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from rensa import RMinHash, RMinHashLSH

from frontdesk.terminal import track

NEAR = 0.7
PERMUTATIONS, BANDS = 200, 40
"""40 bands of 5 find a pair of Jaccard 0.7 with a probability of 0.9994, and hold one of 0.2 for a candidate with 0.013."""
DOUBT = 0.15
"""How far below `NEAR` an estimate may be that is verified: over four standard errors of 200 permutations."""
SAME = 0.95
"""An index from which a text is not looked up for others: what is near to it is all but surely near to its copy."""
LONGEST = 20_000  # characters that are compared; a conversation that goes on alike for so long is a copy
APART = re.compile(r"[\W_]+")
HANGUL = re.compile("[가-힣]")


def normalize(text: str) -> str:
    """Text as it is compared: without case and punctuation, Korean without blanks too."""
    plain = APART.sub(" ", text[:LONGEST].casefold()).strip()
    return plain.replace(" ", "") if HANGUL.search(plain) else plain


def grams(text: str, conversation: bool = False) -> np.ndarray:
    """The character n-grams of a question, or of a whole `conversation`, as sorted 64-bit numbers, each once.

    A text that is shorter than one is one.
    """
    plain = normalize(text)
    letters = np.frombuffer(plain.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    korean = HANGUL.search(plain) is not None
    size = max(1, min(len(letters), (4 if korean else 8) if conversation else (2 if korean else 3)))
    numbers: np.ndarray = letters[: len(letters) - size + 1]
    for place in range(1, size):  # a polynomial, whose overflow is meant
        numbers = numbers * np.uint64(0x9E3779B97F4A7C15) + letters[place : len(letters) - size + 1 + place]
    numbers.sort()
    first = np.ones(len(numbers), bool)
    first[1:] = numbers[1:] != numbers[:-1]
    distinct: np.ndarray = numbers[first]  # as np.unique gives them, in a fifth of its time
    return distinct


def jaccard(one: np.ndarray, two: np.ndarray) -> float:
    """The share of n-grams that two texts have in common, from their `grams`."""
    common = len(np.intersect1d(one, two, assume_unique=True))
    return common / max(1, len(one) + len(two) - common)


class Store:
    """The n-grams of every row, in a file: memory does not grow with the texts."""

    def __init__(self, path: Path) -> None:
        self.file: BinaryIO = path.open("a+b")  # appends wherever it was read last
        self.ends = array("Q", [0])
        self.forgotten: set[int] = set()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __len__(self) -> int:
        return len(self.ends) - 1

    def add(self, numbers: bytes) -> None:
        """Append the `grams` of the next row, as bytes."""
        self.file.write(numbers)
        self.ends.append(self.ends[-1] + len(numbers))

    def forget(self, rows: set[int]) -> None:
        """Take rows out of all comparing."""
        self.forgotten |= rows

    def __getitem__(self, row: int) -> np.ndarray:
        if row in self.forgotten:
            return np.empty(0, dtype=np.uint64)
        self.file.seek(self.ends[row])
        return np.frombuffer(self.file.read(self.ends[row + 1] - self.ends[row]), dtype=np.uint64)

    def batches(self, rows: Sequence[int], size: int = 1000) -> Iterator[tuple[Sequence[int], list[np.ndarray]]]:
        """The n-grams of some rows, a few at a time."""
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            yield part, [self[row] for row in part]


def near_pairs(store: Store, asked: Sequence[int], among: Sequence[int], seed: int) -> Iterator[tuple[int, int, float]]:
    """Near copies as (a row of `asked`, a row of `among`, their Jaccard index); where both are the same rows, each pair once.

    Of a crowd of all but equal rows only the first is found for each and for what comes later: that clusters them all the same. A row
    without letters is no copy of any.
    """
    index = RMinHashLSH(threshold=NEAR, num_perm=PERMUTATIONS, num_bands=BANDS)
    inserted: list[tuple[int, RMinHash]] = []  # the rows in the index, whose keys are their places here

    def insert(row: int, signature: RMinHash) -> None:
        index.insert(len(inserted), signature)
        inserted.append((row, signature))

    itself = asked == among
    if not itself:
        for row, _, signature in _signed(store, among, seed):
            insert(row, signature)
    for row, own, signature in track(_signed(store, asked, seed), "looking for copies", len(asked), "rows"):
        similarity = 0.0
        for other, theirs in map(inserted.__getitem__, sorted(index.query(signature))):
            likely = other != row and signature.jaccard(theirs) >= NEAR - DOUBT
            if likely and (found := jaccard(own, store[other])) >= NEAR:
                yield row, other, found
                similarity = max(similarity, found)
        if itself and similarity < SAME:
            insert(row, signature)


def _signed(store: Store, rows: Sequence[int], seed: int) -> Iterator[tuple[int, np.ndarray, RMinHash]]:
    for part, several in store.batches(rows):
        tokens = [numbers.view("V8").tolist() for numbers in several]  # each number as bytes
        for row, numbers, signature in zip(part, several, RMinHash.from_token_sets(tokens, PERMUTATIONS, seed), strict=True):
            if len(numbers):
                yield row, numbers, signature


class Clusters:
    """Sets of rows that belong together, by union-find."""

    def __init__(self, number: int) -> None:
        self.parent = array("q", range(number))

    def root(self, row: int) -> int:
        """The first row of the set that a row is in."""
        while self.parent[row] != row:
            self.parent[row] = row = self.parent[self.parent[row]]
        return row

    def join(self, one: int, two: int) -> None:
        """Make the sets of two rows one."""
        one, two = sorted((self.root(one), self.root(two)))
        self.parent[two] = one

    def join_all(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Make the sets of each pair of rows one."""
        for one, two in pairs:
            self.join(one, two)
