"""Attention over rows that lie in one sequence without padding, each row on its own:
`attn_implementation="rows"`.

A batch of eight service conversations is a third padding. Laid end to end they need none, but then no token
may see another row's. transformers hands the rows' borders (`cu_seq_lens_q`, cumulative lengths) to any
registered attention; this one runs torch's scaled dot product attention once a row, with its causal kernel
and no mask. A batch without borders is one row. Where a layer sees a window only, as five of six of Gemma 3's
do, a row that is longer gets a mask.
"""

from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel

NAME = "rows"


def attend_within_rows(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    cu_seq_lens_q: torch.Tensor | None = None,
    sliding_window: int | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """`query` is (1, heads, tokens, size), `key` and `value` (1, key-value heads, tokens, size); returns (1,
    tokens, heads, size). A token sees the last `sliding_window` tokens of its row, itself counted, or all
    before it."""
    lengths = [query.shape[2]] if cu_seq_lens_q is None else cu_seq_lens_q.diff().tolist()
    groups = query.shape[1] // key.shape[1]
    key, value = (tensor.repeat_interleave(groups, dim=1) for tensor in (key, value))
    rows = zip(*(tensor.split(lengths, dim=2) for tensor in (query, key, value)), strict=True)
    masks = [_window(length, sliding_window, query.device) for length in lengths]
    out = [
        scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout, is_causal=mask is None, scale=scaling)
        for (q, k, v), mask in zip(rows, masks, strict=True)
    ]
    return torch.cat(out, dim=2).transpose(1, 2), None


def _window(length: int, window: int | None, device: torch.device) -> torch.Tensor | None:
    """What each token of a row sees, (length, length), where that is less than all before it."""
    if window is None or length <= window:
        return None
    return torch.ones(length, length, dtype=torch.bool, device=device).tril().triu(1 - window)


AttentionInterface.register(NAME, attend_within_rows)
AttentionMaskInterface.register(NAME, lambda *args, **kwargs: None)  # causal by itself


def leak(model: PreTrainedModel, rows: list[list[int]]) -> float:
    """How much rows in one sequence change each other: the largest difference of a logit between a row in the
    sequence and the same row alone, as a share of the largest logit. About 1e-6 in fp32 and 1e-2 in bf16 are
    rounding; what other rows leak is near 1."""
    was_training = model.training
    model.eval()
    device = model.get_input_embeddings().weight.device
    borders = torch.tensor([0, *(len(row) for row in rows)]).cumsum(0).to(torch.int32)
    with torch.no_grad():
        together = model(
            input_ids=torch.tensor([[token for row in rows for token in row]], device=device),
            position_ids=torch.cat([torch.arange(len(row)) for row in rows])[None].to(device),
            cu_seq_lens_q=borders,
            cu_seq_lens_k=borders,
            use_cache=False,
        ).logits[0]
        alone = torch.cat([model(input_ids=torch.tensor([row], device=device), use_cache=False).logits[0] for row in rows])
    model.train(was_training)
    return float((together - alone).abs().max() / alone.abs().max())
