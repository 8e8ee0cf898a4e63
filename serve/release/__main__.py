"""Releases of a run: try a new version beside the served one, serve it, or go back.

    python -m serve.release configs/demo.yaml status
    python -m serve.release configs/demo.yaml shadow              the newest version answers too; nobody sees it, answers are compared
    python -m serve.release configs/demo.yaml canary --share 0.05 it answers a share of the conversations; rolled back if it is worse
    python -m serve.release configs/demo.yaml ab                  it answers half of them
    python -m serve.release configs/demo.yaml promote             it answers all
    python -m serve.release configs/demo.yaml rollback            the trial ends, or the version before answers again

A running desk follows within seconds; without one, the next `make serve` does. One release at a time. See docs/how-to/releases.md.
"""

import argparse
import time

from frontdesk import forgotten, releases, trial, versions
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.engine.vllm import CPU_OVERHEAD_GIB, device
from frontdesk.errors import UserError, run_command, warn
from frontdesk.files import read_json
from frontdesk.models.driver import require_gpu
from frontdesk.models.hardware import free_memory
from frontdesk.releases import State
from frontdesk.store import audit
from frontdesk.store.credentials import shell_user
from frontdesk.store.store import StoreUnavailable, open_store
from serve.checks import GIB, weight_gib


def main() -> None:
    options = arguments("release")
    config = load_config(options.config)
    run = Run(config.name)
    if config.serve.adapters:
        raise UserError("key 'serve.adapters': releases are of a run's own merged model; expected none; release the adapters' own runs")
    if options.action != "status":
        state = change(config, run, options)
        note(config, options.action, state)
    print(*status(config, run), sep="\n")


def change(config: Config, run: Run, options: argparse.Namespace) -> State:
    """Do what was asked. Raises UserError."""
    who = shell_user()
    if options.action == "rollback":
        return releases.roll_back(config, run, who)
    id = options.version or releases.read(run).candidate or newest(run)
    if options.action == "promote":
        return releases.promote(config, run, id, who)
    if releases.read(run).candidate is None:
        check_room(config, run, versions.check(config, run, id).id)
    return releases.begin(config, run, options.action, id, who, options.share)


def newest(run: Run) -> str:
    """The newest version that is not served. Raises UserError."""
    standing = releases.served(run)
    found = next((one.id for one in versions.versions(run) if one.id != standing), None)
    if found is None:
        raise UserError(f"{run.versions}: no version but the one that is served; expected a newer one; `make train` makes it")
    return found


def check_room(config: Config, run: Run, id: str) -> None:
    """Raise UserError unless a second engine finds its memory, and all engines are of this machine."""
    if config.serve.engines:
        raise UserError("serve.engines: versions are tried on engines of this machine; take them out for the trial, or promote at once")
    if device() == "gpu":
        count, needed = len(require_gpu().devices), 2 * config.serve.tensor_parallel_size
        if count and count < needed:
            raise UserError(
                f"a second engine needs GPUs of its own: {needed} in all, and there are {count}; promote the version at once, or add some"
            )
        return
    size = weight_gib(config, list(versions.weights(config, run, id).glob("*.safetensors")))
    needed_gib, free = size + config.serve.cpu_kv_cache_gib + CPU_OVERHEAD_GIB - 1, free_memory() / GIB  # the gateway is there already
    if needed_gib > free:
        raise UserError(
            f"too little memory for a second engine: {free:.1f} GiB free, about {needed_gib:.1f} GiB needed; close programs, or promote"
        )


def note(config: Config, action: audit.Act, state: State) -> None:
    """In the audit log, if its store can be written."""
    try:
        store = open_store(config)
    except (UserError, StoreUnavailable) as error:
        warn(f"the audit log lacks this {action}: {error}")
        return
    audit.record(store, shell_user(), action, state.candidate or state.served or "")
    store.close()


def status(config: Config, run: Run) -> list[str]:
    """What is served, what is tried and how it goes, and all versions, as lines."""
    state, standing = releases.read(run), releases.served(run)
    lines = [f"served     {standing or 'no version'}"]
    lines += [f"before     {state.previous}"] if state.previous else []
    lines += [f"changed    {stamp(state.since)} by {state.by}{': ' + state.why if state.why else ''}"] if state.since else []
    if state.candidate:
        share = f", {state.share:.0%} of the conversations" if state.share else ""
        lines += [f"{state.kind:10} {state.candidate}{share}", *trial_lines(config, run, state)]
    path = run.release / "engines.json"
    lines += [f"engines    {', '.join(filter(None, read_json(path).values()))}"] if path.is_file() else []
    if day := forgotten.due(run):
        lines.append(f"retrain    due by {day}: frontdesk retrain CONFIG --because forgotten")
    return [*lines, "", *(version_line(run, one) for one in versions.versions(run))]


def trial_lines(config: Config, run: Run, state: State) -> list[str]:
    assert state.candidate
    if state.kind == "shadow":
        found = trial.shadowed(run, state.candidate)
        same = ", ".join(f"{name} {found[name]}" for name in ("outcome", "entry", "words"))
        return [f"compared   {found['answers']}: same {same}; failed {found['failed']}"]
    store = open_store(config)
    try:
        found_of = trial.comparisons(store, run, state)
    except StoreUnavailable as error:
        return [f"           the store cannot be read now: {error}"]
    finally:
        store.close()
    return [comparison_line(one) for one in found_of]


def comparison_line(one: trial.Comparison) -> str:
    counts = f"served {one.served.hits} of {one.served.number}, candidate {one.candidate.hits} of {one.candidate.number}"
    span = f"{100 * one.difference.low:+.1f} to {100 * one.difference.high:+.1f} points" if one.difference else "too few to say"
    return f"{one.name.replace('_', ' '):12}{counts}: {span}, {one.verdict}"


def version_line(run: Run, one: versions.Version) -> str:
    """`a1b2…  2026-11-30 12:00  data 9f0c…  qlora of smollm2-135m`, and what stands against it."""
    against = [versions.failures(run, one.id), f"withdrawn, not served after {one.withdraw_by}" if one.withdraw_by else ""]
    scored = "" if versions.run_of(run, one.id).scores.is_file() else "no scorecard"
    more = "".join(f"; {text}" for text in (scored, *against) if text)
    return f"{one.id}  {stamp(one.made)}  data {one.data_hash}  {one.method} of {one.base}{more}"


def stamp(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


if __name__ == "__main__":
    run_command(main)
