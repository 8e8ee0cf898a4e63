"""Which number format trains faster here: bf16 on a GPU that has it; on a CPU, what a timed probe says."""

import time

import torch


def choose(setting: str) -> tuple[torch.dtype, str]:
    """The dtype for `train.precision` ("auto", "bf16", "fp32") and the reason for it."""
    if setting != "auto":
        return (torch.bfloat16 if setting == "bf16" else torch.float32), "set in the config"
    if torch.cuda.is_available():
        bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
        return (torch.bfloat16, "a GPU") if bf16 else (torch.float32, "a GPU without bf16")
    seconds = {dtype: _probe(dtype) for dtype in (torch.float32, torch.bfloat16)}
    ratio = seconds[torch.float32] / seconds[torch.bfloat16]
    # Casts and norms around the products cost bf16 something, so it must win clearly.
    return (torch.bfloat16 if ratio > 1.2 else torch.float32), f"a timed probe: bf16 products take 1/{ratio:.2f} of fp32's time"


def autocasts(method: str, dtype: torch.dtype) -> bool:
    """Whether fp32 weights compute in bf16 by autocast: with the method `full` all of them, on a GPU an adapter's. On a CPU an
    adapter casts itself (train/trainer/fast/lora.py), and autocast would only add casts."""
    return dtype == torch.bfloat16 and (method == "full" or torch.cuda.is_available())


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
