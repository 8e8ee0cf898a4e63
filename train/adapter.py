"""The training itself: rows in, an adapter with its record `training.json` and loss curve out."""

import resource
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import torch

from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError, warn
from frontdesk.files import read_json, read_jsonl, write_json
from frontdesk.models.base import load_tokenizer
from train.memory import Memory, Setup
from train.plan import preflight
from train.rows import IGNORED, TIE, TokenRow, token_rows
from train.shapes import Shape
from train.trainer import processes
from train.trainer.base_model import free_memory, load
from train.trainer.build import build
from train.trainer.checkpoints import newest_whole
from train.trainer.curve import draw
from train.trainer.fast.precision import autocasts
from train.trainer.general import general_rows, languages
from train.trainer.progress import Progress


def train_adapter(config: Config, run: Run, base: Path, dtype: torch.dtype, key: str) -> None:
    """Train, resuming where a killed training left off, and save adapter, record and curve."""
    settings = config.train
    tokenizer = load_tokenizer(config, base)
    rows, held_out, windows = load_rows(config, run, tokenizer)
    predicted = predict_memory(config, base, rows, windows, dtype)
    checkpoint = processes.agreed(newest_whole(run.checkpoints, key) if processes.is_main() else None)
    trainer, progress = build(
        load(base, settings, dtype),
        tokenizer,
        rows,
        held_out,
        settings,
        run.checkpoints,
        autocast=autocasts(settings.method, dtype),
        resumed=checkpoint is not None,
        deciding=deciding(config, held_out),
    )
    trainable = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    print(f"train: {trainable / 1e6:.1f} M trainable parameters, {settings.epochs:g} epochs", flush=True)
    if checkpoint:
        print(f"train: resuming from {checkpoint}", flush=True)
    started = time.monotonic()
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    seconds = time.monotonic() - started
    if trainer.safekeeping.interrupted:
        if processes.is_main():
            print(f"interrupted; `make train` resumes from {newest_whole(run.checkpoints, key)}", file=sys.stderr, flush=True)
        processes.state().wait_for_everyone()  # the launcher ends all once one has ended
        sys.exit(130)
    trainer.save_adapter(run.adapter)
    if not processes.is_main():
        return
    draw(trainer.state.log_history, config.name, run.root / "loss.png")
    record = {"key": key, "method": settings.method, "precision": str(dtype).removeprefix("torch."), "seconds": round(seconds)}
    record |= {"trainable_parameters": trainable} | measured(trainer, progress, predicted)
    write_json(run.training, record)
    report(config, run, record)
    shutil.rmtree(run.checkpoints, ignore_errors=True)


def measured(trainer: Any, progress: Progress, predicted: Memory | None) -> dict[str, Any]:
    """What the record says of a training that has ended."""
    history = trainer.state.log_history
    best = trainer.state.best_global_step or trainer.state.global_step
    return {
        "packed": trainer.args.padding_free,
        "steps": trainer.state.global_step,
        "best_step": best,
        "tokens_per_second": round(progress.speed()),
        "peak_rss_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "predicted_gib": round(predicted.total / 2**30, 2) if predicted else None,
        "peak_gpu_gib": round(torch.cuda.max_memory_allocated() / 2**30, 2) if torch.cuda.is_available() else None,
        "held_out": held_out_losses(history, best),
        "overfits": overfits(history, best),
        "history": history,
    }


def predict_memory(config: Config, base: Path, rows: list[TokenRow], windows: int, dtype: torch.dtype) -> Memory | None:
    """Print what the training will do and need; UserError if it cannot fit. None for an unknown shape."""
    try:
        shape = Shape.from_config(read_json(base / "config.json"), str(base / "config.json"))
    except UserError as error:
        warn(f"the memory of this training cannot be predicted: {error}")
        return None
    free = free_memory()
    setup = Setup.from_config(config.train, shape, torch.cuda.is_available(), dtype.itemsize, free)
    sizes = [(len(row["input_ids"]), sum(label != IGNORED for label in row["labels"])) for row in rows]
    # To the memory of one process, the rows that the others take are rows that it takes later.
    steps = config.train.gradient_accumulation_steps * processes.count()
    changes = {"batch_size": processes.share(config.train.batch_size), "gradient_accumulation_steps": steps}
    return preflight(shape, setup, config.train.model_copy(update=changes), sizes, windows, free)


def load_rows(config: Config, run: Run, tokenizer: Any) -> tuple[list[TokenRow], dict[str, list[TokenRow]], int]:
    """Rows for training, the held-out sets, and how many rows are windows of longer conversations."""
    names = ("train", "valid_wordings", "valid")
    rows = {name: read_jsonl(run.rows(config.grounding) / f"{name}.jsonl") for name in names}
    sets = {name: token_rows(tokenizer, rows[name], config.train.max_length) for name in names}
    if not sets["train"]:
        raise UserError(f"{run.data}/train.jsonl: no rows; training needs some; add FAQ entries or chats to the config's sources")
    held_out = {label: sets[name] for label, name in (("wordings", "valid_wordings"), ("unseen", "valid")) if sets[name]}
    if not held_out:
        raise UserError(f"{run.data}/valid.jsonl: no rows; early stopping needs some; raise data.valid_share or add sources")
    spoken = languages([row["messages"][-2]["content"] for row in rows["train"]])
    windows = sum(row["kind"] == "chat" and "/" in row["id"] for row in rows["train"])
    return sets["train"], held_out | {"general": general_rows(tokenizer, spoken)}, windows


def deciding(config: Config, held_out: dict[str, list[TokenRow]]) -> list[str]:
    """The held-out sets whose loss decides which checkpoint is kept: the first, and for a model that reads
    its answers from the prompt also entries that it never saw, at which one gets worse that learns the others
    by heart."""
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
    losses = {entry["step"]: entry["eval_deciding"] for entry in history if "eval_deciding" in entry}
    return bool(max(losses) > best_step and losses[max(losses)] > (1 + TIE) * losses[best_step])


def report(config: Config, run: Run, record: dict[str, Any]) -> None:
    """Print what the training did: the kept step, over-fitting, forgetting."""
    best, steps, general = record["best_step"], record["steps"], record["held_out"]["general"]
    if record["overfits"]:
        warn(
            f"{run.root}/loss.png: the run over-fits: its held-out loss rose after step {best} of {steps}, which is kept; "
            f"lower train.epochs {config.train.epochs:g} or add wordings"
        )
    print(
        f"train: kept step {best} of {steps}; forgetting: loss on general text "
        f"{general['before']:.3f} before, {general['after']:.3f} after ({general['after'] - general['before']:+.3f})",
        flush=True,
    )
