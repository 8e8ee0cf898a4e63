"""`python -m train` with the Llama-3 config on the tiny model: what it makes, and a kill, an interrupt or a repetition of it."""

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from frontdesk.config.run import Run
from frontdesk.config.schema import load_config
from tests.stages import Result, done, run
from train.__main__ import chosen_precision
from train.trainer.fast import precision

pytestmark = pytest.mark.xdist_group("training")
ROOT = Path(__file__).parent.parent.parent
NAME = "llama3-8b"


def project(folder: Path, model: Path, **train: Any) -> Path:
    """A project folder with the shipped Llama-3 config on another base, and the sample sources."""
    values = yaml.safe_load((ROOT / f"configs/{NAME}.yaml").read_text(encoding="utf-8"))
    values["model"]["base"] = str(model)
    values["grounding"] = "none"  # whose rows are fewer and shorter
    # Six steps. The precision is set: the timed probe of each training may say something else on a busy machine.
    values["train"] |= {"epochs": 0.31, "evaluations": 3, "parity_prompts": 0, "precision": "fp32"} | train
    values["data"] |= {"faq": ["examples/faq.products.en.jsonl"], "chats": ["examples/chats/web_chat.csv"], "out_of_scope": []}
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / f"{NAME}.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_llama3: Path) -> tuple[Path, str]:
    """data and train with the Llama-3 config's settings (gradient checkpointing, accumulation, dropout, NEFTune) on the tiny model."""
    folder = project(tmp_path_factory.mktemp("llama3"), tiny_llama3)
    done(folder, "data_tools", f"{NAME}.yaml")
    result = train(folder)
    return folder / f"runs/{NAME}", result.stdout + result.stderr


@pytest.fixture
def again(trained: tuple[Path, str], tiny_llama3: Path, tmp_path: Path) -> Path:
    """Another project with the same data and config, not trained yet."""
    folder = project(tmp_path, tiny_llama3)
    shutil.copytree(trained[0] / "data", folder / f"runs/{NAME}/data")
    return folder


def adapter(run: Path) -> bytes:
    return (run / "adapter/adapter_model.safetensors").read_bytes()


def stopped(folder: Path, point: str, number: str = "SIGKILL") -> Result:
    """A training that gets a signal at a point of tests/train/stopped.py."""
    return run(folder, "tests.train.stopped", point, number, f"{NAME}.yaml")


