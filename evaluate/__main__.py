"""The scorecard: does the desk state our facts, does it invent any, does it know when to hand over; and does tuning pay?

    python -m evaluate configs/demo.yaml [--baseline runs/OTHER] [--faq runs/OTHER]

The same questions go to the untuned base with several prompts and to the tuned model, all through the engine that `make serve` starts,
with the prompts that its gateway makes; evaluate/systems/systems.py says who is asked what. Writes `runs/NAME/report/`:
`index.html` for people,
`scores.json` for machines and the gate, `answers.jsonl` with every answer (evaluate/stats/metrics.py), `cache.jsonl`. Exit code 1 where the
served system misses a threshold of the config.

`scores.json`: {"key" of the model, "name", "date", "machine", "data_hash", "seconds", "gate", "general", "held_out" losses, "judge"} and
what `evaluate.stats.summary.summarize` gives.
"""

import argparse
import asyncio
import datetime
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, Endpoint, load_config, stored_config
from frontdesk.errors import UserError, run_command, warn
from frontdesk.files import read_json, read_jsonl, sha256, write_json, write_jsonl
from frontdesk.models.hardware import machine
from frontdesk.terminal import silence_libraries


def main() -> None:
    """Ask, score, sum up, draw, judge."""
    args = arguments()
    config = load_config(args.config)
    run = Run(config.name)
    baseline = earlier(args.baseline) if args.baseline else None
    other = other_run(args.faq) if args.faq else None
    if other and config.grounding == "none":
        raise UserError(f"--faq {args.faq}: this run's model answers by heart (grounding: none); expected one that reads; leave --faq out")
    provenance = trained(run)
    silence_libraries()
    passed = scorecard(config, run, provenance, other, baseline)
    if not passed:
        sys.exit(1)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="the run's YAML file, such as configs/demo.yaml")
    parser.add_argument("--baseline", help="a run's folder, or a scorecard's: list what became better and worse, question by question")
    parser.add_argument("--faq", help="a run's folder: ask about its FAQ, which this model was not trained on; only readers are asked")
    return parser.parse_args()


def trained(run: Run) -> dict[str, Any]:
    """The provenance of the run's model. Raises UserError where there is none, or no data."""
    if not run.provenance.is_file():
        raise UserError(f"{run.model}: no trained model; evaluation needs one; run `make train` with the same CONFIG first")
    if not run.manifest.is_file():
        raise UserError(f"{run.manifest}: no data; evaluation needs its test sets; run `make data` with the same CONFIG first")
    provenance: dict[str, Any] = read_json(run.provenance)
    data_hash = read_json(run.manifest)["data_hash"]
    if data_hash != provenance["data_hash"]:
        raise UserError(
            f"{run.data}: found data {data_hash}; expected that of the training, {provenance['data_hash']}, for what is asked must not "
            "have been trained; run `make train` with the same CONFIG"
        )
    return provenance


class Baseline(NamedTuple):
    """An earlier scorecard: its name, all answers, and the system that its run serves."""

    name: str
    records: list[dict[str, Any]]
    served: str


def earlier(folder: str) -> Baseline:
    """The earlier scorecard in a folder."""
    for path in (Path(folder) / "report", Path(folder)):
        if (path / "answers.jsonl").is_file() and (path / "scores.json").is_file():
            return Baseline(Path(folder).name, read_jsonl(path / "answers.jsonl"), read_json(path / "scores.json")["served"])
    raise UserError(
        f"{folder}: no report/answers.jsonl with scores.json; expected the folder of a run that was evaluated; "
        "run `make eval` with its CONFIG"
    )


def other_run(folder: str) -> Run:
    """The run whose FAQ is asked about."""
    path = Path(folder)
    if path.parent != Path("runs") or not Run(path.name).manifest.is_file():
        raise UserError(f"{folder}: no data there; expected runs/NAME of a run with data; run `make data` with its CONFIG")
    return Run(path.name)


