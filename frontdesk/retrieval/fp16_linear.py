"""Linear layers with float16 weights and float32 products, for an encoder that is asked one question at a
time.

A dozen tokens make few products for each weight read from memory, so half the bytes take little more than
half the time. Batches of long texts take a sixth longer (docs/experiments.md). The kernel is FBGEMM's (Khudia
et al. 2021), which torch has on x86 processors.
"""

import torch
from torch import nn


class Fp16Linear(nn.Linear):  # type: ignore[misc]
    """An `nn.Linear` from float32 [..., in] to float32 [..., out] whose weights are rounded to float16. The
    original weights stay, for models that read them."""

    def __init__(self, linear: nn.Linear) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight, self.bias = linear.weight, linear.bias
        bias = None if linear.bias is None else linear.bias.detach().float()
        self.packed = torch.ops.quantized.linear_prepack_fp16(linear.weight.detach().float(), bias)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        product: torch.Tensor = torch.ops.quantized.linear_dynamic_fp16(values, self.packed)
        return product


def use_fp16_weights(model: nn.Module) -> None:
    """Replace each plain nn.Linear in the model by an Fp16Linear, if this processor has such a kernel."""
    if torch.backends.quantized.engine not in ("x86", "fbgemm"):
        return
    for name, part in model.named_children():
        if type(part) is nn.Linear:
            setattr(model, name, Fp16Linear(part))
        else:
            use_fp16_weights(part)
