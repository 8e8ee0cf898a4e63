"""The base model in training: whether it fits, and how it is loaded."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontdesk.base import weights
from frontdesk.config import TrainConfig
from frontdesk.errors import UserError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

GIB = 2**30


def weight_bytes(folder: Path) -> int:
    """Size of the weights on disk."""
    return sum(file.stat().st_size for file in weights(folder))


def free_memory() -> int:
    """Free bytes where the model will live: the GPU's, or else the machine's."""
    import psutil
    import torch

    return torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else psutil.virtual_memory().available


def check_fit(folder: Path, run_root: Path) -> None:
    """Refuse a base model that this machine's memory or disk cannot take (estimates on the generous side)."""
    size = weight_bytes(folder)
    # In NF4 the weights take about a third of their 16-bit size; the merge then holds all of them in 16 bits.
    # 2 GiB is for activations, optimizer and libraries.
    need, free = int(size * 1.1) + 2 * GIB, free_memory()
    if need > free:
        raise UserError(
            f"{folder}: needs about {need / GIB:.1f} GiB of memory, {free / GIB:.1f} GiB are free; "
            "choose a smaller model.base, or a machine with more memory"
        )
    need, free = int(size * 1.2) + GIB, shutil.disk_usage(Path()).free
    if need > free:
        raise UserError(
            f"{run_root}: the merged model and checkpoints need about {need / GIB:.1f} GiB of disk, {free / GIB:.1f} GiB are free; "
            "free some space or choose a smaller model.base"
        )


def load(folder: Path, settings: TrainConfig, dtype: "torch.dtype") -> "PreTrainedModel":
    """The base as `settings.method` needs it: quantized for qlora, in fp32 for full, else in `dtype`.

    A quantized base whose weights, held in `dtype`, take less than a third of the free memory of a CPU is dequantized once: the
    same numbers on NF4's (or int8's) grid, without decoding them at every product (`train.dequantize_once` forces or forbids it).
    """
    import torch

    if settings.method == "full":
        return load_plain(folder, torch.float32)
    if settings.method != "qlora":
        return load_plain(folder, dtype)
    model = load_quantized(folder, settings.bits, dtype)
    once = settings.dequantize_once
    if once is None:
        once = not torch.cuda.is_available() and model.num_parameters() * dtype.itemsize < free_memory() / 3
    return model.dequantize(dtype=dtype) if once else model


def load_quantized(folder: Path, bits: int, dtype: "torch.dtype") -> "PreTrainedModel":
    """The base in NF4 with double quantization (QLoRA, Dettmers et al. 2023) or in LLM.int8 (the same, 2022), computing in `dtype`."""
    from bitsandbytes.nn import Linear4bit
    from transformers import BitsAndBytesConfig

    if bits == 8:
        return load_plain(folder, dtype, quantization_config=BitsAndBytesConfig(load_in_8bit=True))
    quantization = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )
    model = load_plain(folder, dtype, quantization_config=quantization)
    for module in model.modules():
        if isinstance(module, Linear4bit):
            # On a CPU with avx512_bf16, bitsandbytes 0.50 repacks the weights for inference at the first forward in evaluation mode, for
            # good; the packed product has no gradient, so a training that evaluates would go on with wrong gradients, silently.
            module.support_avx512bf16_for_cpu = False
    return model


def load_plain(folder: Path, dtype: "torch.dtype", **options: Any) -> "PreTrainedModel":
    """A model folder as it is, in `dtype`, on the GPU if there is one."""
    import torch
    from transformers import AutoModelForCausalLM

    options["attn_implementation"] = "sdpa"
    if torch.cuda.is_available():
        options["device_map"] = {"": 0}
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **options)
