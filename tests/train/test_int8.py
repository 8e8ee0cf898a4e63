"""The int8 weights, their files, and what the proof compares. vLLM itself reads them in `python -m train.int8`."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine.vllm import command, served_weights
from frontdesk.errors import UserError
from frontdesk.files import read_json, write_json, write_jsonl
from frontdesk.models.generate import Answer
from frontdesk.prompt.render import chat_template
from tests.train.conftest import TEXTS, conversation
from train import int8
from train.export import parity


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_llama3: Path) -> Config:
    """A run whose merged model is the tiny random one."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_llama3, Run("shop").model)
    write_json(Run("shop").provenance, {"key": "abc", "data_hash": "d"})
    write_jsonl(Run("shop").rows("faq") / "train.jsonl", [conversation(text, "We will see.") for text in TEXTS])
    config = Config(
        name="shop", company="Shop", system_prompt="You help.", model={"base": "x", "template": "llama3"},
        data={"faq": ["x.csv"]}, train={"parity_prompts": 0}, serve={"quantization": "w8a8"},
    )  # type: ignore[arg-type]  # fmt: skip
    (Run("shop").model / "chat_template.jinja").write_text(chat_template(config), encoding="utf-8")
    return config


def test_a_weight_is_off_by_at_most_half_a_step_of_its_row() -> None:
    weight = torch.randn(40, 64, generator=torch.Generator().manual_seed(0)) * torch.logspace(-4, 3, 40)[:, None]
    weight[7] = 0
    whole, scale = int8.rounded(weight.bfloat16())
    assert whole.dtype == torch.int8 and scale.dtype == torch.float32 and scale.shape == (40, 1)
    assert ((whole * scale - weight.bfloat16().float()).abs() <= scale / 2 * 1.0001).all()
    assert (whole.abs().amax(dim=1)[torch.arange(40) != 7] == 127).all(), "each row uses its whole range"
    assert not whole[7].any()


def test_the_folder_is_the_models_with_its_linear_weights_as_int8(config: Config) -> None:
    run = Run("shop")
    int8.make(config, run)
    before, after = load_file(run.model / "model.safetensors"), load_file(run.int8 / "model.safetensors")
    scales = {name for name in after if name.endswith("_scale")}
    quantized = {name.removesuffix("_scale") for name in scales}
    linear = {name for name in before if name.endswith("_proj.weight")}
    assert quantized == {name for name in linear if "down_proj" not in name} and len(quantized) == 2 * 6
    assert set(after) == set(before) | scales
    for name, tensor in before.items():
        if name in quantized:
            assert after[name].dtype == torch.int8 and after[name].shape == tensor.shape
            assert after[f"{name}_scale"].shape == (len(tensor), 1)
        elif not name.endswith("layernorm.weight"):
            assert torch.equal(after[name], tensor), name
    assert {file.name for file in run.int8.iterdir()} == {file.name for file in run.model.iterdir()}
    assert (run.int8 / "tokenizer.json").read_bytes() == (run.model / "tokenizer.json").read_bytes()
    made = read_json(run.int8_provenance)
    assert made["key"] == "abc-w8a8" and made["data_hash"] == "d" and 0 < made["weights"]["error"] < 0.02


def test_weights_in_parts_keep_their_parts(config: Config) -> None:
    run = Run("shop")
    tensors = load_file(run.model / "model.safetensors")
    (run.model / "model.safetensors").unlink()
    names = sorted(tensors)
    parts = {"model-00001-of-00002.safetensors": names[:9], "model-00002-of-00002.safetensors": names[9:]}
    for file, some in parts.items():
        save_file({name: tensors[name] for name in some}, run.model / file)
    write_json(
        run.model / "model.safetensors.index.json",
        {"metadata": {}, "weight_map": {name: file for file, some in parts.items() for name in some}},
    )
    int8.make(config, run)
    places = read_json(run.int8 / "model.safetensors.index.json")["weight_map"]
    assert {name for name in places if not name.endswith("_scale")} == set(tensors)
    for file in parts:
        assert set(load_file(run.int8 / file)) == {name for name, place in places.items() if place == file}


