"""Bad input, found before anything is started: each mistake is one line that says what to change."""

import json
import math
from pathlib import Path
from typing import Any

from frontdesk.address import check_port
from frontdesk.config import Config
from frontdesk.engine import KEY_VARIABLE, Device, api_key
from frontdesk.errors import UserError, warn
from frontdesk.files import read_json
from frontdesk.prompt import template_hash
from frontdesk.run import Run

MODEL_FILES = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
GIB = 1024**3
ENGINE_OVERHEAD = 1.5
"""GiB that the API server and the engine take beside weights and cache, on a CPU, with the 135M model."""


def check(config: Config, run: Run, device: Device) -> None:
    """Raise UserError for what cannot work; warn about what will work otherwise than one may think."""
    provenance = _read_provenance(run, config)
    check_model(run)
    check_lengths(config, run)
    check_port(config.serve.host, config.serve.port, "serve.port")
    check_port(config.serve.host, config.serve.ui_port, "serve.ui_port")
    if device == "cpu":
        check_memory(config, run)
    for line in warnings(config, run, provenance):
        warn(line)


def check_model(run: Run) -> None:
    """A folder that says it is complete, and is."""
    files = [*MODEL_FILES, *_weights(run.model)]
    missing = [name for name in files if not (run.model / name).is_file() or not (run.model / name).stat().st_size]
    if missing:
        raise UserError(f"{run.model}: incomplete model, {', '.join(missing)} missing or empty; run `make train` again to rebuild it")


def check_lengths(config: Config, run: Run) -> None:
    """The context must be one that the model can take."""
    length, limit = config.serve.context_length, read_json(run.model / "config.json").get("max_position_embeddings", math.inf)
    if length > limit:
        raise UserError(f"key 'serve.context_length': found {length}; {run.model} takes at most {limit} tokens; lower it in the config")


def check_memory(config: Config, run: Run) -> None:
    """Weights, cache and the engine itself fit into the memory that is free."""
    weights = sum((run.model / name).stat().st_size for name in _weights(run.model)) / GIB
    needed = weights + config.serve.cpu_kv_cache_gib + ENGINE_OVERHEAD
    free = free_memory() / GIB
    if needed > free:
        raise UserError(
            f"too little memory: {free:.1f} GiB free, about {needed:.1f} GiB needed ({weights:.1f} weights of {run.model}, "
            f"{config.serve.cpu_kv_cache_gib} key 'serve.cpu_kv_cache_gib', {ENGINE_OVERHEAD} engine); close programs, lower "
            "that key or use a smaller model.base"
        )


def free_memory(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that can still be taken: the machine's, or less where a container has a limit (cgroup version 2)."""
    import psutil

    free = int(psutil.virtual_memory().available)
    try:
        limit = int((cgroup / "memory.max").read_text())  # "max" where there is no limit
        used = int((cgroup / "memory.current").read_text())
        statistics = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return free
    return min(free, limit - used + int(statistics.get("inactive_file", 0)))  # the kernel gives file cache back


def warnings(config: Config, run: Run, provenance: dict[str, Any]) -> list[str]:
    """What the user should know although serving works."""
    lines = []
    if run.manifest.is_file():
        data, trained = read_json(run.manifest).get("data_hash"), provenance.get("data_hash")
        if data != trained:
            lines.append(
                f"{run.manifest}: the data changed since training (data {data}, model {trained}); the model does not know it; "
                "run `make train` to teach it"
            )
    now, trained = template_hash(config), provenance.get("template_hash")
    if now != trained:
        lines.append(
            f"{run.provenance}: the system prompt or template changed since training (config {now}, model {trained}); "
            "the trained one is served; run `make train` to use the new one"
        )
    if not _is_loopback(config.serve.host):
        lines.append(_open_host(config.serve.host))
    return lines


def _open_host(host: str) -> str:
    if api_key():
        return (
            f"key 'serve.host': {host} can be reached from other machines; the key guards /v1 only, not /tokenize, /invocations or "
            "/metrics, nor the chat page; put a proxy in front that passes /v1"
        )
    return (
        f"key 'serve.host': {host} can be reached from other machines and {KEY_VARIABLE} is not set, so anybody there can use the API; "
        f"set {KEY_VARIABLE} or use 127.0.0.1"
    )


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _read_provenance(run: Run, config: Config) -> dict[str, Any]:
    if not run.provenance.is_file():
        raise UserError(
            f"{run.provenance}: not found, serving before training; expected a trained model; "
            f"run `make train CONFIG=configs/{config.name}.yaml`"
        )
    try:
        provenance = read_json(run.provenance)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{run.provenance}: not valid JSON ({error}); run `make train` again to rebuild the model") from None
    if not isinstance(provenance, dict):
        raise UserError(f"{run.provenance}: found {type(provenance).__name__}; expected keys and values; run `make train` again")
    return provenance


def _weights(model: Path) -> list[str]:
    """Names of the weight files: those of the index where the weights are in parts."""
    index = model / "model.safetensors.index.json"
    return sorted(set(read_json(index)["weight_map"].values())) if index.is_file() else ["model.safetensors"]
