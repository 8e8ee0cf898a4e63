"""Train a run by its method, merge the result, and prove that the served model says what the trained one says.

    python -m train configs/demo.yaml

Reads `runs/NAME/data/`; writes `runs/NAME/adapter/`, `training.json`, `loss.png`, `runs/NAME/model/` (see
train/export/merge.py) and `parity.json` (see train/export/parity.py); where preference pairs are learned, `sft/` and
`dpo.json` too (see train/trainer/dpo.py). A killed training goes on from its last whole checkpoint; what is finished is
not repeated while data and config stay the same.

`training.json`: {"key", "method", "precision", "packed", "trainable_parameters", "steps", "best_step", "seconds", "tokens_per_second",
"peak_rss_gib", "peak_gpu_gib", "predicted_gib", "held_out": {set: {"before", "after"}}, "overfits", "history"}; the held-out sets are
"wordings" (of trained entries), "unseen" (entries and conversations) and "general" (neutral text: what is forgotten).
"""

import contextlib
import hashlib
import json
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, DpoConfig, config_argument, load_config
from frontdesk.errors import UserError, run_command, warn
from frontdesk.files import read_json, read_jsonl, write_json
from frontdesk.models.base import load_tokenizer, locate
from frontdesk.terminal import silence_libraries
from train.methods import METHODS
from train.trainer import dpo, processes

if TYPE_CHECKING:
    import torch

    from train.memory import Memory
    from train.trainer.sft import TokenRow


def main() -> None:
    """Check, train, merge, prove."""
    processes.silence_others()
    processes.set_up_torch()
    config = load_config(config_argument("train", __doc__))
    run = Run(config.name)
    if not run.manifest.is_file():
        raise UserError(f"{run.manifest}: no data; training needs it; run `make data CONFIG=configs/{config.name}.yaml` first")
    dpo.check(config)
    data_hash = read_json(run.manifest)["data_hash"]
    key = run_key(config, data_hash)
    if finished(config, run, key):
        print(f"train: {run.root} is up to date with data {data_hash} and its config; nothing to do")
    else:
        with full_disk_in_one_line(run):
            train(config, run, data_hash, key)
    if config.serve.quantization and run.provenance.is_file():
        from train import int8

        with full_disk_in_one_line(run):
            int8.make(config, run)


def train(config: Config, run: Run, data_hash: str, key: str) -> None:
    """What is not finished yet of: adapter, merged model, proof."""
    import torch  # the heavy imports begin here, after the cheap checks

    from train.export import merge
    from train.memory import release
    from train.trainer import base as base_model
    from train.trainer import precision

    silence_libraries()
    with processes.state().main_process_first():
        base = locate(config.model)
    base_model.check_disk(base, run.root, config.train)
    mergeable = METHODS[config.train.method].mergeable
    if not mergeable and processes.is_main():
        warn(f"{config.train.method} tuning cannot be merged and vLLM cannot serve it: this run can be compared (make compare), not served")
    rows_key = run_key(without_dpo(config), data_hash)
    if has_key(run.training, rows_key):
        dtype = getattr(torch, read_json(run.training)["precision"])
        print(f"train: {run.adapter} is trained already", flush=True)
    else:
        dtype, reason = processes.agreed(precision.choose(config.train.precision))
        print(f"train: {config.name}: {config.train.method} of {config.model.base} in {str(dtype)[6:]} ({reason})", flush=True)
        train_adapter(config, run, base, dtype, rows_key)
        release()
    if not mergeable:
        return
    if processes.count() > 1:
        processes.go_on_alone(["-m", "train", *sys.argv[1:]])
    dpo.learn_preferences(config, run, base, dtype, key, rows_key)
    release()
    if not has_key(run.provenance, key):
        started = time.monotonic()
        merge.merge(config, run, base, data_hash, key)
        print(f"train: merged in {time.monotonic() - started:.0f} s", flush=True)
    if config.train.parity_prompts:
        prove(config, run, base, dtype, key)
    print(f"train: the model is {run.model}, the loss curve {run.root}/loss.png")


def prove(config: Config, run: Run, base: Path, dtype: "torch.dtype", key: str) -> None:
    """The parity gate: exit code 1 where the served model does not say what was trained."""
    from train.export import parity

    started = time.monotonic()
    failures = parity.prove(config, run, base, dtype, key)
    if failures:
        sys.exit(f"error: {run.parity}: the served model does not say what was trained: {'; '.join(failures)}")
    print(f"train: parity proven in {time.monotonic() - started:.0f} s", flush=True)


