"""Exact and near copies: MinHash signatures, clusters of rows that are alike, and the leak of copies across splits.

Two texts are near copies when the Jaccard index of their character n-grams is at least `NEAR` (Broder 1997, "On the resemblance
and containment of documents"). Candidates come from MinHash LSH (Indyk and Motwani 1998) by the library rensa and are
verified exactly. English is compared by 3-grams, Korean by 2-grams of syllables without blanks: its words are short and its
spacing is loose.
"""

import re
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import numpy as np

NEAR = 0.7
PERMUTATIONS, BANDS = 128, 32
"""32 bands of 4 find a pair of Jaccard 0.7 with a probability of 0.9998, one of 0.3 with 0.23."""
SAME = 0.95
"""An index from which a text is not looked up for others: what is near to it is all but surely near to its copy."""
LONGEST = 20_000
"""Characters that are compared; a conversation that goes on alike for so long is a copy."""
APART = re.compile(r"[\W_]+")
HANGUL = re.compile("[가-힣]")


def normalize(text: str) -> str:
    """Text as it is compared: without case and punctuation, Korean without blanks too."""
    plain = APART.sub(" ", text[:LONGEST].casefold()).strip()
    return plain.replace(" ", "") if HANGUL.search(plain) else plain


def grams(text: str) -> "np.ndarray":
    """The character n-grams of a text as sorted 64-bit numbers, each once; a text that is shorter than one is one."""
    import numpy as np

    plain = normalize(text)
    letters = np.frombuffer(plain.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    size = max(1, min(len(letters), 2 if HANGUL.search(plain) else 3))
    numbers = letters[: len(letters) - size + 1]
    for place in range(1, size):  # 21 bits hold any letter, so three letters are one number
        numbers = (numbers << np.uint64(21)) | letters[place : len(letters) - size + 1 + place]
    return np.unique(numbers)


def jaccard(one: "np.ndarray", two: "np.ndarray") -> float:
    """The share of n-grams that two texts have in common, from their `grams`."""
    import numpy as np

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

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.file.close()

    def __len__(self) -> int:
        return len(self.ends) - 1

    def add(self, numbers: bytes) -> None:
        """Append the `grams` of the next row, as bytes."""
        self.file.write(numbers)
        self.ends.append(self.ends[-1] + len(numbers))

    def forget(self, rows: "set[int]") -> None:
        """Take rows out of all comparing."""
        self.forgotten |= rows

    def __getitem__(self, row: int) -> "np.ndarray":
        import numpy as np

        if row in self.forgotten:
            return np.empty(0, dtype=np.uint64)
        self.file.seek(self.ends[row])
        return np.frombuffer(self.file.read(self.ends[row + 1] - self.ends[row]), dtype=np.uint64)

    def batches(self, rows: Sequence[int], size: int = 1000) -> "Iterator[tuple[Sequence[int], list[np.ndarray]]]":
        """The n-grams of some rows, a few at a time."""
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            yield part, [self[row] for row in part]


def near_pairs(store: Store, asked: Sequence[int], among: Sequence[int], seed: int) -> Iterator[tuple[int, int, float]]:
    """Near copies as (a row of `asked`, a row of `among`, their Jaccard index); where both are the same rows, each pair once.

    Of a crowd of all but equal rows only the first is found for each and for what comes later: that clusters them all the same. A row
    without letters is no copy of any.
    """
    from rensa import RMinHashLSH  # type: ignore[import-untyped]

    index = RMinHashLSH(threshold=NEAR, num_perm=PERMUTATIONS, num_bands=BANDS)
    if asked is not among:
        for part, several in store.batches(among):
            for row, numbers, signature in zip(part, several, _signatures(several, seed), strict=True):
                if len(numbers):
                    index.insert(row, signature)
    for part, several in store.batches(asked):
        for row, own, signature in zip(part, several, _signatures(several, seed), strict=True):
            if not len(own):
                continue
            same = False
            for other in sorted(index.query(signature)):
                if other != row and (likeness := jaccard(own, store[other])) >= NEAR:
                    yield row, other, likeness
                    same = same or likeness >= SAME
            if asked is among and not same:
                index.insert(row, signature)


def _signatures(several: "list[np.ndarray]", seed: int) -> "Iterator[object]":
    from rensa import RMinHash

    raw = [numbers.tobytes() for numbers in several]
    tokens = [[numbers[place : place + 8] for place in range(0, len(numbers), 8)] for numbers in raw]
    return iter(RMinHash.from_token_sets(tokens, PERMUTATIONS, seed))


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