def train(folder: Path, **options: Any) -> Result:
    """A training that ends well."""
    return done(folder, "train", f"{NAME}.yaml", **options)


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
    record = json.loads((run / "training.json").read_text())
    assert record["tokens_per_second"] > 0 and record["peak_rss_gib"] > 0
    assert record["method"] == provenance["method"] == "qlora" and record["packed"] is True
    assert set(record["held_out"]) == {"wordings", "unseen", "general"}
    assert (run / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert not (run / "checkpoints").exists()
    general = record["held_out"]["general"]
    assert f"loss on general text {general['before']:.3f} before, {general['after']:.3f} after" in output
    assert f"{record['steps']} steps of" in output and "min to go, by 2 timed steps" in output


def test_both_merges_are_scored_and_the_better_is_kept(trained: tuple[Path, str], tiny_llama3: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from frontdesk.config.schema import TrainConfig
    from train.trainer.base_model import load

    run, output = trained
    merge = json.loads((run / "model/provenance.json").read_text())["merge"]
    assert set(merge["losses"]) == {"pristine", "dequantized"}
    assert merge["losses"][merge["into"]] <= 1.02 * min(merge["losses"].values())
    assert f"the {merge['into']} base is kept" in output
    name = "model.layers.0.mlp.up_proj.weight"
    weights = load_file(run / "adapter/adapter_model.safetensors")
    settings = TrainConfig(method="lora" if merge["into"] == "pristine" else "qlora", dequantize_once=True)
    base = load(tiny_llama3, settings, torch.float32).state_dict()[name]
    a, b = (weights[f"base_model.model.{name[:-7]}.lora_{part}.weight"].float() for part in "AB")
    merged = load_file(run / "model/model.safetensors")[name].float()
    torch.testing.assert_close(merged, base + 2.0 * (b @ a), rtol=1e-2, atol=1e-5)


def test_a_finished_training_is_not_repeated(trained: tuple[Path, str]) -> None:
    assert "up to date" in train(trained[0].parent.parent).stdout


def test_a_training_killed_in_an_epoch_ends_as_an_uninterrupted_one(trained: tuple[Path, str], again: Path) -> None:
    run = again / f"runs/{NAME}"
    killed = stopped(again, "saved")
    assert killed.returncode == -signal.SIGKILL and "Traceback" not in killed.stderr
    assert not (run / "model").exists()
    assert f"resuming from runs/{NAME}/checkpoints/checkpoint-" in train(again).stdout
    assert adapter(run) == adapter(trained[0])
    one, other = (json.loads((folder / "training.json").read_text()) for folder in (run, trained[0]))
    assert one["held_out"] == other["held_out"]
    assert (run / "model/model.safetensors").read_bytes() == (trained[0] / "model/model.safetensors").read_bytes()


@pytest.mark.slow
def test_a_training_killed_in_the_write_of_a_checkpoint_goes_on_from_the_one_before(trained: tuple[Path, str], again: Path) -> None:
    run = again / f"runs/{NAME}"
    assert stopped(again, "saving").returncode == -signal.SIGKILL
    first, second = sorted(run.glob("checkpoints/checkpoint-*"), key=number_of)
    assert (first / "whole.json").is_file() and not (second / "whole.json").exists()
    assert f"resuming from {first.relative_to(again)}\n" in train(again).stdout
    assert adapter(run) == adapter(trained[0])


@pytest.mark.slow
def test_an_interrupted_training_saves_and_says_where_it_goes_on(trained: tuple[Path, str], again: Path) -> None:
    run = again / f"runs/{NAME}"
    interrupted = stopped(again, "saved", "SIGINT")
    assert interrupted.returncode == 130, interrupted
    assert "saving a checkpoint after this step" in interrupted.stdout and "Traceback" not in interrupted.stderr
    assert f"interrupted; `make train` resumes from runs/{NAME}/checkpoints/checkpoint-" in interrupted.stderr
    train(again)
    assert adapter(run) == adapter(trained[0])


@pytest.mark.slow
def test_a_truncated_checkpoint_is_told_of_and_not_used(again: Path) -> None:
    run = again / f"runs/{NAME}"
    assert stopped(again, "saved-twice").returncode == -signal.SIGKILL
    first, newest = sorted(run.glob("checkpoints/checkpoint-*"), key=number_of)
    file = newest / "optimizer.pt"
    file.write_bytes(file.read_bytes()[:1000])
    resumed = train(again)
    assert f"warning: {newest.relative_to(again)}: truncated" in resumed.stderr
    assert f"resuming from {first.relative_to(again)}\n" in resumed.stdout


def number_of(checkpoint: Path) -> int:
    return int(checkpoint.name.split("-")[1])


@pytest.mark.slow
def test_a_merge_that_is_killed_is_done_again(trained: tuple[Path, str]) -> None:
    run, _ = trained
    weights = (run / "model/model.safetensors").read_bytes()
    shutil.rmtree(run / "model")
    assert stopped(run.parent.parent, "merging").returncode == -signal.SIGKILL
    assert (run / ".model.partial").is_dir() and not (run / "model").exists()
    result = train(run.parent.parent)
    assert "is trained already" in result.stdout and "held-out loss: wordings" not in result.stdout
    assert (run / "model/model.safetensors").read_bytes() == weights


@pytest.mark.slow
def test_a_file_that_cannot_be_written_is_one_line_and_loses_nothing(trained: tuple[Path, str], again: Path) -> None:
    """A limit on the size of files fails the same writes as a full disk does."""
    full = train(again, code=2, file_size=20_000)  # bytes: less than the optimizer's state
    lines = [line for line in full.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and "could not be written" in lines[0] and "run `make train` again" in lines[0]
    assert "Traceback" not in full.stderr
    assert not (again / f"runs/{NAME}/adapter").exists()
    train(again)
    assert adapter(again / f"runs/{NAME}") == adapter(trained[0])


@pytest.mark.parametrize("method", ["full", "prefix"])
@pytest.mark.slow
def test_other_methods_end_with_what_they_can_make(again: Path, method: str) -> None:
    config = again / f"{NAME}.yaml"
    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    values["train"] |= {"method": method, "epochs": 0.05, "evaluations": 1, "precision": "bf16", "gradient_checkpointing": False}
    config.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    result = train(again)
    run = again / f"runs/{NAME}"
    if method == "prefix":
        assert "warning: prefix tuning cannot be merged and vLLM cannot serve it" in result.stderr
        assert (run / "adapter/adapter_config.json").is_file() and not (run / "model").exists()
    else:
        assert json.loads((run / "model/provenance.json").read_text())["merge"]["into"] == "none"
        assert json.loads((run / "adapter/config.json").read_text())["dtype"] == "float32"
    assert "up to date" in train(again).stdout


def test_training_before_data_is_one_line(tmp_path: Path, tiny_llama3: Path) -> None:
    result = train(project(tmp_path, tiny_llama3), code=2)
    assert "Traceback" not in result.stderr
    assert "run `make data" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_a_model_folder_without_weights_is_one_line(tiny_llama3: Path, tmp_path: Path) -> None:
    base = shutil.copytree(tiny_llama3, tmp_path / "base")
    folder = project(tmp_path, base)
    (base / "model.safetensors").unlink()
    done(folder, "data_tools", f"{NAME}.yaml")  # the tokenizer is enough for the data
    result = train(folder, code=2)
    assert result.stderr.count("\n") == 1 and "no model found" in result.stderr


def test_an_interrupted_training_goes_on_in_the_precision_in_which_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_config(project(tmp_path, tmp_path, precision="auto") / f"{NAME}.yaml")
    run = Run(config.name)
    run.root.mkdir(parents=True)
    said = [(torch.bfloat16, "fast"), (torch.float32, "busy")]
    monkeypatch.setattr(precision, "choose", lambda _: said.pop(0))
    assert chosen_precision(config, run, "a") == (torch.bfloat16, "fast")
    assert chosen_precision(config, run, "a") == (torch.bfloat16, "as this training began")
    assert chosen_precision(config, run, "b") == (torch.float32, "busy")