def run_key(config: Config, data_hash: str) -> str:
    """A digest of what the trained model depends on: the data, and the config but for serving, the page, the scorecard and the proof."""
    unrelated: Any = dict.fromkeys(("name", "company", "data", "desk", "encoder", "evaluate", "serve", "ui"), True) | {
        "train": {"parity_prompts"}
    }
    parts = config.model_dump(mode="json", exclude=unrelated)
    if not config.train.dpo.epochs:
        del parts["train"]["dpo"]
    return hashlib.sha256(json.dumps([data_hash, parts], sort_keys=True).encode()).hexdigest()[:16]


def without_dpo(config: Config) -> Config:
    """The config of the training on rows alone, which other settings for pairs do not repeat."""
    return config.model_copy(update={"train": config.train.model_copy(update={"dpo": DpoConfig()})})


def has_key(record: Path, key: str) -> bool:
    """Whether a JSON record exists and belongs to this data and config."""
    return record.is_file() and read_json(record).get("key") == key


def finished(config: Config, run: Run, key: str) -> bool:
    """Whether nothing is left to do."""
    if not METHODS[config.train.method].mergeable:
        return has_key(run.training, key)
    proven = not config.train.parity_prompts or (has_key(run.parity, key) and read_json(run.parity)["passed"])
    return has_key(run.provenance, key) and proven


def train_adapter(config: Config, run: Run, base: Path, dtype: "torch.dtype", key: str) -> None:
    """Train, resuming where a killed training left off, and save adapter, record and curve."""
    import torch

    from train.trainer.base import load
    from train.trainer.checkpoints import newest_whole
    from train.trainer.curve import draw
    from train.trainer.sft import build

    settings = config.train
    tokenizer = load_tokenizer(config, base)
    rows, held_out, windows = load_rows(config, run, tokenizer)
    foretold = foretell(config, base, rows, windows, dtype)
    with processes.state().main_process_first():  # which removes what is not whole
        checkpoint = newest_whole(run.checkpoints, key)
    trainer, progress = build(
        load(base, settings, dtype),
        tokenizer,
        rows,
        held_out,
        settings,
        run.checkpoints,
        autocast=settings.method == "full" and dtype == torch.bfloat16,
        resumed=checkpoint is not None,
        deciding=deciding(config, held_out),
    )
    trainable = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    print(f"train: {trainable / 1e6:.1f} M trainable parameters, {settings.epochs:g} epochs", flush=True)
    if checkpoint:
        print(f"train: going on from {checkpoint}", flush=True)
    started = time.monotonic()
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    seconds = time.monotonic() - started
    if trainer.safekeeping.interrupted:
        if processes.is_main():
            print(f"interrupted; `make train` goes on from {newest_whole(run.checkpoints, key)}", file=sys.stderr, flush=True)
        processes.state().wait_for_everyone()  # the launcher ends all once one has ended
        sys.exit(130)
    history = trainer.state.log_history
    trainer.save_adapter(run.adapter)
    if not processes.is_main():
        return
    draw(history, config.name, run.root / "loss.png")
    best = trainer.state.best_global_step or trainer.state.global_step
    write_json(
        run.training,
        {
            "key": key,
            "method": settings.method,
            "precision": str(dtype).removeprefix("torch."),
            "packed": trainer.args.padding_free,
            "trainable_parameters": trainable,
            "steps": trainer.state.global_step,
            "best_step": best,
            "seconds": round(seconds),
            "tokens_per_second": round(progress.speed()),
            "peak_rss_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
            "predicted_gib": round(foretold.total / 2**30, 2) if foretold else None,
            "peak_gpu_gib": round(torch.cuda.max_memory_allocated() / 2**30, 2) if torch.cuda.is_available() else None,
            "held_out": held_out_losses(history, best),
            "overfits": overfits(history, best),
            "history": history,
        },
    )
    tell(config, run)
    shutil.rmtree(run.checkpoints, ignore_errors=True)


def foretell(config: Config, base: Path, rows: "list[TokenRow]", windows: int, dtype: "torch.dtype") -> "Memory | None":
    """Print what the training will do and need; UserError if it cannot fit. None for a shape that cannot be predicted."""
    import torch

    from train.memory import Setup, Shape
    from train.plan import preflight
    from train.rows import IGNORED
    from train.trainer.base import free_memory

    try:
        shape = Shape.from_config(read_json(base / "config.json"), str(base / "config.json"))
    except UserError as error:
        warn(f"the memory of this training cannot be predicted: {error}")
        return None
    free = free_memory()
    setup = Setup.from_config(config.train, shape, torch.cuda.is_available(), dtype.itemsize, free)
    sizes = [(len(row["input_ids"]), sum(label != IGNORED for label in row["labels"])) for row in rows]
    # To the memory of one process, the rows that the others take are rows that it takes later.
    count, share = processes.count(), processes.share(config.train.batch_size)
    train = config.train.model_copy(
        update={"batch_size": share, "gradient_accumulation_steps": config.train.gradient_accumulation_steps * count}
    )
    return preflight(shape, setup, train, sizes, windows, free)


