"""Whether a config runs here: its models, ports, memory and disk, by the figures of `train.plan`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from frontdesk.config.run import NAMED
from frontdesk.config.schema import Config, TrainConfig
from frontdesk.engine.vllm import CPU_OVERHEAD_GIB, UTILIZATION
from frontdesk.errors import UserError
from frontdesk.models.base import locate, on_hub, weights
from frontdesk.models.driver import multiplies_bf16
from frontdesk.models.reader import reader
from frontdesk.web.address import check_port
from train.doctor import hub
from train.doctor.findings import Finding, Mark, gib, refused
from train.doctor.machine import Machine
from train.memory import CUDA_CONTEXT, GIB, Batch, Setup, disk_bytes, flops, predict
from train.plan import PLANNED, describe, refuse, refuse_merge, shape_of
from train.shapes import PRESETS, Shape

SUPERVISED = 1 / 3  # of the tokens of a row, as in customer service
PATIENCE = 1e9
"""Parameters beyond which a training on a CPU takes days."""
STEP = 1.0 * GIB
"""What the engine's largest step needs on a GPU. An assumption, not measured here."""


def config_findings(config: Config, machine: Machine) -> Iterator[Finding]:
    """All that the config needs of the machine."""
    yield base(config, machine)
    yield from encoders(config)
    yield from ports(config)
    yield from bf16(config, machine)
    yield from compiler(config, machine)
    try:
        shape = shape_of(str(hub.folder(config.model) or config.model.base) if on_hub(config.model) else config.model.base)
    except UserError:
        yield Finding("note", "training", f"its memory cannot be told: the shape of {Path(config.model.base).name} is not known here")
        return
    yield from training(config.train, shape, machine)
    yield serving(config, shape, machine)
    yield from disk(config, shape, machine)


def base(config: Config, machine: Machine) -> Finding:
    """Whether the base model is here or can be had. The hub is asked only where it is needed: offline is fine."""
    name, token = Path(config.model.base).name, f"HF_TOKEN is {'' if machine.token else 'not '}set"
    fetched = to_be_fetched(config)
    try:
        hub.check(config.model) if fetched else on_hub(config.model) or locate(config.model)
    except UserError as error:
        found = not_made(config, "base", name) if name in NAMED else refused("base", error)
        return found._replace(fact=f"{found.fact}; {token}") if fetched else found
    if reader(config):
        return Finding("ok", "base", f"{config.model.base} is here, and serves an FAQ without training")
    where = "on the hub, and `make train` may fetch it" if fetched else "here; the hub is not asked"
    return Finding("ok", "base", f"{name} is {where}; {token}")


def to_be_fetched(config: Config) -> bool:
    """Whether the base is one of the hub's that the cache does not have."""
    return on_hub(config.model) and not ((folder := hub.folder(config.model)) and weights(folder))


def encoders(config: Config) -> Iterator[Finding]:
    """Embedded encoders that are not made yet."""
    if config.encoder in NAMED and not (NAMED[config.encoder] / "config.json").is_file():
        yield not_made(config, "encoder", config.encoder)


def not_made(config: Config, about: str, name: str) -> Finding:
    """An embedded model that `make setup` makes."""
    return Finding("fail", about, f"{name} is not here", f"make setup CONFIG=configs/{config.name}.yaml")


def ports(config: Config) -> Iterator[Finding]:
    """Those of the API and of the page."""
    for key, port in (("serve.port", config.serve.port), ("serve.ui_port", config.serve.ui_port)):
        try:
            check_port(config.serve.host, port, key)
            yield Finding("ok", "port", f"{port} is free ({key})")
        except UserError as error:
            yield refused("port", error)


def bf16(config: Config, machine: Machine) -> Iterator[Finding]:
    """Keys that mean bf16, where the GPU has none: torch computes in it slowly, and vLLM refuses it. `auto` is fp32
    in training, but bf16 in serving."""
    if machine.gpu is None or multiplies_bf16(machine.gpu):
        return
    if config.train.precision == "bf16":
        yield Finding("fail", "bf16", "train.precision is bf16, and this GPU has none", "set train.precision: fp32")
    if config.serve.dtype != "float32":
        yield Finding("fail", "bf16", f"serve.dtype is {config.serve.dtype}, and this GPU has no bf16", "set serve.dtype: float32")


def compiler(config: Config, machine: Machine) -> Iterator[Finding]:
    """What torch compiles the engine's model with; for a CPU it finds no other way."""
    if not machine.compiler and not config.serve.eager:
        mark: Mark = "note" if machine.gpu else "fail"
        yield Finding(mark, "compiler", "no g++, with which torch compiles the engine's model", "sudo apt-get install g++")


