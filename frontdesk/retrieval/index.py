"""Which FAQ entries a customer's question is about: words and character n-grams by BM25 and, with an encoder, meaning.

BM25 (Robertson and Zaragoza 2009) is bm25s's. Its terms are words and pieces of words, so that typing noise and Korean endings
leave most of them as they were. Vectors (frontdesk/retrieval/encoder.py) of a decoder are whitened by the scatter of wordings around their
entry's mean, as in linear discriminant analysis (Fisher 1936): directions in which wordings of one question differ tell nothing about
which question it is. A question's score is a weighted sum of both, in standard deviations over the entries. A follow-up leans on the
turns before it. Where entries have subjects (the branches of a chain) and one of them is named, only its entries are candidates. A
question that is like no entry finds nothing, and the desk hands over.
"""

import logging
import os
import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from frontdesk.facts.entries import Entry

if TYPE_CHECKING:
    import numpy as np

    from frontdesk.retrieval.encoder import Encoder

WORD = re.compile(r"[^\W\d_가-힣]+|\d+|[가-힣]+")
GRAMS = (3, 4)
"""Lengths of the pieces of a word; of Korean, whose syllables say more than a letter, pairs of syllables."""
EARLIER = 0.35
"""What the turns before a question count, against the question."""
WORDS = 0.5
"""What words and their pieces count, against each of the two measures of meaning of one model; less beside several models."""
SHRINK = 0.2
"""Share of the identity in the scatter by which vectors are whitened (Ledoit and Wolf 2004): few wordings don't tell all directions."""
ALIKE = 0.85
"""Likeness from which a run of words in a question counts as a subject's name."""


class Whitening(NamedTuple):
    """`(vector - mean) @ matrix`, whose parts are then brought to equal length: one for each model of the encoder."""

    mean: "np.ndarray"  # [size]
    matrix: "np.ndarray"  # [size, size]
    widths: tuple[int, ...] = ()  # of the parts; (): it is one
    ready: tuple[bool, ...] = ()  # of the parts, as `Part.ready`
    least: float = -1.0  # the likeness to the likest entry below which a question is about none

    def __call__(self, vectors: "np.ndarray") -> "np.ndarray":
        """Of vectors [n, size]: as many, of length 1."""
        import numpy as np

        return unit(np.hstack([unit(part) for part in split((vectors - self.mean) @ self.matrix, self.widths)]))

    def telling(self, placed: "np.ndarray") -> "np.ndarray":
        """Of vectors placed by it, what tells whether a text is about an entry at all: the parts trained for likeness, if any are."""
        import numpy as np

        if not any(self.ready):
            return placed
        return unit(np.hstack([part for part, ready in zip(split(placed, self.widths), self.ready, strict=True) if ready]))


class Part(NamedTuple):
    """A part of a vector: what one model says."""

    width: int
    ready: bool  # trained to tell by its angle how alike texts are; else that has to be learned


class Query(NamedTuple):
    """What a search needs of a text: its terms and, with an encoder, its vector [size]."""

    terms: list[str]
    vector: "np.ndarray | None"


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


