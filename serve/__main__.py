"""Serve a trained run: the OpenAI-compatible API and the chat page.

    python -m serve configs/demo.yaml

Checks weights and config (of the version that was promoted, or else of what was trained last), takes a snapshot of
them (serve/snapshot.py), and starts three processes or more:

* vLLM on the snapshot, or on the base with the adapters of `serve.adapters`, on a loopback port and with a key that
  only the gateway knows. With `serve.replicas` there are several, and vllm-router stands before them and the
  `serve.engines` of other machines (serve/elsewhere.py);
* the gateway `python -m serve.gateway CONFIG`, which is the API;
* the page `python -m ui CONFIG`, which asks the gateway with a new key at each start.

Waits until a first question has been answered, prints both addresses, and keeps all running until
Ctrl-C or SIGTERM. Logs: `runs/NAME/serve/engine.log` (`engine-2.log` …), `router.log`, `gateway.log` and `chat.log`. On a loopback address
nobody needs a key until there is one: `python -m serve.keys create …`, or the environment variable
FRONTDESK_API_KEY.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontdesk import releases, versions
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.engine import router, vllm
from frontdesk.engine.processes import GRACE, Child
from frontdesk.engine.startup_log import phase, say
from frontdesk.errors import StartFailed, run_command
from frontdesk.models.adapters import base_name, page_model
from frontdesk.models.family import with_family
from frontdesk.models.reader import with_reader
from frontdesk.store.credentials import PAGE_KEY
from frontdesk.web.address import url
from serve.checks import check, has_key
from serve.elsewhere import Elsewhere, mark
from serve.release.engines import Follower, other_gpus, standing
from serve.snapshot import snapshot_config, snapshot_weights
from serve.supervise import until_stopped

if TYPE_CHECKING:
    import httpx


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
    asyncio.run(serve(config, run, path, keys, snapshot_weights(config, chosen, key) if key else None, key))
    say("stopped; nothing is left running")


async def serve(config: Config, run: Run, path: str, keys: bool, weights: Path | None, key_of_weights: str | None) -> None:
    """Run the engines, the gateway and the page until Ctrl-C or SIGTERM. `keys`: whether clients need one;
    `weights` and their key: None for adapters."""
    import httpx

    snapshot, folder = snapshot_config(config, run), run.root / "serve"
    *ports, front, metrics, third = vllm.free_ports(config.serve.replicas + 3)
    key = os.environ.pop(vllm.ENGINE_KEY) if config.serve.engines else secrets.token_urlsafe(32)
    os.environ.pop(PAGE_KEY, None)  # from a parent process; the engine must not see it
    ours = {**os.environ, "PYTHONUNBUFFERED": "1", PAGE_KEY: secrets.token_urlsafe(32)} | ({vllm.SERVED: str(weights)} if weights else {})
    ours["OPENBLAS_NUM_THREADS"] = "1"  # the cores are the engine's, and a second thread for a search mostly waits
    async with httpx.AsyncClient(timeout=120, trust_env=False) as client:  # a proxy of the environment must not see local calls

        def child(name: str, module: str, environment: dict[str, str], log: str, port: int, ready: str, alive: str) -> Child:
            """A server of ours: `ready` answers 200 once it serves, `alive` anything while it lives."""
            command, base = [sys.executable, "-m", module, snapshot], url(config.serve.host, port)
            probes = (lambda: vllm.answers_with(client, base + ready, 200), lambda: vllm.answers_with(client, base + alive))
            return Child(name, command, environment, folder / log, ready=probes[0], alive=probes[1])

        version = standing(config, run) if weights else None
        checked = versions.weights(config, run, version) if version else weights
        engines = [
            engine(config, run, checked, key, client, f"engine {number + 1}" if number else "engine", port, vllm.share(config, number))
            for number, port in enumerate(ports)
        ]
        asked = {vllm.ENGINE_URL: url("127.0.0.1", [*ports, front][0]), vllm.ENGINE_KEY: key, "OMP_NUM_THREADS": "1"}
        async with contextlib.AsyncExitStack() as watching:
            if version:
                second = engine(config, run, checked, key, client, "second engine", third, other_gpus(config))
                asked[vllm.SECOND_URL] = url("127.0.0.1", third)
                await watching.enter_async_context(Follower(config, run, tuple(engines), version, second).following())
            if config.serve.routed:
                told = router.settings([url("127.0.0.1", port) for port in ports], (front, metrics), key, config.serve.data_parallel_size)
                elsewhere = Elsewhere(client, config, mark(config, str(key_of_weights)), told)
                await elsewhere.begin()
                engines.append(routing(client, told, folder))
                asked |= {vllm.ENGINE_URL: url("127.0.0.1", front), vllm.ENGINE_HEALTH: router.READY}
                watching.callback(asyncio.create_task(elsewhere.keep(engines[-1])).cancel)
                asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, elsewhere.read_again, path)
            gateway = child("gateway", "serve.gateway", ours | asked, "gateway.log", config.serve.port, "/ready", "/health")
            page = child("chat page", "ui", ours, "chat.log", config.serve.ui_port, "/", "/chat.js")
            await until_stopped(
                (*engines, gateway, page), lambda: announce(config, path, keys), gateway, config.serve.drain_seconds + GRACE
            )


def engine(
    config: Config, run: Run, weights: Path | None, key: str, client: "httpx.AsyncClient", name: str, port: int, more: dict[str, str]
) -> Child:
    """An engine of this machine; `more`: of its environment."""
    private = vllm.private(config, port)
    return Child(
        name,
        vllm.command(private, run, weights),
        vllm.environment(private, run, key) | more,
        run.root / "serve" / f"{name.replace(' ', '-')}.log",
        lambda: vllm.answers(client, private, key),
        phase,
        lambda: vllm.alive(client, private),
    )


def routing(client: "httpx.AsyncClient", told: dict[str, Any], folder: Path) -> Child:
    """The router with these settings: ready once one engine takes its questions."""
    address, headers = url("127.0.0.1", told["port"]), {"Authorization": f"Bearer {told['api_key']}"}

    async def ready() -> bool:
        status = await vllm.status_of(client, address + router.READY, headers)
        if status == 401:
            raise StartFailed("no engine takes the key with which it is asked")
        return status == 200

    async def alive() -> bool:
        return await vllm.answers_with(client, address + router.ALIVE)

    environment = router.environment(told)
    return Child("router", router.COMMAND, environment, folder / "router.log", ready, lambda _: "waiting for an engine", alive)


def announce(config: Config, path: str, keys: bool) -> None:
    """Print the addresses and the keys that they need."""
    serve = config.serve
    models = " or ".join(f'"{name}"' for name in [*serve.adapters] or [config.name, vllm.raw_model(config)])
    adapter = f"   ({page_model(config)})" if serve.adapters else ""
    api, page = (url(serve.host, port, shown=True) for port in (serve.port, serve.ui_port))
    again = f"serve.engines is read again by: kill -HUP {os.getpid()}\n" if serve.engines else ""
    begin = "A key: " if keys else "Only this machine reaches these, so nobody is asked for a key until there is one: "
    say(
        f"\nAPI   {api}/v1   (model {models}{'; takes a key' if keys else ''})\nChat  {page}{adapter}\n"
        f"Desk  {page}/desk   ({'takes a key of role agent or admin' if keys else 'for agents'})\n"
        f"{begin}python -m serve.keys create --role agent --name NAME --config {path}\n{again}\nCtrl-C stops both."
    )


if __name__ == "__main__":
    run_command(main)
