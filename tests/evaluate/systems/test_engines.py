"""A client of an API, and under which name an engine's answers are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from evaluate.systems import engines
from evaluate.systems.engines import client_of
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, Endpoint
from frontdesk.errors import UserError


def test_a_key_that_is_not_set_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Endpoint(url="http://127.0.0.1:9/v1", model="x", key_variable="SHOP_TEST_KEY")
    monkeypatch.delenv("SHOP_TEST_KEY", raising=False)
    with pytest.raises(UserError, match=r"SHOP_TEST_KEY is not set; expected the key of http://127\.0\.0\.1:9/v1"):
        client_of(endpoint)
    monkeypatch.setenv("SHOP_TEST_KEY", "secret")
    assert client_of(endpoint).api_key == "secret"


def test_answers_are_kept_by_the_weights_and_the_template_that_gave_them(
    shop: Run, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def running(*_: Any, **__: Any) -> Iterator[str]:
        yield "http://127.0.0.1:9/v1"

    def identity(folder: Path) -> str:
        with engines.engine(config, shop, folder, "tuned") as model:
            return str(model.identity)

    monkeypatch.setattr("frontdesk.engine.vllm.running", running)
    monkeypatch.setattr("frontdesk.engine.vllm.dtype", lambda config: "float32")
    shop.model.mkdir(parents=True, exist_ok=True)
    template, weights = shop.model / "chat_template.jinja", shop.model / "model.safetensors"
    seen = []
    for text, content in (("a", b"1"), ("b", b"1"), ("a", b"2")):
        template.write_text(text)
        weights.write_bytes(content)
        seen.append(identity(shop.model))
    assert len(set(seen)) == 3
    weights.write_bytes(b"1")
    assert identity(shop.model) == seen[0]
