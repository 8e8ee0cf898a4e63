"""Training where a GPU is missing or full: one line."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from frontdesk.config.run import Run
from frontdesk.errors import UserError
from frontdesk.models import driver
from tests.frontdesk.models import outputs
from train import __main__ as stage
from train.adapter import measured
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
