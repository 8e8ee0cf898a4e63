"""The gateway beside the bare engine as others measure it: GuideLLM, with customers who come when they come.

    python -m bench.arrivals configs/demo.yaml --guidellm PATH [--rates 0.5 1 2] [--seconds 60]

One engine; the same conversations are asked of it and of the gateway before it, at Poisson arrival rates (questions a
second) instead of by clients that wait for their answer. The engine and the gateway's raw model get the prompts as
rendered beforehand, the grounded model the customers' words (bench/serve.py). All prompts were asked once before.
GuideLLM (`pip install guidellm`, in an environment of its own: it brings its own torch) writes its reports to
`runs/bench/guidellm/`; its exit code counts. Needs `make train`.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench import servers
from bench.load import Conversation, measure, questions, rendered, several
from bench.serve import ARMS, beside, trained
from frontdesk.config.run import Run
from frontdesk.engine.vllm import raw_model
from frontdesk.errors import UserError, run_command
from frontdesk.files import read_json, write_jsonl

REPORTS = Path("runs/bench/guidellm")
NAMES = {"time_to_first_token_ms": "first token, ms", "request_latency": "whole answer, s"}


def main() -> None:
    """Measure each rate on each arm, in turn."""
    parser = argparse.ArgumentParser("python -m bench.arrivals", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="the run's YAML file, such as configs/demo.yaml")
    parser.add_argument("--guidellm", required=True, help="its command")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.5, 1, 2], help="questions a second")
    parser.add_argument("--seconds", type=int, default=60, help="of each measurement")
    args = parser.parse_args()
    config, run = trained(args.config)
    asked = questions(run)
    prompts = rendered(config, run, asked)
    sent = dict(zip(ARMS, (prompts, prompts, asked), strict=True))
    names = dict(zip(ARMS, (config.name, raw_model(config), config.name), strict=True))
    print("| questions/s | | answered | " + " | ".join(NAMES.values()) + " |\n" + "|---" * (3 + len(NAMES)) + "|", flush=True)
    with tempfile.TemporaryDirectory() as folder, servers.vllm(config, run) as engine, beside(config, engine, Path(folder)) as gateway:
        measure(engine.address, config.name, several(sent["engine"], 200), 32, config.serve.max_tokens)  # into the prefix cache
        for rate in args.rates:
            for arm in ARMS:
                address = engine.address if arm == "engine" else gateway.address
                report = guidellm(args, arm, address, names[arm], sent[arm], rate, config.serve.max_tokens)
                print(f"| {rate:g} | {arm} | {' | '.join(figures(report))} |", flush=True)


def guidellm(
    args: argparse.Namespace, arm: str, address: str, model: str, conversations: list[Conversation], rate: float, most: int
) -> Path:
    """Run GuideLLM, its own output shown in its log; returns its report. Raises UserError where it fails."""
    place = REPORTS / f"{arm.replace(' ', '-')}-{rate:g}"
    place.mkdir(parents=True, exist_ok=True)
    write_jsonl(place / "questions.jsonl", [{"messages": turns} for turns in conversations])
    extras = json.dumps({"body": {"temperature": 0}})
    backend = f"target={address},model={model},request_format=/v1/chat/completions,max_tokens={most},extras={extras},validate_backend=false"
    command = [
        args.guidellm, "run", "--backend", f"kind=openai_http,{backend}", "--profile", f"kind=poisson,rate={rate}",
        "--constraint", f"kind=max_duration,seconds={args.seconds}", "--data", f"kind=json_file,path={place / 'questions.jsonl'}",
        "--tokenizer", f"kind=huggingface_auto,model={Run(model.removesuffix('-bare')).model}",
        "--output", f"kind=json,path={place / 'report.json'}", "--output", f"kind=html,path={place / 'report.html'}", "--disable-progress",
    ]  # fmt: skip
    with (place / "guidellm.log").open("w", encoding="utf-8") as log:
        if subprocess.run(command, stdout=log, stderr=log, check=False).returncode:
            raise UserError(f"{place}/guidellm.log: GuideLLM failed; it says why")
    return place / "report.json"


def figures(report: Path) -> list[str]:
    """Of a report: questions answered of those asked, and medians."""
    metrics: dict[str, Any] = read_json(report)["benchmarks"][0]["metrics"]
    counts = metrics["request_totals"]
    return [f"{counts['successful']} of {counts['total']}", *(f"{metrics[name]['successful']['median']:.3g}" for name in NAMES)]


if __name__ == "__main__":
    run_command(main)
