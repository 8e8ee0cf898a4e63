"""Bad input, found before anything is started: each mistake is one line that says what to change."""

import contextlib
import math
import os
from pathlib import Path
from typing import Any

from frontdesk.config.hours import read_hours
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.engine.vllm import (
    CPU_ENGINE_GIB,
    CPU_OVERHEAD_GIB,
    ENGINE_KEY,
    KEY_VARIABLE,
    UTILIZATION,
    Device,
    api_key,
    dtype,
    gpus_each,
    served_key,
    served_weights,
)
from frontdesk.errors import UserError, warn
from frontdesk.files import read_json
from frontdesk.models.adapters import Adapter, load_adapters, read_record
from frontdesk.models.base import locate, weights
from frontdesk.models.driver import multiplies_bf16, require_gpu
from frontdesk.models.gpu import Gpu
from frontdesk.models.hardware import free_memory
from frontdesk.prompt.render import template_hash
from frontdesk.web.address import check_port, is_loopback

MODEL_FILES = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
GIB = 1024**3
WORSE = 1.02  # ratio of held-out losses from which a warning is printed


def check(config: Config, run: Run, device: Device) -> str | None:
    """Raise UserError for what cannot work, and warn about what may surprise. Returns the key of the weights
    to serve (serve/snapshot.py); None for adapters."""
    key, lines = check_engine(config, run, device)
    check_port(config.serve.host, config.serve.port, "serve.port")
    check_port(config.serve.host, config.serve.ui_port, "serve.ui_port")
    check_host(config)
    if config.serve.bare_model == config.name:
        raise UserError(
            f"key 'serve.bare_model': found {config.name}, the name of the run itself; expected another; change it in the config"
        )
    if config.serve.engines and not os.environ.get(ENGINE_KEY):
        raise UserError(f"key 'serve.engines': {ENGINE_KEY} is not set; expected the key with which these engines were started; export it")
    read_hours(config.desk)
    if not is_loopback(config.serve.host):
        lines.append(
            f"key 'serve.host': {config.serve.host} can be reached from other machines; keys guard the API and the console, the chat page "
            "is open to everybody, and nothing is encrypted; put a proxy with TLS in front"
        )
    for line in lines:
        warn(line)
    return key


def check_engine(config: Config, run: Run, device: Device) -> tuple[str | None, list[str]]:
    """Raise UserError unless the engines of this machine can serve. Returns the key of their weights, and warnings."""
    if config.serve.adapters:
        adapters = load_adapters(config)
        model = locate(config.model)
        files = [*weights(model), *(adapter.weights for adapter in adapters)]
        lines, key = [line for adapter in adapters for line in adapter_warnings(adapter)], None
    else:
        missing = (
            f"serving before training; expected a trained model; run `make train CONFIG=configs/{config.name}.yaml`, or set model.base to "
            "the model folder of a run that was trained with grounding: faq, such as runs/demo/model, to serve at once"
        )
        provenance = read_record(run.provenance, missing)
        check_model(run)
        check_parity(config, run, provenance)
        check_scorecard(config, run, provenance)
        model = served_weights(config, run)
        files = [model / name for name in _weights(model)]
        lines, key = warnings(config, run, provenance), served_key(config, provenance)
    shape = read_json(model / "config.json")
    length, limit = config.serve.context_length, shape.get("max_position_embeddings", math.inf)
    if length > limit:
        raise UserError(f"key 'serve.context_length': found {length}; {model} takes at most {limit} tokens; lower it in the config")
    if device == "cpu":
        check_memory(config, model, files)
    elif config.serve.replicas:
        check_gpus(config, model, files, shape)
    return key, lines


def check_model(run: Run) -> None:
    """Raise UserError unless the folder is complete."""
    files = [*MODEL_FILES, *_weights(run.model)]
    missing = [name for name in files if not (run.model / name).is_file() or not (run.model / name).stat().st_size]
    if missing:
        raise UserError(f"{run.model}: incomplete model, {', '.join(missing)} missing or empty; run `make train` again to rebuild it")


