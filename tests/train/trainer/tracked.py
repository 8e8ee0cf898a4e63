"""`python -m tests.train.trainer.tracked RUN MODEL [TRACKER …]`: a short training from which nothing can be sent."""

import socket
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from frontdesk.config.schema import TrainConfig
from tests.train.conftest import TEXTS, conversation
from train.rows import token_rows
from train.trainer import tracking
from train.trainer.base_model import load
from train.trainer.build import build


def refuse(*_: Any) -> None:
    raise AssertionError("something is sent")


def main(run: Path, model: Path, trackers: list[str]) -> None:
    settings = TrainConfig(
        rank=4, epochs=1, evaluations=1, batch_size=3, precision="fp32", dropout=0, neftune=0, report_to=tuple(trackers)
    )  # fmt: skip
    tracking.prepare(settings.report_to, run)
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = Path("frontdesk/prompt/templates/llama3.jinja").read_text(encoding="utf-8")
    tokenizer.pad_token = tokenizer.eos_token
    rows = token_rows(tokenizer, [conversation(text, f"answer to {text}") for text in TEXTS], 256)[0]
    build(load(model, settings, torch.float32), tokenizer, rows, {"wordings": rows[:3]}, settings, run / "checkpoints")[0].train()


if __name__ == "__main__":
    socket.socket.connect = socket.getaddrinfo = refuse  # type: ignore[method-assign,assignment]
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
