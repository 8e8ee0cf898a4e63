"""The subjects of an FAQ (the branches of a chain): which of them a text names."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

from frontdesk.retrieval.lexical import WORD

MIN_SIMILARITY = 0.85  # similarity from which a run of words counts as a subject's name that is misspelled


class Subjects:
    """Subjects by their names. A subject without a letter or digit is none."""

    def __init__(self, subjects: Iterable[str]) -> None:
        self.name_of = {subject: name for subject in dict.fromkeys(subjects) if (name := _words(subject))}
        self.by_length: dict[int, list[str]] = defaultdict(list)  # names by their number of words
        for name in dict.fromkeys(self.name_of.values()):
            self.by_length[len(name.split())].append(name)

    def named(self, text: str) -> list[str]:
        """The subjects that the text names as they are spelled; where it names none, those most nearly
        spelled so. Of a name that is part of another one found, the longer."""
        spoken = _words(text)
        found = {name for name in self.name_of.values() if _names(spoken, name)} or self._misspelled(spoken)
        longest = {name for name in found if not any(name in other for other in found - {name})}
        return [subject for subject, name in self.name_of.items() if name in longest]

    def _misspelled(self, spoken: str) -> set[str]:
        """The names that some run of as many words is most similar to."""
        words, found = spoken.split(), dict[str, float]()  # of each name the highest similarity, 0 to 1
        for length, names in self.by_length.items():
            runs = [" ".join(words[i : i + length]) for i in range(max(1, len(words) - length + 1))]
            similarities = cdist(names, runs, scorer=Indel.normalized_similarity, dtype=np.float64)  # its score_cutoff would round
            found |= zip(names, similarities.max(axis=1).tolist(), strict=True)
        best = max(found.values(), default=0.0)
        return {name for name, similarity in found.items() if similarity == best >= MIN_SIMILARITY}


def _words(text: str) -> str:
    return " ".join(WORD.findall(text.casefold()))


def _names(spoken: str, name: str) -> bool:
    """Whether the words of a name stand in a text. Korean endings follow a name without a blank."""
    return f" {name} " in f" {spoken} " or (name[-1] >= "가" and f" {name}" in f" {spoken}")
