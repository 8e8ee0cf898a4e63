"""The base model in training: whether it fits, and how it is loaded."""

import shutil
from pathlib import Path
from typing import Any

import psutil
import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, PreTrainedModel

from frontdesk.config.schema import TrainConfig
from frontdesk.errors import UserError
from frontdesk.models.base import weights
from train.memory import GIB, dequantizes, disk_bytes
from train.trainer import processes


def weight_bytes(folder: Path) -> int:
    """Size of the weights on disk."""
    return sum(file.stat().st_size for file in weights(folder))


def free_memory() -> int:
    """Free bytes where the whole model will live: the GPU's, or the machine's, also for a sharded one."""
    on_gpu = torch.cuda.is_available() and not processes.sharded()
    return torch.cuda.mem_get_info()[0] if on_gpu else psutil.virtual_memory().available


def check_disk(folder: Path, run_root: Path, settings: TrainConfig) -> None:
    """Refuse a base model whose checkpoints and merged weights this machine's disk cannot take."""
    need = disk_bytes(weight_bytes(folder) / 2, settings.method)  # most models lie there in 16 bits
    free = shutil.disk_usage(Path()).free
    if need > free:
        raise UserError(
            f"{run_root}: the merged model and checkpoints need about {need / GIB:.1f} GiB of disk, {free / GIB:.1f} GiB are free; "
            "free some space or choose a smaller model.base"
        )


def load(folder: Path, settings: TrainConfig, dtype: torch.dtype) -> PreTrainedModel:
    """The base as `settings.method` needs it: quantized for qlora, in fp32 for full, else in `dtype`.

    A quantized base whose weights, held in `dtype`, take less than a third of the free memory of a CPU is
    dequantized once: the same numbers on NF4's (or int8's) grid, without decoding them at every product
    (`train.dequantize_once` forces or forbids it).
    """
    if settings.method != "qlora":
        return load_plain(folder, torch.float32 if settings.method == "full" else dtype)
    model = load_quantized(folder, settings.bits, dtype)
    once = dequantizes(settings, model.num_parameters() * dtype.itemsize, torch.cuda.is_available(), free_memory())
    return model.dequantize(dtype=dtype) if processes.agreed(once) else model


def load_quantized(folder: Path, bits: int, dtype: torch.dtype) -> PreTrainedModel:
    """The base in NF4 with double quantization (QLoRA, Dettmers et al. 2023) or in LLM.int8 (the same, 2022),
    computing in `dtype`."""
    from bitsandbytes.nn import Linear4bit

    if bits == 8:
        return load_plain(folder, dtype, quantization_config=BitsAndBytesConfig(load_in_8bit=True))
    quantization = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
        # The same bits; FSDP shards floats only, and would cast any other type than the one it computes in.
        bnb_4bit_quant_storage=dtype if processes.sharded() else torch.uint8,
    )
    model = load_plain(folder, dtype, quantization_config=quantization)
    for module in model.modules():
        if isinstance(module, Linear4bit):
            # On a CPU with avx512_bf16, bitsandbytes 0.50 repacks the weights for inference at the first
            # forward in
            # evaluation mode, for good. The packed product has no gradient, so a training that evaluates
            # would go on
            # with wrong gradients, silently.
            module.support_avx512bf16_for_cpu = False
    return model


def load_plain(folder: Path, dtype: torch.dtype, **options: Any) -> PreTrainedModel:
    """A model folder as it is, in `dtype`, on this process's GPU if there is one.

    One that FSDP will shard is loaded into the machine's memory, unless it is quantized: then to this
    process's GPU, where it is quantized weight by weight.
    """
    if torch.cuda.is_available() and (not processes.sharded() or "quantization_config" in options):
        options["device_map"] = {"": processes.state().local_process_index}
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="sdpa", **options)
