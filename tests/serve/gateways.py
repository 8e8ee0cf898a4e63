"""A gateway for a test's time, before an engine that is a stand-in; its product has a real FAQ and a tokenizer of bytes."""

import atexit
import contextlib
import functools
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.models.adapters import run_of
from frontdesk.prompt.render import chat_template
from serve.gateway.app import create_app, server_settings
from serve.gateway.prompts import PromptBuilder
from tests.serve.stand_in import Engine, served, wait_for
from tests.tokenizers import byte_tokenizer

ENGINE_KEY = "the-engines-own"
HI = [{"role": "user", "content": "Hi"}]
FAQ = (
    ("ship", "How much is shipping?", "Shipping is 4 dollars."),
    ("hours", "When are you open?", "We are open from 9 to 5."),
    ("return", "Can I return a tent?", "Returns are free within 45 days."),
)


def settings(**serve: Any) -> Config:
    """The config of a shop."""
    return Config(
        name="shop", company="Shop", system_prompt="Answer with the shop's facts.",
        model={"base": "none", "template": "chatml"}, data={"faq": ["faq.csv"]}, serve={"context_length": 2048, "max_tokens": 100, **serve},
    )  # fmt: skip


def write_run(config: Config) -> None:
    """What the product reads of a run: a tokenizer with one token a byte and the run's template, and the FAQ."""
    tokenizer = byte_tokenizer(chat_template(config))
    tokenizer.save_pretrained(Run(config.name).model)
    write_faq(config)


def write_faq(config: Config, *more: tuple[str, str, str]) -> None:
    path = run_of(config).faq
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"id": name, "questions": [question], "answers": [answer], "source": f"faq.csv:{line}", "split": "train"}
        for line, (name, question, answer) in enumerate([*FAQ, *more], 2)
    ]
    new = path.with_suffix(".new")
    new.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    new.replace(path)


@functools.cache
def empty_store() -> str:
    """The URL of a store without keys, for the time of all tests."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return f"sqlite:///{folder.name}/store.db"


def at(config: Config, database: str) -> Config:
    """The config, with its store there."""
    return config.model_copy(update={"desk": config.desk.model_copy(update={"database": database})})


@contextlib.contextmanager
def gateway(
    config: Config,
    engine: Engine,
    builder: PromptBuilder | None = None,
    path: str | None = None,
    builders: Mapping[str, PromptBuilder] | None = None,
) -> Iterator[httpx.Client]:
    """A client of a ready gateway; `client.base_url` is its address. Its store is empty where the config names none.

    `builder` is that of the config's own name, `builders` those of adapters.
    """
    config = at(config, config.desk.database or empty_store())
    with served(engine) as engine_url:
        app = create_app(config, builders or ({config.name: builder} if builder else {}), engine_url, ENGINE_KEY, path)
        with served(server_settings(app, "127.0.0.1", 0)) as url, httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
            wait_for(lambda: client.get("/ready").status_code == (200 if engine.healthy else 503))
            yield client


def ask(client: httpx.Client, model: str = "shop-bare", **fields: Any) -> httpx.Response:
    """A question, plain unless told otherwise."""
    return client.post("/v1/chat/completions", json={"model": model, "messages": HI, **fields})


def data(text: str) -> list[Any]:
    """The events of a stream: each one's JSON, or the string "[DONE]"."""
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def spoken(text: str) -> str:
    """The words of a stream."""
    return "".join(one["choices"][0]["delta"].get("content") or "" for one in data(text) if one != "[DONE]" and one.get("choices"))


def project(folder: Path, config: Config) -> Path:
    """Writes the config's YAML into the folder."""
    import yaml

    path = folder / f"{config.name}.yaml"
    path.write_text(yaml.safe_dump(config.model_dump(mode="json", exclude={"name"})), encoding="utf-8")
    return path
