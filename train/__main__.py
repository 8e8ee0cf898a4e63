"""Train a run by its method, merge the result, and prove that the served model matches the trained one.

    python -m train configs/demo.yaml

Reads `runs/NAME/data/`; writes `runs/NAME/adapter/`, `training.json`, `loss.png`, `runs/NAME/model/` (see
train/export/merge.py) and `parity.json` (see train/export/parity.py); where preference pairs are learned,
`sft/` and `dpo.json` too (see train/trainer/dpo.py); and, when all is proven, a version of it
(frontdesk/versions.py). A killed training resumes from its last whole checkpoint; what is finished is not
repeated while data and config stay the same.

`training.json`: {"key", "method", "precision", "packed", "trainable_parameters", "steps", "best_step",
"seconds", "tokens_per_second", "peak_rss_gib", "peak_gpu_gib", "predicted_gib", "held_out": {set: {"before",
"after"}}, "overfits", "history"}; the held-out sets are "wordings" (of trained entries), "unseen" (entries
and conversations) and "general" (neutral text: what is forgotten).
"""

import contextlib
import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, DpoConfig, load_config
from frontdesk.errors import UserError, run_command, warn
from frontdesk.files import read_json, write_json
from frontdesk.models.base import locate
from frontdesk.models.driver import require_gpu
from frontdesk.models.family import with_family
from frontdesk.models.hardware import set_up_torch
from frontdesk.models.methods import METHODS
from frontdesk.models.reader import reader
from frontdesk.releases import keep
from frontdesk.terminal import silence_libraries
from train.trainer import processes, tracking

if TYPE_CHECKING:
    import torch


LEARN_PAIRS = ("qlora", "lora")
"""Of the others DPOTrainer makes no right frozen copy (MiSS, prefix), or there is no adapter (full)."""


def main() -> None:
    """Check, train, merge, prove."""
    processes.silence_others()
    set_up_torch()
    path = arguments("train").config
    config = load_config(path)
    run = Run(config.name)
    if not run.manifest.is_file():
        raise UserError(f"{run.manifest}: no data; training needs it; run `make data CONFIG=configs/{config.name}.yaml` first")
    check_pairs(config)
    check_base(config, run)
    make_rows(config, run, path)
    tracking.prepare(config.train.report_to, run.root)
    config = with_family(config, "train")
    data_hash = read_json(run.manifest)["data_hash"]
    key = run_key(config, data_hash)
    if finished(config, run, key):
        print(f"train: {run.root} is up to date with data {data_hash} and its config; nothing to do")
    else:
        with exhaustion_in_one_line(run), processes.loss_in_one_line():
            train(config, run, data_hash, key)
    if config.serve.quantization and run.provenance.is_file():
        from train import int8

        with exhaustion_in_one_line(run):
            int8.make(config, run)
    if METHODS[config.train.method].mergeable and processes.is_main():
        keep(config, run)


def check_pairs(config: Config) -> None:
    """Raise UserError for a method that learns no preference pairs."""
    if config.train.dpo.epochs and config.train.method not in LEARN_PAIRS:
        raise UserError(
            f"train.dpo.epochs is {config.train.dpo.epochs:g} and train.method {config.train.method}; expected {' or '.join(LEARN_PAIRS)}, "
            "whose adapter learns from pairs; change the method, or set train.dpo.epochs to 0"
        )


def make_rows(config: Config, run: Run, path: str) -> None:
    """The rows that `make data` leaves to the training where another run's model serves (data_tools/__main__.py)."""
    rows = run.rows(config.grounding) / "train.jsonl"
    if rows.is_file():
        return
    if processes.count() > 1:
        raise UserError(f"{rows}: not there; several processes train rows that are; run `make data CONFIG={path} ARGS=--rows` first")
    print("train: the rows with FAQ entries are not there yet; making them", flush=True)
    if code := subprocess.run([sys.executable, "-m", "data_tools", path, "--rows"], check=False).returncode:
        sys.exit(code)


def check_base(config: Config, run: Run) -> None:
    """Raise UserError for a base that the training would replace."""
    if Path(config.model.base).resolve() == run.model.resolve():
        raise UserError(f"key 'model.base': found {run.model}, which this run makes; expected another model; give the config another name")


