"""The settings that a GPU gets, as TRL, transformers and bitsandbytes themselves read them. No GPU takes part."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState
from transformers import Trainer
from trl import DPOConfig, SFTConfig

from frontdesk.config.schema import load_config
from tests.conftest import ROOT
from train.trainer import build, dpo

CONFIGS = ("llama3-8b", "llama3-70b")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What libraries are told of the machine: a GPU that knows bf16."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *_: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: None)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)  # no later test may take its device for a GPU


@pytest.fixture(params=[(name, stage) for name in CONFIGS for stage in ("rows", "pairs")], ids=str)
def arguments(request: pytest.FixtureRequest, gpu: None, tmp_path: Path) -> SFTConfig | DPOConfig:
    name, stage = request.param
    settings = load_config(ROOT / f"configs/{name}.yaml").train
    if stage == "pairs":
        return dpo.arguments(settings, tmp_path / "checkpoints")
    return build.arguments(settings, 100, tmp_path / "checkpoints", packed=True, autocast=False, resumed=False)


def test_a_gpu_computes_in_bf16_and_keeps_few_activations(arguments: SFTConfig | DPOConfig) -> None:
    assert (arguments.device.type, arguments.bf16, arguments.fp16) == ("cuda", True, False)
    assert arguments.gradient_checkpointing and arguments.dataloader_pin_memory


def test_its_optimizer_is_paged_adamw_in_8_bits(arguments: SFTConfig | DPOConfig) -> None:
    kind, options = Trainer.get_optimizer_cls_and_kwargs(arguments)
    optimizer = kind([torch.nn.Parameter(torch.zeros(8))], **options)
    assert (kind.__module__.split(".")[0], kind.__name__) == ("bitsandbytes", "AdamW")
    assert (optimizer.args.optim_bits, optimizer.is_paged) == (8, True)
