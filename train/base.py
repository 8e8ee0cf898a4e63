"""The base model: where it lies, whether it fits, and how it is loaded (NF4 with double quantization, or dequantized)."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontdesk.config import Config, ModelConfig
from frontdesk.errors import UserError
from frontdesk.prompt import TURN_ENDS, chat_template
from frontdesk.run import EMBEDDED_MODEL, EMBEDDED_NAME

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
GIB = 2**30


def locate(model: ModelConfig) -> Path:
    """The local folder of the base model, downloaded first if it is a hub id. Raises UserError where it cannot be had."""
    if model.base == EMBEDDED_NAME:
        folder = EMBEDDED_MODEL
        advice = "run `make setup`"
    else:
        folder = Path(model.base).expanduser()
        advice = "check model.base in the config"
        if not folder.is_dir() and not model.base.startswith((".", "/", "~")) and model.base.count("/") == 1:
            return _download(model)
    if not (folder / "config.json").is_file() or not _weights(folder):
        raise UserError(f"{folder}: no model found; expected a folder with config.json and *.safetensors weights; {advice}")
    return folder


def _download(model: ModelConfig) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, RepositoryNotFoundError

    where = f"model.base '{model.base}'"
    instead = "or set model.base to a local folder that has the weights"
    try:
        folder = snapshot_download(model.base, revision=model.revision, ignore_patterns=["original/*", "*.pth", "*.gguf"])
    except GatedRepoError:
        raise UserError(f"{where}: the hub says the model is gated; accept its licence on its page and set HF_TOKEN, {instead}") from None
    except RepositoryNotFoundError:
        raise UserError(f"{where}: the hub has no such model, or it is private; correct the name, set HF_TOKEN, {instead}") from None
    except (LocalEntryNotFoundError, OSError) as error:
        cause = str(error).split("\n")[0][:120]
        raise UserError(f"{where}: the hub cannot be reached and no copy is cached ({cause}); connect to it, {instead}") from None
    if not _weights(Path(folder)):
        raise UserError(f"{where}: the hub's folder has no *.safetensors weights; choose another model, {instead}")
    return Path(folder)


def _weights(folder: Path) -> list[Path]:
    return [file for pattern in WEIGHTS for file in folder.glob(pattern)]


def weight_bytes(folder: Path) -> int:
    """Size of the weights on disk."""
    return sum(file.stat().st_size for file in _weights(folder))


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


def load_tokenizer(config: Config, folder: Path) -> "PreTrainedTokenizerBase":
    """The base's tokenizer with the run's chat template; its end-of-sequence token is the one that ends a turn."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    end = TURN_ENDS[config.model.template][-1]
    if end not in tokenizer.get_vocab():
        raise UserError(
            f"model.template '{config.model.template}': the tokenizer of {folder} has no {end}; choose the template of the model's family"
        )
    tokenizer.chat_template = chat_template(config)
    tokenizer.eos_token = end
    if tokenizer.pad_token is None:
        tokenizer.pad_token = end  # padding is masked in attention and loss, so any token serves
    return tokenizer


def load_nf4(folder: Path, dtype: "torch.dtype") -> "PreTrainedModel":
    """The base in NF4 with double quantization (QLoRA, Dettmers et al. 2023), computing in `dtype`."""
    import torch
    from bitsandbytes.nn import Linear4bit
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    quantization = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )
    options: dict[str, Any] = {"quantization_config": quantization, "dtype": dtype}
    if torch.cuda.is_available():
        options |= {"attn_implementation": "sdpa", "device_map": {"": 0}}
    else:
        options["attn_implementation"] = "eager"  # for rows of about 100 tokens a tenth faster than sdpa's CPU kernel, whole steps compared
    model = AutoModelForCausalLM.from_pretrained(folder, **options)
    for module in model.modules():
        if isinstance(module, Linear4bit):
            # On a CPU with avx512_bf16, bitsandbytes 0.50 repacks the weights for inference at the first forward in evaluation mode, for
            # good; the packed product has no gradient, so a training that evaluates would go on with wrong gradients, silently.
            module.support_avx512bf16_for_cpu = False
    return model
