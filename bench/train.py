"""Our trainer beside the plain TRL recipe: the same rows in the same batches, model, rank and precision, in
turn on one machine.

    python bench/train.py [--pairs 2] [--steps 40] [--precisions fp32 bf16]

Needs `make data` of the demo. Plain is TRL's SFTTrainer with NF4 and LoRA on all linear layers as its QLoRA
guide shows it: padded batches, its own loss and metrics. Its gradient checkpointing, on by default there, is
off here, which makes it faster. Both train every row once; each run is a process of its own. Prints a table
with the ratio of the medians.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BATCH = 8


def main() -> None:
    """Run the pairs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16"])
    parser.add_argument("--run", nargs=2, metavar=("WHICH", "PRECISION"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        print(json.dumps(measure(args.run[0], args.run[1], args.steps)))
        return
    results: dict[tuple[str, str], list[dict[str, float]]] = {}
    for pair in range(args.pairs):
        for precision in args.precisions:
            for which in ("plain", "ours") if pair % 2 == 0 else ("ours", "plain"):
                command = [sys.executable, __file__, "--steps", str(args.steps), "--run", which, precision]
                done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
                if done.returncode:
                    sys.exit(done.stderr)
                result = json.loads(done.stdout.splitlines()[-1])
                results.setdefault((precision, which), []).append(result)
                print(f"{precision} {which}: {result}", file=sys.stderr, flush=True)
    print(f"| {args.steps} steps of {BATCH} rows | supervised tokens/s | tokens/s | peak RSS, GiB | held-out loss |\n|---|---|---|---|---|")
    middle = {key: {name: statistics.median(run[name] for run in runs) for name in runs[0]} for key, runs in results.items()}
    for (precision, which), run in sorted(middle.items(), key=lambda item: (item[0][0], item[0][1] == "ours")):
        print(f"| {precision}, {which} | {run['supervised']:.0f} | {run['tokens']:.0f} | {run['gib']:.2f} | {run['loss']:.4f} |")
    for precision in args.precisions:
        print(f"ours / plain in {precision}: {middle[precision, 'ours']['tokens'] / middle[precision, 'plain']['tokens']:.2f}")
    best = {which: max(middle[precision, which]["tokens"] for precision in args.precisions) for which in ("ours", "plain")}
    print(f"ours / plain, each in its best precision: {best['ours'] / best['plain']:.2f}")


def measure(which: str, precision: str, steps: int) -> dict[str, float]:
    """Train once; tokens/s of the steps themselves, this process's peak memory and the held-out loss afterwards."""
    sys.path.insert(0, str(ROOT))
    from frontdesk.models.hardware import set_up_torch

    if which == "ours":
        set_up_torch()
    import torch

    from frontdesk.config.schema import load_config
    from frontdesk.files import read_jsonl
    from frontdesk.models.base import load_tokenizer, locate
    from frontdesk.terminal import silence_libraries
    from train.rows import IGNORED, token_rows
    from train.trainer.held_out import mean_loss

    silence_libraries()
    config = load_config(ROOT / "configs/demo.yaml")
    base = locate(config.model)
    tokenizer = load_tokenizer(config, base)
    rows = token_rows(tokenizer, read_jsonl(ROOT / "runs/demo/data/train.jsonl")[: steps * BATCH], config.train.max_length)
    held_out = token_rows(tokenizer, read_jsonl(ROOT / "runs/demo/data/valid_wordings.jsonl"), config.train.max_length)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    with tempfile.TemporaryDirectory() as folder:
        make = plain if which == "plain" else ours
        trainer = make(config.train, base, tokenizer, rows, held_out, dtype, Path(folder))
        clock = stopwatch()
        trainer.add_callback(clock)
        trainer.train()
    model = trainer.model.get_base_model()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    model.set_attn_implementation("sdpa")
    return {
        "supervised": sum(label != IGNORED for row in rows for label in row["labels"]) / clock.seconds,
        "tokens": sum(len(row["input_ids"]) for row in rows) / clock.seconds,
        "gib": peak,
        "loss": mean_loss(model, held_out),
    }


def stopwatch() -> Any:
    """A callback that adds up the seconds of the steps."""
    from transformers import TrainerCallback

    class Stopwatch(TrainerCallback):
        seconds = 0.0

        def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
            self.began = time.perf_counter()

        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            self.seconds += time.perf_counter() - self.began

    return Stopwatch()


def ours(train: Any, base: Path, tokenizer: Any, rows: Any, held_out: Any, dtype: Any, folder: Path) -> Any:
    """The trainer of `make train`, without NEFTune, which the plain recipe lacks."""
    from train.trainer.base_model import load
    from train.trainer.build import build

    settings = train.model_copy(update={"epochs": 1, "evaluations": 1, "neftune": 0.0})
    return build(load(base, settings, dtype), tokenizer, rows, {"wordings": held_out}, settings, folder)[0]


def plain(train: Any, base: Path, tokenizer: Any, rows: Any, held_out: Any, dtype: Any, folder: Path) -> Any:
    """TRL's SFTTrainer as it comes, with the same optimizer settings."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig
    from trl import SFTConfig, SFTTrainer

    nf4 = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True, "bnb_4bit_compute_dtype": dtype}
    settings = SFTConfig(
        output_dir=str(folder), per_device_train_batch_size=BATCH, num_train_epochs=1, learning_rate=train.learning_rate,
        lr_scheduler_type="cosine", warmup_steps=0.05, gradient_checkpointing=False, bf16=False, use_cpu=True, save_strategy="no",
        dataset_kwargs={"skip_prepare_dataset": True}, remove_unused_columns=False, disable_tqdm=True, report_to=[], seed=train.seed,
    )  # fmt: skip
    return SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(base, dtype=dtype, quantization_config=BitsAndBytesConfig(**nf4)),
        args=settings,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list(rows),
        peft_config=LoraConfig(r=train.rank, lora_alpha=2 * train.rank, target_modules="all-linear", task_type="CAUSAL_LM"),
    )


if __name__ == "__main__":
    main()
