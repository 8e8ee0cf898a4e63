"""The engine: vLLM's command line and environment for a run, probes, and a temporary engine.

Serving settings that matter on a CPU (measured with the 135M model on two cores):

* `VLLM_ENABLE_V1_MULTIPROCESSING=0` runs the model inside the engine process, which then has every core; the default
  keeps one back for the API server.
* `VLLM_USE_AOT_COMPILE=0` selects the compile cache that a CPU build can load again, so only the first start compiles.
  It is the inductor's, which is in the system's temporary folder by default.
* `--dtype float32` on a processor without bf16 multiplication (most laptops): products take a quarter of the time or less.
* `VLLM_CPU_KVCACHE_SPACE` bounds the cache; unset, the engine takes half of the machine's memory.
* Blocks of 32 tokens in that cache, the smallest on a CPU; vLLM's default is 128. Prompts share their beginning by whole
  blocks, and a desk's have some 150 tokens, a third of them in common.
* Prompt lookup (Saxena 2023; vLLM's `ngram`): a grounded answer repeats its prompt, so the words that followed there are
  drafted, and several tokens are checked in one step, which reads the weights once. The answers stay the same.

vLLM gets its API key by environment, because every user of the machine can read a command line. `make serve`
gives the engine a new key at every start: only the gateway asks it.
"""

import asyncio
import contextlib
import json
import os
import random
import socket
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine import system_prompts
from frontdesk.engine.processes import Child, first_answer, stop
from frontdesk.engine.startup_log import phase
from frontdesk.errors import StartFailed, UserError
from frontdesk.files import read_json
from frontdesk.models.adapters import engine_arguments
from frontdesk.models.hardware import multiplies_bf16
from frontdesk.web import tracing
from frontdesk.web.address import url

if TYPE_CHECKING:
    import httpx

Device = Literal["cpu", "gpu"]

KEY_VARIABLE = "FRONTDESK_API_KEY"
ENGINE_URL, ENGINE_KEY = "FRONTDESK_ENGINE_URL", "FRONTDESK_ENGINE_KEY"
SECOND_URL = "FRONTDESK_SECOND_ENGINE_URL"
"""Environment variables with the engine's address and key, and where that of another version is, for the gateway alone."""
ENGINE_HEALTH = "FRONTDESK_ENGINE_HEALTH"  # where that address says whether it takes questions; /health without it

SESSION = "x-session-id"
"""The header with a conversation's id: the page's and other clients' to the gateway, and a digest of it to the engine."""

SERVED = "FRONTDESK_SERVED_MODEL"  # environment variable that names the served folder for gateway and page

CACHE = Path(".cache/vllm")
PLUGIN = "frontdesk.engine.plugin:mend"
LOOKUP = {"method": "ngram", "num_speculative_tokens": 5, "prompt_lookup_min": 3, "prompt_lookup_max": 3}
BLOCK = 32  # as LOOKUP measured by bench/serve.py (docs/experiments.md)
STEP = 2048
"""Tokens of a step on a CPU, or the context if that is longer: each prompt is read whole, in one step. Read in
parts, one of a request with a seed ends vLLM 0.32 on a CPU ("CPU Generator does not use offset")."""
CPU_OVERHEAD_GIB, CPU_ENGINE_GIB = 2.5, 1.5
"""GiB beside weights and cache, on a CPU, with the 135M model: 1.5 for the engine and its API server, 0.6 for
the gateway and 0.4 for its encoder."""
UTILIZATION = 0.92
"""Of a GPU's memory, what vLLM takes for itself by default."""
MAX_REQUESTS: dict[Device, int] = {"cpu": 128, "gpu": 2048}
"""Requests in the engine at once, including waiting ones; more get HTTP 503. vLLM's own queue is unlimited.
128 answers of 60 tokens are about 16 s of work for the 135M model on two cores; nobody would wait longer."""


def device() -> Device:
    """Which build of vLLM is installed, by the package records: importing torch would take seconds."""
    installed = {distribution.metadata["Name"].lower().replace("_", "-") for distribution in metadata.distributions()}
    if "vllm-cpu" in installed:
        return "cpu"
    if "vllm" in installed:
        return "gpu"
    raise UserError(f"vllm is not installed in {sys.prefix}; expected the package vllm-cpu or vllm; run `make serve`, which installs it")


def api_key() -> str | None:
    """The key that clients must send; None if everybody may ask."""
    return os.environ.get(KEY_VARIABLE) or None


def raw_model(config: Config) -> str:
    """The name of the raw model: the tuned one without the desk's system message and FAQ entries."""
    return config.serve.bare_model or f"{config.name}-bare"


def private(config: Config, port: int) -> Config:
    """The same config, with the engine on the loopback address at `port`."""
    return config.model_copy(update={"serve": config.serve.model_copy(update={"host": "127.0.0.1", "port": port})})


