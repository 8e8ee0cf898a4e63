"""A tokenizer, rows and settings on the tiny random model."""

from pathlib import Path
from typing import Any

import pytest

from frontdesk.config.schema import Config, TrainConfig
from frontdesk.models.base import load_tokenizer
from train.rows import token_rows

TEXTS = ["a", "longer question about postage", "who are you", "what does it cost", "hello there my friend", "bye"]


@pytest.fixture
def tokenizer(tiny_llama3: Path) -> Any:
    config = Config(name="t", company="c", system_prompt="s", model={"base": "x", "template": "llama3"}, data={"faq": ()})  # type: ignore[arg-type]
    return load_tokenizer(config, tiny_llama3)


@pytest.fixture
def rows(tokenizer: Any) -> list[dict[str, list[int]]]:
    """Six short rows of different lengths."""
    return token_rows(tokenizer, [conversation(text, f"answer to {text}") for text in TEXTS], 256)


@pytest.fixture
def settings() -> TrainConfig:
    return TrainConfig(rank=4, epochs=2, batch_size=3, learning_rate=1e-2, precision="fp32", dropout=0.0, neftune=0.0)


def conversation(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}], "source": "x:1"}