class Index:
    """The entries of an FAQ, made ready to be searched."""

    def __init__(
        self,
        entries: Sequence[Entry],
        encoder: "Encoder | None" = None,
        whitening: Whitening | None = None,
        known: "dict[str, np.ndarray] | None" = None,
    ) -> None:
        """`known` are vectors of texts that were encoded before; those of the entries are added to it."""
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.INFO)  # it would tell of every index
        self.entries = list(entries)
        self.encoder, self.whitening = encoder, whitening
        self.known = {} if known is None else known
        self.placed: dict[str, np.ndarray] = {}  # the vectors of the entries' texts, whitened
        self.words = bm25s.BM25()
        self.words.index([terms(" ".join(entry.texts)) for entry in self.entries], show_progress=False)
        self.subjects = {entry.subject: name for entry in self.entries if (name := _plain(entry.subject))}
        if encoder:
            self._place()

    def _place(self) -> None:
        """Each entry's wordings as vectors, and their mean."""
        import numpy as np

        texts = [(text, i) for i, entry in enumerate(self.entries) for text in entry.texts]
        self.owner = np.array([i for _, i in texts])
        self.learn([text for text, _ in texts])
        self.vectors = self._vectors([text for text, _ in texts])
        self.placed = dict(zip((text for text, _ in texts), self.vectors, strict=True))
        self.means = unit(sums(self.vectors, self.owner, len(self.entries)))
        self.telling = self.whitening.telling(self.vectors) if self.whitening else self.vectors
        same = self.telling is self.vectors
        self.middles = self.means if same else unit(sums(self.telling, self.owner, len(self.entries)))

    def learn(self, texts: Sequence[str]) -> None:
        """Encode many texts at once, which is far quicker than one by one, and remember them."""
        if self.encoder and (new := [text for text in dict.fromkeys(texts) if text not in self.known]):
            self.known.update(zip(new, self.encoder.vectors(new), strict=True))

    def _vectors(self, texts: Sequence[str]) -> "np.ndarray":
        """Whitened, of length 1."""
        import numpy as np

        assert self.whitening
        new = [text for text in dict.fromkeys(texts) if text not in self.placed]
        placed = dict(zip(new, self.whitening(self._encoded(new)), strict=True)) if new else {}
        return np.stack([placed[text] if text in placed else self.placed[text] for text in texts])

    def _encoded(self, texts: Sequence[str]) -> "np.ndarray":
        """As the encoder has them. What is not known is encoded and does not become known: those are the FAQ's texts."""
        import numpy as np

        assert self.encoder
        new = [text for text in texts if text not in self.known]
        encoded = dict(zip(new, self.encoder.vectors(new), strict=True)) if new else {}
        return np.stack([encoded[text] if text in encoded else self.known[text] for text in texts])

    def search(self, turns: Sequence[str], k: int = 3) -> list[Entry]:
        """The `k` likeliest entries, the best first, each with the wording first that is nearest to the question.

        `turns` are what was said so far, the question last. None where neither it nor what was said before is like any entry.
        """
        question, before = self._queries(turns)
        if not any(self._fits(query) for query in (question, before) if query):
            return []
        return [self.facing(entry, question) for entry in self._likeliest(question, before, turns, k)]

    def near(self, turns: Sequence[str], k: int = 3) -> list[Entry]:
        """The `k` likeliest entries, the best first, whether or not any is like what was said: for a person to choose from."""
        return self._likeliest(*self._queries(turns), turns, k)

    def _likeliest(self, question: Query, before: Query | None, turns: Sequence[str], k: int) -> list[Entry]:
        scores = self._scores(question, before, turns)
        return [self.entries[i] for i in scores.argsort()[::-1][:k] if scores[i] > float("-inf")]

    def _queries(self, turns: Sequence[str]) -> tuple[Query, Query | None]:
        """The question, and what a follow-up leans on: the two turns before it."""
        earlier = " ".join(turns[-3:-1])
        question, *before = self._made_ready([turns[-1], earlier] if earlier else [turns[-1]])
        return question, before[0] if before else None

    def _fits(self, query: Query) -> bool:
        """Whether the FAQ is about this at all, as far as an encoder tells."""
        if query.vector is None or self.whitening is None or self.whitening.least <= -1:
            return True
        return likeness(self.whitening.telling(query.vector[None])[0], self.telling, self.owner, self.middles) >= self.whitening.least

    def query(self, text: str) -> Query:
        """A text made ready, once: with an encoder that takes some 30 ms."""
        return self._made_ready([text])[0]

    def _made_ready(self, texts: Sequence[str]) -> list[Query]:
        """Together: two texts take an encoder hardly longer than one."""
        vectors = self._vectors(texts) if self.encoder else [None] * len(texts)
        return [Query(terms(text), vector) for text, vector in zip(texts, vectors, strict=True)]

    def facing(self, entry: Entry, query: Query) -> Entry:
        """The entry with its wordings in the order of their likeness to the text asked."""
        if len(entry.questions) < 2:
            return entry
        if query.vector is not None:
            nearness = (self._vectors(entry.questions) @ query.vector).tolist()
        else:
            asked = set(query.terms)
            nearness = [len(asked & (own := set(terms(one)))) / max(1, len(asked | own)) for one in entry.questions]
        order = sorted(range(len(nearness)), key=lambda i: -nearness[i])
        return entry._replace(questions=tuple(entry.questions[i] for i in order))

    def scores(self, turns: Sequence[str]) -> "np.ndarray":
        """A score for each entry, minus infinity for those of a subject that is not meant."""
        return self._scores(*self._queries(turns), turns)

    def _scores(self, question: Query, before: Query | None, turns: Sequence[str]) -> "np.ndarray":
        import numpy as np

        score = self._score(question)
        if before:
            score = score + EARLIER * self._score(before)
        if meant := next((names for turn in reversed(turns) if (names := self.named(turn))), None):
            score[[entry.subject in self.subjects and entry.subject not in meant for entry in self.entries]] = -np.inf
        return score

    def _score(self, query: Query) -> "np.ndarray":
        import numpy as np

        known = [term for term in query.terms if term in self.words.vocab_dict]
        score = standardized(self.words.get_scores(known) if known else np.zeros(len(self.entries), np.float32))
        if query.vector is not None and self.whitening:
            score *= WORDS / max(1, len(self.whitening.widths))
            nearest = np.full(len(self.entries), -1.0, np.float32)
            np.maximum.at(nearest, self.owner, self.vectors @ query.vector)
            score = score + standardized(self.means @ query.vector) + standardized(nearest)
        return score

    def named(self, text: str) -> list[str]:
        """The subjects that the text names, as they are spelled or, where none is, nearly so; of a name in another one, the longer."""
        spoken = _plain(text)
        alike = {name: _likeness(name, spoken) for name in self.subjects.values()}
        best = max(alike.values(), default=0)
        found = {name for name, likely in alike.items() if likely == best >= ALIKE}
        return [subject for subject, name in self.subjects.items() if name in found and not any(name in other for other in found - {name})]


