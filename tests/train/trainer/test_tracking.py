import importlib.util
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from frontdesk.config.schema import TrainConfig
from frontdesk.errors import UserError
from train.trainer import tracking

ROOT = Path(__file__).parent.parent.parent.parent
TRAIN = """
import socket, sys
from pathlib import Path

def refuse(*_):
    raise AssertionError("something is sent")

socket.socket.connect = socket.getaddrinfo = refuse
from frontdesk.config.schema import TrainConfig
from train.trainer import tracking
run, model = map(Path, sys.argv[1:3])
settings = TrainConfig(rank=4, epochs=1, evaluations=1, batch_size=3, precision="fp32", dropout=0, neftune=0, report_to=sys.argv[3:])
tracking.prepare(settings.report_to, run)
import torch
from tests.train.conftest import TEXTS, conversation
from train.rows import token_rows
from train.trainer.base_model import load
from train.trainer.build import build
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(model)
tokenizer.chat_template = Path("frontdesk/prompt/templates/llama3.jinja").read_text()
tokenizer.pad_token = tokenizer.eos_token
rows = token_rows(tokenizer, [conversation(text, f"answer to {text}") for text in TEXTS], 256)
trainer = build(load(model, settings, torch.float32), tokenizer, rows, {"wordings": rows[:3]}, settings, run / "checkpoints")[0]
trainer.train()
"""


PLACES = ("tensorboard", "tensorboard/dpo")
LEARN_PAIRS = """
from peft import PeftModel
from frontdesk.config.schema import Config, DpoConfig
from tests.train.trainer.test_dpo import PAIRS
from train.trainer import dpo
data, base = {"faq": ()}, {"base": str(model), "template": "llama3"}
learning = settings.model_copy(update={"dpo": DpoConfig(epochs=2)})
config = Config(name="t", company="c", system_prompt="s", data=data, model=base, train=learning)
trainer.save_adapter(run / "adapter")
tuned = PeftModel.from_pretrained(load(model, settings, torch.float32), run / "adapter", is_trainable=True)
learner = dpo.build(config, tuned, tokenizer, dpo.token_pairs(tokenizer, PAIRS), run / "checkpoints")
learner.train()
learner.evaluate(learner.train_dataset)
"""


def train(run: Path, model: Path, *trackers: str, script: str = TRAIN) -> Path:
    """Train in a process of its own, since libraries read where to write when they are imported; nothing can be reached from it."""
    environment = {name: value for name, value in os.environ.items() if name not in ("TENSORBOARD_LOGGING_DIR", "TRACKIO_DIR")}
    done = subprocess.run(
        [sys.executable, "-c", script, run, model, *trackers],
        check=False,
        cwd=ROOT,
        env=environment | {"PYTHONPATH": "."},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
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


@pytest.mark.slow
def test_preference_pairs_are_a_run_of_their_own(tiny_llama3: Path, tmp_path: Path) -> None:
    folder = train(tmp_path / "shop", tiny_llama3, "tensorboard", "trackio", script=TRAIN + LEARN_PAIRS)
    seen = [{tag for file in [EventAccumulator(str(folder / place)).Reload()] for tag in file.Tags()["scalars"]} for place in PLACES]
    assert all("train/loss" in tags for tags in seen)
    assert ["train/rewards/accuracies" in tags for tags in seen] == [False, True]
    with sqlite3.connect(next((folder / "trackio").glob("*.db"))) as database:
        assert {name for (name,) in database.execute("select distinct run_name from metrics")} == {"shop", "shop-dpo"}


def test_one_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"'train.report_to': mlflow is not installed; run `\.venv/bin/pip install mlflow`"):
        tracking.prepare(["mlflow"], tmp_path)
