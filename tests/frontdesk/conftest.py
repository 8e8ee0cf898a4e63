"""Each template family with its tokenizer, as training loads it, and vLLM's own rendering of the same template file.

The tokenizers are the models' real ones, but for Gemma's, which comes under terms of use: a small one of its making stands for it.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from frontdesk.config.schema import Config
from frontdesk.models.base import load_tokenizer
from frontdesk.models.family import SWITCHES
from frontdesk.prompt.families import FAMILIES
from frontdesk.prompt.render import chat_template

SYSTEM = "You are \"Ada\" of Müller\\Söhne.\nBe brief, 고객님. {{ 7 * 7 }} {% raw %} {# <b> #} %} <|eot_id|><file_sep> \\n 'end'"
"""A system prompt of which nothing may be taken for Jinja, for JSON or for a special token."""

FOLDERS = {
    "chatml": "embedded_model",
    "gemma": "tiny_gemma3",
    "llama3": "real_llama3",
    "llama3.1": "real_llama31",
    "mistral": "real_mistral",
    "mistral-nemo": "real_nemo",
    "qwen2.5": "real_qwen25",
    "qwen3": "real_qwen3",
}
"""The fixture with the model folder of each template family."""
TWINS = ("mistral-nemo", "qwen2.5")
"""Their template's file is that of another family: in the slow tests."""


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
        """Every special token by its id; of Qwen's, those too that its tokenizer does not call so, such as <think>."""
        added, every = self.tokenizer.added_tokens_decoder, self.name.startswith("qwen")
        return {number: token.content for number, token in added.items() if token.special or every}

    @cached_property
    def theirs(self) -> Any:
        """The tokenizer as the model comes with it, with its own template."""
        return come(self.folder)

    def own(self, messages: list[dict[str, Any]], answered: bool) -> list[int]:
        """Token ids by the template that the model comes with: of a whole conversation, or of a prompt."""
        text = self.theirs.apply_chat_template(messages, tokenize=False, add_generation_prompt=not answered, **SWITCHES)
        if opening := str(FAMILIES[self.name].settings.get("opening", "")):
            text = text.replace(opening, "").replace("<|im_start|>assistant\n", "<|im_start|>assistant\n" + opening)
        return list(self.tokenizer.encode(text, add_special_tokens=False))


@cache
def read(folder: Path) -> Any:
    """A model's tokenizer; large ones take seconds."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def come(folder: Path) -> Any:
    """The same with a template and special tokens that can be set without changing those of another; the vocabulary is shared."""
    tokenizer = copy(read(folder))
    vars(tokenizer)["_special_tokens_map"] = dict(vars(tokenizer)["_special_tokens_map"])
    return tokenizer


@cache
def load(name: str, folder: Path, system: str = SYSTEM) -> Family:
    """The family `name` with the model in `folder`."""
    from transformers import AutoTokenizer

    config = Config(name="t", company="c", system_prompt=system, model={"base": str(folder), "template": name}, data={"faq": ()})  # type: ignore[arg-type]
    tokenizer = come(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AutoTokenizer, "from_pretrained", lambda *_, **__: tokenizer)
        return Family(config, folder, load_tokenizer(config, folder))


@pytest.fixture(scope="session", params=[pytest.param(name, marks=[pytest.mark.slow] * (name in TWINS)) for name in FOLDERS])
def family(request: pytest.FixtureRequest) -> Family:
    """One template family after the other."""
    return load(request.param, request.getfixturevalue(FOLDERS[request.param]))


@pytest.fixture
def vllm_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of device for vLLM's parser, which asks for one: its build for GPUs has none on a machine without a GPU."""
    from vllm import platforms

    if not platforms.current_platform.device_type:
        monkeypatch.setattr(platforms.current_platform, "device_type", "cuda")


Render = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Family], TestClient]]:
    """vLLM's server for a family, asked without a socket: its web app, renderer and tokenizer on the run's template file, no engine.

    One question at a time: the copies of the tokenizer, one a thread, are not made, which take longest.
    """
    from vllm.renderers import hf

    place, clients = tmp_path_factory.mktemp("renderers"), dict[str, TestClient]()
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(hf, "maybe_make_thread_pool", lambda tokenizer, copies: tokenizer)

        def of(family: Family) -> TestClient:
            if family.name not in clients:
                clients[family.name] = stack.enter_context(TestClient(render_app(family, place)))
            return clients[family.name]

        yield of


def render_app(family: Family, place: Path) -> FastAPI:
    """The app of `vllm launch render`, as its entry point makes it."""
    from vllm import AsyncEngineArgs
    from vllm.config import VllmConfig
    from vllm.entrypoints.launchers.app import build_app
    from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
    from vllm.entrypoints.launchers.render.app_state import init_render_app_state
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    template = place / f"{family.name}.jinja"
    template.write_text(chat_template(family.config), encoding="utf-8")
    words = ["--model", str(family.folder), "--served-model-name", "t", "--chat-template", str(template)]
    words += ["--hf-overrides", '{"architectures": ["LlamaForCausalLM"]}']  # which vLLM looks up in 10 s each, and does not use here
    args = make_arg_parser(FlexibleArgumentParser()).parse_args(words)
    validate_parsed_serve_args(args)
    config = VllmConfig(model_config=AsyncEngineArgs.from_cli_args(args).create_model_config())
    app: FastAPI = build_app(args, ("render",))
    asyncio.run(init_render_app_state(config, app.state, args))
    return app


@pytest.fixture(scope="session")
def render(family: Family, renderer: Callable[[Family], TestClient]) -> Render:
    """Asks vLLM which tokens it makes of a chat request: `render(messages, **more of the request)`."""

    def ask(messages: list[dict[str, Any]], **more: Any) -> httpx.Response:
        body = {"model": "t", "messages": messages, "max_tokens": 1, **more}
        return renderer(family).post("/v1/chat/completions/render", json=body)

    return ask
