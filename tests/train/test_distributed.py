"""`accelerate launch -m train` in two processes on the CPU: the same training as in one, sharded or not, and the loss of a process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from accelerate.data_loader import BatchSamplerShard
from torch.utils.data import BatchSampler

from frontdesk.config.schema import TrainConfig
from frontdesk.errors import UserError
from frontdesk.files import write_json, write_jsonl
from tests.stages import FOREVER, done
from train.trainer import processes
from train.trainer.base_model import load
from train.trainer.build import build
from train.trainer.fast.batches import BLANK

ROOT = Path(__file__).parent.parent.parent
NAME = "two"
STARTED: list["subprocess.Popen[str]"] = []
ROWS = 17  # two batches of eight and one row, which leaves the second process without any
ON_CPU = """\
import accelerate.state
from accelerate.utils import DistributedType

join = accelerate.state.PartialState.__init__


def join_as_on_gpus(self, *args, **kwargs):
    join(self, *args, **kwargs)
    self.distributed_type = DistributedType.MULTI_GPU  # accelerate shards on GPUs only; torch's FSDP2 does so on a CPU as well


accelerate.state.PartialState.__init__ = join_as_on_gpus

from frontdesk.errors import run_command
from train.__main__ import main
from train.trainer.sft import SupervisedSFTTrainer

save_adapter = SupervisedSFTTrainer.save_adapter


