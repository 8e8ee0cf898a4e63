"""llama.cpp itself: its quantizer, and its server, in which a GGUF file answers.

Two packages carry it, built for any x86-64 processor with AVX2: `llama-cpp-py-sync` the library with the quantizer, `xllamacpp` the server
with the engine for chat templates.
"""

import importlib.util
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from frontdesk.errors import StartFailed, UserError
from frontdesk.models.generate import Answer
from frontdesk.models.hardware import cores
from frontdesk.prompt.render import Message
from frontdesk.terminal import track

KINDS = {"f16": 1, "q8_0": 7, "q4_k_m": 15}
"""llama.cpp's numbers for how weights are written (`llama_ftype`)."""
AT_ONCE = 8  # conversations


def check_installed() -> None:
    """Raise UserError where llama.cpp's packages are missing."""
    if missing := [name for name in ("gguf", "llama_cpp_py_sync", "xllamacpp") if importlib.util.find_spec(name) is None]:
        raise UserError(
            f"--gguf: package {', '.join(missing)} not found; llama.cpp writes and proves GGUF files; install it: "
            ".venv/bin/pip install -c configs/constraints-cpu.txt -e '.[export]'"
        )


def quantize(source: Path, target: Path, kind: str) -> None:
    """Write a float16 GGUF file as another of KINDS. Raises StartFailed."""
    from llama_cpp_py_sync._cffi_bindings import ffi, get_lib

    library = get_lib()
    quiet = ffi.callback("void(enum ggml_log_level, const char *, void *)", lambda *_: None)
    library.llama_log_set(quiet, ffi.NULL)
    settings = ffi.new("llama_model_quantize_params *", library.llama_model_quantize_default_params())
    settings.ftype, settings.nthread = KINDS[kind], cores()
    if library.llama_model_quantize(str(source).encode(), str(target).encode(), settings):
        raise StartFailed(f"{target.name}: llama.cpp could not write {kind}; is the disk full?")


class Engine:
    """A GGUF file in llama.cpp's server, asked through its API."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, timeout=600)

    def ask(self, path: str, **body: Any) -> Any:
        """What the server answers to a request; raises httpx.HTTPError."""
        return self.client.post(path, json=body).raise_for_status().json()

    def prompt(self, messages: list[Message]) -> list[int]:
        """A prompt's tokens, rendered by the template in the file."""
        text = self.ask("/apply-template", messages=messages)["prompt"]
        return list(self.ask("/tokenize", content=text, add_special=True, parse_special=True)["tokens"])

    def answer(self, messages: list[Message], most: int) -> Answer:
        """The greedy answer, with the token that ends it. The log-probability of a token that is a part of a character is
        not told, and NaN. Raises StartFailed where those of other tokens are told."""
        options = {"temperature": 0, "n_predict": most, "n_probs": 1, "return_tokens": True}
        given = self.ask("/completion", prompt=self.prompt(messages), **options)
        told = [(one["id"], one["logprob"]) for one in given["completion_probabilities"]][::-1]
        log_probs = [told.pop()[1] if told and told[-1][0] == token else math.nan for token in given["tokens"]]
        if told:
            raise StartFailed("llama.cpp told the log-probabilities of other tokens than it answered with")
        return Answer(given["tokens"], log_probs, given["stop_type"] == "eos", given["content"].strip())


@contextmanager
def running(file: Path, context: int) -> Iterator[Engine]:
    """llama.cpp's server on the loopback, for AT_ONCE conversations of `context` tokens. Raises StartFailed."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path, settings.verbosity, settings.warmup = str(file), 0, False
    settings.n_parallel, settings.n_ctx = AT_ONCE, AT_ONCE * context
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = cores()
    try:
        server = xllamacpp.Server(settings)
    except (RuntimeError, ValueError) as error:
        raise StartFailed(f"{file.name}: llama.cpp cannot load it: {error}") from None
    yield Engine(server.listening_address)
    del server  # ends it


def ask(file: Path, prompts: list[list[Message]], context: int, most: int) -> tuple[list[list[int]], list[Answer]]:
    """Each prompt's tokens as llama.cpp sees them, and its answer of at most `most` tokens."""
    with running(file, context) as engine, ThreadPoolExecutor(AT_ONCE) as pool:
        seen = list(pool.map(engine.prompt, prompts))
        given = pool.map(engine.answer, prompts, [most] * len(prompts))
        return seen, list(track(given, f"parity: {file.stem} answers", len(prompts), "answers"))
