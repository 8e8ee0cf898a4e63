"""Which number format trains faster here: bf16 on a GPU; on a CPU, what a timed probe says."""

import time

import torch


def choose(setting: str) -> tuple[torch.dtype, str]:
    """The dtype for `train.precision` ("auto", "bf16", "fp32") and the reason for it."""
    if setting != "auto":
        return (torch.bfloat16 if setting == "bf16" else torch.float32), "set in the config"
    if torch.cuda.is_available():
        return torch.bfloat16, "a GPU"
    seconds = {dtype: _probe(dtype) for dtype in (torch.float32, torch.bfloat16)}
    ratio = seconds[torch.float32] / seconds[torch.bfloat16]
    # Casts and norms around the products cost bf16 something, so it must win clearly.
    return (torch.bfloat16 if ratio > 1.2 else torch.float32), f"a timed probe: bf16 products take 1/{ratio:.2f} of fp32's time"


def _probe(dtype: torch.dtype) -> float:
    """Best of five, in seconds: one product of a step's usual shape (768 tokens, 576 to 1536 features)."""
    x, weight = torch.randn(768, 576, dtype=dtype), torch.randn(576, 1536, dtype=dtype)
    best = float("inf")
    for _ in range(6):  # the first is a warm-up in all but name: the minimum ignores it
        started = time.perf_counter()
        for _ in range(4):
            x @ weight
        best = min(best, time.perf_counter() - started)
    return best