def save_and_look(self, target):
    for name, part in self.model.named_parameters():
        if "up_proj.base_layer" in name or "up_proj.lora_A" in name:
            print("part", part.dtype, part.numel() // part.to_local().numel(), part.requires_grad)
    save_adapter(self, target)


SupervisedSFTTrainer.save_adapter = save_and_look
run_command(main)
"""


def project(folder: Path, model: Path, **train: Any) -> Path:
    """A project folder with a small data set and the Llama-3 config on the tiny model, without noise or dropout."""
    values = yaml.safe_load((ROOT / "configs/llama3-8b.yaml").read_text(encoding="utf-8"))
    values["model"]["base"] = str(model)
    values["grounding"] = "none"
    plain = {"dropout": 0.0, "neftune": 0.0, "precision": "fp32", "parity_prompts": 0, "epochs": 12, "evaluations": 8, "patience": 8}
    values["train"] |= plain | {"batch_size": 8, "gradient_accumulation_steps": 2, "learning_rate": 1e-3} | train
    folder.mkdir(exist_ok=True)
    (folder / f"{NAME}.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    data = folder / f"runs/{NAME}/data"
    for split, rows in (("train", range(ROWS)), ("valid", range(20, 25)), ("valid_wordings", range(3))):
        write_jsonl(data / f"{split}.jsonl", [row(number) for number in rows])
    write_json(data / "manifest.json", {"data_hash": "0"})
    return folder


def row(number: int) -> dict[str, Any]:
    messages = [
        {"role": "system", "content": "You are the assistant."},
        {"role": "user", "content": f"What does number {number} cost" + " with shipping" * (number % 5) + "?"},
        {"role": "assistant", "content": f"It costs {3 * number} euros" + " and is in stock" * (number % 3) + "."},
    ]
    return {"id": str(number), "messages": messages, "kind": "faq", "group": str(number), "source": f"made:{number}"}


def start(folder: Path, *launcher: str, script: tuple[str, ...] = ("-m", "train"), **more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, *launcher, *script, f"{NAME}.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", **more}
    started = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    STARTED.append(started)
    return started


def launcher(config: str = "accelerate-cpu", *options: str) -> tuple[str, ...]:
    file = str(ROOT / f"configs/{config}.yaml")
    return ("-m", "accelerate.commands.launch", "--config_file", file, "--num_processes", "2", "--main_process_port", "0", *options)


def finish(process: "subprocess.Popen[str]") -> str:
    output = process.communicate(timeout=FOREVER)[0]
    assert process.returncode == 0, output[-5000:]
    return output


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """What a failed test leaves running is ended."""
    yield
    while STARTED:
        process = STARTED.pop()
        if process.poll() is None:
            process.terminate()  # a launcher ends its processes
            process.wait(60)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, tiny_llama3: Path) -> Path:
    """A training in one process."""
    folder = project(tmp_path_factory.mktemp("one"), tiny_llama3)
    done(folder, "train", f"{NAME}.yaml")
    return folder


def assert_same(one: Path, other: Path, tolerance: float) -> None:
    """Every logged loss and the adapter agree, relative to their size; so do the steps and which of them is kept."""
    from safetensors.torch import load_file

    records = [json.loads((folder / f"runs/{NAME}/training.json").read_text()) for folder in (one, other)]
    assert records[0]["steps"] == records[1]["steps"]
    assert records[0]["best_step"] == records[1]["best_step"]
    losses = [
        {(entry["step"], key): entry[key] for entry in record["history"] for key in entry if key.endswith("loss") and key != "train_loss"}
        for record in records
    ]
    assert losses[0].keys() == losses[1].keys()
    assert len(losses[0]) > 30
    assert losses[1] == pytest.approx(losses[0], rel=tolerance)
    adapters = [load_file(folder / f"runs/{NAME}/adapter/adapter_model.safetensors") for folder in (one, other)]
    assert adapters[0].keys() == adapters[1].keys()
    for name, weights in adapters[0].items():
        assert float((adapters[1][name] - weights).norm() / weights.norm()) < 100 * tolerance, name


@pytest.mark.slow
def test_two_processes_train_what_one_does(one: Path, tmp_path: Path, tiny_llama3: Path) -> None:
    folder = project(tmp_path / "two", tiny_llama3)
    output = finish(start(folder, *launcher()))
    assert_same(one, folder, 1e-5)
    assert output.count("held-out loss: wordings") == 9, "one process speaks for both"
    assert output.count("train: the model is") == 1
    assert (folder / f"runs/{NAME}/model/provenance.json").is_file()


@pytest.mark.slow
def test_sharded_nf4_weights_train_the_same(tmp_path: Path, tiny_llama3: Path) -> None:
    settings = {"precision": "bf16", "dequantize_once": False}
    alone = project(tmp_path / "alone", tiny_llama3, **settings)
    done(alone, "train", f"{NAME}.yaml")
    folder = project(tmp_path / "sharded", tiny_llama3, **settings)
    (folder / "on_cpu.py").write_text(ON_CPU)
    output = finish(start(folder, *launcher("accelerate-fsdp"), script=("on_cpu.py",)))
    parts = {line for line in output.splitlines() if line.startswith("part")}
    assert parts == {"part torch.bfloat16 2 False", "part torch.float32 2 True"}, "NF4 in halves, and the adapter, which stays fp32"
    assert_same(alone, folder, 2e-4)


@pytest.mark.slow
def test_after_an_interrupt_and_the_loss_of_a_process_the_result_is_the_same(one: Path, tmp_path: Path, tiny_llama3: Path) -> None:
    """The second process gets a signal after the first checkpoint that it writes."""
    folder = project(tmp_path / "killed", tiny_llama3)
    interrupted = start(folder, *launcher(), script=("-m", "tests.train.stopped", "saved", "SIGINT"), STOPPED_RANK="1")
    assert "resumes from" in interrupted.communicate(timeout=FOREVER)[0]
    assert interrupted.returncode != 0
    killed = start(folder, *launcher(), script=("-m", "tests.train.stopped", "saved", "SIGKILL"), STOPPED_RANK="1")
    output = killed.communicate(timeout=FOREVER)[0]  # the other one does not wait for it for ever
    assert killed.returncode != 0
    assert "resuming from" in output
    assert not (folder / f"runs/{NAME}/adapter").exists()
    assert "resuming from" in finish(start(folder, *launcher()))
    assert_same(one, folder, 1e-5)


def test_a_batch_that_processes_cannot_share_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert processes.share(12) == 4
    with pytest.raises(UserError, match=r"train\.batch_size: found 8; expected a multiple of 3, since so many processes share it; change"):
        processes.share(8)


@pytest.mark.parametrize("packing", [True, False])
def test_the_processes_share_the_steps_of_one(
    packing: bool, tiny_llama3: Path, tokenizer: Any, rows: Any, settings: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches of four rows, which one, two or four processes share; the last one is filled with blank rows."""
    monkeypatch.setattr(processes, "agreed", lambda value: value)
    settings = settings.model_copy(update={"packing": packing, "batch_size": 4})
    epochs: dict[int, list[list[list[int]]]] = {}
    for count in (1, 2, 4):
        monkeypatch.setattr(processes, "count", lambda count=count: count)
        trainer, _ = build(load(tiny_llama3, settings, torch.float32), tokenizer, rows, {"w": rows}, settings, tmp_path)
        epochs[count] = []
        for epoch in (0.0, 1.5):
            trainer.state.epoch = epoch
            batches = BatchSampler(trainer._get_train_sampler(), trainer.args.per_device_train_batch_size, drop_last=False)
            shares = [list(BatchSamplerShard(batches, count, index)) for index in range(count)]
            epochs[count].append([sorted(number for share in step for number in share) for step in zip(*shares, strict=True)])
        blanks = trainer.train_dataset[len(rows) :]["input_ids"]
        assert blanks == [BLANK["input_ids"]] * 2
    assert epochs[1] == epochs[2] == epochs[4]
    assert epochs[1][0] != epochs[1][1]
    assert all(sorted(number for step in epoch for number in step) == list(range(8)) for epoch in epochs[1])