@pytest.mark.xdist_group("vllm")
def test_vllm_reads_its_config_as_dynamic_int8(config: Config) -> None:
    from vllm.model_executor.layers.quantization.compressed_tensors.compressed_tensors import CompressedTensorsConfig
    from vllm.model_executor.layers.quantization.compressed_tensors.utils import should_ignore_layer

    run = Run("shop")
    int8.make(config, run)
    read = CompressedTensorsConfig.from_config(json.loads((run.int8 / "config.json").read_text())["quantization_config"])
    scheme = read.target_scheme_map["Linear"]
    assert read._is_dynamic_token_w8a8(scheme["weights"], scheme["input_activations"])
    assert should_ignore_layer("model.layers.0.mlp.down_proj", read.ignore) and should_ignore_layer("lm_head", read.ignore)
    assert not should_ignore_layer("model.layers.0.mlp.up_proj", read.ignore)


def test_int8_is_served_where_it_was_made_of_this_model(config: Config) -> None:
    run = Run("shop")
    with pytest.raises(UserError, match=r"model-w8a8 is not there.*python -m train\.int8"):
        served_weights(config, run)
    int8.make(config, run)
    words = command(config, run)
    assert words[words.index("--model") + 1] == "runs/shop/model-w8a8"
    assert words[words.index("--chat-template") + 1] == "runs/shop/model/chat_template.jinja"
    write_json(run.provenance, {"key": "of another training"})
    with pytest.raises(UserError, match="of another training"):
        served_weights(config, run)
    assert served_weights(config.model_copy(update={"serve": config.serve.model_copy(update={"quantization": None})}), run) == run.model


def test_it_is_made_once_for_a_model_and_anew_for_another(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run("shop")
    int8.make(config, run)
    made = (run.int8 / "model.safetensors").stat().st_mtime_ns
    int8.make(config, run)
    assert "up to date" in capsys.readouterr().out and (run.int8 / "model.safetensors").stat().st_mtime_ns == made
    write_json(run.provenance, {"key": "def"})
    int8.make(config, run)
    assert read_json(run.int8_provenance)["key"] == "def-w8a8"


def test_what_failed_its_proof_is_not_served(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("shop")
    monkeypatch.setattr(int8, "prove", lambda *_: ["log-probabilities differ by 3.000"])
    with pytest.raises(SystemExit, match="does not match what was trained: log-prob"):
        int8.make(config.model_copy(update={"train": config.train.model_copy(update={"parity_prompts": 5})}), run)
    with pytest.raises(UserError, match="not there"):
        served_weights(config, run)


def answer(tokens: list[int], stopped: bool = True) -> Answer:
    return Answer(tokens, [-0.5] * len(tokens), stopped, "text")


def figures(**changes: Any) -> dict[str, Any]:
    good = {"prompts": 10, "same_prompt_tokens": 10, "agreement": 0.95, "stopped": {"merged": 10, "served": 9}}
    return good | {"log_prob_difference": {"mean": 0.1, "largest": 2.0}} | changes


def test_the_proof_compares_answers_and_every_token() -> None:
    merged = [answer([1, 2, 3]), answer([4])]
    served = [answer([1, 2, 3]), answer([4, 5], stopped=False)]
    scores = [parity.Score([-0.5, -0.7, -0.5], [True, False, True]), parity.Score([-0.5], [True])]
    found = int8.compare(merged, served, scores)
    assert found["same_answers"] == 1 and found["tokens"] == 4 and found["agreement"] == 0.75
    assert found["stopped"] == {"merged": 2, "served": 1}
    assert found["log_prob_difference"] == {"mean": 0.05, "largest": 0.2}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"agreement": 0.89}, "89.0% of the merged model's tokens"),
        ({"log_prob_difference": {"mean": 0.21, "largest": 1.0}}, "differ by 0.210"),
        ({"stopped": {"merged": 10, "served": 8}}, "8 int8 answers ended by themselves"),
        ({"same_prompt_tokens": 9}, "1 of 10 prompts are other tokens"),
    ],
)
def test_each_bound_fails_alone(changes: dict[str, Any], line: str) -> None:
    assert int8.out_of_bounds(figures()) == []
    (found,) = int8.out_of_bounds(figures(**changes))
    assert line in found