def load_rows(config: Config, run: Run, tokenizer: Any) -> "tuple[list[TokenRow], dict[str, list[TokenRow]], int]":
    """Token rows for training and the held-out sets, and how many of the former are windows of longer conversations."""
    from train.rows import token_rows
    from train.trainer.general import general_rows, languages

    sets = {}
    for name in ("train", "valid_wordings", "valid"):
        rows = read_jsonl(run.rows(config.grounding) / f"{name}.jsonl")
        sets[name] = token_rows(tokenizer, rows, config.train.max_length)[0]
        if name == "train":
            spoken = languages([row["messages"][-2]["content"] for row in rows])
            windows = sum(row["kind"] == "chat" and "/" in row["id"] for row in rows)
    if not sets["train"]:
        raise UserError(f"{run.data}/train.jsonl: no rows; training needs some; add FAQ entries or chats to the config's sources")
    held_out = {label: sets[name] for label, name in (("wordings", "valid_wordings"), ("unseen", "valid")) if sets[name]}
    if not held_out:
        raise UserError(f"{run.data}/valid.jsonl: no rows; early stopping needs some; raise data.valid_share or add sources")
    return sets["train"], held_out | {"general": general_rows(tokenizer, spoken)}, windows


def deciding(config: Config, held_out: "dict[str, list[TokenRow]]") -> list[str]:
    """The held-out sets whose loss decides which checkpoint is kept: the first, and for a model that reads its answers from the prompt also
    entries that it never saw. One that learns them by heart gets worse at those the more it knows."""
    return [name for name in held_out if name != "general"] if config.grounding == "faq" else [next(iter(held_out))]


def held_out_losses(history: list[dict[str, Any]], best_step: int) -> dict[str, dict[str, float]]:
    """Per held-out set, the loss before the first step and that of the kept checkpoint."""
    losses: dict[str, dict[str, float]] = {}
    for entry in history:
        for name, value in entry.items():
            if name.startswith("eval_") and name.endswith("_loss") and entry["step"] in (0, best_step):
                losses.setdefault(name[5:-5], {})["after" if entry["step"] else "before"] = round(value, 4)
    return losses


def overfits(history: list[dict[str, Any]], best_step: int) -> bool:
    """Whether the loss that decides rose after the best step while training went on."""
    from train.rows import TIE

    losses = {entry["step"]: entry["eval_deciding"] for entry in history if "eval_deciding" in entry}
    return bool(max(losses) > best_step and losses[max(losses)] > (1 + TIE) * losses[best_step])


def tell(config: Config, run: Run) -> None:
    """Print what the training did: the kept step, over-fitting, forgetting."""
    record = read_json(run.training)
    best, steps = record["best_step"], record["steps"]
    if record["overfits"]:
        warn(
            f"{run.root}/loss.png: the run over-fits: its held-out loss rose after step {best} of {steps}, which is kept; "
            f"lower train.epochs {config.train.epochs:g} or add wordings"
        )
    general = record["held_out"]["general"]
    print(
        f"train: kept step {best} of {steps}; forgetting: loss on general text "
        f"{general['before']:.3f} before, {general['after']:.3f} after ({general['after'] - general['before']:+.3f})",
        flush=True,
    )


@contextlib.contextmanager
def full_disk_in_one_line(run: Run) -> Iterator[None]:
    """Turn the many errors that a full disk causes in libraries into one that says so."""
    try:
        yield
    except Exception as error:
        if isinstance(error, UserError) or not any(words in str(error) for words in FULL_DISK):
            raise
        free = shutil.disk_usage(run.root).free
        raise UserError(
            f"{run.root}: a file could not be written ({str(error).splitlines()[0][:100]}; {free / 2**20:.0f} MiB free); free some space "
            "and run `make train` again, it goes on from the last whole checkpoint"
        ) from None


FULL_DISK = ("No space left on device", "Disk quota exceeded", "File too large", "file write failed")
"""How the system says it, and torch, which does not pass that on."""


if __name__ == "__main__":
    run_command(main)
