"""Who is asked: the engine of `make serve` on a folder of weights, or any OpenAI-compatible API."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evaluate.systems.ask import Model, digest
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, Endpoint
from frontdesk.errors import UserError
from frontdesk.files import sha256

if TYPE_CHECKING:
    from openai import AsyncOpenAI


@contextmanager
def engine(config: Config, run: Run, folder: Path, which: str) -> Iterator[Model]:
    """The engine on the weights in `folder`, with a digest of those and the template."""
    from frontdesk.engine.vllm import dtype, running

    weights = {file.name: sha256(file) for file in sorted(folder.iterdir()) if file.suffix in (".safetensors", ".bin")}
    identity = digest([weights, sha256(run.model / "chat_template.jinja"), dtype(config)])
    with running(config, run, log=run.report / f"engine-{which}.log", folder=folder) as url:
        client = client_of(Endpoint(url=url, model=config.name))
        yield Model(client, config.name, identity, config.serve.temperature)


def client_of(endpoint: Endpoint) -> "AsyncOpenAI":
    """A client of an OpenAI-compatible API. Raises UserError where the variable of its key is not set."""
    from openai import AsyncOpenAI

    from frontdesk.engine.vllm import api_key

    key = api_key() or "none"
    if endpoint.key_variable:
        if endpoint.key_variable not in os.environ:
            raise UserError(f"key 'key_variable': {endpoint.key_variable} is not set; expected the key of {endpoint.url}; set it")
        key = os.environ[endpoint.key_variable]
    return AsyncOpenAI(base_url=endpoint.url, api_key=key, timeout=600, max_retries=2)
