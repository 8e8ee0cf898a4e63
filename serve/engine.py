"""Run one engine of a trained run by itself, for desks on other machines that name it in `serve.engines`.

    FRONTDESK_ENGINE_KEY=… python -m serve.engine configs/demo.yaml [--host 10.0.0.7] [--port 8100]

Needs the desk's config and run on this machine (`runs/NAME/model`). It takes the requests that carry the key, and says by its
models which training it serves, so that a desk of another training leaves it alone. Its end is vLLM's; a supervisor such as systemd
or Kubernetes starts it again.
"""

import os

from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import load_config
from frontdesk.engine import vllm
from frontdesk.errors import UserError, run_command, warn
from frontdesk.models.family import with_family
from frontdesk.models.reader import with_reader
from frontdesk.web.address import check_port, is_loopback
from serve.checks import check_engine
from serve.elsewhere import mark


def main() -> None:
    """Check, then become the engine."""
    args = arguments("engine")
    config = load_config(args.config)
    run, key = Run(config.name), os.environ.pop(vllm.ENGINE_KEY, "")
    if not key:
        example = f"export {vllm.ENGINE_KEY}=$(openssl rand -hex 32)"
        raise UserError(f"{vllm.ENGINE_KEY} is not set; expected the key that desks send, the same there; for example {example}")
    if config.serve.adapters:
        raise UserError(f"{args.config}: has serve.adapters; expected a config with one merged model; serve adapters by `frontdesk serve`")
    alone = {"host": args.host, "port": args.port, "replicas": 1, "engines": ("http://here",)}  # one of several: a router asks it
    config = with_family(with_reader(config, run, "serve"), "serve", run.model)
    config = config.model_copy(update={"serve": config.serve.model_copy(update=alone)})
    check_port(args.host, args.port, "--port")
    weights, lines = check_engine(config, run, vllm.device())
    if not is_loopback(args.host):
        lines.append(f"--host: {args.host} can be reached from other machines; the key guards /v1 only, and nothing is encrypted")
    for line in lines:
        warn(line)
    words = [*vllm.command(config, run), mark(config, str(weights))]  # the last option is the names of the model
    os.execve(words[0], words, vllm.environment(config, run, key) | vllm.share(config, 0))


if __name__ == "__main__":
    run_command(main)
