"""The subjects of an FAQ (the branches of a chain): which of them a text names."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

from frontdesk.retrieval.lexical import WORD

MIN_SIMILARITY = 0.85  # similarity from which a run of words counts as a subject's name that is misspelled


class Subjects:
    """Subjects by their names. A subject without a letter or digit is none."""

    def __init__(self, subjects: Iterable[str]) -> None:
        self.name_of = {subject: name for subject in dict.fromkeys(subjects) if (name := _words(subject))}
        self.by_length: dict[int, dict[str, None]] = defaultdict(dict)  # names by their number of words
        for name in self.name_of.values():
            self.by_length[len(name.split())][name] = None

    def named(self, text: str) -> list[str]:
        """The subjects that the text names as they are spelled; where it names none, those most nearly
        spelled so. Of a name that is part of another one found, the longer."""
        words = _words(text).split()
        found = {name for length in self.by_length for name in self._spelled(words, length)} or self._misspelled(words)
        longest = {name for name in found if not any(name in other for other in found if other != name)}
        return [subject for subject, name in self.name_of.items() if name in longest] if longest else []

    def _spelled(self, words: list[str], length: int) -> Iterator[str]:
        """The names of so many words that stand in a text. Korean endings follow a name without a blank."""
        names = self.by_length[length]
        for run in _runs(words, length):
            end = len(run) - len(run.split(" ")[-1]) + 1  # behind the first letter of its last word
            endings = range(end, len(run)) if run[-1] >= "가" else ()
            yield from (name for name in (run, *(run[:place] for place in endings)) if name in names)

    def _misspelled(self, words: list[str]) -> set[str]:
        """The names that some run of as many words is most similar to."""
        best, found = MIN_SIMILARITY, set[str]()
        for length, names in self.by_length.items():
            runs = _runs(words, length) or [" ".join(words)]
            every = cdist(list(names), runs, scorer=Indel.normalized_similarity, dtype=np.float64)  # its score_cutoff would round
            similarities = every.max(axis=1).tolist()
            if (highest := max(similarities)) >= best:
                near = {name for name, similarity in zip(names, similarities, strict=True) if similarity == highest}
                best, found = highest, near | (found if highest == best else set())
        return found


def _words(text: str) -> str:
    return " ".join(WORD.findall(text.casefold()))


def _runs(words: list[str], length: int) -> list[str]:
    return [" ".join(words[i : i + length]) for i in range(len(words) - length + 1)]
