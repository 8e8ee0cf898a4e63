"""Train every method with equal data and steps, ask each what it knows, and put the untuned base with three kinds of prompt beside them.

    python -m evaluate.compare configs/demo.yaml                         # make compare
    python -m evaluate.compare configs/demo.yaml --methods qlora lora
    python -m evaluate.compare configs/demo.yaml --docs                  # writes docs/compare.md and docs/compare.png too

The methods are trained one after the other, each by a `python -m train` of its own, as the runs NAME/compare/METHOD: same data, same
epochs, no early stopping, the learning rate that suits the method. What is finished is not repeated; a method that fails is a row with its
reason. Quantized weights stay quantized, unless `train.dequantize_once` says otherwise, since their memory is what is compared.

All systems then answer the held-out wordings that `make eval` asks, greedily in bf16: merged models, or, where a method cannot be merged,
the base with the adapter. Writes to `runs/NAME/compare/`: `index.html`; `answers/`, a cache by content; `METHOD.yaml`; and `compare.json`:
    {"name", "command", "date", "machine", "data_hash", "base", "own" (the run's own method), "systems": [system], "questions"}
    system: {"system", "label", "kind": "prompt" | "tuned", "right", "of", "interval", "prompt_tokens", "answers": [{"text", "right"}]}, and
    of a tuned one: {"learning_rate", "precision", "steps", "trainable_parameters", "peak_gib", "on_gpu", "tokens_per_second",
    "bytes_stored", "bytes_shipped" (null: vLLM cannot serve it), "held_out", "merge"}, or instead of all that {"error"}.
"""

import argparse
import datetime
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from evaluate.stats.intervals import wilson
from evaluate.systems.prompting import examples, few_shot, final_answer, thinking
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, DpoConfig, load_config
from frontdesk.errors import UserError, run_command, warn
from frontdesk.facts.statements import states
from frontdesk.files import read_json, read_jsonl, sha256, write_json, write_text
from frontdesk.models.base import load_tokenizer, locate, weights
from frontdesk.models.hardware import machine
from frontdesk.models.methods import METHODS
from frontdesk.prompt.render import Message, chat_template
from frontdesk.retrieval.grounding import knowledge_of
from frontdesk.terminal import silence_libraries

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "qlora": ("QLoRA NF4", {"method": "qlora", "bits": 4}),
    "qlora8": ("QLoRA int8", {"method": "qlora", "bits": 8}),
    "lora": ("LoRA", {"method": "lora"}),
    "full": ("full tuning", {"method": "full"}),
    "adapter": ("adapter (MiSS)", {"method": "adapter"}),
    "prefix": ("prefix tuning", {"method": "prefix"}),
}
"""What is compared: its name in tables, and its settings."""


def main() -> None:
    """Train, ask, print, draw."""
    from evaluate.report import compare as compare_report

    args = arguments()
    config = load_config(args.config)
    if args.epochs:
        config = config.model_copy(update={"train": config.train.model_copy(update={"epochs": args.epochs})})
    run, base = Run(config.name), locate(config.model)
    if not run.manifest.is_file():
        raise UserError(f"{run.manifest}: no data; the comparison needs it; run `make data CONFIG={args.config}` first")
    questions = held_out_questions(run)
    if not questions:
        raise UserError(
            f"{run.data}/test_wordings.jsonl: no question of an entry with facts; give FAQ entries 4 or more questions and `facts`"
        )
    # All trainings come before the first answer: on Linux a process inherits the peak memory of what started it, so this one stays small.
    configs = {name: derived(config, name) for name in args.methods}
    failures = {name: train(run, one, f"{number}/{len(configs)}") for number, (name, one) in enumerate(configs.items(), 1)}
    silence_libraries()
    systems = ask_base(config, run, base, questions)
    for name, one in configs.items():
        reason = failures[name]
        systems.append(failed(name, reason) if reason else ask_tuned(one, run, base, name, questions))
    systems[0] |= untuned_losses(systems)
    record = {
        "name": config.name,
        "command": command(args),
        "date": measured(configs),
        "machine": machine(),
        "data_hash": read_json(run.manifest)["data_hash"],
        "base": config.model.base,
        "own": next(name for name in VARIANTS if is_variant(config, name)),
        "systems": systems,
        "questions": [{"question": q["messages"][-1]["content"], "facts": q["facts"], "source": q["source"]} for q in questions],
    }
    write_json(run.root / "compare/compare.json", record)
    compare_report.write_page(record, run.root / "compare/index.html")
    print(compare_report.text(record))
    print(f"compare: every answer is in {run.root}/compare/compare.json; look at {run.root}/compare/index.html")
    if args.docs:
        compare_report.write_docs(record, Path("docs"))
        print("compare: written to docs/compare.md and docs/compare.png")


def held_out_questions(run: Run) -> list[dict[str, Any]]:
    """The held-out wordings whose entry names facts: `{"messages", "facts", "source"}`."""
    facts = {entry["id"]: entry["facts"] for entry in read_jsonl(run.faq)}
    questions = []
    for row in read_jsonl(run.data / "test_wordings.jsonl"):
        entry = row["id"].rsplit("#", 1)[0]  # not the group, which several entries may share
        if facts.get(entry):
            questions.append({"messages": row["messages"][:1], "facts": facts[entry], "source": row["source"]})
    return questions


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m evaluate.compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", help="the run's YAML file, such as configs/demo.yaml")
    parser.add_argument(
        "--methods", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="METHOD", help=f"of {', '.join(VARIANTS)}"
    )
    parser.add_argument("--epochs", type=float, help="of every method, instead of the config's train.epochs")
    parser.add_argument("--docs", action="store_true", help="write docs/compare.md and docs/compare.png too")
    return parser.parse_args()


