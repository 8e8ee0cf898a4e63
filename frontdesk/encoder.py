"""Vectors of sentences from the lower half of a language model: what retrieval knows of meaning.

The hidden states in the middle of a decoder carry more of what a text is about than those at its end (Skean et al. 2025, "Layer by
Layer"). Their mean over the tokens, whitened by what wordings of one question differ in (frontdesk/retrieval.py), finds another wording
of a question that shares no word with it. Measured in docs/experiments.md.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from frontdesk.quiet import quiet

if TYPE_CHECKING:
    import numpy as np

LEAD = "Question: "
"""Stands before each text: a decoder's first tokens have states of their own kind, and they are left out of the mean."""
BATCH = 32


class Encoder:
    """The lower half of the model in `folder`."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoConfig, AutoModel, AutoTokenizer

        quiet()  # of the half that is not loaded it would say that it is not
        layers = AutoConfig.from_pretrained(folder).num_hidden_layers
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder, num_hidden_layers=layers // 2, dtype=torch.float32).eval()
        self.model.norm = torch.nn.Identity()  # that of the last layer, which is not there
        self.lead = self._ids(LEAD)

    def vectors(self, texts: Sequence[str]) -> "np.ndarray":
        """One row for each text: float32 [texts, hidden size]."""
        import numpy as np
        import torch

        out = np.zeros((len(texts), self.model.config.hidden_size), np.float32)
        ids = [self._ids(text.casefold()) or self.lead for text in texts]
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        for start in range(0, len(order), BATCH):
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
