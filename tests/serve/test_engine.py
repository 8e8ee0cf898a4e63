"""`frontdesk engine`: what is checked before it becomes vLLM, and what it becomes."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine import vllm
from frontdesk.errors import UserError
from serve import engine


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch, config: Config, free_ports: tuple[int, int]) -> list[Any]:
    """What the process would become."""
    became: list[Any] = []
    record = json.loads(Run("shop").provenance.read_text())
    Run("shop").provenance.write_text(json.dumps(record | {"key": "0123456789abcdef"}))
    monkeypatch.setattr(sys, "argv", ["serve.engine", "shop.yaml", "--host", "0.0.0.0", "--port", str(free_ports[0])])
    monkeypatch.setattr(os, "execve", lambda *all: became.extend(all))
    monkeypatch.setattr(vllm, "device", lambda: "cpu")
    monkeypatch.setenv(vllm.ENGINE_KEY, "a-long-one")
    return became


def test_it_says_which_training_it_serves(become: list[Any], free_ports: tuple[int, int], capsys: pytest.CaptureFixture[str]) -> None:
    engine.main()
    file, words, environment = become
    assert file == words[0] == sys.executable
    assert words[words.index("--served-model-name") + 1 :] == ["shop", "shop-bare", "shop@0123456789ab"]
    assert (words[words.index("--host") + 1], words[words.index("--port") + 1]) == ("0.0.0.0", str(free_ports[0]))
    assert environment["VLLM_API_KEY"] == "a-long-one" and "a-long-one" not in words and vllm.ENGINE_KEY not in environment
    assert environment["VLLM_HTTP_TIMEOUT_KEEP_ALIVE"] == "60", "longer than a router keeps an idle connection"
    assert "the key guards /v1 only" in capsys.readouterr().err


def test_without_a_key_it_does_not_start(become: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(vllm.ENGINE_KEY)
    with pytest.raises(UserError, match=f"{vllm.ENGINE_KEY} is not set; expected the key that desks send"):
        engine.main()
    assert not become


def test_a_model_that_is_not_whole_is_named_and_adapters_are_refused(become: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    (Run("shop").model / "model.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match=r"incomplete model, model\.safetensors missing or empty"):
        engine.main()
    monkeypatch.setenv(vllm.ENGINE_KEY, "a-long-one")
    values = yaml.safe_load(Path("shop.yaml").read_text())
    Path("shop.yaml").write_text(yaml.safe_dump(values | {"serve": {"adapters": {"a": "runs/a"}}}))
    with pytest.raises(UserError, match=r"has serve\.adapters; expected a config with one merged model"):
        engine.main()
    assert not become
