"""Batches that are collated of token rows, and the parts in which a large one goes through the model."""

from itertools import pairwise
from typing import Any

import torch

from train.rows import IGNORED, TokenRow

Batch = dict[str, Any]

BLANK: TokenRow = {"input_ids": [0, 0], "labels": [IGNORED, IGNORED]}  # without anything to learn: it fills a batch up


def parts(batch: Batch, limit: int) -> list[Batch]:
    """A batch in parts of `limit` tokens or a row; tensors are (1, tokens) if packed, or (rows, width)."""
    if "cu_seq_lens_q" not in batch:
        width = batch["input_ids"].shape[1]
        pieces = zip(*(tensor.split(max(1, limit // width)) for tensor in batch.values()), strict=True)
        return [dict(zip(batch, piece, strict=True)) for piece in pieces]
    borders, cuts = batch["cu_seq_lens_q"].tolist(), [0]
    for before, border in pairwise(borders):
        if border - cuts[-1] > limit and before > cuts[-1]:
            cuts.append(before)
    out = []
    for start, end in zip(cuts, [*cuts[1:], borders[-1]], strict=True):
        lengths = torch.tensor([border - start for border in borders if start <= border <= end], dtype=torch.int32)
        part = {name: batch[name][:, start:end] for name in ("input_ids", "labels", "position_ids")}
        out.append(part | {"cu_seq_lens_q": lengths, "cu_seq_lens_k": lengths})
    return out
