"""Say what this machine is, whether a config can run on it, what is missing, and what mends that.

    python -m train.doctor                              for the demo
    python -m train.doctor configs/llama3-8b.yaml
    python -m train.doctor --json                       for a bug report: no secrets, names of people or machines, or paths

A line is `ok`, a `note`, or a `fail`, and after → comes what mends it. Exit code 0: the config can run here; 1: it
cannot. No model is loaded. The Hugging Face hub is asked only about a model.base that is not here yet.
"""

import json
import platform
import re
import sys
from dataclasses import asdict
from typing import Any

import psutil

from frontdesk.commands import arguments
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import run_command
from train.doctor.findings import Finding, gib, machine_findings
from train.doctor.fit import config_findings, largest
from train.doctor.machine import Machine, read_machine

PATH = re.compile(r"(?<![\w.:/])~?/[^\s'\",;)]*/([^\s'\",;)/]+)")
"""An absolute path; its last part says enough."""


def main() -> None:
    """Read, judge, print; exit with 1 where the config cannot run."""
    args = arguments("doctor")
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
    facts = asdict(machine)
    for gpu in facts["gpus"]["devices"]:
        del gpu["uuid"]  # it names this very GPU
    data = {"config": config.name, "runs_here": runs(findings), "findings": [one._asdict() for one in findings], "machine": facts}
    return json.dumps(anonymous(data), ensure_ascii=False, indent=2)


def anonymous(value: Any) -> Any:
    """The same data, with texts that lack the names of user and machine, and the folders of absolute paths."""
    if isinstance(value, dict):
        return {key: anonymous(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [anonymous(one) for one in value]
    if not isinstance(value, str):
        return value
    text = PATH.sub(r"…/\1", value)
    for name, instead in ((psutil.Process().username(), "USER"), (platform.node(), "HOST")):
        text = re.sub(rf"\b{re.escape(name)}\b", instead, text) if name not in ("", "root", "localhost") else text
    return text


if __name__ == "__main__":
    run_command(main)
