"""A run's tuned model put together again from disk: as it was trained, or merged."""

from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from train.free import release
from train.trainer.base_model import free_memory, load_plain, load_quantized, weight_bytes

BASES = {"qlora": ("pristine", "dequantized"), "lora": ("pristine",), "adapter": ("pristine",), "full": ("none",)}
"""What an adapter may be merged into: the base's weights, or what quantization left, as it saw them."""


def unmerged(config: Config, run: Run, base: Path, dtype: torch.dtype, into: str) -> Any:
    """One of BASES with the adapter beside it, in the dtype of training. Into the base that training saw, it
    is what training ended with."""
    if into == "none":
        return load_plain(run.adapter, torch.float32)
    # Dequantized to the dtype of training, the base computes what the quantized one computed there, and
    # decodes faster.
    model = load_plain(base, dtype) if into == "pristine" else load_quantized(base, config.train.bits, dtype).dequantize(dtype=dtype)
    return PeftModel.from_pretrained(model, run.adapter)


def merged(config: Config, run: Run, base: Path, into: str) -> PreTrainedModel:
    """The adapter merged into one of BASES, summed in fp32 where memory allows, rounded to bf16 once."""
    release()  # what was merged before
    if into == "none":
        return load_plain(run.adapter, torch.bfloat16)
    dtype = torch.float32 if weight_bytes(base) * 2.5 < free_memory() else torch.bfloat16
    return unmerged(config, run, base, dtype, into).merge_and_unload().to(torch.bfloat16)
