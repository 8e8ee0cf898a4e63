"""A small project folder with a run whose model folder is complete on paper; nothing here loads it."""

import json
import os
from pathlib import Path

import pytest
import yaml

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.engine.vllm import free_port
from frontdesk.prompt.render import chat_template, template_hash


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_ports: tuple[int, int]) -> Config:
    """The config of a project in a temporary working folder; its model's provenance agrees with it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRONTDESK_API_KEY", raising=False)
    values = {
        "company": "Test shop",
        "system_prompt": "You help.",
        "model": {"base": "smollm2-135m", "template": "chatml"},
        "data": {"faq": ["faq.jsonl"]},
        "serve": {"port": free_ports[0], "ui_port": free_ports[1]},
    }
    Path("shop.yaml").write_text(yaml.safe_dump(values))
    config = load_config("shop.yaml")
    write_model(config, Run(config.name))
    return config


@pytest.fixture
def free_ports() -> tuple[int, int]:
    """Two ports on which nothing listens, and which the system gives to no outgoing connection while a server is started again."""
    first = second = free_port()
    while second == first:
        second = free_port()
    return first, second


def write_model(config: Config, run: Run) -> None:
    """The files that `serve` looks at, provenance last."""
    run.model.mkdir(parents=True)
    (run.model / "config.json").write_text(json.dumps({"max_position_embeddings": 8192}))
    for name in ("generation_config.json", "tokenizer.json", "tokenizer_config.json"):
        (run.model / name).write_text("{}")
    (run.model / "model.safetensors").write_bytes(os.urandom(1024))
    (run.model / "chat_template.jinja").write_text(chat_template(config))
    run.provenance.write_text(json.dumps({"data_hash": "aaa", "template_hash": template_hash(config)}))
