"""Encoders: models that turn texts into vectors.

A config's `encoder` names a sentence encoder in the format of sentence-transformers (Reimers and Gurevych
2019): all-minilm-l6-v2 for English, multilingual-e5-small for Korean and others, or any other folder or name on
the hub.
"""

import os
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import numpy as np

from frontdesk.config.schema import ModelConfig
from frontdesk.errors import UserError
from frontdesk.models.base import locate
from frontdesk.retrieval.fp16_linear import use_fp16_weights
from frontdesk.terminal import bar, silence_libraries

BATCH = 16
CACHE_SIZE = 1024
"""Texts whose vectors are kept (2 MB): customers ask the same in the same words, and suggestions again."""


class Model(Protocol):
    """What an encoder is made of."""

    width: int

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """A row of length 1 for each text: float32 [texts, width]."""
        ...


class Encoder:
    """A model whose latest vectors are cached under a keyed hash: no customer's words are kept."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.key, self.cache = os.urandom(16), OrderedDict[bytes, np.ndarray]()

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """One row for each text: float32 [texts, width]."""
        keys = [blake2b(text.encode(errors="surrogatepass"), key=self.key, digest_size=16).digest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self.cache}
        made = self.model.vectors(list(new.values()))
        found = self.cache | dict(zip(new, made, strict=True))
        self.cache.update((key, found[key]) for key in keys)
        for key in keys:
            self.cache.move_to_end(key)
        while len(self.cache) > CACHE_SIZE:
            self.cache.popitem(last=False)
        return np.stack([found[key] for key in keys]) if keys else made


def load_encoder(name: str) -> Encoder:
    """The model of a config's `encoder`, once in a process. Raises UserError for one that cannot be had."""
    return _load(locate(ModelConfig(base=name)))


@cache
def _load(folder: Path) -> Encoder:
    if not (folder / "modules.json").is_file():
        raise UserError(
            f"encoder: {folder} is no sentence encoder; expected modules.json in it, as sentence-transformers writes it; name another"
        )
    return Encoder(SentenceModel(folder))


class SentenceModel:
    """A model of sentence-transformers, with the pooling and the length that its folder says."""

    def __init__(self, folder: Path) -> None:
        from sentence_transformers import SentenceTransformer

        silence_libraries()
        self.model = SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": "float32"})
        use_fp16_weights(self.model)
        self.width = int(self.model.get_embedding_dimension() or 0)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """One row of length 1 for each text: float32 [texts, width]."""
        if not texts:
            return np.zeros((0, self.width), np.float32)
        with bar("encoding", len(texts), "texts") as shown:
            done = self.model.register_forward_hook(lambda _, __, batch: shown.advance(len(batch["sentence_embedding"])))
            made = self.model.encode(list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
            done.remove()
        return np.asarray(made, np.float32)
