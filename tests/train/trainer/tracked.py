"""`python -m tests.train.trainer.tracked RUN MODEL [TRACKER …] [pairs]`: a short training from which nothing can be sent, on rows
and with `pairs` on preference pairs as well."""

import socket
import sys
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoTokenizer

from frontdesk.config.schema import Config, DpoConfig, TrainConfig
from tests.train.conftest import TEXTS, conversation
from tests.train.trainer.test_dpo import PAIRS
from train.rows import token_rows
from train.trainer import dpo, tracking
from train.trainer.base_model import load
from train.trainer.build import build


def refuse(*_: Any) -> None:
    raise AssertionError("something is sent")


def main(run: Path, model: Path, trackers: list[str], pairs: bool) -> None:
    settings = TrainConfig(
        rank=4, epochs=1, evaluations=1, batch_size=3, precision="fp32", dropout=0, neftune=0, report_to=tuple(trackers),
        dpo=DpoConfig(epochs=2 * pairs),
    )  # fmt: skip
    tracking.prepare(settings.report_to, run)
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = Path("frontdesk/prompt/templates/llama3.jinja").read_text(encoding="utf-8")
    tokenizer.pad_token = tokenizer.eos_token
    rows = token_rows(tokenizer, [conversation(text, f"answer to {text}") for text in TEXTS], 256)
    trainer = build(load(model, settings, torch.float32), tokenizer, rows, {"wordings": rows[:3]}, settings, run / "checkpoints")[0]
    trainer.train()
    if pairs:
        trainer.save_adapter(run / "adapter")
        tuned = PeftModel.from_pretrained(load(model, settings, torch.float32), run / "adapter", is_trainable=True)
        base: Any = {"base": str(model), "template": "llama3"}
        config = Config(name="t", company="c", system_prompt="s", data={"faq": ()}, model=base, train=settings)  # type: ignore[arg-type]
        learner = dpo.build(config, tuned, tokenizer, dpo.token_pairs(tokenizer, PAIRS), run / "checkpoints")
        learner.train()
        learner.evaluate(learner.train_dataset)


if __name__ == "__main__":
    socket.socket.connect = socket.getaddrinfo = refuse  # type: ignore[method-assign,assignment]
    main(Path(sys.argv[1]), Path(sys.argv[2]), [word for word in sys.argv[3:] if word != "pairs"], "pairs" in sys.argv)
