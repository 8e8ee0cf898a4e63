"""The road that a training takes on a GPU, on this CPU: NF4 weights that stay so, PEFT's own LoRA, autocast, TRL's loss, checkpointing."""

import gc
from pathlib import Path
from typing import Any

import pytest
import torch
from peft.tuners.lora.bnb import Linear4bit
from transformers import TrainerCallback

from frontdesk.config.schema import TrainConfig
from tests.train.export.test_parity import held
from train.free import release
from train.trainer import build as building
from train.trainer.base_model import load
from train.trainer.fast import lora
from train.trainer.sft import SupervisedSFTTrainer

Rows = list[dict[str, list[int]]]


class OnGpu(SupervisedSFTTrainer):
    """A trainer that believes itself on a GPU."""

    on_cpu = property(lambda self: False, lambda self, value: None)


@pytest.fixture
def make(tiny_llama3: Path, tokenizer: Any, rows: Rows, settings: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def trainer(on_gpu: bool, dtype: torch.dtype, **changes: Any) -> SupervisedSFTTrainer:
        changed = settings.model_copy(update={"dequantize_once": False} | changes)
        with monkeypatch.context() as patch:
            if on_gpu:
                patch.setattr(building, "SupervisedSFTTrainer", OnGpu)
                patch.setattr(lora, "fuse", lambda model: None)
            model, autocast = load(tiny_llama3, changed, dtype), on_gpu and dtype == torch.bfloat16
            made = building.build(model, tokenizer, rows, {"wordings": rows}, changed, tmp_path / "runs", autocast=autocast)[0]
        torch.manual_seed(0)
        for name, parameter in made.model.named_parameters():
            if "lora_" in name:  # B is zero at the start, which would hide A
                torch.nn.init.normal_(parameter, std=0.05)
        return made

    return trainer


class FirstStep(TrainerCallback):  # type: ignore[misc]
    """Looks at a training's first step, and ends it."""

    gradient: torch.Tensor
    checkpointing: bool

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        gradients = [parameter.grad.flatten() for _, parameter in sorted(model.named_parameters()) if parameter.grad is not None]
        assert {gradient.dtype for gradient in gradients} == {torch.float32}
        self.gradient, self.checkpointing = torch.cat(gradients).clone(), model.is_gradient_checkpointing
        control.should_training_stop = True


def first_step(trainer: SupervisedSFTTrainer) -> tuple[float, FirstStep]:
    """The loss before the first step, and that step, of a training that begins as any other."""
    seen = FirstStep()
    trainer.add_callback(seen)
    trainer.train()
    return next(entry["eval_wordings_loss"] for entry in trainer.state.log_history if "eval_wordings_loss" in entry), seen


@pytest.mark.parametrize(("packing", "checkpointing"), [(True, True), (False, True), (True, False)])
def test_a_step_is_that_of_a_cpu(make: Any, packing: bool, checkpointing: bool) -> None:
    here = make(False, torch.float32, packing=packing)
    there = make(True, torch.float32, packing=packing, gradient_checkpointing=checkpointing)
    assert there.args.padding_free == packing and not there.in_parts
    assert any(isinstance(module, Linear4bit) for module in there.model.modules())
    (loss, step), (same_loss, same_step) = first_step(here), first_step(there)
    assert (step.checkpointing, same_step.checkpointing) == (False, checkpointing)
    assert same_loss == pytest.approx(loss, rel=1e-5)
    torch.testing.assert_close(same_step.gradient, step.gradient, rtol=1e-3, atol=1e-5)


def test_in_bf16_by_autocast_it_is_the_same_up_to_rounding(make: Any) -> None:
    here, there = make(False, torch.float32), make(True, torch.bfloat16, gradient_checkpointing=True)
    assert there.args.bf16 and there.args.padding_free
    (loss, step), (same_loss, same_step) = first_step(here), first_step(there)
    assert same_step.checkpointing and same_loss == pytest.approx(loss, rel=1e-2)
    assert torch.nn.functional.cosine_similarity(step.gradient, same_step.gradient, dim=0) > 0.99


def test_it_trains_stops_and_saves_an_adapter_in_fp32(make: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    gc.collect()
    before = held()
    trainer = make(True, torch.bfloat16, gradient_checkpointing=True, epochs=6, dropout=0.05, neftune=5.0)
    trainer.train()
    losses = [entry["eval_wordings_loss"] for entry in trainer.state.log_history if "eval_wordings_loss" in entry]
    assert min(losses) < losses[0] - 0.02
    trainer.save_adapter(tmp_path / "adapter")
    assert {weight.dtype for weight in load_file(tmp_path / "adapter/adapter_model.safetensors").values()} == {torch.float32}
    del trainer
    release()
    assert held() == before  # the engine needs the room that a training had
