"""Packing proof: a row packed with others has the logits that it has alone."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention
from transformers import AutoModelForCausalLM

from train.trainer.build import ROUNDING
from train.trainer.fast import attention

ROWS = [[5, 9, 200, 31, 7], [77, 12], [300, 301, 302, 303, 304, 305, 306, 307, 308], [4]]


def model(folder: Path, implementation: str, dtype: torch.dtype = torch.float32) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation=implementation)


@pytest.mark.parametrize("which", ["tiny_llama3", "embedded_model"])
def test_packed_rows_have_the_logits_of_each_row_alone(which: str, request: pytest.FixtureRequest) -> None:
    packed = model(request.getfixturevalue(which), attention.NAME)
    assert attention.leak(packed, ROWS) < ROUNDING[torch.float32]  # with AVX-512 it is 3e-5, with AVX2 1e-6


def test_a_row_alone_is_what_torchs_own_attention_makes_of_it(embedded_model: Path) -> None:
    ids = torch.tensor([ROWS[2]])
    with torch.no_grad():
        ours, theirs = (model(embedded_model, name)(input_ids=ids).logits for name in (attention.NAME, "sdpa"))
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kernel", [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH])
def test_each_kernel_of_torch_computes_it(tiny_llama3: Path, kernel: SDPBackend) -> None:
    """torch takes FlashAttention where it can. On a GPU it does so for rows without a mask only, in 16 bits."""
    packed = model(tiny_llama3, attention.NAME, torch.bfloat16)
    with sdpa_kernel([kernel]):
        assert attention.leak(packed, ROWS) < ROUNDING[torch.bfloat16]


def test_rows_have_no_mask_that_flash_attention_would_refuse(tiny_llama3: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[Any, bool]] = []

    def spy(*tensors: torch.Tensor, attn_mask: Any, is_causal: bool, **options: Any) -> torch.Tensor:
        calls.append((attn_mask, is_causal))
        return scaled_dot_product_attention(*tensors, attn_mask=attn_mask, is_causal=is_causal, **options)

    monkeypatch.setattr(attention, "scaled_dot_product_attention", spy)
    attention.leak(model(tiny_llama3, attention.NAME), ROWS)
    assert set(calls) == {(None, True)} and len(calls) == 2 * 2 * len(ROWS)  # layers, together and alone


def test_the_proof_fails_for_an_attention_that_ignores_the_borders(tiny_llama3: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import AttentionInterface

    def blind(module: Any, query: Any, key: Any, value: Any, mask: Any, **options: Any) -> Any:
        options.pop("cu_seq_lens_q", None)
        return attention.attend_within_rows(module, query, key, value, mask, **options)

    leaking = model(tiny_llama3, attention.NAME)
    monkeypatch.setitem(AttentionInterface._global_mapping, attention.NAME, blind)
    assert attention.leak(leaking, ROWS) > 1e-2


def test_gradients_of_packed_rows_are_those_of_the_rows_alone(tiny_llama3: Path) -> None:
    from train.trainer.fast.batches import parts

    packed = model(tiny_llama3, attention.NAME)
    borders = torch.tensor([0, *(len(row) for row in ROWS)]).cumsum(0).to(torch.int32)
    ids = torch.tensor([[token for row in ROWS for token in row]])
    positions = torch.cat([torch.arange(len(row)) for row in ROWS])[None]
    batch = {"input_ids": ids, "labels": ids, "position_ids": positions, "cu_seq_lens_q": borders, "cu_seq_lens_k": borders}

    def gradient(pieces: list[dict[str, Any]]) -> torch.Tensor:
        packed.zero_grad()
        for piece in pieces:
            packed(**{name: value for name, value in piece.items() if name != "labels"}, use_cache=False).logits.square().sum().backward()
        return packed.model.layers[0].self_attn.k_proj.weight.grad.clone()

    torch.testing.assert_close(gradient([batch]), gradient(parts(batch, 1)), rtol=1e-3, atol=1e-4)