def train(config: Config, run: Run, data_hash: str, key: str) -> None:
    """What is not finished yet of: adapter, merged model, proof."""
    import torch  # the heavy imports begin here, after the cheap checks

    from train.adapter import train_adapter
    from train.export import merge
    from train.free import release
    from train.trainer import base_model, dpo

    silence_libraries()
    rows_key = run_key(without_dpo(config), data_hash)
    if not has_key(run.training, rows_key):
        check_gpu()
    base = locate(config.model)  # before the others are met, whose patience is shorter than some downloads
    base_model.check_disk(base, run.root, config.train)
    mergeable = METHODS[config.train.method].mergeable
    if not mergeable and processes.is_main():
        warn(f"{config.train.method} tuning cannot be merged and vLLM cannot serve it: this run can be compared (make compare), not served")
    if has_key(run.training, rows_key):
        dtype = getattr(torch, read_json(run.training)["precision"])
        print(f"train: {run.adapter} is trained already", flush=True)
    else:
        dtype, reason = processes.agreed(chosen_precision(config, run, rows_key))
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


def check_gpu() -> None:
    """Raise UserError where torch is built for a GPU and sees none: on the CPU it would train for days, unasked."""
    import torch

    if torch.version.cuda and not torch.cuda.is_available():
        require_gpu()
        try:
            torch.cuda.init()
        except (AssertionError, RuntimeError) as error:
            raise UserError(f"torch sees no GPU, though nvidia-smi does: {error}; mend that, see `frontdesk doctor`") from None


def chosen_precision(config: Config, run: Run, key: str) -> tuple["torch.dtype", str]:
    """The precision of the training with this key, and the reason. One that was interrupted goes on as it began:
    the timed probe of a busier hour may say otherwise."""
    import torch

    from train.trainer.fast import precision

    kept = run.root / "precision.json"
    if has_key(kept, key):
        return getattr(torch, read_json(kept)["precision"]), "as this training began"
    dtype, reason = precision.choose(config.train.precision)
    if processes.is_main():
        write_json(kept, {"key": key, "precision": str(dtype).removeprefix("torch.")})
    return dtype, reason


def prove(config: Config, run: Run, base: Path, dtype: "torch.dtype", key: str) -> None:
    """The parity gate: exit code 1 where the served model does not match what was trained."""
    from train.export import parity

    started = time.monotonic()
    failures = parity.prove(config, run, base, dtype, key)
    if failures:
        sys.exit(f"error: {run.parity}: the served model does not match what was trained: {'; '.join(failures)}")
    print(f"train: parity proven in {time.monotonic() - started:.0f} s", flush=True)


def run_key(config: Config, data_hash: str) -> str:
    """A digest of what the trained model depends on: the data, and the config of all up to the training."""
    unrelated: Any = dict.fromkeys(("name", "company", "answers", "data", "desk", "encoder", "evaluate", "serve", "ui"), True) | {
        "train": {"keep_versions", "parity_prompts", "report_to"},
    }
    parts = config.model_dump(mode="json", exclude=unrelated)
    # Under its name of version 0.1.0, so that what was trained then is still up to date.
    parts["train"]["accumulation"] = parts["train"].pop("gradient_accumulation_steps")
    if not config.train.dpo.epochs:
        del parts["train"]["dpo"]
    if base := reader(config):
        parts["model"]["reader"] = base["key"]
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


@contextlib.contextmanager
def exhaustion_in_one_line(run: Run) -> Iterator[None]:
    """Turn the many errors that a full disk causes in libraries into one that says so, and that of a full GPU."""
    try:
        yield
    except Exception as error:
        again = "run `make train` again, it resumes from the last whole checkpoint"
        said = str(error).strip().splitlines() or [""]
        if type(error).__name__ == "OutOfMemoryError":  # torch's
            raise UserError(
                f"the GPU's memory is full ({'. '.join(said[0].split('. ')[:2])}); end other programs that nvidia-smi lists, or halve "
                f"train.batch_size and double train.gradient_accumulation_steps; {again}"
            ) from None
        if isinstance(error, UserError) or not any(words in str(error) for words in FULL_DISK):
            raise
        free = shutil.disk_usage(run.root).free
        raise UserError(
            f"{run.root}: a file could not be written ({said[0][:100]}; {free / 2**20:.0f} MiB free); free some space and {again}"
        ) from None


FULL_DISK = ("No space left on device", "Disk quota exceeded", "File too large", "file write failed")
"""How the system says it, and torch, which does not pass that on."""


if __name__ == "__main__":
    run_command(main)