def dtype(config: Config) -> str:
    """The engine's number format: "bfloat16" or "float32"."""
    if config.serve.dtype != "auto":
        return config.serve.dtype
    return "bfloat16" if device() == "gpu" or multiplies_bf16() else "float32"


def int8_key(provenance: dict[str, Any]) -> str:
    """The key of the int8 weights of this provenance's model: they have their own scorecard and answers."""
    return f"{provenance.get('key')}-w8a8"


def served_key(config: Config, provenance: dict[str, Any]) -> str:
    """The key of the served weights of the model with this provenance."""
    return int8_key(provenance) if config.serve.quantization else str(provenance.get("key"))


def served_weights(config: Config, run: Run) -> Path:
    """The merged weights that `serve.quantization` names. Raises UserError if there are no int8 weights."""
    if not config.serve.quantization:
        return run.model
    found = read_json(run.int8_provenance).get("key") if run.int8_provenance.is_file() else None
    if found is None or found != int8_key(read_json(run.provenance)):
        raise UserError(
            f"key 'serve.quantization': {run.int8} is {'of another training' if found else 'not there'}; expected proven int8 weights of "
            f"{run.model}; run `python -m train.int8` with this run's config, or remove serve.quantization"
        )
    return run.int8


def served_model(config: Config, run: Run) -> Path:
    """The served weights: the snapshot of `make serve`, or the run's if gateway or page is started alone."""
    return Path(os.environ[SERVED]) if SERVED in os.environ else served_weights(config, run)


def plugin_installed() -> bool:
    """Whether vLLM will find our plugin. Without it, drafted tokens are sampled wrongly."""
    return any(one.value == PLUGIN for one in metadata.entry_points(group="vllm.general_plugins"))


def eager(config: Config) -> bool:
    """Whether the engine runs without compiled code. On a CPU vLLM does not compile a model with adapters."""
    return config.serve.eager or bool(config.serve.adapters and device() == "cpu")


def command(config: Config, run: Run, folder: Path | None = None) -> list[str]:
    """vLLM's OpenAI server: on the run's merged model, on the weights in `folder`, or on the base with the
    adapters of `serve.adapters`. For adapters it writes `runs/NAME/serve/base/`, which the command line
    names. The chat template is the run's current one or, with the folder `run.served` or a version's, that
    beside the weights."""
    serve = config.serve
    arguments = {
        "--host": serve.host,
        "--port": serve.port,
        "--dtype": dtype(config),
        "--max-model-len": serve.context_length,
        "--max-num-queued-reqs": max(MAX_REQUESTS[device()], 2 * serve.max_in_flight),
    }
    flags = ["--disable-uvicorn-access-log", "--no-enable-log-requests", *(["--enforce-eager"] if eager(config) else [])]
    if traces := tracing.endpoint(config):
        arguments["--otlp-traces-endpoint"] = traces
    if device() == "gpu":
        arguments |= {"--tensor-parallel-size": serve.tensor_parallel_size}
        arguments |= {"--data-parallel-size": serve.data_parallel_size} if serve.data_parallel_size > 1 else {}
    else:
        arguments |= {"--block-size": BLOCK, "--max-num-batched-tokens": max(STEP, serve.context_length)}
        arguments |= {"--speculative-config": json.dumps(LOOKUP)} if plugin_installed() else {}
        flags.append("--no-enable-chunked-prefill")
    words = [sys.executable, "-m", "vllm.entrypoints.openai.api_server"]
    words += [*(str(word) for pair in arguments.items() for word in pair), *flags]
    if serve.adapters:
        return words + engine_arguments(config, run, device())
    own = folder if folder and (folder == run.served or run.versions in folder.parents) else run.model
    template = own / "chat_template.jinja"
    words += ["--model", str(folder or served_weights(config, run)), "--chat-template", str(template)]
    return [*words, "--served-model-name", config.name, raw_model(config)]  # only the gateway treats the two differently