def training(train: TrainConfig, shape: Shape, machine: Machine) -> Iterator[Finding]:
    """The peak of a step and of the merge, against what is free."""
    free = machine.free_where_trained
    setup, batch, row = planned(train, shape, machine)
    memory = predict(shape, setup, batch)
    try:
        refuse(shape, setup, batch, memory, free)
        refuse_merge(memory, free)
        yield Finding("ok", "training", f"{describe(setup)}: {gib(memory.peak)} of {gib(free)}")
    except UserError as error:
        found = refused("training", error)
        several = "; or on several GPUs: docs/how-to/several-gpus.md" * (len(machine.gpus.devices) > 1)
        yield found._replace(mend=found.mend + several)
    if not setup.gpu and shape.parameters > PATIENCE:
        work = flops(shape, setup, *row, train.max_length) / train.max_length
        fact = f"{shape.parameters / 1e9:.1f} B parameters on a CPU: {work / 1e9:.0f} GFLOP a token, where the demo has 0.6: days"
        yield Finding("note", "training", fact, "use a GPU")


def planned(train: TrainConfig, shape: Shape, machine: Machine) -> tuple[Setup, Batch, tuple[int, int]]:
    """Setup, batch and (tokens, supervised tokens) of a row, for rows as long as the config allows."""
    gpu = machine.gpu is not None
    bf16 = machine.bf16 if machine.gpu is None else multiplies_bf16(machine.gpu)
    wide = train.precision == "fp32" or (train.precision == "auto" and not bf16)
    setup = Setup.from_config(train, shape, gpu, 4 if wide else 2, machine.free_where_trained)
    row = (train.max_length, round(train.max_length * SUPERVISED))
    return setup, Batch.largest([row] * train.batch_size, train, gpu), row


def serving(config: Config, shape: Shape, machine: Machine) -> Finding:
    """Weights, and the cache for at least one conversation, against what the engine may take."""
    need, free, count = serving_bytes(config, shape, machine), machine.free_where_trained, config.serve.tensor_parallel_size
    if machine.gpu and count > len(machine.gpus.devices):
        fact = f"serve.tensor_parallel_size is {count}, GPUs are {len(machine.gpus.devices)}"
        return Finding("fail", "serving", fact, "lower serve.tensor_parallel_size")
    if machine.gpu and machine.gpu.memory:
        room = int(UTILIZATION * machine.gpu.memory)
        if free < room:
            fact = f"vLLM takes {gib(room)} of the GPU, {gib(free)} are free"
            return Finding("fail", "serving", fact, "end the programs that nvidia-smi lists")
        free = room
    if need <= free:
        each = f" on each of {count} GPUs" if machine.gpu and count > 1 else ""
        return Finding("ok", "serving", f"{gib(need)} of {gib(free)}{each}")
    key = "serve.context_length" if machine.gpu else "serve.cpu_kv_cache_gib"
    advice = f"close programs, lower {key} or choose a smaller model.base"
    return Finding("fail", "serving", f"needs {gib(need)}, {gib(free)} are there", advice)


def serving_bytes(config: Config, shape: Shape, machine: Machine) -> int:
    """What the engine needs of the machine's memory, or of each GPU's, in bytes."""
    wide = config.serve.dtype == "float32" or (config.serve.dtype == "auto" and machine.gpu is None and not machine.bf16)
    width = 4 if wide else 2
    linear = 1 if config.serve.quantization else width
    model = linear * shape.linear_parameters + width * shape.other_parameters
    if machine.gpu is None:
        return model + int(GIB * (config.serve.cpu_kv_cache_gib + CPU_OVERHEAD_GIB))
    cache = 2 * width * shape.layers * shape.keys * config.serve.context_length
    return (model + cache) // config.serve.tensor_parallel_size + int(CUDA_CONTEXT + STEP)


def disk(config: Config, shape: Shape, machine: Machine) -> Iterator[Finding]:
    """What is written, by disk: the run, and the base that the hub gives."""
    fetched = 2 * shape.parameters if to_be_fetched(config) else 0
    needs = {"runs/": disk_bytes(shape.parameters, config.train.method), "the hub's cache": fetched}
    for number in dict.fromkeys(place.disk for place in machine.places):
        places = [place for place in machine.places if place.disk == number and needs[place.name]]
        if places:
            need, free = sum(needs[place.name] for place in places), places[0].free
            fact = f"{' and '.join(place.name for place in places)}: {gib(need)} of {gib(free)} free"
            yield Finding("ok", "disk", fact) if need <= free else Finding("fail", "disk", fact, "free some space, or move the folder")


def largest(config: Config, machine: Machine) -> Finding:
    """The largest of the models that `train.plan` knows, by method, and of those that can be served."""
    trained = ", ".join(f"{_most(trainable(method, machine))} by {method}" for method in ("qlora", "lora", "full"))
    served = _most([name for name, shape in PRESETS.items() if serving(config, shape, machine).mark == "ok"])
    plan = f"frontdesk plan --memory {machine.free_where_trained / GIB:.1f}GiB" + " --cpu" * (machine.gpu is None)
    return Finding("ok", "largest", f"Llama models that can be trained: {trained}; served: {served}", plan)


def trainable(method: str, machine: Machine) -> Iterator[str]:
    """The names of those that fit, trained by a method with the settings of `frontdesk plan`."""
    for name, shape in PRESETS.items():
        setup, batch, _ = planned(PLANNED.model_copy(update={"method": method}), shape, machine)
        if predict(shape, setup, batch).peak <= machine.free_where_trained:
            yield name


def _most(names: Iterable[str]) -> str:
    return max(names, key=lambda name: PRESETS[name].parameters, default="none")