def check_parity(config: Config, run: Run, provenance: dict[str, Any]) -> None:
    """Refuse a model whose parity check failed; `train.parity_prompts: 0` skips the check."""
    if not config.train.parity_prompts or not run.parity.is_file():
        return
    record = read_json(run.parity)
    if record.get("key") == provenance.get("key") and not record.get("passed"):
        raise UserError(
            f"{run.parity}: the proof failed: the served model's answers are not the trained one's "
            f"({'; '.join(record.get('failures', []))}); run `make train` again, or set train.parity_prompts to 0 to serve it without proof"
        )


def check_scorecard(config: Config, run: Run, provenance: dict[str, Any]) -> None:
    """Refuse a model whose last scorecard missed a limit, unless the config says otherwise."""
    if config.serve.ignore_gate or not run.scores.is_file():
        return
    record = read_json(run.scores)
    if record["key"] == served_key(config, provenance) and not record["gate"]["passed"]:
        missed = ", ".join(
            " against ".join(filter(None, (one["metric"], one.get("against")))) for one in record["gate"]["checks"] if not one["passed"]
        )
        raise UserError(
            f"{run.scores}: the last scorecard of this model missed {missed}; see index.html beside it; improve the data and train again, "
            "change evaluate.thresholds and run `make eval` again, or set serve.ignore_gate to true"
        )


def check_memory(config: Config, model: Path, files: list[Path]) -> None:
    """Raise UserError unless weights, cache and engine, each times `serve.replicas`, fit into free memory."""
    serve, size = config.serve, weight_gib(config, files)
    if serve.data_parallel_size > 1:
        found = serve.data_parallel_size
        raise UserError(f"key 'serve.data_parallel_size': found {found}; expected 1, since it is for GPUs; set serve.replicas to {found}")
    needed = serve.replicas * (size + serve.cpu_kv_cache_gib + CPU_ENGINE_GIB) + CPU_OVERHEAD_GIB - CPU_ENGINE_GIB
    free = free_memory() / GIB
    if needed > free:
        each = f" for each of {serve.replicas} engines (key 'serve.replicas')" if serve.replicas > 1 else ""
        raise UserError(
            f"too little memory: {free:.1f} GiB free, about {needed:.1f} GiB needed ({size:.1f} weights of {model}, "
            f"{serve.cpu_kv_cache_gib} key 'serve.cpu_kv_cache_gib', {CPU_OVERHEAD_GIB} engine and gateway{each}); close programs, lower "
            "that key or use a smaller model.base"
        )


def check_gpus(config: Config, model: Path, files: list[Path], shape: dict[str, Any]) -> None:
    """Raise UserError unless there are as many GPUs as the engines take, and each has room for its part of the weights. `shape` is
    the model's config.json."""
    devices, count, serve = require_gpu().devices, config.serve.tensor_parallel_size, config.serve
    key, heads = f"key 'serve.tensor_parallel_size': found {count}", shape.get("num_attention_heads", count)
    if heads % count:
        raise UserError(f"{key}; {model} has {heads} attention heads, which it must divide; take 1, 2, 4 or 8")
    needed = serve.replicas * gpus_each(config)
    if needed > count:
        key += f", times serve.data_parallel_size {serve.data_parallel_size}, times serve.replicas {serve.replicas} are {needed} GPUs"
    if devices and len(devices) < needed:
        raise UserError(f"{key}; the GPUs here are {len(devices)}; lower it in the config")
    if devices and dtype(config) == "bfloat16" and not multiplies_bf16(devices[0]):
        raise UserError(f"key 'serve.dtype': found {serve.dtype}; {devices[0].name} has no bf16; set it to float32")
    for number, gpu in enumerate(devices[:needed]):
        check_room(gpu, f"GPU {number} ({gpu.name})", weight_gib(config, files) / count, model)


