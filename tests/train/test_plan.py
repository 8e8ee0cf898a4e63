"""What is said before a training: the parts, the table, the refusal with its advice."""

import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from frontdesk.config.schema import TrainConfig
from frontdesk.errors import UserError
from frontdesk.models.methods import METHODS
from train import memory, plan
from train.memory import GIB, Setup
from train.shapes import PRESETS, Shape

ROOT = Path(__file__).parent.parent.parent


def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.setattr(sys, "argv", ["plan", *words])
    monkeypatch.chdir(ROOT)
    plan.main()
    return capsys.readouterr().out


def number(name: str, text: str) -> float:
    found = re.search(rf"^ +{name} +([\d.]+) GiB", text, re.MULTILINE)
    assert found, (name, text)
    return float(found[1])


def test_the_table_has_a_row_a_model_and_marks_what_fits(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = command(capsys, monkeypatch, "--memory", "48GB").splitlines()
    assert lines[1].split() == ["model", "qlora", "4", "qlora", "8", *list(METHODS)[1:], "merge"]
    rows = {line.split()[0]: line for line in lines[2:-1]}
    assert list(rows) == list(PRESETS)
    for line in rows.values():
        for cell, plus in re.findall(r"([\d.]+) (\+?)", line.split(maxsplit=1)[1] + " "):
            assert (float(cell) * GIB <= 48e9) == bool(plus), line
    assert re.match(r"65B +4\d\.\d \+ ", rows["65B"])  # QLoRA of 65B on one GPU of 48 GB
    assert lines[-1] == "+ fits in 44.7 GiB"


def test_one_training_is_printed_in_parts_that_add_up(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    out = command(
        capsys,
        monkeypatch,
        "--model",
        "8B",
        "--method",
        "full",
        "--batch-size",
        "2",
        "--length",
        "2048",
        "--gradient-accumulation-steps",
        "2",
    )
    names = ("weights", "gradients", "optimizer", "activations", "logits", "overhead")
    assert sum(number(name, out) for name in names) == pytest.approx(number("total", out), abs=0.03)
    assert "8B, 8.03 B parameters: full tuning, bf16 on a GPU, gradient checkpointing; 2 rows of 2048 tokens" in out


def test_options_go_before_the_config(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    config = ("--config", "configs/llama3-8b.yaml")
    out = command(capsys, monkeypatch, *config)
    assert (
        "meta-llama/Meta-Llama-3-8B-Instruct, 8.03 B parameters: NF4 QLoRA of rank 32, bf16 on a GPU, gradient checkpointing; 4 rows" in out
    )
    out = command(capsys, monkeypatch, *config, "--rank", "8", "--no-gradient-checkpointing", "--batch-size", "1", "--bits", "8", "--cpu")
    assert "int8 QLoRA of rank 8, bf16 on a CPU; 1 rows" in out


def test_time_follows_from_operations(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    out = command(capsys, monkeypatch, "--model", "8B", "--method", "lora", "--tflops", "100", "--tokens", "36e6", "--epochs", "2")
    a_token = re.search(r"operations: ([\d.]+) GFLOP a token", out)
    told = re.search(r"speed: ([\d,]+) tokens/s at 100 TFLOP/s; ([\d.]+) h for 2 epochs", out)
    assert a_token and told
    speed = float(told[1].replace(",", ""))
    assert speed == pytest.approx(100e12 / (float(a_token[1]) * 1e9), rel=0.01)
    assert float(told[2]) == pytest.approx(2 * 36e6 / speed / 3600, rel=0.01)


def test_a_model_is_a_preset_a_folder_a_file_or_a_hub_id(embedded_model: Path) -> None:
    embedded = plan.shape_of(str(embedded_model))
    assert embedded == plan.shape_of(str(embedded_model / "config.json"))
    assert embedded.parameters == 134_515_008
    assert plan.shape_of("meta-llama/Llama-3.2-1B-Instruct") == plan.shape_of("1B")
    with pytest.raises(UserError, match=r"--model 9B: no such folder or config\.json; expected one, or one of 1B, 3B"):
        plan.shape_of("9B")


def test_mistakes_end_in_one_line() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "train.plan", "--model", "8B", "--method", "full", "--memory", "2GiB"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert re.fullmatch(
        r"error: train: needs [\d.]+ GiB at the peak of a step, 2\.0 GiB are there; choose a smaller model\.base, a smaller "
        r"train\.max_length or a device with more memory\n",
        run.stderr,
    )


SHAPE = PRESETS["1B"]
TRAIN = TrainConfig(method="lora", batch_size=8, max_length=2048, dropout=0, epochs=2)
ROWS = [(2048, 1000)] * 20


def preflight(free: float, train: TrainConfig = TRAIN, merge_free: int | None = None, shape: Shape = SHAPE) -> memory.Memory:
    return plan.preflight(shape, Setup.from_config(train, shape, gpu=True), train, ROWS, windows=3, free=int(free), merge_free=merge_free)


def test_preflight_says_what_will_happen(capsys: pytest.CaptureFixture[str]) -> None:
    found = preflight(2**40)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "train: 20 rows, 40960 tokens, 20000 supervised; 3 windows of longer conversations, 0 answers cut"
    assert lines[1] == "train: LoRA of rank 32, bf16 on a GPU; 6 steps of 8 rows, 2 epochs"
    assert number("total", "\n".join(lines)) == round(found.total / GIB, 2)


def test_preflight_refuses_what_cannot_fit_and_its_advice_would_fit(capsys: pytest.CaptureFixture[str]) -> None:
    whole = preflight(2**40).total
    assert preflight(whole).total == whole
    for free in (whole - 1, whole / 3, whole / 6):
        with pytest.raises(UserError, match=r"needs .* GiB at the peak of a step, .* GiB are there; set train\.") as refused:
            preflight(free)
        advice = str(refused.value).split("; set ")[1]
        times = re.search(r"(\d+) times the train\.gradient_accumulation_steps", advice)
        changes = {"gradient_checkpointing": True} if "gradient_checkpointing" in advice else {}
        changes |= {"method": "qlora"} if "qlora" in advice else {}
        changes |= {"batch_size": 1, "gradient_accumulation_steps": int(times[1])} if times else {}
        assert preflight(free, TRAIN.model_copy(update=changes), merge_free=2**40).total <= free
    with pytest.raises(UserError, match=r"choose a smaller model\.base"):
        preflight(GIB)


def test_preflight_refuses_a_merge_that_cannot_fit(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match=r"the merge after training needs [\d.]+ GiB, 2\.0 GiB are there"):
        preflight(2**40, merge_free=2 * GIB)


def test_preflight_on_a_cpu_counts_what_the_process_holds_as_needed_and_as_there(capsys: pytest.CaptureFixture[str]) -> None:
    setup = Setup.from_config(TRAIN, SHAPE, gpu=False)
    held = psutil.Process().memory_info().rss
    found = plan.preflight(SHAPE, setup, TRAIN, ROWS, windows=0, free=2**40)
    assert found.overhead == pytest.approx(held + memory.RUNTIME, rel=0.05)
    needed = max(found.total, found.merge) - held
    plan.preflight(SHAPE, setup, TRAIN, ROWS, windows=0, free=needed + 50 * 2**20)
    with pytest.raises(UserError, match="GiB are there"):
        plan.preflight(SHAPE, setup, TRAIN, ROWS, windows=0, free=needed - 50 * 2**20)