def scorecard(config: Config, run: Run, provenance: dict[str, Any], other: Run | None, baseline: Baseline | None) -> bool:
    """Make it. Whether the gate is passed."""
    from evaluate.questions.load import questions
    from evaluate.report.nearest import nearest
    from evaluate.report.page import write_report
    from evaluate.report.worst import worst
    from evaluate.scoring.records import Grader
    from evaluate.stats import baseline as baselines
    from evaluate.stats import gate
    from evaluate.stats.summary import summarize
    from evaluate.stats.verdict import tuning, verdict
    from evaluate.systems.systems import served
    from frontdesk.engine.vllm import served_key

    started = time.monotonic()
    folder = run.report if other is None else run.root / f"report-{other.name}"
    asked = questions(config, run, other)
    exchanges, general = answers(config, run, provenance, other, asked)
    grader = Grader(config, run, other)
    begun = time.monotonic()
    records = [grader.record(exchange) for exchange in exchanges]
    pace = sum(len(exchange.answers) for exchange in exchanges) / (time.monotonic() - begun)
    summary = summarize(records, served(config))
    mine = [record for record in records if record["system"] == summary["served"]]
    thresholds = config.evaluate.limits if other is None else {}
    verdicts = gate.check(summary["systems"][summary["served"]], thresholds)
    extras: dict[str, Any] = {"name": config.name if other is None else f"{config.name}, asked about {other.name}"}
    extras["nearest"] = nearest(run, [record for _, record in worst(mine)])
    if general:
        extras["general"] = general
    if baseline:
        found = baselines.compare(records, baseline.records, summary["served"], baseline.served)
        extras["baseline"] = {"name": baseline.name, **found}
    card = {
        "key": served_key(config, provenance),
        "name": config.name,
        "faq": (other or run).name,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "data_hash": provenance["data_hash"],
        "questions": {name: sum(question.set == name for question in asked) for name in dict.fromkeys(question.set for question in asked)},
        "seconds": round(time.monotonic() - started),
        "gate": verdicts,
        "general": general,
        "held_out": read_json(run.training)["held_out"] if run.training.is_file() else None,
        "judge": judged(config, records, summary["served"]),
        **summary,
    }
    extras["judge"] = card["judge"]
    extras["foot"] = foot(card)
    write_jsonl(folder / "answers.jsonl", records)
    write_report(folder, summary, verdicts, records, extras)
    write_json(folder / "scores.json", card)
    print(table(summary))
    print(f"\neval: {verdict(summary, verdicts)[0]}\neval: {tuning(summary)[0]}")
    if baseline:
        print(f"eval: against {baseline.name}: {len(found['improved'])} better, {len(found['regressed'])} worse, {found['same']} the same")
    print(f"eval: {len(records)} answers in {card['seconds']} s, scored at {pace:,.0f} a second; look at {folder}/index.html")
    return bool(verdicts["passed"])


def answers(
    config: Config, run: Run, provenance: dict[str, Any], other: Run | None, asked: list[Any]
) -> tuple[list[Any], dict[str, Any] | None]:
    """The exchanges of all systems, and what was forgotten. One engine at a time."""
    import torch

    from evaluate.questions.general import choose, forgetting
    from evaluate.questions.load import evenly
    from evaluate.questions.packaged import packaged
    from evaluate.systems.ask import Cache, ask, jobs_of
    from evaluate.systems.systems import BASE, TUNED, Shelf, served, systems
    from frontdesk.engine.vllm import served_weights
    from frontdesk.models.base import load_tokenizer
    from frontdesk.retrieval.grounding import knowledge_of

    knowledge = knowledge_of(config, run, (other or run).faq)
    knowledge.index.learn([turn.text for question in asked for turn in question.turns])
    torch.set_num_threads(1)  # from here on the cores are the engine's
    cache = Cache(run.report / "cache.jsonl")
    folders = {BASE: Path(provenance["base_path"]), TUNED: served_weights(config, run)}
    tokenizer = load_tokenizer(config, folders[BASE])
    shelf = Shelf(config, knowledge, tokenizer)
    table = systems(config, run, shelf, foreign=other is not None)
    spoken = {question.language for question in asked}
    exchanges: list[Any] = []
    chosen: dict[str, list[bool]] = {}
    general = evenly(packaged("general.jsonl", spoken) if other is None else [], config.evaluate.sample, lambda one: one["ability"])
    for which, folder in folders.items():
        with engine(config, run, folder, which) as model:
            for number, system in enumerate(table, 1):
                if system.model == which:
                    ahead = sum(len(question.turns) for later in table[number:] for question, _ in jobs_of(later, model, asked))
                    exchanges += asyncio.run(ask(system, model, asked, cache, f"{system.name} ({number} of {len(table)})", ahead))
            if general:
                chosen[which] = asyncio.run(choose(model, tokenizer, general, cache, f"general ability, {which}"))
    if other is None:
        exchanges += beside(config, shelf, asked, cache)
    order = {system.name: place for place, system in enumerate(table)}
    exchanges.sort(key=lambda exchange: order.get(exchange.system, len(order)))
    assert any(exchange.system == served(config) for exchange in exchanges)
    return exchanges, forgetting(general, chosen[BASE], chosen[TUNED]) if general else None


def beside(config: Config, shelf: Any, asked: list[Any], cache: Any) -> list[Any]:
    """The served systems of other runs and other endpoints, on the same questions."""
    from evaluate.systems.ask import Model, ask
    from evaluate.systems.systems import elsewhere

    exchanges: list[Any] = []
    for name in config.evaluate.compare_runs:
        run = Run(name)
        if run.provenance.is_file():
            exchanges += neighbour(run, asked, cache)
        else:
            warn(f"{run.model}: no trained model; evaluate.compare_runs names it; left out; run `make train` with its CONFIG")
    for name, endpoint in config.evaluate.endpoints.items():
        model = Model(client_of(endpoint), endpoint.model, f"{endpoint.url} {endpoint.model}", 0.0)
        for system in elsewhere(name, config, shelf):
            exchanges += asyncio.run(ask(system, model, asked, cache, system.name))
    return exchanges