def check_room(gpu: Gpu, name: str, size: float, model: Path) -> None:
    """Raise UserError unless vLLM's share of a GPU is free and larger than `size` GiB of weights. A GPU that does not
    say what it has shares the machine's memory."""
    if gpu.memory is None or gpu.free is None:
        return
    room, free = UTILIZATION * gpu.memory / GIB, gpu.free / GIB
    if free < room:
        raise UserError(f"{name}: vLLM takes {room:.1f} GiB of it, {free:.1f} GiB are free; end the programs that nvidia-smi lists")
    if size > room:
        raise UserError(
            f"{name}: too little memory: {size:.1f} GiB of the weights of {model} come to it, and there is room for {room:.1f}; "
            "raise serve.tensor_parallel_size, or use serve.quantization or a smaller model.base"
        )


def weight_gib(config: Config, files: list[Path]) -> float:
    """GiB of the weights in memory; the files hold bf16."""
    return sum(file.stat().st_size for file in files) / GIB * (2 if dtype(config) == "float32" else 1)


def warnings(config: Config, run: Run, provenance: dict[str, Any]) -> list[str]:
    """What the user should know, although serving works."""
    lines = _data_changed(run, provenance.get("data_hash"), "model")
    now, trained = template_hash(config), provenance.get("template_hash")
    if now != trained:
        lines.append(
            f"{run.provenance}: the system prompt or template changed since training (config {now}, model {trained}); "
            "the trained one is served; run `make train` to use the new one"
        )
    return lines


def adapter_warnings(adapter: Adapter) -> list[str]:
    """What the user should know about an adapter, although it can be served."""
    lines, root = _data_changed(adapter.run, adapter.data_hash, "adapter"), adapter.run.root
    if template_hash(adapter.config) != adapter.template_hash:
        lines.append(
            f"{root}: the chat template changed since training, so its prompts are not those of the training; "
            "run `make train` to use the new one"
        )
    if adapter.loss and adapter.best_loss and adapter.loss > WORSE * adapter.best_loss:
        lines.append(
            f"{root}: on the base's own weights its held-out loss is {adapter.loss:.3f}, merged as `make train` chose it is "
            f"{adapter.best_loss:.3f}; compare answers, and serve the merged model with its own config if they are worse"
        )
    return lines


def _data_changed(run: Run, trained: str | None, what: str) -> list[str]:
    data = read_json(run.manifest).get("data_hash") if run.manifest.is_file() else trained
    changed = f"{run.manifest}: the data changed since training (data {data}, {what} {trained})"
    return [f"{changed}; the {what} does not know it; run `make train` to teach it"] if data != trained else []


def check_host(config: Config) -> None:
    """Refuse an open host without any key. If the store cannot be read, nobody is let in until it can."""
    host = config.serve.host
    if not is_loopback(host) and not has_key(config):
        raise UserError(
            f"key 'serve.host': {host} can be reached from other machines and there is no key, so anybody there could use the API; "
            f"make one: python -m serve.keys create --role customer --name NAME --config configs/{config.name}.yaml; or set "
            f"{KEY_VARIABLE} to a long random text, or use 127.0.0.1"
        )


def has_key(config: Config) -> bool:
    """Whether clients need a key on loopback too: there is or was one, or the store cannot be read."""
    from frontdesk.store.keys import any_key
    from frontdesk.store.store import StoreUnavailable, open_store

    if api_key():
        return True
    try:
        with contextlib.closing(open_store(config)) as store:
            return any_key(store)
    except StoreUnavailable as error:
        warn(f"the store of {config.name} cannot be read now ({error}); until it can, nobody is let in")
        return True


def _weights(model: Path) -> list[str]:
    """Names of the weight files; from the index if there are several."""
    index = model / "model.safetensors.index.json"
    return sorted(set(read_json(index)["weight_map"].values())) if index.is_file() else ["model.safetensors"]
