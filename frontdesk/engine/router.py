"""vllm-router before several engines: one address for the gateway, and each conversation at the engine that has read it before.

    python -m frontdesk.engine.router      (`python -m serve` starts it)

Its settings come by environment, since they have the engines' key. What version 0.1.17 does with them was tried
(docs/how-to/several-engines.md): it takes no request without a key that an engine takes, and hands the key on; where an engine is
away, its conversations move to the others and the rest stay; what has not begun is asked once more, a stream that broke is not.
"""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

SETTINGS = "FRONTDESK_ROUTER"
READY, ALIVE = "/readiness", "/liveness"
"""Whether an engine is there; whether the router is. Its `/health` is 503 while any engine is away."""
COMMAND = [sys.executable, "-m", "frontdesk.engine.router"]


def settings(engines: Sequence[str], ports: tuple[int, int], key: str, ranks: int = 1, policy: str = "ConsistentHash") -> dict[str, Any]:
    """What vllm-router is told. `ports`: its own and that of its metrics; `ranks`: data parallel ranks of each engine."""
    return workers(engines) | {
        "host": "127.0.0.1",
        "port": ports[0],
        "prometheus_port": ports[1],  # else 29000, which a second desk on this machine would want too
        "policy": policy,
        "api_key": key,
        "intra_node_data_parallel_size": ranks,
        "retry_max_retries": 2,  # attempts. A question that ends engines ends two of them, not all
        "cb_failure_threshold": 1,  # so that the second attempt goes to another engine
        "cb_success_threshold": 1,
        "cb_timeout_duration_secs": 2,
        "health_check_interval_secs": 2,
        "health_check_timeout_secs": 20,  # an engine on a CPU says nothing while it reads long prompts
        "health_failure_threshold": 3,
        "health_success_threshold": 1,
        "worker_startup_check_interval": 1,
        "worker_startup_timeout_secs": 24 * 3600,  # for the first engine: it may have to compile
        "log_level": "warn",  # below that it writes ids of conversations
    }


def workers(engines: Sequence[str]) -> dict[str, Any]:
    """The settings that name the engines. Told of no place that knows keys, the router would let everybody on this machine add engines."""
    return {"worker_urls": [*engines], "api_key_validation_urls": [f"{engine}/v1/models" for engine in engines] or ["http://127.0.0.1:1"]}


def environment(told: dict[str, Any]) -> dict[str, str]:
    """The router's environment: ours, its settings, and no proxy between it and the engines."""
    return os.environ | {SETTINGS: json.dumps(told), "NO_PROXY": "*", "no_proxy": "*"}


def main() -> None:
    """Route until a signal."""
    from vllm_router_rs import PolicyType, Router

    told = json.loads(os.environ.pop(SETTINGS))
    Router(policy=getattr(PolicyType, told.pop("policy")), **told).start()


if __name__ == "__main__":
    main()
