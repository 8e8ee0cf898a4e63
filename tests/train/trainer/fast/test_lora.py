"""The fused LoRA product against PEFT's own forward and autograd."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model

from frontdesk.config.schema import TrainConfig
from train.trainer.base_model import load
from train.trainer.fast import lora

IDS = torch.tensor([[5, 9, 200, 31, 7, 301, 12, 44]])


def peft_model(folder: Path, once: bool, rate: float = 0.0, **options: Any) -> Any:
    torch.manual_seed(3)
    model = load(folder, TrainConfig(dequantize_once=once), torch.float32)
    config = LoraConfig(r=4, lora_alpha=8, lora_dropout=rate, target_modules="all-linear", task_type="CAUSAL_LM", **options)
    tuned = get_peft_model(model, config)
    for name, parameter in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)
    return tuned


def loss_and_gradients(model: Any) -> tuple[float, dict[str, torch.Tensor]]:
    torch.manual_seed(11)
    model.zero_grad()
    loss = model(input_ids=IDS, labels=IDS).loss
    loss.backward()
    return loss.item(), {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("once", [True, False])
def test_loss_and_gradients_are_pefts(tiny_llama3: Path, once: bool) -> None:
    model = peft_model(tiny_llama3, once)
    model.train()
    loss, gradients = loss_and_gradients(model)
    assert lora.fuse(model) == 14
    fused_loss, fused = loss_and_gradients(model)
    assert fused_loss == pytest.approx(loss, rel=1e-5)
    assert fused.keys() == gradients.keys() and len(fused) == 28
    for name, gradient in gradients.items():
        torch.testing.assert_close(fused[name], gradient, rtol=1e-3, atol=1e-6)


def test_dropout_acts_on_the_adapter_in_training_only(tiny_llama3: Path) -> None:
    model = peft_model(tiny_llama3, once=True, rate=0.5)
    lora.fuse(model)
    model.train()
    torch.manual_seed(1)
    one, other = model(input_ids=IDS).logits, model(input_ids=IDS).logits
    assert not torch.equal(one, other)
    model.eval()
    assert torch.equal(model(input_ids=IDS).logits, model(input_ids=IDS).logits)


def test_gradients_with_dropout_are_those_of_the_formula() -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(6, 5, dtype=torch.float64), torch.randn(7, 5, dtype=torch.float64)
    a, b = torch.randn(2, 5, dtype=torch.float64), torch.randn(7, 2, dtype=torch.float64)
    z = torch.nn.functional.dropout(x, 0.4)

    def run(product: Any) -> list[torch.Tensor]:
        leaves = [tensor.clone().requires_grad_() for tensor in (x, z, a, b)]
        product(*leaves).square().sum().backward()
        return [leaf.grad for leaf in leaves]  # type: ignore[misc]

    expected = run(lambda x, z, a, b: x @ weight.t() + 2.0 * (z @ a.t()) @ b.t())
    found = run(lambda x, z, a, b: lora.LoraProduct.apply(x, z, a, b, lambda: weight, 2.0))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one.double(), other, rtol=1e-5, atol=1e-5)


def test_what_it_cannot_compute_keeps_pefts_forward(tiny_llama3: Path) -> None:
    assert lora.fuse(peft_model(tiny_llama3, once=True, use_dora=True)) == 0
