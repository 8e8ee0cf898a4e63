"""Train a run's adapter and merge it.

    python -m train configs/demo.yaml

Reads `runs/NAME/data/`; writes `runs/NAME/adapter/`, `training.json`, `loss.png` and `runs/NAME/model/` (see train/merge.py).
A killed training goes on from its last whole checkpoint; a finished one is not repeated while data and config stay the same.

`training.json`: {"key", "precision", "steps", "best_step", "seconds", "tokens_per_second", "peak_rss_gib",
"held_out": {set: {"before", "after"}}, "history"}
"""

import hashlib
import json
import resource
import shutil
import time
from pathlib import Path
from typing import Any

from frontdesk.base import load_tokenizer, locate
from frontdesk.config import Config, config_argument, load_config
from frontdesk.errors import UserError
from frontdesk.errors import run as run_main
from frontdesk.files import read_json, read_jsonl, whole_folder, write_json
from frontdesk.quiet import quiet
from frontdesk.run import Run


def main() -> None:
    """Check, tokenize, train, merge."""
    config = load_config(config_argument("train", __doc__))
    run = Run(config.name)
    if not run.manifest.is_file():
        raise UserError(f"{run.manifest}: no data; training needs it; run `make data CONFIG=configs/{config.name}.yaml` first")
    data_hash = read_json(run.manifest)["data_hash"]
    key = run_key(config, data_hash)
    if run.provenance.is_file() and read_json(run.provenance).get("key") == key:
        print(f"train: {run.model} is up to date with data {data_hash} and its config; nothing to do")
        return

    import torch  # the heavy imports begin here, after the cheap checks

    from train import base as base_model
    from train import merge, precision

    quiet()
    base = locate(config.model)
    base_model.check_fit(base, run.root)
    record = run.root / "training.json"
    if record.is_file() and read_json(record)["key"] == key:
        dtype = getattr(torch, read_json(record)["precision"])
        print(f"train: {run.adapter} is trained already; going on with the merge", flush=True)
    else:
        dtype, reason = precision.choose(config.train.precision)
        print(f"train: {config.name}: base {config.model.base}, NF4 with double quantization, {str(dtype)[6:]} ({reason})", flush=True)
        train_adapter(config, run, base, dtype, key)
    started = time.monotonic()
    merge.merge(config, run, base, dtype, data_hash, key)
    print(f"train: merged in {time.monotonic() - started:.0f} s; the model is {run.model}, the loss curve {run.root}/loss.png")


def run_key(config: Config, data_hash: str) -> str:
    """A digest of what the trained model depends on: the data, and the config but for serving and the page."""
    parts = config.model_dump(mode="json", exclude={"name", "company", "serve", "ui", "data"})
    return hashlib.sha256(json.dumps([data_hash, parts], sort_keys=True).encode()).hexdigest()[:16]


def train_adapter(config: Config, run: Run, base: Path, dtype: Any, key: str) -> None:
    """Train the LoRA adapter, resuming where a killed training left off, and save it with its record and curve."""
    from train.base import load_nf4
    from train.curve import draw
    from train.trainer import build

    tokenizer = load_tokenizer(config, base)
    train, held_out = load_rows(config, run, tokenizer)
    model = load_nf4(base, dtype)
    trainer, progress = build(model, tokenizer, train, held_out, config.train, run.checkpoints)
    trainable = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    print(f"train: rank {config.train.rank}, {trainable / 1e6:.1f} M trainable parameters, {config.train.epochs:g} epochs", flush=True)
    checkpoint = last_checkpoint(run.checkpoints, key)
    if checkpoint:
        print(f"train: going on from {checkpoint}", flush=True)
    started = time.monotonic()
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    seconds = time.monotonic() - started
    history = trainer.state.log_history
    with whole_folder(run.adapter) as folder:
        trainer.model.save_pretrained(folder)
    draw(history, config.name, run.root / "loss.png")
    best = trainer.state.best_global_step or trainer.state.global_step
    write_json(
        run.root / "training.json",
        {
            "key": key,
            "precision": str(dtype).removeprefix("torch."),
            "steps": trainer.state.global_step,
            "best_step": best,
            "seconds": round(seconds),
            "tokens_per_second": round(progress.speed()),
            "peak_rss_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
            "held_out": held_out_losses(history, best),
            "history": history,
        },
    )
    shutil.rmtree(run.checkpoints, ignore_errors=True)


def load_rows(config: Config, run: Run, tokenizer: Any) -> tuple[list[dict[str, list[int]]], dict[str, list[dict[str, list[int]]]]]:
    """Token rows for training and the held-out sets; prints what there is. The first held-out set decides when to stop."""
    from train.rows import token_rows

    sets = {}
    for name in ("train", "valid_wordings", "valid"):
        rows, counts = token_rows(tokenizer, read_jsonl(run.data / f"{name}.jsonl"), config.train.max_length)
        sets[name] = rows
        print(f"train: {name}: {counts.rows} rows, {counts.tokens} tokens, {counts.supervised} supervised", flush=True)
    if not sets["train"]:
        raise UserError(f"{run.data}/train.jsonl: no rows; training needs some; add FAQ entries or chats to the config's sources")
    held_out = {label: sets[name] for label, name in (("wordings", "valid_wordings"), ("unseen", "valid")) if sets[name]}
    if not held_out:
        raise UserError(f"{run.data}/valid.jsonl: no rows; early stopping needs some; raise data.valid_share or add sources")
    return sets["train"], held_out


def last_checkpoint(folder: Path, key: str) -> Path | None:
    """The newest whole checkpoint of the same data and config; checkpoints of others are removed, as are unfinished ones."""
    note = folder / "key"
    if not note.is_file() or note.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        note.write_text(key)
    whole = []
    for checkpoint in folder.glob("checkpoint-*"):
        if (checkpoint / "trainer_state.json").is_file():  # written last
            whole.append(checkpoint)
        else:
            shutil.rmtree(checkpoint)
    return max(whole, key=lambda path: int(path.name.split("-")[1]), default=None)


def held_out_losses(history: list[dict[str, Any]], best_step: int) -> dict[str, dict[str, float]]:
    """Per held-out set, the loss before the first step and that of the kept checkpoint."""
    losses: dict[str, dict[str, float]] = {}
    for entry in history:
        for name, value in entry.items():
            if name.startswith("eval_") and name.endswith("_loss") and entry["step"] in (0, best_step):
                losses.setdefault(name[5:-5], {})["after" if entry["step"] else "before"] = round(value, 4)
    return losses


if __name__ == "__main__":
    run_main(main)
