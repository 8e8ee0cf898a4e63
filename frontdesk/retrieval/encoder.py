"""Encoders: models that turn texts into vectors.

A config's `encoder` names one model or several, whose vectors stand side by side. A model is one of two
kinds:

* Sentence encoders in the format of sentence-transformers (Reimers and Gurevych 2019), which were trained for similarity:
  all-minilm-l6-v2 for English, multilingual-e5-small for Korean and others, or any other folder or name on the hub.
* The lower half of a decoder: the hidden states in its middle carry more of what a text is about than those at its end (Skean et al.
  2025, "Layer by Layer"). Its vectors have to be projected (data_tools/rows/projection.py). The demo's own base is at hand.

Together they find far more than each alone: measured in docs/experiments.md.
"""

import math
import os
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer

from frontdesk.config.schema import ModelConfig
from frontdesk.models.base import locate
from frontdesk.retrieval.fp16_linear import use_fp16_weights
from frontdesk.retrieval.vectors import Part
from frontdesk.terminal import bar, silence_libraries, track

LEAD = "Question: "
"""Before each text for a decoder, whose first tokens have states of their own kind; not in the mean."""
BATCH = 32
CACHE_SIZE = 1024
"""Texts whose vectors are kept (4 MB): customers ask the same in the same words, and suggestions again."""


class Model(Protocol):
    """What an encoder is made of."""

    width: int
    similarity_trained: bool  # as in Part

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """One row for each text: float32 [texts, width]."""
        ...


class Encoder:
    """Models side by side. The latest vectors are cached under a keyed hash: no customer's words are kept."""

    def __init__(self, models: Sequence[Model]) -> None:
        self.models = models
        self.parts = tuple(Part(model.width, model.similarity_trained) for model in models)
        self.key, self.cache = os.urandom(16), OrderedDict[bytes, np.ndarray]()

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """One row for each text: float32 [texts, sum of the widths]."""
        keys = [blake2b(text.encode(errors="surrogatepass"), key=self.key, digest_size=16).digest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self.cache}
        made = np.hstack([model.vectors(list(new.values())) for model in self.models])
        found = self.cache | dict(zip(new, made, strict=True))
        self.cache.update((key, found[key]) for key in keys)
        for key in keys:
            self.cache.move_to_end(key)
        while len(self.cache) > CACHE_SIZE:
            self.cache.popitem(last=False)
        return np.stack([found[key] for key in keys]) if keys else made


def load_encoder(names: Sequence[str]) -> Encoder:
    """The models of a config's `encoder`, once in a process. Raises UserError for one that cannot be had."""
    return _load(tuple(locate(ModelConfig(base=name)) for name in names))


@cache
def _load(folders: tuple[Path, ...]) -> Encoder:
    return Encoder([SentenceModel(folder) if (folder / "modules.json").is_file() else LowerHalf(folder) for folder in folders])


class SentenceModel:
    """A model of sentence-transformers, with the pooling and the length that its folder says."""

    similarity_trained = True

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


class LowerHalf:
    """The lower half of the decoder in `folder`."""

    similarity_trained = False

    def __init__(self, folder: Path) -> None:
        silence_libraries()  # transformers would warn about the half that is not loaded
        layers = AutoConfig.from_pretrained(folder).num_hidden_layers
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder, num_hidden_layers=layers // 2, dtype=torch.float32).eval()
        self.model.norm = torch.nn.Identity()  # it belongs to the last layer, which is not loaded
        use_fp16_weights(self.model)
        self.width = int(self.model.config.hidden_size)
        self.lead = self._ids(LEAD)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """The mean of the states after the lead: float32 [texts, width]."""
        out = np.zeros((len(texts), self.width), np.float32)
        ids = [self._ids(text.casefold()) or self.lead for text in texts]
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        for start in track(range(0, len(order), BATCH), "encoding", math.ceil(len(order) / BATCH), "batches"):
            batch = order[start : start + BATCH]
            width = len(ids[batch[-1]])
            tokens = torch.tensor([self.lead + ids[i] + [0] * (width - len(ids[i])) for i in batch])  # causal: what follows is not seen
            with torch.inference_mode():
                states = self.model(input_ids=tokens, use_cache=False).last_hidden_state[:, len(self.lead) :]
            for line, i in enumerate(batch):
                out[i] = states[line, : len(ids[i])].mean(0).numpy()
        return out

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])[:256]
