"""The file of what a run's retrieval has learned: `runs/NAME/data/vectors.npz`."""

import json
import os
from pathlib import Path

import numpy as np

from frontdesk.retrieval.ranker import Ranker


def load_vectors(path: Path, encoder: str | None) -> dict[str, np.ndarray]:
    """The unit vector of each text in the file, float32; none where there is no such file, or it is of another
    encoder."""
    if not path.is_file():
        return {}
    with np.load(path) as saved:
        if encoder is None or str(saved["encoder"]) != encoder:
            return {}
        texts = saved["texts"]  # until 0.2.0 an array of strings, in which each took as much as the longest
        listed = texts.tolist() if texts.dtype.kind == "U" else json.loads(texts.tobytes())
        return dict(zip(listed, saved["vectors"].astype(np.float32), strict=True))


def load_ranker(path: Path, encoder: str | None) -> Ranker | None:
    """The ranker in the file, if there is one, and it is for this encoder."""
    if not path.is_file():
        return None
    with np.load(path) as saved:
        if str(saved["encoder"]) != (encoder or "") or "weights" not in saved:
            return None
        return Ranker(saved["weights"], float(saved["none"]))


def save_vectors(path: Path, encoder: str | None, vectors: dict[str, np.ndarray], ranker: Ranker | None = None) -> None:
    """Write the vectors of texts and the ranker, so that the desk starts at once. Atomic: two runs may write
    the same file. An npz: "encoder", "texts" (a JSON list of n, as bytes), "vectors" float16 [n, size], and of the
    ranker "weights" [features] and "none"."""
    learned = {"weights": ranker.weights, "none": np.float64(ranker.none)} if ranker else {}
    stacked = np.stack(list(vectors.values())).astype(np.float16) if vectors else np.zeros((0, 0), np.float16)
    texts = np.frombuffer(json.dumps(list(vectors)).encode(), np.uint8)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary.open("wb") as file:
        np.savez(file, encoder=encoder or "", texts=texts, vectors=stacked, **learned)  # type: ignore[arg-type]
    temporary.replace(path)
