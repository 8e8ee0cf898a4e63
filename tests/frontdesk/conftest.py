"""Each template family with its tokenizer, as training loads it, and vLLM's own rendering of the same template file.

The tokenizers are the models' real ones, but for Gemma's, which comes under terms of use: a small one of its making stands for it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest

from frontdesk.config.schema import Config
from frontdesk.engine.vllm import CACHE, free_port
from frontdesk.models.base import load_tokenizer
from frontdesk.prompt.render import chat_template

SYSTEM = "You are \"Ada\" of Müller\\Söhne.\nBe brief, 고객님. {{ 7 * 7 }} {% raw %} {# <b> #} %} <|eot_id|><file_sep> \\n 'end'"
"""A system prompt of which nothing may be taken for Jinja, for JSON or for a special token."""

FAMILIES = ("chatml", "llama3", "llama3.1", "gemma")


@dataclass(frozen=True)
class Family:
    """One template family: the run's config, the model's folder and the tokenizer that training uses."""

    config: Config
    folder: Path
    tokenizer: Any

    @property
    def name(self) -> str:
        return self.config.model.template

    @cached_property
    def special(self) -> dict[int, str]:
        """Every special token by its id."""
        return {number: token.content for number, token in self.tokenizer.added_tokens_decoder.items() if token.special}


def load(name: str, folder: Path, system: str = SYSTEM) -> Family:
    """The family `name` with the model in `folder`."""
    config = Config(name="t", company="c", system_prompt=system, model={"base": str(folder), "template": name}, data={"faq": ()})  # type: ignore[arg-type]
    return Family(config, folder, load_tokenizer(config, folder))


@pytest.fixture(scope="session")
def folders(embedded_model: Path, real_llama3: Path, real_llama31: Path, tiny_gemma3: Path) -> dict[str, Path]:
    """The model folder of each template family."""
    return dict(zip(FAMILIES, (embedded_model, real_llama3, real_llama31, tiny_gemma3), strict=True))


@pytest.fixture(scope="session", params=FAMILIES)
def family(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Family:
    """One template family after the other."""
    return load(request.param, folders[request.param])


Render = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def renderers(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The address of a vLLM server for each family: its web app, renderer and tokenizer on the run's template file, without an engine."""
    place = tmp_path_factory.mktemp("renderers")
    variables = {**os.environ, "VLLM_CACHE_ROOT": str(CACHE.resolve()), "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    addresses = {name: f"http://127.0.0.1:{free_port()}" for name in folders}
    with ExitStack() as stack:
        for name, address in addresses.items():
            family, template, log = (
                load(name, folders[name]),
                place / f"{name}.jinja",
                stack.enter_context((place / f"{name}.log").open("w")),
            )
            template.write_text(chat_template(family.config), encoding="utf-8")
            command = [
                sys.executable,
                "-m",
                "vllm.entrypoints.launchers.render.entry",
                "--model",
                family.folder,
                "--served-model-name",
                "t",
            ]
            command += ["--chat-template", template, "--host", "127.0.0.1", "--port", address.rsplit(":")[-1]]
            process = subprocess.Popen(command, env=variables, stdout=log, stderr=subprocess.STDOUT)
            stack.callback(process.wait, 30)
            stack.callback(process.terminate)
        deadline = time.monotonic() + 300
        for name, address in addresses.items():
            while not healthy(address):
                assert time.monotonic() < deadline, (place / f"{name}.log").read_text()
                time.sleep(0.2)
        yield addresses


def healthy(address: str) -> bool:
    try:
        return httpx.get(address + "/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def render(family: Family, renderers: dict[str, str]) -> Iterator[Render]:
    """Asks vLLM which tokens it makes of a chat request: `render(messages, **more of the request)`."""
    with httpx.Client(base_url=renderers[family.name], trust_env=False, timeout=60) as client:

        def ask(messages: list[dict[str, Any]], **more: Any) -> httpx.Response:
            return client.post("/v1/chat/completions/render", json={"model": "t", "messages": messages, "max_tokens": 1, **more})

        yield ask
