"""Smoothing changes nothing that the model computes, and evens out what is rounded."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from train.export.smooth import factors, norm_offset, peaks, readers, smoothed

IDS = [[5, 80, 200, 31, 7, 9], [44, 3, 3, 150]]


def loaded(folder: Path) -> Any:
    """A random model whose norms have a few channels that are far larger than the others."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    for name in readers(model):
        model.get_submodule(name).weight.data[[3, 17]] = 40.0
    return model


def says(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        return torch.cat([model(input_ids=torch.tensor([ids])).logits[0] for ids in IDS])


def smooth(model: Any) -> None:
    found = factors(model, IDS)
    offset = norm_offset(model.config.model_type)
    for name, weight in model.named_parameters():
        weight.data = smoothed(name, weight.data, found, offset)


@pytest.mark.parametrize(("folder", "layers"), [("tiny_llama3", 2), ("tiny_gemma3", 3)])
def test_the_model_says_the_same(folder: str, layers: int, request: pytest.FixtureRequest) -> None:
    model = loaded(request.getfixturevalue(folder))
    assert len(readers(model)) == 2 * layers
    before, old = says(model), {name: weight.clone() for name, weight in model.named_parameters()}
    smooth(model)
    assert torch.allclose(says(model), before, atol=1e-3 * float(before.abs().max()))
    changed = {name for name, weight in model.named_parameters() if not torch.equal(weight, old[name])}
    assert changed == {f"{name}.weight" for norm, maps in readers(model).items() for name in (norm, *maps)}


@pytest.mark.parametrize("folder", ["tiny_llama3", "tiny_gemma3"])
def test_its_inputs_are_more_even(folder: str, request: pytest.FixtureRequest) -> None:
    model = loaded(request.getfixturevalue(folder))
    norms = list(readers(model))

    def unevenness() -> float:
        return max(float(peak.max() / peak.median()) for peak in peaks(model, norms, IDS).values())

    before = unevenness()
    smooth(model)
    assert unevenness() < before / 2
