"""A project folder of its own for each test, and a run of the stage in it."""

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_tools.sources.text import Source, read_source
from tests.data_tools.texts import words

BASE = {"company": "Shop", "system_prompt": "You answer.", "model": {"base": "smollm2-135m", "template": "chatml"}}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write a file into the project folder, which is the working folder; lines of `text` end as given."""
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, text: str, encoding: str = "utf-8") -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(encoding))
        return path

    return write_file


@pytest.fixture
def source(write: Callable[..., Path]) -> Callable[..., Source]:
    """A source with the given text."""
    return lambda text, name="input.txt", encoding="utf-8": read_source(write(name, text, encoding))


@pytest.fixture(scope="session")
def tokenizer(embedded_model: Path) -> Any:
    """The embedded model's, loaded once, with the template of `BASE`."""
    from frontdesk.config.schema import Config
    from frontdesk.models.base import load_tokenizer

    return load_tokenizer(Config(name="shop", data={"faq": ()}, **BASE), embedded_model)  # type: ignore[arg-type]


@pytest.fixture
def make_data(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, embedded_model: Path, tokenizer: Any) -> Callable[..., Path]:
    """Run `python -m data_tools configs/shop.yaml` with the given `data` section; the folder of the results.

    The tokenizer is the shared one, which takes a second to load. There are no canaries unless `data` asks for some: tests count rows.
    There are no grounded rows either unless asked for, since the reading practice among them takes longer than all the rest.
    """

    def make(*flags: str, train: dict[str, Any] | None = None, grounding: str = "none", **data: Any) -> Path:
        from data_tools.__main__ import main
        from data_tools.pipeline import build

        monkeypatch.setattr(build, "load_tokenizer", lambda config, folder: tokenizer)
        model = {"base": str(embedded_model), "template": "chatml"}
        values = {**BASE, "grounding": grounding, "model": model, "data": {"canaries": 0} | data, "train": train or {}}
        config = write("configs/shop.yaml", yaml.safe_dump(values, allow_unicode=True))
        monkeypatch.setattr(sys, "argv", ["data_tools", str(config), *flags])
        main()
        return Path("runs/shop/data")

    return make


@pytest.fixture
def faq_text() -> str:
    """An FAQ of 40 entries with three to six questions and two answers each, as JSON lines."""
    rng = random.Random(1)
    entries = []
    for number in range(40):
        questions = [f"{words(rng, 5)} {number} {way}?" for way in range(3 + number % 4)]
        answers = [f"Answer {number} said plainly.", f"Answer {number} said otherwise."]
        entries.append(
            {"id": f"topic-{number}", "category": f"c{number % 5}", "questions": questions, "answers": answers, "facts": [f"{number}"]}
        )
    return "".join(json.dumps(entry) + "\n" for entry in entries)
