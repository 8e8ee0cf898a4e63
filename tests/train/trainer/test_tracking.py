import importlib.util
import sqlite3
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from frontdesk.config.schema import TrainConfig
from frontdesk.errors import UserError
from tests.stages import done
from train.trainer import tracking

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture(autouse=True)
def no_places_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TENSORBOARD_LOGGING_DIR", "TRACKIO_DIR"):
        monkeypatch.delenv(name, raising=False)


def train(run: Path, model: Path, *trackers: str) -> Path:
    """Train in a process of its own, since libraries read where to write when they are imported; nothing can be reached from it."""
    done(ROOT, "tests.train.trainer.tracked", str(run), str(model), *trackers)
    return run / "tracking"


def test_nobody_is_told_anything_by_default(tiny_llama3: Path, tmp_path: Path) -> None:
    assert TrainConfig().report_to == ()
    assert not train(tmp_path / "shop", tiny_llama3).exists()


@pytest.mark.slow
def test_the_local_ones_write_losses_into_the_run(tiny_llama3: Path, tmp_path: Path) -> None:
    folder = train(tmp_path / "shop", tiny_llama3, "tensorboard", "trackio")
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    assert {"train/loss", "train/learning_rate", "eval/wordings_loss", "eval/deciding"} <= set(events.Tags()["scalars"])
    assert events.Scalars("train/loss")[-1].value > 0
    with sqlite3.connect(next((folder / "trackio").glob("*.db"))) as database:
        kept = " ".join(str(text) for (text,) in database.execute("select metrics from metrics"))
    assert "train/loss" in kept and "eval/wordings_loss" in kept


def test_one_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"'train.report_to': mlflow is not installed; run `\.venv/bin/pip install mlflow`"):
        tracking.prepare(["mlflow"], tmp_path)
