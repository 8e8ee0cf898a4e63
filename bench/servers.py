"""The servers that bench/serve.py measures, each for as long as its block lasts: the engine with one or the other setting, the gateway
before it, llama.cpp's server; and transformers, which is no server.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.load import Conversation, log_of
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine import vllm as engine
from frontdesk.engine.processes import Child, first_answer, stop
from frontdesk.web.address import url

CORES = f"0-{len(os.sched_getaffinity(0)) - 1}"
TCMALLOC = Path("/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4")  # Debian's libtcmalloc-minimal4
IOMP = Path(sys.prefix) / "lib/libiomp5.so"  # PyPI's intel-openmp


@dataclass(frozen=True)
class Setting:
    """What is added to the engine's command line and environment; None takes a variable out, `without` options with their values."""

    arguments: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    environment: dict[str, str | None] = field(default_factory=dict)
    quantization: str | None = None
    needs: Path | None = None  # a library that may not be installed


DEFAULTS = Setting(
    without=("--dtype", "--max-num-queued-reqs", "--block-size", "--speculative-config"),
    environment={
        "VLLM_ENABLE_V1_MULTIPROCESSING": None, "VLLM_USE_AOT_COMPILE": None,
        "VLLM_CACHE_ROOT": None, "TORCHINDUCTOR_CACHE_DIR": None,
    },
)  # fmt: skip
"""vLLM's own: what frontdesk/engine/vllm.py chooses is not chosen. But for the length of the context, of which the model's own is often a
multiple, and the room for cached prompts: vLLM's own is 92 % of the memory, and where that is not free it does not start."""


LOOKUP, BLOCKS = "--speculative-config", "--block-size"


def lookup(tokens: int, last: int = 3) -> Setting:
    """Draft so many tokens by looking the `last` ones, or 3, up in the prompt."""
    drafts = {**engine.LOOKUP, "num_speculative_tokens": tokens, "prompt_lookup_min": last}
    return Setting((LOOKUP, json.dumps(drafts)), without=(LOOKUP,))


SETTINGS = {
    "as it is": Setting(),
    "vLLM's defaults": DEFAULTS,
    "worker of its own": Setting(environment={"VLLM_ENABLE_V1_MULTIPROCESSING": "1"}),  # bound, and a core kept back
    "worker of its own, all cores": Setting(environment={"VLLM_ENABLE_V1_MULTIPROCESSING": "1", "VLLM_CPU_OMP_THREADS_BIND": CORES}),
    "worker of its own, not bound": Setting(environment={"VLLM_ENABLE_V1_MULTIPROCESSING": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}),
    "threads bound": Setting(environment={"OMP_PLACES": "threads", "OMP_PROC_BIND": "true"}),
    "one thread": Setting(environment={"OMP_NUM_THREADS": "1"}),
    "passive waiting": Setting(environment={"OMP_WAIT_POLICY": "PASSIVE"}),
    "short waiting": Setting(environment={"GOMP_SPINCOUNT": "10000"}),
    "tcmalloc": Setting(environment={"LD_PRELOAD": str(TCMALLOC)}, needs=TCMALLOC),
    "Intel's OpenMP": Setting(environment={"LD_PRELOAD": str(IOMP)}, needs=IOMP),
    "Intel's OpenMP, short waiting": Setting(environment={"LD_PRELOAD": str(IOMP), "KMP_BLOCKTIME": "1"}, needs=IOMP),
    "tcmalloc, Intel's OpenMP": Setting(environment={"LD_PRELOAD": f"{TCMALLOC}:{IOMP}"}, needs=IOMP),
    "eager": Setting(("--enforce-eager",)),
    "KV 4 GiB": Setting(environment={"VLLM_CPU_KVCACHE_SPACE": "4"}),
    "16 in a batch": Setting(("--max-num-seqs", "16")),
    "64 in a batch": Setting(("--max-num-seqs", "64")),
    "512 tokens a batch": Setting(("--max-num-batched-tokens", "512", "--enable-chunked-prefill")),
    "8192 tokens a batch": Setting(("--max-num-batched-tokens", "8192")),
    "no prefix cache": Setting(("--no-enable-prefix-caching",)),
    "blocks of 64": Setting((BLOCKS, "64"), without=(BLOCKS,)),
    "blocks of 128": Setting(without=(BLOCKS,)),
    "no prompt lookup": Setting(without=(LOOKUP,)),
    "prompt lookup of 3": lookup(3),
    "prompt lookup of 8": lookup(8),
    "prompt lookup of 5 by 2": lookup(5, 2),
    "no prompt lookup, blocks of 128": Setting(without=(LOOKUP, BLOCKS)),
    "events of 4 tokens": Setting(("--stream-interval", "4")),
    "w8a8": Setting(quantization="w8a8"),
}
"""Each against "as it is", which is frontdesk/engine/vllm.py's."""


