"""A causal LM's loss on a CPU, where the LM head sees the supervised positions only, a third of all."""

from typing import Any

import torch

from train.rows import IGNORED

TILE = 256  # labelled positions that are projected at once: neutral text, labelled throughout, would need four times a batch's logits


def with_supervised_loss(forward: Any) -> Any:
    """A causal LM's forward that also takes `supervised_loss=True`: it then returns the sum of the losses of
    the labelled positions. It is the model's own forward that is extended, not the trainer's loss, since
    distributed wrappers and prefix tuning act on it."""

    def forward_or_loss(self: Any, *args: Any, supervised_loss: bool = False, labels: torch.Tensor | None = None, **options: Any) -> Any:
        if not supervised_loss:
            return forward(*args, **options, **({} if labels is None else {"labels": labels}))
        assert labels is not None
        hidden = self.base_model(*args, **options | {"use_cache": False}).last_hidden_state[:, :-1]
        supervised = labels[:, 1:] != IGNORED
        head, loss = self.get_output_embeddings(), torch.nn.functional.cross_entropy
        tiles = zip(hidden[supervised].split(TILE), labels[:, 1:][supervised].split(TILE), strict=True)
        return torch.stack([loss(head(states).float(), targets, reduction="sum") for states, targets in tiles]).sum()

    return forward_or_loss