def environment(config: Config, run: Run, key: str | None = None) -> dict[str, str]:
    """The engine's environment: ours, vLLM's settings, and as its only key `key` or else `api_key()`."""
    variables = {name: value for name, value in os.environ.items() if name not in ("VLLM_API_KEY", KEY_VARIABLE)}
    variables |= {
        "VLLM_CACHE_ROOT": str(CACHE.resolve()),
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_LOGGING_LEVEL": "INFO",  # progress is read from the log, which TRL turns off in a training's environment
        "DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",
        "PYTHONUNBUFFERED": "1",
        system_prompts.VARIABLE: str(run.base_settings / "system_prompts.json"),
    }
    if key := key or api_key():
        variables["VLLM_API_KEY"] = key
    if tracing.endpoint(config):  # vLLM's own default is gRPC
        variables |= {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf", "OTEL_SERVICE_NAME": "frontdesk-engine"}
    if eager(config):
        variables["TORCHDYNAMO_DISABLE"] = "1"  # --enforce-eager leaves out the ranks of log-probabilities: 11 s at the first request
    if device() == "cpu":
        variables |= {
            "VLLM_CPU_KVCACHE_SPACE": str(config.serve.cpu_kv_cache_gib),
            "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
            "VLLM_USE_AOT_COMPILE": "0",
            "TORCHINDUCTOR_CACHE_DIR": str((CACHE / "inductor").resolve()),
        }
    return variables


def share(config: Config, number: int) -> dict[str, str]:
    """What the environment of engine `number` (from 0) of `serve.replicas` has more: its share of the cores or of the GPUs.

    A router keeps idle connections for 50 s, and vLLM would close them after 5.
    """
    serve = config.serve
    if not serve.routed:
        return {}
    added = {"VLLM_HTTP_TIMEOUT_KEEP_ALIVE": "60"}
    if serve.replicas < 2:
        return added
    if device() == "cpu":
        return added | {"OMP_NUM_THREADS": str(max(1, len(os.sched_getaffinity(0)) // serve.replicas))}
    return added | gpus_of(config, number)


def gpus_of(config: Config, number: int) -> dict[str, str]:
    """What shows engine `number` (from 0) its GPUs, of those that this process sees: those behind the ones of the engines before it."""
    given, each = os.environ.get("CUDA_VISIBLE_DEVICES"), gpus_each(config)
    visible = given.split(",") if given else [str(gpu) for gpu in range(each * (number + 1))]
    return {"CUDA_VISIBLE_DEVICES": ",".join(visible[number * each : (number + 1) * each])}


def gpus_each(config: Config) -> int:
    """GPUs of one engine."""
    return config.serve.tensor_parallel_size * config.serve.data_parallel_size


async def answers(client: "httpx.AsyncClient", config: Config, key: str | None = None) -> bool:
    """True once a chat completion has been answered, with `key` or else `api_key()`. `/health` is up before
    answers are fast. A full queue (503) means that others get answers. Raises StartFailed if the question is
    refused."""
    import httpx

    model = next(iter(config.serve.adapters), config.name)
    question = {"model": model, "max_tokens": 8, "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"Authorization": f"Bearer {key}"} if (key := key or api_key()) else {}
    try:
        if not await alive(client, config):
            return False
        address = url(config.serve.host, config.serve.port) + "/v1/chat/completions"
        answer = await client.post(address, json=question, headers=headers)
    except httpx.TransportError:
        return False
    if answer.is_client_error:
        raise StartFailed(f"the engine refuses its first question (HTTP {answer.status_code}): {answer.text[:500]}")
    return answer.status_code in (200, 503)


async def alive(client: "httpx.AsyncClient", config: Config) -> bool:
    """True if the engine says that it is healthy."""
    return await answers_with(client, url(config.serve.host, config.serve.port) + "/health", 200)


async def answers_with(client: "httpx.AsyncClient", address: str, status: int | None = None) -> bool:
    """Whether an address answers, with this HTTP status or with any."""
    found = await status_of(client, address)
    return found is not None and status in (None, found)


async def status_of(client: "httpx.AsyncClient", address: str, headers: dict[str, str] | None = None) -> int | None:
    """The HTTP status with which an address answers; None if it does not."""
    import httpx

    try:
        return (await client.get(address, headers=headers)).status_code
    except httpx.TransportError:
        return None


@contextlib.contextmanager
def running(config: Config, run: Run, *, log: Path, folder: Path | None = None) -> Iterator[str]:
    """The engine of `make serve`, on a free loopback port, for as long as the block lasts: on the run's
    merged model, or on the weights in `folder` with the run's template, under the name `config.name`.

    Yields `http://127.0.0.1:PORT/v1` once a first question was answered; clients must send `api_key()` if
    that is set. Its output goes to `log`. After the block nothing of it runs, however the block ends. Raises
    StartFailed with the log's reasons. Call it from the main thread, outside an event loop.
    """
    import httpx

    serve = {"host": "127.0.0.1", "port": free_port(), "adapters": {}}
    config = config.model_copy(update={"serve": config.serve.model_copy(update=serve)})
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(timeout=120, trust_env=False)  # a proxy of the environment must not see local calls
        child = Child("engine", command(config, run, folder), environment(config, run), log, lambda: answers(client, config), phase)
        try:
            child.start()
            runner.run(first_answer(child, [child]))
            yield url(config.serve.host, config.serve.port) + "/v1"
        finally:
            runner.run(stop([child]))
            runner.run(client.aclose())


def free_ports(count: int) -> list[int]:
    """So many, each another."""
    found: dict[int, None] = {}
    while len(found) < count:
        found[free_port()] = None
    return [*found]


def free_port() -> int:
    """A port of the loopback address on which nothing listens now.

    It is below those that systems give to outgoing connections, so that none of these takes it before the caller does.
    """
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port := random.randrange(20_000, 32_768)))
            return port
