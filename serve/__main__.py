"""Serve a trained run: the OpenAI-compatible API and the chat page.

    python -m serve configs/demo.yaml

Starts vLLM on `runs/NAME/model`, or on the base with the adapters of `serve.adapters`, on a loopback port and with a key that only the
gateway knows; the gateway `python -m serve.gateway CONFIG`, which is the API; and the page `python -m ui CONFIG`. Waits until a first
question has been answered, prints both addresses, and keeps all three running until Ctrl-C or SIGTERM. Logs: `runs/NAME/serve/engine.log`,
`gateway.log` and `chat.log`. A client must send the key in the environment variable FRONTDESK_API_KEY, where that is set.
"""

import asyncio
import os
import secrets
import sys

from frontdesk import engine
from frontdesk.adapters import base_name, page_model
from frontdesk.address import url
from frontdesk.config import Config, config_argument, load_config
from frontdesk.errors import run as run_stage
from frontdesk.logs import phase, say
from frontdesk.processes import GRACE, Child, StartFailed
from frontdesk.run import Run
from serve.checks import check
from serve.page import answers as page_answers
from serve.page import gateway_ready
from serve.supervise import until_stopped


def main() -> None:
    """Check, start, wait, announce, watch, stop."""
    path = config_argument("serve", __doc__)
    config = load_config(path)
    run = Run(config.name)
    device = engine.device()
    check(config, run, device)
    adapters = ", ".join(config.serve.adapters)
    model = f"{adapters} as adapters of {base_name(config)}" if adapters else run.model
    say(
        f"serving {model} on the {device.upper()}, context {config.serve.context_length} tokens, "
        f"{'eager' if engine.eager(config) else 'compiled'}, API key {'required' if engine.api_key() else 'not required'}"
    )
    try:
        asyncio.run(serve(config, run, path))
    except StartFailed as error:
        sys.exit(f"error: {error}")
    say("stopped; nothing is left running")


async def serve(config: Config, run: Run, path: str) -> None:
    """Run the engine, the gateway and the page until Ctrl-C or SIGTERM."""
    import httpx

    folder, key = run.root / "serve", secrets.token_urlsafe(32)
    private = engine.private(config, engine.free_port())
    ours = {**os.environ, "PYTHONUNBUFFERED": "1"}
    engines = {engine.ENGINE_URL: url(private.serve.host, private.serve.port), engine.ENGINE_KEY: key, "OMP_NUM_THREADS": "1"}
    async with httpx.AsyncClient(timeout=120, trust_env=False) as client:  # a proxy of the environment must not see local calls
        model = Child(
            "engine",
            engine.command(private, run),
            engine.environment(private, run, key),
            folder / "engine.log",
            lambda: engine.answers(client, private, key),
            phase,
        )
        command = [sys.executable, "-m", "serve.gateway", path]
        gateway = Child("gateway", command, ours | engines, folder / "gateway.log", lambda: gateway_ready(client, config))
        page = Child("chat page", [sys.executable, "-m", "ui", path], ours, folder / "chat.log", lambda: page_answers(client, config))
        await until_stopped((model, gateway, page), lambda: announce(config), gateway, config.serve.drain_seconds + GRACE)


def announce(config: Config) -> None:
    """Print both addresses, when both answer."""
    serve = config.serve
    names = [*serve.adapters] or [config.name, engine.bare_model(config)]
    models = " or ".join(f'"{name}"' for name in names)
    page = f"   ({page_model(config)})" if serve.adapters else ""
    say(
        f"\nAPI   {url(serve.host, serve.port, shown=True)}/v1   (model {models})\n"
        f"Chat  {url(serve.host, serve.ui_port, shown=True)}{page}\n\nCtrl-C stops both."
    )


if __name__ == "__main__":
    run_stage(main)
