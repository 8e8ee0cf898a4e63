"""The servers of the benches, each for as long as its block lasts: the engine with one setting or another,
the gateway before it, llama.cpp's server; and transformers, which is no server.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from bench.load import Conversation
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine import vllm as engine
from frontdesk.engine.processes import GRACE, Child, first_answer, stop
from frontdesk.web.address import url

CORES = f"0-{len(os.sched_getaffinity(0)) - 1}"
TCMALLOC = Path("/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4")  # Debian's libtcmalloc-minimal4
IOMP = Path(sys.prefix) / "lib/libiomp5.so"  # PyPI's intel-openmp


LOOKUP, BLOCKS = "--speculative-config", "--block-size"


@dataclass(frozen=True)
class Setting:
    """Changes to the engine's options and environment (None: unset); `without` these options."""

    arguments: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    environment: dict[str, str | None] = field(default_factory=dict)
    quantization: str | None = None
    needs: Path | None = None  # a library that may not be installed


def lookup(tokens: int, last: int = 3) -> Setting:
    """Draft so many tokens by looking the `last` ones, or 3, up in the prompt."""
    drafts = {**engine.LOOKUP, "num_speculative_tokens": tokens, "prompt_lookup_min": last}
    return Setting((LOOKUP, json.dumps(drafts)), without=(LOOKUP,))


def worker(**variables: str | None) -> Setting:
    """The model in a process of its own."""
    return Setting(environment={"VLLM_ENABLE_V1_MULTIPROCESSING": "1", **variables})


OUR_VARIABLES = ("VLLM_ENABLE_V1_MULTIPROCESSING", "VLLM_USE_AOT_COMPILE", "VLLM_CACHE_ROOT", "TORCHINDUCTOR_CACHE_DIR")
SETTINGS = {
    "as it is": Setting(),
    # What frontdesk/engine/vllm.py chooses is not chosen. But for the length of the context, of which the model's own is often a
    # multiple, and the room for cached prompts: vLLM's own is 92 % of the memory, and where that is not free it does not start.
    "vLLM's defaults": Setting(
        without=("--dtype", "--max-num-queued-reqs", BLOCKS, LOOKUP, "--max-num-batched-tokens", "--no-enable-chunked-prefill"),
        environment=dict.fromkeys(OUR_VARIABLES),
    ),
    "worker of its own": worker(),  # bound, and a core kept back
    "worker of its own, all cores": worker(VLLM_CPU_OMP_THREADS_BIND=CORES),
    "worker of its own, not bound": worker(VLLM_CPU_OMP_THREADS_BIND="nobind"),
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
        return sum(psutil.Process(pid).memory_info().rss for pid in self.child.members()) / 2**30


Ready = Callable[[httpx.AsyncClient], Awaitable[bool]]


@contextlib.contextmanager
def started(
    name: str, command: list[str], environment: Mapping[str, str], address: str, ready: Ready, grace: float = GRACE
) -> Iterator[Server]:
    """Start a process, wait until it is ready, end it with the block. Raises StartFailed."""
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(timeout=120, trust_env=False)
        log = Path("runs/bench") / f"{name.replace(' ', '-')}.log"
        log.unlink(missing_ok=True)
        child = Child(name, command, dict(environment), log, lambda: ready(client))
        begun = time.monotonic()
        try:
            child.start()
            runner.run(first_answer(child, [child]))
            yield Server(address, time.monotonic() - begun, child)
        finally:
            runner.run(stop([child], grace))
            runner.run(client.aclose())


@contextlib.contextmanager
def vllm(config: Config, run: Run, name: str = "as it is") -> Iterator[Server]:
    """The engine of `make serve` with one of SETTINGS."""
    setting = SETTINGS[name]
    config = engine.private(config, engine.free_port())
    if setting.quantization:
        config = config.model_copy(update={"serve": config.serve.model_copy(update={"quantization": setting.quantization})})
    command, environment = with_setting(setting, config, run)
    address = url("127.0.0.1", config.serve.port)
    with started(f"engine {name}", command, environment, address, lambda client: engine.answers(client, config)) as server:
        yield server


def with_setting(setting: Setting, config: Config, run: Run) -> tuple[list[str], dict[str, str]]:
    """The engine's command line and environment."""
    words = engine.command(config, run)
    for option in setting.without:
        if option in words:
            start = words.index(option)
            end = next((place for place in range(start + 1, len(words)) if words[place].startswith("--")), len(words))
            del words[start:end]
    merged = engine.environment(config, run) | setting.environment
    return [*words, *setting.arguments], {key: value for key, value in merged.items() if value is not None}


@contextlib.contextmanager
def gateway(config: Config, path: Path, behind: Server) -> Iterator[Server]:
    """The gateway of the config at `path` before a running engine."""
    ours = {engine.ENGINE_URL: behind.address, engine.ENGINE_KEY: "none", "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    command, address = [sys.executable, "-m", "serve.gateway", str(path)], url("127.0.0.1", config.serve.port)
    with started(
        "gateway", command, os.environ | ours, address, lambda client: engine.answers_with(client, f"{address}/ready", 200)
    ) as server:
        yield server


@contextlib.contextmanager
def llama_cpp(config: Config, binary: Path, weights: Path, clients: int) -> Iterator[Server]:
    """llama.cpp's server on a GGUF file, with a slot for each client."""
    port = engine.free_port()
    address = url("127.0.0.1", port)
    command = [str(binary), "-m", str(weights), "--host", "127.0.0.1", "--port", str(port), "--alias", config.name]
    command += ["--threads", str(len(os.sched_getaffinity(0))), "--parallel", str(clients), "--no-webui"]
    command += ["--ctx-size", str(clients * config.serve.context_length), "--chat-template", config.model.template]

    async def ready(client: httpx.AsyncClient) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return (await client.get(address + "/health")).status_code == 200
        return False

    with started(f"llama.cpp {weights.stem}", command, os.environ, address, ready) as server:
        server.headers = {"Connection": "close"}  # it ends idle connections without a word, while the next request is on its way
        yield server


def transformers(config: Config, run: Run, conversations: list[Conversation], clients: int, most: int) -> tuple[float, float]:
    """`generate` in batches of `clients`: tokens a second, and resident GiB. No stream, so no first token."""
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