def neighbour(run: Run, asked: list[Any], cache: Any) -> list[Any]:
    """What another run's served system says, under the run's name: with its own prompt, FAQ and encoder.

    It is not asked what it was trained on.
    """
    from dataclasses import replace

    from evaluate.systems.ask import ask
    from evaluate.systems.systems import Shelf, served, systems
    from frontdesk.models.base import load_tokenizer
    from frontdesk.retrieval.grounding import knowledge_of

    provenance = read_json(run.provenance)
    config = stored_config(provenance["config"])
    config = config.model_copy(update={"serve": config.serve.model_copy(update={"quantization": None})})
    trained = {turn["content"] for row in read_jsonl(run.data / "train.jsonl") for turn in row["messages"] if turn["role"] == "user"}
    fair = [question for question in asked if trained.isdisjoint(turn.text for turn in question.turns)]
    if left := len(asked) - len(fair):
        warn(f"{run.root}: {left} of {len(asked)} questions are in its training rows; it is not asked those")
    shelf = Shelf(config, knowledge_of(config, run), load_tokenizer(config, Path(provenance["base_path"])))
    system = next(one for one in systems(config, run, shelf) if one.name == served(config))
    with engine(config, run, run.model, run.name) as model:
        return asyncio.run(ask(replace(system, name=run.name, passes=1), model, fair, cache, run.name))


@contextmanager
def engine(config: Config, run: Run, folder: Path, which: str) -> Iterator[Any]:
    """The engine on the weights in `folder`, as a model to ask. Its answers are kept under a digest of those and the template."""
    from evaluate.systems.ask import Model, digest
    from frontdesk.engine.vllm import dtype, running

    weights = {file.name: sha256(file) for file in sorted(folder.iterdir()) if file.suffix in (".safetensors", ".bin")}
    identity = digest([weights, sha256(run.model / "chat_template.jinja"), dtype(config)])
    with running(config, run, log=run.report / f"engine-{which}.log", folder=folder) as url:
        client = client_of(Endpoint(url=url, model=config.name))
        yield Model(client, config.name, identity, config.serve.temperature)


def client_of(endpoint: Endpoint) -> Any:
    """A client of an OpenAI-compatible API; a key in the named environment variable is used. Raises UserError where that is not set."""
    from openai import AsyncOpenAI

    from frontdesk.engine.vllm import api_key

    key = api_key() or "none"
    if endpoint.key_variable:
        if endpoint.key_variable not in os.environ:
            raise UserError(f"key 'key_variable': {endpoint.key_variable} is not set; expected the key of {endpoint.url}; set it")
        key = os.environ[endpoint.key_variable]
    return AsyncOpenAI(base_url=endpoint.url, api_key=key, timeout=600, max_retries=2)


def judged(config: Config, records: list[dict[str, Any]], served: str) -> dict[str, Any] | None:
    """What a judge model says of the served system's answers against those of each other system; None without one."""
    if not config.evaluate.judge:
        return None
    from evaluate.scoring.judge import Item, judge, summary

    client, model = client_of(config.evaluate.judge), config.evaluate.judge.model
    answered = [record for record in records if record["set"] in ("wordings", "unseen")]
    theirs = {(record["system"], record["id"]): record["answer"] for record in answered}
    verdicts = {}
    for system in dict.fromkeys(record["system"] for record in answered):
        if system != served:
            items = [
                Item(record["messages"][-2]["content"], record["reference"], record["answer"], theirs[system, record["id"]])
                for record in answered
                if record["system"] == served and (system, record["id"]) in theirs
            ]
            verdicts[system] = summary(asyncio.run(judge(client, model, items)))
            print(f"eval: judge: {served} against {system}: {verdicts[system]}", flush=True)
    return verdicts


def table(summary: dict[str, Any]) -> str:
    """The scores of all systems, for a terminal."""
    from evaluate.stats.metrics import METRICS

    shown = [name for name in METRICS if any(name in scores for scores in summary["systems"].values())]
    width = max(len(system) for system in summary["systems"])
    heads = [name.replace("_", " ") for name in shown]
    lines = ["  ".join([" " * width, *heads])]
    for system, scores in summary["systems"].items():
        cells = [_cell(name, scores.get(name)).rjust(len(head)) for name, head in zip(shown, heads, strict=True)]
        lines.append("  ".join([system.ljust(width), *cells]))
    return "\n".join(lines)


def _cell(metric: str, score: dict[str, Any] | None) -> str:
    if score is None:
        return "-"
    return f"{score['value']:.1f}" if metric in ("chrf", "answer_tokens") else f"{score['value']:.0%}"


def foot(card: dict[str, Any]) -> list[str]:
    """What was measured, when and where."""
    counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in card["questions"].items())
    losses = ", ".join(f"{name} {loss['after']:.3f} ({loss['before']:.3f} before)" for name, loss in (card["held_out"] or {}).items())
    return [
        f"Questions: {counts}. Greedy answers; dialogues at the temperature of serving. Intervals of 95 % by a bootstrap over FAQ entries.",
        *([f"Held-out loss after the training: {losses}."] if losses else []),
        f"python -m evaluate, {card['date'][:10]}, {card['machine']}, {card['seconds']} s. Model {card['key']}, data {card['data_hash']}.",
    ]


if __name__ == "__main__":
    run_command(main)
