"""Say before the hours are spent whether a training fits, and how long it takes.

    python -m train.plan                                            models and methods, one table
    python -m train.plan --memory 24GiB                             the same, with a mark on what fits
    python -m train.plan --model 8B --method qlora --batch-size 2 --length 2048
    python -m train.plan --config configs/llama3-8b.yaml --tflops 100 --tokens 5e6

No model is loaded or downloaded: its shape is enough. `make train` prints the same for its own rows before
its first step.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from frontdesk.commands import arguments
from frontdesk.config.run import EMBEDDED
from frontdesk.config.schema import TrainConfig, load_config
from frontdesk.errors import UserError, run_command
from frontdesk.files import read_json
from frontdesk.models.methods import METHODS
from train.memory import GIB, RUNTIME, Batch, Memory, Setup, cheaper, flops, predict
from train.shapes import PRESETS, Shape

PLANNED = TrainConfig(batch_size=2, max_length=2048, gradient_checkpointing=True)
"""Where no config says otherwise. A model is large that one has to plan for, so checkpointing is the rule."""


def main() -> None:
    """One training in parts, or the table of models and methods."""
    args = arguments("plan")
    if args.tokens and not args.tflops:
        raise UserError("--tokens: the time needs a speed too; add --tflops, what the device does in a second")
    config = load_config(args.config) if args.config else None
    train = config.train if config else PLANNED
    asked = ("method", "bits", "rank", "batch_size", "gradient_accumulation_steps", "max_length", "gradient_checkpointing", "epochs")
    train = train.model_copy(update={name: getattr(args, name) for name in asked if getattr(args, name) is not None})
    model = args.model or (config.model.base if config else None)
    gpu, free = not args.cpu, args.memory or 0
    if model is None or not (args.method or config):
        print(table({model: shape_of(model)} if model else PRESETS, train, gpu, args.memory, args.supervised))
        return
    shape = shape_of(model)
    setup = Setup.from_config(train, shape, gpu, 4 if train.precision == "fp32" else 2, free)
    rows = [(train.max_length, round(train.max_length * args.supervised))] * train.batch_size
    batch = Batch.largest(rows, train, gpu)
    memory = predict(shape, setup, batch)
    rows_at_once = f"{train.batch_size} rows of {train.max_length} tokens"
    print(f"{model}, {shape.parameters / 1e9:.2f} B parameters: {describe(setup)}; {rows_at_once}\n{parts(memory)}")
    per_token = flops(shape, setup, *rows[0], train.max_length) / train.max_length
    print(f"operations: {per_token / 1e9:.1f} GFLOP a token")
    if args.tflops:
        speed = args.tflops * 1e12 / per_token
        print(f"speed: {speed:,.0f} tokens/s at {args.tflops:g} TFLOP/s", end="")
        print(f"; {args.tokens * train.epochs / speed / 3600:.1f} h for {train.epochs:g} epochs" if args.tokens else "")
    if args.memory:
        refuse(shape, setup, batch, memory, args.memory)
        print(f"fits in {args.memory / GIB:.1f} GiB")


def shape_of(model: str) -> Shape:
    """The shape of a preset, an embedded model, a folder or config.json, or a hub id with a preset's size."""
    if model in PRESETS:
        return PRESETS[model]
    path = EMBEDDED.get(model) or Path(model).expanduser()
    path = path / "config.json" if path.is_dir() else path
    if path.is_file():
        return Shape.from_config(read_json(path), str(path))
    named = re.search(r"llama.*?[-_](\d+B)\b", model, re.IGNORECASE)
    if named and named[1].upper() in PRESETS:
        return PRESETS[named[1].upper()]
    raise UserError(
        f"--model {model}: no such folder or config.json; expected one, or one of {', '.join([*PRESETS, *EMBEDDED])}; "
        "give a path to the model's config.json"
    )


def describe(setup: Setup) -> str:
    """The method and what bears on memory, in words."""
    kind = {
        "qlora": f"{'NF4' if setup.bits == 4 else 'int8'} QLoRA of rank {setup.rank}",
        "lora": f"LoRA of rank {setup.rank}",
        "full": "full tuning",
        "adapter": f"MiSS adapter of rank {setup.rank}",
        "prefix": f"prefix of {setup.virtual_tokens} virtual tokens",
    }[setup.method]
    precision = "bf16" if setup.compute == 2 else "fp32"
    return f"{kind}, {precision} on a {'GPU' if setup.gpu else 'CPU'}{', gradient checkpointing' * setup.checkpointing}"


