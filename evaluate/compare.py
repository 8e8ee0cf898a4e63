"""Train every method with equal data and steps, and score each beside the untuned base with three prompts and
beside quoting the FAQ.

    python -m evaluate.compare configs/demo.yaml                         # make compare
    python -m evaluate.compare configs/demo.yaml --methods qlora lora
    python -m evaluate.compare configs/demo.yaml --docs                  # writes docs/compare.md and docs/compare.png too

The methods are trained one after the other, each by a `python -m train` of its own, as the runs
NAME/compare/METHOD: same data, same epochs, no early stopping, the learning rate that suits the method. What
is finished is not repeated; a method that fails is a row with its reason. Quantized weights stay quantized,
unless `train.dequantize_once` says otherwise, since their memory is what is compared.

Methods and prompts are systems of the scorecard: they answer its held-out wordings, greedily in bf16, and its
scorer grades them. Asked are merged models or, where a method cannot be merged, the base with the adapter.
Writes to `runs/NAME/compare/`: `index.html`, `answers.jsonl`, `cache.jsonl`, `METHOD.yaml`, `compare.json`:
    {"name", "command", "date", "machine", "data_hash", "base", "own" (the system of the run's own method), "rows": [row]} and what
    `evaluate.stats.summary.summarize` gives.
    row: {"system", "prompt_tokens", "held_out"} where known, and of a method: {"learning_rate", "precision", "steps",
    "trainable_parameters", "peak_gib", "on_gpu", "tokens_per_second", "bytes_stored", "bytes_shipped" (null: vLLM cannot serve it),
    "merge"}, or instead {"error"}.
"""

import argparse
import datetime
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from evaluate.questions.load import Question, questions
from evaluate.systems.ask import Cache, Exchange
from evaluate.systems.offline import ask_offline
from evaluate.systems.quote import ask_quote
from evaluate.systems.systems import DESK, PROMPTS, QUOTE, TUNED, UNTRAINED, WITH_FAQ, PromptBuilder, served, systems
from frontdesk.answers.knowledge import knowledge_of
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, DpoConfig, load_config
from frontdesk.errors import UserError, run_command, warn
from frontdesk.files import read_json, write_json, write_jsonl, write_text
from frontdesk.models.base import load_tokenizer, locate
from frontdesk.models.family import with_family
from frontdesk.models.hardware import describe_hardware
from frontdesk.models.methods import METHODS
from frontdesk.terminal import silence_libraries

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "qlora": ("QLoRA NF4", {"method": "qlora", "bits": 4}),
    "qlora8": ("QLoRA int8", {"method": "qlora", "bits": 8}),
    "lora": ("LoRA", {"method": "lora"}),
    "full": ("full tuning", {"method": "full"}),
    "adapter": ("adapter (MiSS)", {"method": "adapter"}),
    "prefix": ("prefix tuning", {"method": "prefix"}),
}
"""What is compared: the name of its system, and its settings."""


def main() -> None:
    """Train, ask, score, print, draw."""
    args = arguments("compare")
    config = load_config(args.config)
    if args.epochs:
        config = config.model_copy(update={"train": config.train.model_copy(update={"epochs": args.epochs})})
    config = with_family(config, "compare")
    run, base = Run(config.name), locate(config.model)
    if not run.manifest.is_file():
        raise UserError(f"{run.manifest}: no data; the comparison needs it; run `make data CONFIG={args.config}` first")
    asked = [question for question in questions(config, run) if question.set == "wordings"]
    if not asked:
        raise UserError(f"{run.data}/test_wordings.jsonl: no question of an entry with facts; give FAQ entries 4 or more questions")
    # All trainings come before the first answer: on Linux a process inherits the peak memory of what started it, so this one stays small.
    configs = {name: derived(config, name) for name in args.methods}
    failures = {name: train(run, one, f"{number}/{len(configs)}") for number, (name, one) in enumerate(configs.items(), 1)}
    silence_libraries()
    exchanges, rows = ask_all(config, run, base, configs, failures, asked)
    compared: dict[str, Any] = {"name": config.name, "command": command(args), "date": measured(configs), "machine": describe_hardware()}
    compared |= {"data_hash": read_json(run.manifest)["data_hash"], "base": config.model.base, "rows": rows}
    write_comparison(config, run, compared, exchanges, args.docs)


def write_comparison(config: Config, run: Run, compared: dict[str, Any], exchanges: list[Exchange], docs: bool) -> None:
    """Score the answers; write and print what came of them."""
    from evaluate.report.compare import text, write_docs, write_methods
    from evaluate.scoring.records import Grader
    from evaluate.stats.summary import summarize

    grader, folder = Grader(config, run), run.root / "compare"
    records = [grader.record(exchange) for exchange in exchanges]
    answered = [row["system"] for row in compared["rows"] if "error" not in row]
    mine = next(VARIANTS[name][0] for name in VARIANTS if is_variant(config, name))
    own = mine if mine in answered else next((name for name in answered if name not in UNTRAINED), answered[0])
    compared |= {"own": own} | summarize(records, own)
    write_jsonl(folder / "answers.jsonl", records)
    write_methods(compared, folder / "index.html")
    write_json(folder / "compare.json", compared)
    print(text(compared))
    print(f"compare: every answer is in {folder}/answers.jsonl; look at {folder}/index.html")
    if docs:
        write_docs(compared, Path("docs"))
        print("compare: written to docs/compare.md and docs/compare.png")


def command(args: argparse.Namespace) -> str:
    """The command that does the same again."""
    options = [f"--methods {' '.join(args.methods)}"] if args.methods != list(VARIANTS) else []
    options += ([f"--epochs {args.epochs:g}"] if args.epochs else []) + (["--docs"] if args.docs else [])
    return f"make compare CONFIG={args.config}" + (f' ARGS="{" ".join(options)}"' if options else "")


