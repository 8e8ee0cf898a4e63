"""The settings that a GPU gets, as TRL, transformers and bitsandbytes themselves read them. No GPU takes part."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState
from transformers import Trainer
from trl import DPOConfig, SFTConfig

from frontdesk.config.schema import TrainConfig, load_config
from tests.conftest import ROOT
from train.trainer import build, dpo, processes
from train.trainer.fast import precision

CONFIGS = ("llama3-8b", "llama3-70b")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What libraries are told of the machine: a GPU that knows bf16."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *_, **__: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: None)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)  # no later test may take its device for a GPU


def made(name: str, stage: str, folder: Path, dtype: torch.dtype) -> SFTConfig | DPOConfig:
    """The settings of a shipped config for a training on rows or on pairs."""
    settings, checkpoints = load_config(ROOT / f"configs/{name}.yaml").train, folder / "checkpoints"
    autocast = precision.autocasts(settings.method, dtype)
    if stage == "pairs":
        return dpo.arguments(settings, checkpoints, autocast=autocast)
    return build.arguments(settings, 100, checkpoints, packed=True, autocast=autocast, resumed=False)


@pytest.fixture(params=[(name, stage) for name in CONFIGS for stage in ("rows", "pairs")], ids=str)
def arguments(request: pytest.FixtureRequest, gpu: None, tmp_path: Path) -> SFTConfig | DPOConfig:
    return made(*request.param, tmp_path, torch.bfloat16)


def test_a_gpu_computes_in_bf16_and_keeps_few_activations(arguments: SFTConfig | DPOConfig) -> None:
    assert (arguments.device.type, arguments.bf16, arguments.fp16) == ("cuda", True, False)
    assert arguments.gradient_checkpointing and arguments.dataloader_pin_memory


@pytest.mark.parametrize("stage", ["rows", "pairs"])
def test_a_gpu_without_bf16_computes_in_fp32(gpu: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stage: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *_, **__: False)
    arguments = made("llama3-8b", stage, tmp_path, precision.choose("auto")[0])
    assert (arguments.device.type, arguments.bf16, arguments.fp16) == ("cuda", False, False)


def test_sharded_weights_have_torchs_own_optimizer(gpu: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "sharded", lambda: True)
    assert build.common_arguments(TrainConfig(), 1, tmp_path)["optim"] == "adamw_torch"


def test_its_optimizer_is_paged_adamw_in_8_bits(arguments: SFTConfig | DPOConfig) -> None:
    kind, options = Trainer.get_optimizer_cls_and_kwargs(arguments)
    optimizer = kind([torch.nn.Parameter(torch.zeros(8))], **options)
    assert (kind.__module__.split(".")[0], kind.__name__) == ("bitsandbytes", "AdamW")
    assert (optimizer.args.optim_bits, optimizer.is_paged) == (8, True)
