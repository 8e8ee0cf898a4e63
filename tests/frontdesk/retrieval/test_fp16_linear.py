"""Linear layers with float16 weights."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from frontdesk.retrieval.fp16_linear import Fp16Linear, use_fp16_weights


@pytest.mark.parametrize("bias", [True, False])
def test_products_are_those_of_the_rounded_weights(bias: bool) -> None:
    torch.manual_seed(0)
    linear, values = nn.Linear(48, 80, bias=bias), torch.randn(2, 7, 48)
    exact = nn.functional.linear(values, linear.weight.half().float(), linear.bias)
    product = Fp16Linear(linear)(values)
    assert product.shape == (2, 7, 80) and product.dtype == torch.float32
    assert torch.allclose(product, exact, atol=1e-5)
    assert not torch.equal(product, linear(values)), "the weights are rounded"


def test_every_linear_map_of_a_model_is_replaced_and_nothing_else() -> None:
    model = nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8), nn.ModuleDict({"deep": nn.Sequential(nn.Linear(8, 4))}))
    use_fp16_weights(model)
    assert [type(part) for part in model.modules() if not list(part.children())] == [Fp16Linear, nn.LayerNorm, Fp16Linear]


def attention() -> nn.Module:
    return nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)


def t5() -> nn.Module:
    from transformers import T5Config
    from transformers.models.t5.modeling_t5 import T5LayerFF

    return T5LayerFF(T5Config(d_model=16, d_ff=32, dropout_rate=0.0))


@pytest.mark.parametrize("made", [attention, t5])
def test_models_that_look_at_their_weights_work(made: Callable[[], nn.Module]) -> None:
    """Torch's attention never calls its last linear map, T5 asks for its number format before it does."""
    torch.manual_seed(0)
    model, values = made(), torch.randn(1, 5, 16)
    before = model(values)
    use_fp16_weights(model)
    assert any(isinstance(part, Fp16Linear) for part in model.modules())
    assert torch.allclose(model(values), before, atol=1e-2)


def test_a_processor_without_the_kernel_keeps_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model = nn.Sequential(nn.Linear(8, 8))
    monkeypatch.setattr("torch.backends.quantized.engine", "qnnpack")
    use_fp16_weights(model)
    assert type(model[0]) is nn.Linear
