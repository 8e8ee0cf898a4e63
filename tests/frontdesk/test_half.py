"""Linear maps with weights in half precision."""

import pytest
import torch
from torch import nn

from frontdesk.half import HalfLinear, halve


@pytest.mark.parametrize("bias", [True, False])
def test_products_are_those_of_the_rounded_weights(bias: bool) -> None:
    torch.manual_seed(0)
    linear, values = nn.Linear(48, 80, bias=bias), torch.randn(2, 7, 48)
    exact = nn.functional.linear(values, linear.weight.half().float(), linear.bias)
    product = HalfLinear(linear)(values)
    assert product.shape == (2, 7, 80) and product.dtype == torch.float32
    assert torch.allclose(product, exact, atol=1e-5)
    assert not torch.equal(product, linear(values)), "the weights are rounded"


def test_every_linear_map_of_a_model_is_replaced_and_nothing_else() -> None:
    model = nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8), nn.ModuleDict({"deep": nn.Sequential(nn.Linear(8, 4))}))
    halve(model)
    assert [type(part) for part in model.modules() if not list(part.children())] == [HalfLinear, nn.LayerNorm, HalfLinear]


def test_a_processor_without_the_kernel_keeps_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model = nn.Sequential(nn.Linear(8, 8))
    monkeypatch.setattr("torch.backends.quantized.engine", "qnnpack")
    halve(model)
    assert isinstance(model[0], nn.Linear)
