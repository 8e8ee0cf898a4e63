"""LoRA's forward and backward as one product each way.

PEFT computes `W x + s B (A x)` as separate steps: with a bf16 base and fp32 A and B it casts every input to
fp32, runs the thin products there, scales, casts back and adds, and autograd keeps each of these tensors. On
a CPU that is more than half of a step. Here the thin products run in the base's dtype and are accumulated in
place; A, B and their gradients stay fp32, as in any mixed precision training.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch.autograd.function import FunctionCtx
from torch.nn.functional import dropout


class LoraProduct(torch.autograd.Function):
    """`x Wᵀ + scale (z Aᵀ) Bᵀ`, z: x after dropout or None; x, z (tokens, in), A (rank, in), B (out, rank)."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        z: torch.Tensor | None,
        a: torch.Tensor,
        b: torch.Tensor,
        weight: Callable[[], torch.Tensor],
        scale: float,
    ) -> torch.Tensor:
        a, b = a.to(x.dtype), b.to(x.dtype)
        inputs = x if z is None else z
        inner = inputs @ a.t()
        out = x @ weight().t()
        out.addmm_(inner, b.t(), alpha=scale)
        ctx.save_for_backward(inputs, inner, a, b)
        ctx.weight, ctx.scale, ctx.dropped = weight, scale, z is not None
        return out

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (grad,) = grads
        inputs, inner, a, b = ctx.saved_tensors  # type: ignore[attr-defined]
        scale, weight, dropped = ctx.scale, ctx.weight, ctx.dropped  # type: ignore[attr-defined]
        grad_inner = (grad @ b).mul_(scale)
        grad_a = (grad_inner.t() @ inputs).float()
        grad_b = (grad.t() @ inner).float().mul_(scale)
        grad_x = grad @ weight()
        if dropped:
            return grad_x, grad_inner @ a, grad_a, grad_b, None, None
        return grad_x.addmm_(grad_inner, a), None, grad_a, grad_b, None, None


def fuse(model: torch.nn.Module) -> int:
    """Let the LoRA layers of a PeftModel over plain or NF4 linear layers compute by LoraProduct; returns how
    many do. Parameters, names, saving and merging stay PEFT's. A bias, DoRA or another base layer keeps
    PEFT's forward."""
    from peft.tuners.lora import Linear
    from peft.tuners.lora.bnb import Linear4bit

    fused = 0
    for module in model.modules():
        if isinstance(module, Linear | Linear4bit) and module.base_layer.bias is None and not module.lora_variant:
            module.forward = _Forward(module, Linear4bit)
            fused += 1
    return fused


class _Forward:
    """The forward of one LoRA layer."""

    def __init__(self, layer: Any, quantized: type) -> None:
        self.layer, self.base = layer, layer.base_layer
        self.weight = self._dequantized if isinstance(layer, quantized) else self._plain
        self.a, self.b, self.scale = layer.lora_A["default"].weight, layer.lora_B["default"].weight, layer.scaling["default"]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.reshape(-1, x.shape[-1])
        rate = getattr(self.layer.lora_dropout["default"], "p", 0.0)
        dropped = dropout(flat, rate) if rate and self.layer.training else None
        return LoraProduct.apply(flat, dropped, self.a, self.b, self.weight, self.scale).view(*x.shape[:-1], -1)  # type: ignore[no-untyped-call, no-any-return]

    def _plain(self) -> torch.Tensor:
        return self.base.weight  # type: ignore[no-any-return]

    def _dequantized(self) -> torch.Tensor:
        from bitsandbytes.functional import dequantize_4bit

        weight = self.base.weight
        return dequantize_4bit(weight.data, weight.quant_state).to(self.base.compute_dtype)
