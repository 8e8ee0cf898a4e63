"""Vectors of texts: how they are projected, compared and stored.

A vector has one part for each model of the encoder. Each part is projected for itself and brought to length
1, so that every model counts alike. A decoder's part is whitened by the scatter of wordings around their
entry's mean, as in linear discriminant analysis (Fisher 1936): directions in which wordings of one question
differ tell nothing about which question it is. `make data` then learns the projection further
(data_tools/rows/projection.py).
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SHRINKAGE = 0.2
"""Share of the identity in the whitened scatter (Ledoit and Wolf 2004): few wordings lack directions."""


class Part(NamedTuple):
    """The part of a vector that one model made."""

    width: int
    similarity_trained: bool  # its cosine measures how similar texts are; else a projection has to be learned


class Projection(NamedTuple):
    """`(vector - mean) @ matrix`, each part then brought to length 1, and all of them together once more."""

    mean: np.ndarray  # [size]
    matrix: np.ndarray  # [size, size]
    parts: tuple[Part, ...] = ()  # (): the vector is one part, not trained for similarity
    min_similarity: float | None = None  # similarity to the top match below which a question is out of domain; None: no threshold

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Project vectors [n, size] to unit vectors [n, size]."""
        return unit(np.hstack([unit(part) for part in split_parts((vectors - self.mean) @ self.matrix, self.parts)]))

    def scoring_subspace(self, projected: np.ndarray) -> np.ndarray:
        """The parts of projected vectors that decide what is in domain: similarity-trained ones, or all."""
        return similarity_trained(projected, self.parts)


def whiten(vectors: np.ndarray, labels: np.ndarray) -> Projection:
    """The whitening of vectors [n, size] whose entries are `labels` [n]."""
    entries = int(labels.max()) + 1
    means = sums(vectors, labels, entries) / np.bincount(labels, minlength=entries)[:, None]
    deviations = vectors - means[labels]
    scatter = deviations.T @ deviations / len(vectors)
    size = len(scatter)
    scatter = (1 - SHRINKAGE) * scatter + SHRINKAGE * np.trace(scatter) / size * np.eye(size)
    values, directions = np.linalg.eigh(scatter)
    return Projection(vectors.mean(0), ((directions / np.sqrt(np.maximum(values, 1e-12))) @ directions.T).astype(np.float32))


def identity(size: int) -> Projection:
    """The projection that changes nothing but the length."""
    return Projection(np.zeros(size, np.float32), np.eye(size, dtype=np.float32))


def sums(vectors: np.ndarray, labels: np.ndarray, entries: int) -> np.ndarray:
    """The sum of each entry's vectors: [entries, size]."""
    out = np.zeros((entries, vectors.shape[1]), np.float32)
    np.add.at(out, labels, vectors)
    return out


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows of length 1."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def split_parts(vectors: np.ndarray, parts: Sequence[Part]) -> list[np.ndarray]:
    """Vectors [n, size] as one array [n, width] for each part."""
    return np.split(vectors, np.cumsum([part.width for part in parts])[:-1], axis=1) if parts else [vectors]


def similarity_trained(vectors: np.ndarray, parts: Sequence[Part]) -> np.ndarray:
    """The parts of vectors that were trained for similarity, as unit vectors; unchanged where none was."""
    if not any(part.similarity_trained for part in parts):
        return vectors
    kept = [columns for columns, part in zip(split_parts(vectors, parts), parts, strict=True) if part.similarity_trained]
    return unit(np.hstack(kept))


# The file ---------------------------------------------------------------------------------------------------


def encoder_name(models: Sequence[str]) -> str:
    """The models of an encoder, as the file of their vectors names them."""
    return "+".join(models)


def load_vectors(path: Path, encoder: str | None = None) -> tuple[Projection | None, dict[str, np.ndarray]]:
    """What `save_vectors` wrote; nothing where there is no such file, or it is of another encoder."""
    if not path.is_file():
        return None, {}
    with np.load(path) as saved:
        if encoder and str(saved["encoder"]) != encoder:
            return None, {}
        stored = dict(zip(saved["texts"].tolist(), saved["vectors"].astype(np.float32), strict=True))
        if "mean" not in saved:
            return None, stored
        widths, trained = (saved[name].tolist() if name in saved else () for name in ("widths", "ready"))
        threshold = float(saved["least"]) if "least" in saved else -1.0
        parts = tuple(map(Part, widths, trained))
        return Projection(saved["mean"], saved["matrix"], parts, threshold if threshold > -1 else None), stored


def save_vectors(path: Path, encoder: str, projection: Projection | None, vectors: dict[str, np.ndarray]) -> None:
    """Write the projection and the vectors of texts, so that the desk starts at once. Atomic: two runs may
    write the same file. An npz: "encoder", "texts" [n], "vectors" float16 [n, size] as encoded, and of the
    projection "mean", "matrix", "widths" and "ready" of the parts (trained for similarity) and "least" (the
    threshold, -1 for none)."""
    metric: dict[str, Any] = {}
    if projection:
        widths, trained = (tuple(part[place] for part in projection.parts) for place in (0, 1))
        threshold = -1.0 if projection.min_similarity is None else projection.min_similarity
        metric = {"mean": projection.mean, "matrix": projection.matrix, "widths": widths, "ready": trained, "least": threshold}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary.open("wb") as file:
        np.savez(
            file, encoder=encoder, texts=np.array(list(vectors)), vectors=np.stack(list(vectors.values())).astype(np.float16), **metric
        )
    temporary.replace(path)