def command(args: argparse.Namespace) -> str:
    """The command that does the same again."""
    options = [f"--methods {' '.join(args.methods)}"] * (args.methods != list(VARIANTS))
    options += ([f"--epochs {args.epochs:g}"] if args.epochs else []) + ["--docs"] * args.docs
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


def failed(name: str, reason: str) -> dict[str, Any]:
    """The row of a method that could not be trained."""
    return {"system": name, "label": VARIANTS[name][0], "kind": "tuned", "error": reason}


def ask_base(config: Config, run: Run, base: Path, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The untuned base with each kind of prompt."""
    pool, rows = examples(run), []
    told = [(pool, one["source"], [one["facts"]], one["messages"]) for one in questions]
    ways = {
        "zero-shot": [one["messages"] for one in questions],
        "few-shot": [few_shot(*one) for one in told],
        "chain of thought": [thinking(config.system_prompt, *one) for one in told],
    }
    for way, asked in ways.items():
        thinks = way == "chain of thought"
        limit = config.serve.max_tokens * (2 if thinks else 1)
        answered = ask(config, run, base, None, asked, limit)
        texts = [final_answer(text) for text in answered["texts"]] if thinks else answered["texts"]
        rows.append({"system": way, "label": f"untuned {way}", "kind": "prompt", "prompt_tokens": answered["prompt_tokens"]})
        rows[-1] |= scored(answered["texts"], texts, questions)
    return rows


def ask_tuned(config: Config, run: Run, base: Path, name: str, questions: list[dict[str, Any]]) -> dict[str, Any]:
    """A tuned system: what its training recorded, and its answers to the run's own prompt."""
    tuned, method = Run(config.name), METHODS[config.train.method]
    folder, adapter = (tuned.model, None) if method.mergeable else (base, tuned.adapter)
    knowledge = knowledge_of(config, run) if config.grounding == "faq" else None
    asked = [knowledge.ground(one["messages"]).messages if knowledge else one["messages"] for one in questions]
    answered = ask(config, run, folder, adapter, asked, config.serve.max_tokens)
    training = read_json(tuned.training)
    stored = size(tuned.adapter)
    gpu = training["peak_gpu_gib"]
    return {
        "system": name,
        "label": VARIANTS[name][0],
        "kind": "tuned",
        "learning_rate": config.train.learning_rate,
        "precision": training["precision"],
        "steps": training["steps"],
        "trainable_parameters": training["trainable_parameters"],
        "peak_gib": training["peak_rss_gib"] if gpu is None else gpu,
        "on_gpu": gpu is not None,
        "tokens_per_second": training["tokens_per_second"],
        "bytes_stored": stored,
        "bytes_shipped": stored if method.served_as_adapter else size(tuned.model) if method.mergeable else None,
        "held_out": training["held_out"],
        "merge": read_json(tuned.provenance)["merge"] if method.mergeable else {},
        "prompt_tokens": answered["prompt_tokens"],
    } | scored(answered["texts"], answered["texts"], questions)


def untuned_losses(systems: list[dict[str, Any]]) -> dict[str, Any]:
    """The held-out losses of the base before the first step, from a training that did not quantize it; {} if there is none."""
    for row in systems:
        if row["system"] in ("lora", "full", "adapter") and "error" not in row:
            return {"held_out": {name: {"after": losses["before"]} for name, losses in row["held_out"].items()}}
    return {}


def scored(texts: list[str], answers: list[str], questions: list[dict[str, Any]]) -> dict[str, Any]:
    """How many of `answers` state the facts; `texts` is all that was written."""
    flags = [states(answer, question["facts"]) for answer, question in zip(answers, questions, strict=True)]
    answered = [{"text": text, "right": flag} for text, flag in zip(texts, flags, strict=True)]
    return {"right": sum(flags), "of": len(flags), "interval": wilson(sum(flags), len(flags)), "answers": answered}


def ask(config: Config, run: Run, folder: Path, adapter: Path | None, asked: list[list[Message]], limit: int) -> dict[str, Any]:
    """Greedy answers in bf16: {"texts", "prompt_tokens": their mean}. What the same weights were asked before is read from disk."""
    files = [file for place in (folder, adapter) if place for file in sorted(weights(place))]
    content = [[sha256(file) for file in files], chat_template(config), asked, limit]
    cached = run.root / f"compare/answers/{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]}.json"
    if cached.is_file():
        return dict(read_json(cached))
    import torch
    from transformers import AutoModelForCausalLM

    from frontdesk.models.generate import greedy_answers
    from frontdesk.prompt.render import encode_prompt

    print(f"compare: {len(asked)} answers from {adapter or folder}, {max(len(turns) for turns in asked)} turns each", flush=True)
    tokenizer = load_tokenizer(config, folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).to("cuda" if torch.cuda.is_available() else "cpu")
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter).to(torch.bfloat16)
    # The logits of all steps are kept: 8 prompts of a vocabulary of 128,000 take 4 MB a step.
    texts = [answer.text for answer in greedy_answers(model, tokenizer, asked, max_new_tokens=limit, batch_size=8)]
    lengths = [len(encode_prompt(tokenizer, turns)) for turns in asked]
    write_json(cached, {"texts": texts, "prompt_tokens": round(sum(lengths) / len(lengths))})
    return dict(read_json(cached))


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