def whitening(vectors: "np.ndarray", owner: "np.ndarray") -> Whitening:
    """From vectors [n, hidden size] of texts and the entry (0, 1, …) that each belongs to."""
    import numpy as np

    number = int(owner.max()) + 1
    means = sums(vectors, owner, number) / np.bincount(owner, minlength=number)[:, None]
    apart = vectors - means[owner]
    scatter = apart.T @ apart / len(vectors)
    size = len(scatter)
    scatter = (1 - SHRINK) * scatter + SHRINK * np.trace(scatter) / size * np.eye(size)
    values, directions = np.linalg.eigh(scatter)
    return Whitening(vectors.mean(0), ((directions / np.sqrt(np.maximum(values, 1e-12))) @ directions.T).astype(np.float32))


def identity(size: int) -> Whitening:
    """Vectors as they are."""
    import numpy as np

    return Whitening(np.zeros(size, np.float32), np.eye(size, dtype=np.float32))


def likeness(asked: "np.ndarray", vectors: "np.ndarray", owner: "np.ndarray", middles: "np.ndarray") -> float:
    """Of a vector [size] to the likest entry, -1 to 1: the mean of that to the entry's nearest text and that to the middle of its texts.

    `vectors` [n, size] of texts, the entry (0, 1, …) that each belongs to, and the entries' middles [entries, size]; all of length 1.
    """
    import numpy as np

    nearest = np.full(len(middles), -1.0, np.float32)
    np.maximum.at(nearest, owner, vectors @ asked)
    return float((nearest + middles @ asked).max() / 2)


def sums(vectors: "np.ndarray", owner: "np.ndarray", number: int) -> "np.ndarray":
    """The sum of each owner's vectors: [number, hidden size]."""
    import numpy as np

    out = np.zeros((number, vectors.shape[1]), np.float32)
    np.add.at(out, owner, vectors)
    return out


def unit(vectors: "np.ndarray") -> "np.ndarray":
    """Rows of length 1."""
    import numpy as np

    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def split(vectors: "np.ndarray", widths: tuple[int, ...]) -> "list[np.ndarray]":
    """Vectors [n, size] as [n, width] of each width; of none, as they are."""
    import numpy as np

    return np.split(vectors, np.cumsum(widths)[:-1], axis=1) if widths else [vectors]


def name_of(encoder: Sequence[str]) -> str:
    """The models of an encoder, as the file of their vectors names them."""
    return "+".join(encoder)


def standardized(values: "np.ndarray") -> "np.ndarray":
    """Mean 0 and standard deviation 1, or all 0."""
    import numpy as np

    return np.asarray((values - values.mean()) / (values.std() + 1e-9))


def _plain(text: str) -> str:
    return " ".join(WORD.findall(text.casefold()))


def _likeness(name: str, text: str) -> float:
    """How much the run of words in the text that is most like the name is like it: 0 to 1."""
    if f" {name} " in f" {text} " or (name[-1] >= "가" and f" {name}" in f" {text}"):  # Korean endings stand at the word
        return 1.0
    words, length = text.split(), len(name.split())
    runs = (" ".join(words[i : i + length]) for i in range(max(1, len(words) - length + 1)))
    return max((SequenceMatcher(None, name, run).ratio() for run in runs), default=0.0)


def load_vectors(path: Path, encoder: str | None = None) -> "tuple[Whitening | None, dict[str, np.ndarray]]":
    """What `save_vectors` wrote; nothing where there is no such file, or it is of another encoder than the one named."""
    import numpy as np

    if not path.is_file():
        return None, {}
    with np.load(path) as saved:
        if encoder and str(saved["encoder"]) != encoder:
            return None, {}
        vectors = saved["vectors"].astype(np.float32)
        widths, ready = (tuple(saved[name].tolist()) if name in saved else () for name in ("widths", "ready"))
        least = float(saved["least"]) if "least" in saved else -1.0
        whitening = Whitening(saved["mean"], saved["matrix"], widths, ready, least) if "mean" in saved else None
        return whitening, dict(zip(saved["texts"].tolist(), vectors, strict=True))


def save_vectors(path: Path, encoder: str, whitening: Whitening | None, known: "dict[str, np.ndarray]") -> None:
    """Whitening, and the vectors of texts, so that the desk starts at once. Atomic: two runs may write the same file."""
    import numpy as np

    vectors = np.stack(list(known.values())).astype(np.float16)
    metric = whitening._asdict() if whitening else {}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary.open("wb") as file:
        np.savez(file, encoder=encoder, texts=np.array(list(known)), vectors=vectors, **metric)
    temporary.replace(path)
