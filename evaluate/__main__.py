"""The scorecard: does the desk state our facts, does it invent any, does it know when to escalate; is its model
better than none, and does tuning pay?

    python -m evaluate configs/demo.yaml [--baseline runs/OTHER] [--faq runs/OTHER]

The same questions go to the untuned base with several prompts and to the tuned model, all through the engine
that `make serve` starts, with the prompts that its gateway makes, and to no model at all; who is asked what:
evaluate/systems/systems.py. Writes `runs/NAME/report/`: `index.html` for people, `scores.json` for machines
and the gate, `answers.jsonl` with every answer (evaluate/stats/metrics.py), `cache.jsonl`. Exit code 1 where
the served system misses a threshold of the config or is worse than no model.

`scores.json`: {"key" of the model, "name", "date", "machine", "data_hash", "seconds", "gate", "general",
"held_out" losses, "judge"} and what `evaluate.stats.summary.summarize` gives.
"""

import datetime
import sys
import time
from typing import Any

from evaluate.preconditions import Baseline, earlier, other_run, trained
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import UserError, run_command
from frontdesk.files import read_json, write_json, write_jsonl
from frontdesk.models.family import with_family
from frontdesk.models.hardware import describe_hardware
from frontdesk.models.reader import with_reader
from frontdesk.terminal import silence_libraries, track
from frontdesk.versions import add_scores


def main() -> None:
    """Look whether all is there, and make the scorecard."""
    args = arguments("eval")
    config = load_config(args.config)
    run = Run(config.name)
    baseline = earlier(args.baseline) if args.baseline else None
    other = other_run(args.faq) if args.faq else None
    if other and config.grounding == "none":
        raise UserError(f"--faq {args.faq}: this run's model answers by heart (grounding: none); expected one that reads; leave --faq out")
    config = with_reader(config, run, "eval")
    provenance = trained(run)
    config = with_family(config, "eval", run.model)
    silence_libraries()
    if not scorecard(config, run, provenance, other, baseline):
        sys.exit(1)


def scorecard(config: Config, run: Run, provenance: dict[str, Any], other: Run | None, baseline: Baseline | None) -> bool:
    """Ask, score, sum up, judge, write. Whether the gate is passed."""
    from evaluate.questions.load import questions
    from evaluate.report.nearest_rows import nearest_rows
    from evaluate.report.page import write_report
    from evaluate.report.text import foot, table
    from evaluate.report.worst_answers import worst_answers
    from evaluate.scoring.judge import judged
    from evaluate.scoring.records import Grader
    from evaluate.stats.baseline import compare
    from evaluate.stats.forgetting import forgetting
    from evaluate.stats.gate import check
    from evaluate.stats.summary import beside_quote, summarize
    from evaluate.stats.verdict import quoting, tuning, verdict
    from evaluate.systems.collect import collect
    from evaluate.systems.systems import served
    from frontdesk.engine.vllm import served_key

    started = time.monotonic()
    asked = questions(config, run, other)
    exchanges, choices = collect(config, run, provenance, other, asked)
    grader, begun = Grader(config, run, other), time.monotonic()
    records = [grader.record(exchange) for exchange in track(exchanges, "eval: scoring", len(exchanges), "exchanges")]
    pace = sum(len(exchange.answers) for exchange in exchanges) / (time.monotonic() - begun)
    summary = summarize(records, served(config))
    own = (config.evaluate.limits, beside_quote(summary)) if other is None else ({}, ())  # another FAQ decides nothing
    gate = check(summary["systems"][summary["served"]], *own)
    changes = {"name": baseline.name, **compare(records, baseline.records, summary["served"], baseline.served)} if baseline else None
    card = {
        "key": served_key(config, provenance),
        "name": config.name,
        "faq": (other or run).name,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": describe_hardware(),
        "data_hash": provenance["data_hash"],
        "questions": {name: sum(question.set == name for question in asked) for name in dict.fromkeys(question.set for question in asked)},
        "seconds": round(time.monotonic() - started),
        "gate": gate,
        "general": forgetting(*choices) if choices else None,
        "held_out": read_json(run.training)["held_out"] if run.training.is_file() else None,
        "judge": judged(config, records, summary["served"]),
        **summary,
    }
    worst = worst_answers([record for record in records if record["system"] == summary["served"]])
    extras = {
        "name": config.name if other is None else f"{config.name}, asked about {other.name}",
        "nearest": nearest_rows(run, [record for _, record in worst]),
        "general": card["general"],
        "judge": card["judge"],
        "baseline": changes,
        "foot": foot(card),
    }
    folder = run.report if other is None else run.root / f"report-{other.name}"
    write_jsonl(folder / "answers.jsonl", records)
    write_report(folder, summary, gate, records, extras)
    write_json(folder / "scores.json", card)  # last: a folder that has it is complete
    if other is None:
        add_scores(run)
    print(table(summary))
    print(f"\neval: {verdict(summary, gate)[0]}\neval: {quoting(summary)[0]}\neval: {tuning(summary)[0]}")
    if changes:
        better, worse = len(changes["improved"]), len(changes["regressed"])
        print(f"eval: against {changes['name']}: {better} better, {worse} worse, {changes['same']} the same")
    print(f"eval: {len(records)} answers in {card['seconds']} s, scored at {pace:,.0f} a second; look at {folder}/index.html")
    return bool(gate["passed"])


if __name__ == "__main__":
    run_command(main)