def parts(memory: Memory) -> str:
    """A line for each part of the memory."""
    names = ("weights", "adapter", "gradients", "optimizer", "activations", "logits", "overhead", "total", "loading", "merge")
    notes = {"total": "at the peak of a step", "loading": "before the first step", "merge": "after training"}
    if not memory.gradients:
        notes["gradients"] = "in the place of activations that are freed by then"
    shown = [name for name in names if getattr(memory, name) or name == "gradients"]
    return "\n".join(f"  {name:<12}{getattr(memory, name) / GIB:8.2f} GiB  {notes.get(name, '')}".rstrip() for name in shown)


def table(models: Mapping[str, Shape], train: TrainConfig, gpu: bool, available: int | None, supervised: float) -> str:
    """GiB at the peak of a step for each model and method; + marks what fits into `available` bytes."""
    columns = {"qlora 4": ("qlora", 4), "qlora 8": ("qlora", 8)} | {method: (method, 4) for method in list(METHODS)[1:]}
    lines = [f"GiB at the peak of a step: {train.batch_size} rows of {train.max_length} tokens at once, rank {train.rank}, "]
    lines[0] += f"{'' if train.gradient_checkpointing else 'no '}gradient checkpointing, one {'GPU' if gpu else 'CPU'}"
    lines.append(f"{'model':<14}" + "".join(f"{name:>10}" for name in [*columns, "merge"]))
    for model, shape in models.items():
        cells = []
        for method, bits in columns.values():
            settings = train.model_copy(update={"method": method, "bits": bits})
            rows = [(train.max_length, round(train.max_length * supervised))] * train.batch_size
            memory = predict(shape, Setup.from_config(settings, shape, gpu, free=available or 0), Batch.largest(rows, settings, gpu))
            cells.append(memory.total)
            if method == "qlora":
                merge = memory.merge
        lines.append(
            f"{Path(model).name:<14}"
            + "".join(f"{number / GIB:>8.1f}{' +' if available and number <= available else '  '}" for number in [*cells, merge])
        )
    if available:
        lines.append(f"+ fits in {available / GIB:.1f} GiB")
    return "\n".join(lines)


def refuse(shape: Shape, setup: Setup, batch: Batch, memory: Memory, free: int, overhead: int | None = None) -> None:
    """Raise UserError if a step needs more than `free` bytes, with a change that makes it fit."""
    if memory.total <= free:
        return
    for change, other, part in cheaper(setup, batch):
        need = predict(shape, other, part, overhead).total
        if need <= free:
            advice = f"set {change} ({need / GIB:.1f} GiB)"
            break
    else:
        advice = "choose a smaller model.base, a smaller train.max_length or a device with more memory"
    raise UserError(f"train: needs {memory.total / GIB:.1f} GiB at the peak of a step, {free / GIB:.1f} GiB are there; {advice}")


def refuse_merge(memory: Memory, free: int) -> None:
    """Raise UserError if the merge after training needs more than `free` bytes."""
    if memory.merge > free:
        raise UserError(
            f"train: the merge after training needs {memory.merge / GIB:.1f} GiB, {free / GIB:.1f} GiB are there; "
            "choose a smaller model.base or a machine with more memory"
        )


def preflight(
    shape: Shape, setup: Setup, train: TrainConfig, rows: Sequence[tuple[int, int]], windows: int, free: int, merge_free: int | None = None
) -> Memory:
    """Print what `make train` is about to do, and refuse what cannot fit, before the model is loaded. `rows`
    are (tokens, supervised tokens) of each training row, `windows` how many of them are windows of longer
    conversations, `free` the bytes that are free where the model is trained and `merge_free` those where it
    is merged (the same unless given). Raises UserError."""
    tokens, supervised = (sum(numbers) for numbers in zip(*rows, strict=True))
    steps, at_once = train.steps(len(rows)), train.batch_size * train.gradient_accumulation_steps
    batch = Batch.largest(rows, train, setup.gpu)
    held = 0 if setup.gpu else psutil.Process().memory_info().rss  # on a CPU a part of the prediction, and not free any more
    overhead = None if setup.gpu else held + int(RUNTIME)
    memory = predict(shape, setup, batch, overhead)
    print(f"train: {len(rows)} rows, {tokens} tokens, {supervised} supervised; {windows} windows of longer conversations, 0 answers cut")
    print(f"train: {describe(setup)}; {steps} steps of {at_once} rows, {train.epochs:g} epochs")
    print(f"train: predicted memory, of {(free + held) / GIB:.1f} GiB\n{parts(memory)}", flush=True)
    refuse(shape, setup, batch, memory, free + held, overhead)
    refuse_merge(memory, held + (free if merge_free is None else merge_free))
    return memory


if __name__ == "__main__":
    run_command(main)
