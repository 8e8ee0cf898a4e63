"""Training where a GPU is missing or full: one line."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from frontdesk.config.run import Run
from frontdesk.config.schema import load_config
from frontdesk.errors import UserError
from frontdesk.models import driver
from tests.conftest import ROOT
from tests.frontdesk.models import outputs
from train import __main__ as stage
from train.adapter import measured, predict_memory
from train.memory import CUDA_CONTEXT
from train.rows import TokenRow
from train.trainer.progress import Progress


@pytest.fixture
def built_for_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """A torch that is built for CUDA 13 and sees no GPU."""
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(driver, "torch_cuda", lambda: "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.usefixtures("built_for_cuda")
def test_a_training_for_a_gpu_does_not_begin_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs.ABSENT.stand_in(monkeypatch)
    with pytest.raises(UserError, match=r"^(no GPU; the installed packages|no GPU can be used: the machine has one)"):
        stage.check_gpu()
    outputs.OLD.stand_in(monkeypatch)
    with pytest.raises(UserError, match=r"^the driver 550.163.01, CUDA 12.4, is too old"):
        stage.check_gpu()
    outputs.ONE.stand_in(monkeypatch)
    monkeypatch.setattr(torch.cuda, "init", raising(RuntimeError("CUDA unknown error")))
    with pytest.raises(UserError, match=r"^torch sees no GPU, though nvidia-smi does: CUDA unknown error; "):
        stage.check_gpu()


def raising(error: Exception) -> Callable[[], None]:
    def function() -> None:
        raise error

    return function


def test_packages_for_a_cpu_need_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    outputs.ABSENT.stand_in(monkeypatch)
    stage.check_gpu()


def test_a_full_gpu_is_one_line(tmp_path: Path) -> None:
    said = (
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.53 GiB of which 1.12 GiB is free. Process 7 has"
    )
    with pytest.raises(UserError) as caught, stage.exhaustion_in_one_line(Run("shop", tmp_path)):
        raise torch.OutOfMemoryError(said)
    assert str(caught.value) == (
        "the GPU's memory is full (CUDA out of memory. Tried to allocate 2.00 GiB); end other programs that nvidia-smi lists, or halve "
        "train.batch_size and double train.gradient_accumulation_steps; run `make train` again, it resumes from the last whole checkpoint"
    )


def test_the_record_has_the_peak_of_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    history = [{"step": step, "eval_deciding": 1.0, "eval_general_loss": 2.0} for step in (0, 3)]
    state = SimpleNamespace(log_history=history, best_global_step=3, global_step=3)
    trainer = SimpleNamespace(state=state, args=SimpleNamespace(padding_free=True))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 9 * 2**30)
    for sees_one, peak in ((False, None), (True, 9.0)):
        monkeypatch.setattr(torch.cuda, "is_available", lambda sees_one=sees_one: sees_one)
        assert measured(trainer, Progress(1), None)["peak_gpu_gib"] == peak


def test_the_memory_of_a_training_is_that_of_the_gpu(
    tiny_llama3: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = load_config(ROOT / "configs/llama3-8b.yaml")
    rows: list[TokenRow] = [{"input_ids": [1] * 512, "labels": [1] * 512}] * 8
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (4 * 2**30, 24 * 2**30))
    predicted = predict_memory(config, tiny_llama3, rows, 0, torch.bfloat16)
    assert predicted and predicted.overhead == int(CUDA_CONTEXT)
    said = capsys.readouterr().out
    assert "bf16 on a GPU, gradient checkpointing" in said and "predicted memory, of 4.0 GiB" in said
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (2**29, 24 * 2**30))
    with pytest.raises(UserError, match=r"^train: needs 0.6 GiB at the peak of a step, 0.5 GiB are there; choose a smaller model.base"):
        predict_memory(config, tiny_llama3, rows, 0, torch.bfloat16)
