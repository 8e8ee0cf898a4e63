"""Say what this machine is, whether a config can run on it, what is missing, and what mends that.

    python -m train.doctor                              for the demo
    python -m train.doctor configs/llama3-8b.yaml
    python -m train.doctor --json                       for a bug report: no token, and your home folder is ~

A line is `ok`, a `note`, or a `fail`, and after → comes what mends it. Exit code 0: the config can run here; 1: it
cannot. No model is loaded. The Hugging Face hub is asked only about a model.base that is not here yet, and not
with --offline.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from frontdesk.commands import arguments
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import run_command
from train.doctor.findings import Finding, gib, machine_findings
from train.doctor.fit import config_findings, largest
from train.doctor.machine import Machine, read_machine


def main() -> None:
    """Read, judge, print; exit with 1 where the config cannot run."""
    args = arguments("doctor")
    if args.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported, which is below
    config = load_config(args.config)
    machine = read_machine()
    findings = [*machine_findings(machine), *config_findings(config, machine), largest(config, machine)]
    if args.json:
        print(report(config, machine, findings))
    elif args.summary:
        print(summary(args.config, machine, findings))
    else:
        print("\n".join(map(str, findings)))
        print(f"\n{args.config} {'can' if runs(findings) else 'cannot'} run here")
    if not runs(findings):
        sys.exit(1)


def runs(findings: list[Finding]) -> bool:
    """Whether nothing is in the way."""
    return all(one.mark != "fail" for one in findings)


def summary(path: str, machine: Machine, findings: list[Finding]) -> str:
    """One paragraph."""
    gpu = machine.gpu.name if machine.gpu else "no GPU in use"
    lines = [f"doctor: {machine.cores} cores, {gib(machine.free)} of memory free, {gpu}."]
    lines += [f"{path} {'can' if runs(findings) else 'cannot'} run here."]
    wanted = ("training", "serving", "largest") if runs(findings) else ()
    lines += [f"{one.about}: {one.fact}." for one in findings if one.about in wanted and one.mark == "ok"]
    lines += [f"{one.about}: {one.fact} → {one.mend}." for one in findings if one.mark == "fail"]
    return " ".join([*lines, f"More: .venv/bin/frontdesk doctor {path}"])


def report(config: Config, machine: Machine, findings: list[Finding]) -> str:
    """The facts as JSON: {"config", "runs_here", "findings": [{"mark", "about", "fact", "mend"}], "machine"},
    sizes in bytes; see `Machine`."""
    data = {"config": config.name, "runs_here": runs(findings), "findings": [one._asdict() for one in findings], "machine": asdict(machine)}
    return json.dumps(data, ensure_ascii=False, indent=2).replace(f"{Path.home()}/", "~/")


if __name__ == "__main__":
    run_command(main)
