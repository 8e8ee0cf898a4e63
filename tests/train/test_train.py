"""The Llama-3 config's own path, and what happens to a training that is killed, repeated, or started too early."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent


def stage(name: str, config: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", name, config], cwd=cwd, env=environment(), capture_output=True, text=True, timeout=600, check=False
    )


def environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1"}


def project(tmp_path: Path, model: Path, **train: Any) -> Path:
    """A project folder with the shipped Llama-3 config on another base, and the sample sources."""
    values = yaml.safe_load((ROOT / "configs/llama3-8b.yaml").read_text(encoding="utf-8"))
    values["model"]["base"] = str(model)
    values["train"] |= train
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "llama3-8b.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_llama3: Path) -> tuple[Path, str]:
    """data and train with the Llama-3 config's settings (gradient checkpointing, accumulation, dropout) on the tiny model."""
    folder = project(tmp_path_factory.mktemp("llama3"), tiny_llama3, epochs=0.2, evaluations=2)
    data = stage("data_tools", "llama3-8b.yaml", folder)
    assert data.returncode == 0, data.stderr
    train = stage("train", "llama3-8b.yaml", folder)
    assert train.returncode == 0, train.stderr[-3000:]
    return folder / "runs/llama3-8b", train.stdout + train.stderr


def test_the_llama3_config_makes_a_complete_model(trained: tuple[Path, str]) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    run, _ = trained
    tokenizer = AutoTokenizer.from_pretrained(run / "model")
    ends = tokenizer.convert_tokens_to_ids(["<|end_of_text|>", "<|eot_id|>"])
    assert json.loads((run / "model/generation_config.json").read_text())["eos_token_id"] == ends
    model_config = json.loads((run / "model/config.json").read_text())
    assert "quantization_config" not in model_config
    assert model_config["dtype"] == "bfloat16"
    model = AutoModelForCausalLM.from_pretrained(run / "model")
    assert {str(parameter.dtype) for parameter in model.parameters()} == {"torch.bfloat16"}
    text = tokenizer.apply_chat_template([{"role": "user", "content": "안녕"}], tokenize=False, add_generation_prompt=True)
    assert text.startswith("<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nYou are the customer service assistant")
    assert text.endswith(
        "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n안녕<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    )


def test_provenance_and_record_say_what_was_done(trained: tuple[Path, str]) -> None:
    run, output = trained
    provenance = json.loads((run / "model/provenance.json").read_text(encoding="utf-8"))
    assert provenance["data_hash"] == json.loads((run / "data/manifest.json").read_text())["data_hash"]
    assert provenance["config"]["train"]["gradient_checkpointing"] is True
    assert provenance["merge"]["into"] == "dequantized NF4"
    assert f"{provenance['merge']['unchanged_answers']} of {provenance['merge']['of']} greedy answers unchanged" in output
    record = json.loads((run / "training.json").read_text())
    assert record["tokens_per_second"] > 0 and record["peak_rss_gib"] > 0
    assert set(record["held_out"]) == {"wordings", "unseen"}
    assert (run / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert not (run / "checkpoints").exists()


def test_a_merge_that_changes_answers_is_warned_about(trained: tuple[Path, str]) -> None:
    run, output = trained
    answers = json.loads((run / "merge.json").read_text(encoding="utf-8"))
    unchanged = sum(answer["adapter"] == answer["merged"] for answer in answers)
    assert f"{unchanged} of {len(answers)} greedy answers unchanged" in output
    # a random model has no preference among its next tokens, so bf16 rounding changes many of them
    assert ("warning: the merge changed" in output) == (unchanged < 0.7 * len(answers))


def test_the_merged_weights_are_the_dequantized_base_and_the_adapter(trained: tuple[Path, str], tiny_llama3: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from train.base import load_nf4

    run, _ = trained
    name = "model.layers.0.mlp.up_proj.weight"
    adapter = load_file(run / "adapter/adapter_model.safetensors")
    dtype = torch.bfloat16 if json.loads((run / "training.json").read_text())["precision"] == "bfloat16" else torch.float32
    base = load_nf4(tiny_llama3, dtype).dequantize(dtype=torch.float32).state_dict()[name].float()
    a, b = (adapter[f"base_model.model.{name[:-7]}.lora_{part}.weight"].float() for part in "AB")
    expected = base + 2.0 * (b @ a)
    torch.testing.assert_close(load_file(run / "model/model.safetensors")[name].float(), expected, rtol=1e-2, atol=1e-3)


def test_a_finished_training_is_not_repeated(trained: tuple[Path, str]) -> None:
    run, _ = trained
    again = stage("train", "llama3-8b.yaml", run.parent.parent)
    assert again.returncode == 0
    assert "up to date" in again.stdout


def test_a_training_killed_in_the_merge_goes_on_with_the_merge(trained: tuple[Path, str]) -> None:
    run, _ = trained
    weights = (run / "model/model.safetensors").read_bytes()
    shutil.rmtree(run / "model")
    again = stage("train", "llama3-8b.yaml", run.parent.parent)
    assert again.returncode == 0, again.stderr[-3000:]
    assert "going on with the merge" in again.stdout and "held-out loss" not in again.stdout
    assert (run / "model/model.safetensors").read_bytes() == weights


def test_a_killed_training_goes_on_from_its_checkpoint(tmp_path: Path, tiny_llama3: Path) -> None:
    folder = project(tmp_path, tiny_llama3, epochs=1, evaluations=8)
    assert stage("data_tools", "llama3-8b.yaml", folder).returncode == 0
    checkpoints = folder / "runs/llama3-8b/checkpoints"
    process = subprocess.Popen([sys.executable, "-m", "train", "llama3-8b.yaml"], cwd=folder, env=environment(), stdout=subprocess.PIPE)
    deadline = time.monotonic() + 300
    while not list(checkpoints.glob("checkpoint-*/trainer_state.json")):
        assert process.poll() is None and time.monotonic() < deadline, "no checkpoint"
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    assert not (folder / "runs/llama3-8b/model").exists()
    (checkpoints / "checkpoint-9999").mkdir()  # one that was being written
    resumed = stage("train", "llama3-8b.yaml", folder)
    assert resumed.returncode == 0, resumed.stderr[-3000:]
    assert "going on from runs/llama3-8b/checkpoints/checkpoint-" in resumed.stdout
    assert "checkpoint-9999" not in resumed.stdout
    steps = json.loads((folder / "runs/llama3-8b/training.json").read_text())["history"]
    assert [entry["step"] for entry in steps] == sorted(entry["step"] for entry in steps)


def test_training_before_data_is_one_line(tmp_path: Path, tiny_llama3: Path) -> None:
    result = stage("train", "llama3-8b.yaml", project(tmp_path, tiny_llama3))
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "run `make data" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_a_model_folder_without_weights_is_one_line(tiny_llama3: Path, tmp_path: Path) -> None:
    base = shutil.copytree(tiny_llama3, tmp_path / "base")
    folder = project(tmp_path, base)
    (base / "model.safetensors").unlink()
    assert stage("data_tools", "llama3-8b.yaml", folder).returncode == 0, "the tokenizer is enough for the data"
    result = stage("train", "llama3-8b.yaml", folder)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and "no model found" in result.stderr