@dataclass
class Server:
    """A server that answers: where, and how long it took until then."""

    address: str
    seconds: float
    child: Child
    headers: dict[str, str] | None = None  # that its clients send

    def gib(self) -> float:
        """Resident memory of its processes."""
        import psutil

        return sum(psutil.Process(pid).memory_info().rss for pid in self.child.members()) / 2**30


@contextlib.contextmanager
def started(child: Child, address: str, ready: Callable[[httpx.AsyncClient], Awaitable[bool]]) -> Iterator[Server]:
    """Start the child, wait for its first answer, and end it with the block. Raises StartFailed."""
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(timeout=120, trust_env=False)
        child.ready = lambda: ready(client)
        begun = time.monotonic()
        try:
            child.start()
            runner.run(first_answer(child, [child]))
            yield Server(address, time.monotonic() - begun, child)
        finally:
            runner.run(stop([child]))
            runner.run(client.aclose())


@contextlib.contextmanager
def vllm(config: Config, run: Run, name: str = "as it is") -> Iterator[Server]:
    """The engine of `make serve` with one of SETTINGS."""
    setting = SETTINGS[name]
    config = engine.private(config, engine.free_port())
    if setting.quantization:
        config = config.model_copy(update={"serve": config.serve.model_copy(update={"quantization": setting.quantization})})
    child = Child("engine", *with_setting(setting, config, run), log_of(f"engine {name}"), never)
    with started(child, url("127.0.0.1", config.serve.port), lambda client: engine.answers(client, config)) as server:
        yield server


def with_setting(setting: Setting, config: Config, run: Run) -> tuple[list[str], dict[str, str]]:
    """The engine's command line and environment."""
    words = engine.command(config, run)
    for option in setting.without:
        if option in words:
            place = words.index(option)
            del words[place : place + 2]
    merged = engine.environment(config, run) | setting.environment
    return [*words, *setting.arguments], {key: value for key, value in merged.items() if value is not None}


@contextlib.contextmanager
def gateway(config: Config, path: Path, behind: Server) -> Iterator[Server]:
    """The gateway of the config at `path` before a running engine."""
    variables = {engine.ENGINE_URL: behind.address, engine.ENGINE_KEY: "none", "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    child = Child("gateway", [sys.executable, "-m", "serve.gateway", str(path)], os.environ | variables, log_of("gateway"), never)
    address = url("127.0.0.1", config.serve.port)
    with started(child, address, lambda client: engine.answers_with(client, f"{address}/ready", 200)) as server:
        yield server


@contextlib.contextmanager
def llama_cpp(config: Config, binary: Path, weights: Path, clients: int) -> Iterator[Server]:
    """llama.cpp's server on a GGUF file, with a slot for each client."""
    port = engine.free_port()
    address = url("127.0.0.1", port)
    words = [str(binary), "-m", str(weights), "--host", "127.0.0.1", "--port", str(port), "--alias", config.name]
    words += ["--threads", str(len(os.sched_getaffinity(0))), "--parallel", str(clients), "--no-webui"]
    words += ["--ctx-size", str(clients * config.serve.context_length), "--chat-template", config.model.template]

    async def ready(client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(address + "/health")).status_code == 200
        except httpx.TransportError:
            return False

    with started(Child("llama.cpp server", words, dict(os.environ), log_of(weights.stem), never), address, ready) as server:
        server.headers = {"Connection": "close"}  # it ends idle connections without a word, while the next request is on its way
        yield server


async def never() -> bool:
    """The probe of a child that has got none yet."""
    return False


def transformers(config: Config, run: Run, conversations: list[Conversation], clients: int, most: int) -> tuple[float, float]:
    """`generate` in batches of `clients`: tokens a second, and the resident memory in GiB. There is no stream, so no first token."""
    import psutil
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from frontdesk.models.generate import greedy_answers

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    tokenizer = AutoTokenizer.from_pretrained(run.model, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(run.model, dtype=getattr(torch, engine.dtype(config)))
    begun = time.monotonic()
    answers = greedy_answers(model, tokenizer, conversations, most, clients)
    speed = sum(len(answer.tokens) for answer in answers) / (time.monotonic() - begun)
    return speed, psutil.Process().memory_info().rss / 2**30