def is_variant(config: Config, name: str) -> bool:
    """Whether the config's own method is this one."""
    settings = VARIANTS[name][1]
    return bool(config.train.method == settings["method"] and config.train.bits == settings.get("bits", config.train.bits))


def derived(config: Config, name: str) -> Config:
    """The config of one method's run: the same data and steps, the method's own learning rate."""
    settings = VARIANTS[name][1]
    rate = config.train.learning_rate * METHODS[settings["method"]].rate / METHODS[config.train.method].rate
    equal = {
        "learning_rate": float(f"{rate:.3g}"),
        "patience": config.train.evaluations + 1,
        "parity_prompts": 0,
        "dequantize_once": bool(config.train.dequantize_once),
        "dpo": DpoConfig(),  # off: not every method can
    }
    return config.model_copy(update={"name": f"{config.name}/compare/{name}", "train": config.train.model_copy(update=settings | equal)})


def train(run: Run, config: Config, place: str) -> str | None:
    """Train one method in a process of its own, which repeats nothing that is finished; the reason if it fails."""
    name = Path(config.name).name
    target = Run(config.name)
    target.root.mkdir(parents=True, exist_ok=True)
    if not target.data.is_symlink():
        target.data.symlink_to(os.path.relpath(run.data, target.root))
    path = run.root / f"compare/{name}.yaml"
    write_text(path, yaml.safe_dump(config.model_dump(mode="json"), allow_unicode=True, sort_keys=False))
    print(f"compare: {place} {VARIANTS[name][0]}", flush=True)
    process = subprocess.Popen([sys.executable, "-m", "train", str(path)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    before = signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    last = ""
    try:
        for line in process.stderr:
            sys.stderr.write(line)
            sys.stderr.flush()
            last = line.strip() or last
        code = process.wait()
    except KeyboardInterrupt:  # Ctrl-C reached the training too, which saves a checkpoint
        sys.stderr.write(process.stderr.read())
        process.wait()
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
    if code == 130:
        raise KeyboardInterrupt
    if code == 0:
        return None
    reason = last.removeprefix("error: ") if code > 0 else f"killed by signal {-code}, as where memory runs out"
    warn(f"{VARIANTS[name][0]} failed (exit code {code}); the comparison goes on without it")
    return reason or f"exit code {code}"


def ask_all(
    config: Config, run: Run, base: Path, configs: dict[str, Config], failures: dict[str, str | None], asked: list[Question]
) -> tuple[list[Exchange], list[dict[str, Any]]]:
    """The answers of the untuned base with each prompt, of quote and of each trained method, and a row for each."""
    cache = Cache(run.root / "compare/cache.jsonl")
    prompt_builder = PromptBuilder(config, knowledge_of(config, run), load_tokenizer(config, base))
    table = {system.name: system for system in systems(config, run, prompt_builder)}
    exchanges: list[Exchange] = []
    rows: list[dict[str, Any]] = []
    for name in PROMPTS:
        answers, length = ask_offline(config, table[name], base, None, asked, cache)
        exchanges += answers
        rows.append({"system": name, "prompt_tokens": length})
    exchanges += ask_quote(table[QUOTE], asked)
    rows.append({"system": QUOTE})
    for name, one in configs.items():
        reads = TUNED + WITH_FAQ if served(config) == DESK else TUNED
        system = replace(table[reads], name=VARIANTS[name][0], model=name, passes=1)  # asked as it was trained
        if reason := failures[name]:
            rows.append({"system": system.name, "error": reason})
            continue
        tuned, method = Run(one.name), METHODS[one.train.method]
        weights, adapter = (tuned.model, None) if method.mergeable else (base, tuned.adapter)
        answers, length = ask_offline(one, system, weights, adapter, asked, cache)
        exchanges += answers
        rows.append({"system": system.name, "prompt_tokens": length} | costs(one))
    rows[0] |= untuned_losses(rows)
    return exchanges, rows


def costs(config: Config) -> dict[str, Any]:
    """What the training of a method recorded, and what it takes to store and to ship."""
    tuned, method = Run(config.name), METHODS[config.train.method]
    training, stored = read_json(tuned.training), size(tuned.adapter)
    gpu = training["peak_gpu_gib"]
    kept = ("precision", "steps", "trainable_parameters", "tokens_per_second", "held_out")
    return {key: training[key] for key in kept} | {
        "learning_rate": config.train.learning_rate,
        "peak_gib": training["peak_rss_gib"] if gpu is None else gpu,
        "on_gpu": gpu is not None,
        "bytes_stored": stored,
        "bytes_shipped": stored if method.served_as_adapter else size(tuned.model) if method.mergeable else None,
        "merge": read_json(tuned.provenance)["merge"] if method.mergeable else {},
    }


def untuned_losses(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The base's own held-out losses, from a training that did not quantize it; {} if there is none."""
    whole = [VARIANTS[name][0] for name in ("lora", "full", "adapter")]
    row = next((row for row in rows if row["system"] in whole and "error" not in row), None)
    return {"held_out": {name: {"after": losses["before"]} for name, losses in row["held_out"].items()}} if row else {}


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def measured(configs: dict[str, Config]) -> str:
    """The day on which the last of the trainings ended."""
    records = [Run(config.name).training for config in configs.values()]
    last = max((record.stat().st_mtime for record in records if record.is_file()), default=None)
    return (datetime.date.fromtimestamp(last) if last else datetime.date.today()).isoformat()


if __name__ == "__main__":
    run_command(main)
