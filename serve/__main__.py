"""Serve a trained run: the OpenAI-compatible API and the chat page.

    python -m serve configs/demo.yaml

Checks weights and config (of the version that was promoted, or else of what was trained last), takes a snapshot of
them (serve/snapshot.py), and starts three processes:

* vLLM on the snapshot, or on the base with the adapters of `serve.adapters`, on a loopback port and with a key that
  only the gateway knows;
* the gateway `python -m serve.gateway CONFIG`, which is the API;
* the page `python -m ui CONFIG`, which asks the gateway with a new key at each start.

Waits until a first question has been answered, prints both addresses, and keeps all three running until
Ctrl-C or SIGTERM. Logs: `runs/NAME/serve/engine.log`, `gateway.log` and `chat.log`. On a loopback address
nobody needs a key until there is one: `python -m serve.keys create …`, or the environment variable
FRONTDESK_API_KEY.
"""

import asyncio
import contextlib
import os
import secrets
import sys
from pathlib import Path

from frontdesk import releases, versions
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.engine import vllm
from frontdesk.engine.processes import GRACE, Child
from frontdesk.engine.startup_log import phase, say
from frontdesk.errors import run_command
from frontdesk.models.adapters import base_name, page_model
from frontdesk.models.family import with_family
from frontdesk.models.reader import with_reader
from frontdesk.store.credentials import PAGE_KEY
from frontdesk.web.address import url
from serve.checks import check, has_key
from serve.release.engines import Follower, other_gpus, standing
from serve.snapshot import snapshot_config, snapshot_weights
from serve.supervise import until_stopped


def main() -> None:
    """Check, start, wait, announce, watch, stop."""
    path = arguments("serve").config
    config = load_config(path)
    run = Run(config.name)
    released = releases.read(run).served if not config.serve.adapters else None
    if released:
        versions.check(config, run, released)
    chosen = versions.run_of(run, released) if released else run
    config = with_family(config if released else with_reader(config, run, "serve"), "serve", chosen.model)
    device = vllm.device()
    key = check(config, chosen, device)
    keys = has_key(config)
    adapters = ", ".join(config.serve.adapters)
    model = f"{adapters} as adapters of {base_name(config)}" if adapters else chosen.model
    say(
        f"serving {model} on the {device.upper()}, context {config.serve.context_length} tokens, "
        f"{'eager' if vllm.eager(config) else 'compiled'}, API key {'required' if keys else 'not required'}"
    )
    if released and (newest := versions.versions(run)[0].id) != released:
        say(f"version {newest} is newer than the one that is served; to serve it: frontdesk release {path} promote {newest}")
    asyncio.run(serve(config, run, path, keys, snapshot_weights(config, chosen, key) if key else None))
    say("stopped; nothing is left running")


async def serve(config: Config, run: Run, path: str, keys: bool, weights: Path | None) -> None:
    """Run the engine, the gateway and the page until Ctrl-C or SIGTERM. `keys`: whether clients need one;
    `weights`: None for adapters."""
    import httpx

    snapshot = snapshot_config(config, run)
    folder, key = run.root / "serve", secrets.token_urlsafe(32)
    private = vllm.private(config, vllm.free_port())
    os.environ.pop(PAGE_KEY, None)  # from a parent process; the engine must not see it
    ours = {**os.environ, "PYTHONUNBUFFERED": "1", PAGE_KEY: secrets.token_urlsafe(32)} | ({vllm.SERVED: str(weights)} if weights else {})
    ours["OPENBLAS_NUM_THREADS"] = "1"  # the cores are the engine's, and a second thread for a search mostly waits
    engines = {vllm.ENGINE_URL: url(private.serve.host, private.serve.port), vllm.ENGINE_KEY: key, "OMP_NUM_THREADS": "1"}
    async with httpx.AsyncClient(timeout=120, trust_env=False) as client:  # a proxy of the environment must not see local calls

        def child(name: str, module: str, environment: dict[str, str], log: str, port: int, ready: str, alive: str) -> Child:
            """A server of ours: `ready` answers 200 once it serves, `alive` anything while it lives."""
            command, base = [sys.executable, "-m", module, snapshot], url(config.serve.host, port)
            probes = (lambda: vllm.answers_with(client, base + ready, 200), lambda: vllm.answers_with(client, base + alive))
            return Child(name, command, environment, folder / log, ready=probes[0], alive=probes[1])

        def engine(name: str, own: Config, served: Path | None) -> Child:
            """An engine of ours."""
            command, environment = vllm.command(own, run, served), vllm.environment(own, run, key)
            probes = (lambda: vllm.answers(client, own, key), lambda: vllm.alive(client, own))
            return Child(name, command, environment, folder / f"{name.replace(' ', '-')}.log", probes[0], phase, probes[1])

        version = standing(config, run) if weights else None
        model = engine("engine", private, versions.weights(config, run, version) if version else weights)
        second = None
        if version:
            trial = vllm.private(config, vllm.free_port())
            second = engine("second engine", trial, versions.weights(config, run, version))
            second.environment |= other_gpus(config)
            engines[vllm.SECOND_URL] = url(trial.serve.host, trial.serve.port)
        gateway = child("gateway", "serve.gateway", ours | engines, "gateway.log", config.serve.port, "/ready", "/health")
        page = child("chat page", "ui", ours, "chat.log", config.serve.ui_port, "/", "/chat.js")
        follower = Follower(config, run, [model], version, second) if version and second else None
        async with follower.following() if follower else contextlib.nullcontext():
            await until_stopped((model, gateway, page), lambda: announce(config, path, keys), gateway, config.serve.drain_seconds + GRACE)


def announce(config: Config, path: str, keys: bool) -> None:
    """Print the addresses and the keys that they need."""
    serve = config.serve
    models = " or ".join(f'"{name}"' for name in [*serve.adapters] or [config.name, vllm.raw_model(config)])
    adapter = f"   ({page_model(config)})" if serve.adapters else ""
    api, page = (url(serve.host, port, shown=True) for port in (serve.port, serve.ui_port))
    begin = "A key: " if keys else "Only this machine reaches these, so nobody is asked for a key until there is one: "
    say(
        f"\nAPI   {api}/v1   (model {models}{'; takes a key' if keys else ''})\nChat  {page}{adapter}\n"
        f"Desk  {page}/desk   ({'takes a key of role agent or admin' if keys else 'for agents'})\n"
        f"{begin}python -m serve.keys create --role agent --name NAME --config {path}\n\nCtrl-C stops both."
    )


if __name__ == "__main__":
    run_command(main)
