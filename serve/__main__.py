"""Serve a trained run: the OpenAI-compatible API and the chat page.

    python -m serve configs/demo.yaml

Puts weights and config that it has checked aside (serve/snapshot.py) and starts vLLM on them, or on the base with the adapters of
`serve.adapters`, on a loopback port and with a key that only the gateway knows; the gateway `python -m serve.gateway CONFIG`, which is the
API; and the page `python -m ui CONFIG`. Waits until a first question has been answered, prints both addresses, and keeps all three
running until Ctrl-C or SIGTERM. Logs: `runs/NAME/serve/engine.log`, `gateway.log` and `chat.log`. On a loopback address nobody needs a key
until there is one: `python -m serve.keys create …`, or the environment variable FRONTDESK_API_KEY. The page asks the gateway with a key
that is made anew at each start.
"""

import asyncio
import os
import secrets
import sys
from pathlib import Path

from frontdesk.config.run import Run
from frontdesk.config.schema import Config, config_argument, load_config
from frontdesk.engine import vllm as engine
from frontdesk.engine.processes import GRACE, Child
from frontdesk.engine.startup_log import phase, say
from frontdesk.errors import run_command
from frontdesk.models.adapters import base_name, page_model
from frontdesk.store.keys import PAGE_KEY
from frontdesk.web.address import url
from serve.checks import check, has_key
from serve.probes import answers as page_answers
from serve.probes import gateway_alive, gateway_ready, page_alive
from serve.snapshot import put_aside, put_config_aside
from serve.supervise import until_stopped


def main() -> None:
    """Check, start, wait, announce, watch, stop."""
    path = config_argument("serve", __doc__)
    config = load_config(path)
    run = Run(config.name)
    device = engine.device()
    key = check(config, run, device)
    keys = has_key(config)
    adapters = ", ".join(config.serve.adapters)
    model = f"{adapters} as adapters of {base_name(config)}" if adapters else run.model
    say(
        f"serving {model} on the {device.upper()}, context {config.serve.context_length} tokens, "
        f"{'eager' if engine.eager(config) else 'compiled'}, API key {'required' if keys else 'not required'}"
    )
    asyncio.run(serve(config, run, path, keys, put_aside(config, run, key) if key else None))
    say("stopped; nothing is left running")


async def serve(config: Config, run: Run, path: str, keys: bool, weights: Path | None) -> None:
    """Run the engine, the gateway and the page until Ctrl-C or SIGTERM. `keys`: whether clients need one; `weights`: None for adapters."""
    import httpx

    kept = put_config_aside(config, run)
    folder, key = run.root / "serve", secrets.token_urlsafe(32)
    private = engine.private(config, engine.free_port())
    os.environ.pop(PAGE_KEY, None)  # nobody else's, and not the engine's to know
    ours = {**os.environ, "PYTHONUNBUFFERED": "1", PAGE_KEY: secrets.token_urlsafe(32)} | ({engine.SERVED: str(weights)} if weights else {})
    engines = {engine.ENGINE_URL: url(private.serve.host, private.serve.port), engine.ENGINE_KEY: key, "OMP_NUM_THREADS": "1"}
    async with httpx.AsyncClient(timeout=120, trust_env=False) as client:  # a proxy of the environment must not see local calls
        model = Child(
            "engine",
            engine.command(private, run, weights),
            engine.environment(private, run, key),
            folder / "engine.log",
            lambda: engine.answers(client, private, key),
            phase,
            lambda: engine.alive(client, private),
        )
        gateway = Child(
            "gateway",
            [sys.executable, "-m", "serve.gateway", kept],
            ours | engines,
            folder / "gateway.log",
            lambda: gateway_ready(client, config),
            alive=lambda: gateway_alive(client, config),
        )
        page = Child(
            "chat page",
            [sys.executable, "-m", "ui", kept],
            ours,
            folder / "chat.log",
            lambda: page_answers(client, config),
            alive=lambda: page_alive(client, config),
        )
        await until_stopped((model, gateway, page), lambda: announce(config, path, keys), gateway, config.serve.drain_seconds + GRACE)


def announce(config: Config, path: str, keys: bool) -> None:
    """Print the addresses, and which key each of them takes, when all answer."""
    serve = config.serve
    names = [*serve.adapters] or [config.name, engine.bare_model(config)]
    models = " or ".join(f'"{name}"' for name in names)
    adapter = f"   ({page_model(config)})" if serve.adapters else ""
    api, page = (url(serve.host, port, shown=True) for port in (serve.port, serve.ui_port))
    say(
        f"\nAPI   {api}/v1   (model {models}{'; takes a key' if keys else ''})\nChat  {page}{adapter}\n"
        f"Desk  {page}/desk   ({'takes a key of role agent or admin' if keys else 'for agents'})\n{how_to_make_keys(path, keys)}\n"
        "Ctrl-C stops both."
    )


def how_to_make_keys(path: str, keys: bool) -> str:
    """A line on how to make them."""
    begin = "A key: " if keys else "Only this machine reaches these, so nobody is asked for a key until there is one: "
    return f"{begin}python -m serve.keys create --role agent --name NAME --config {path}\n"


if __name__ == "__main__":
    run_command(main)
