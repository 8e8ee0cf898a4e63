"""OpenAI's client for JavaScript, the npm package `openai`, against the gateway."""

import json
import subprocess
from pathlib import Path

import pytest

from frontdesk.store import keys
from frontdesk.store.fleet import Use
from frontdesk.store.store import open_store
from frontdesk.web.errors import ApiError
from serve.gateway.key_cache import Principal
from serve.gateway.rate_limit import Limits
from tests.serve.gateways import at, gateway, settings
from tests.serve.stand_in import Engine, events

PACKAGE = Path(__file__).resolve().parents[3] / ".cache/node"
CLIENT = Path(__file__).with_name("client.mjs")


def test_the_javascript_client_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain, streamed, refused, and again after the time that Retry-After names: 5 requests, and 5 more after two refusals."""
    assert (PACKAGE / "node_modules/openai/package.json").is_file(), "run `make setup` first"
    monkeypatch.delenv("FRONTDESK_API_KEY", raising=False)
    config, engine = at(settings(), f"sqlite:///{tmp_path}/store.db"), Engine()
    engine.parts = events("Hello", " there", usage=True)
    store = open_store(config)
    key = keys.create(store, "site", "customer", rate=5)
    store.close()
    refusals, headers = list[ApiError](), Limits._headers

    def noted(limits: Limits, principal: Principal, use: Use) -> dict[str, str]:
        try:
            return headers(limits, principal, use)
        except ApiError as error:
            refusals.append(error)
            raise

    monkeypatch.setattr(Limits, "_headers", noted)
    monkeypatch.setattr("frontdesk.web.rate_limit.monotonic", lambda: len(refusals) // 2 * 5.0)
    monkeypatch.setattr("serve.gateway.rate_limit.MINUTE", 5.0)
    with gateway(config, engine) as client:
        words = ["node", str(CLIENT), str(PACKAGE), f"{client.base_url}/v1", key]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    saw = json.loads(done.stdout)
    assert (saw["plain"], saw["streamed"], saw["models"]) == (engine.text, "Hello there", ["shop", "shop-bare"])
    assert saw["usage"]["completion_tokens"] == 2
    assert saw["wrongKey"] == {"kind": "AuthenticationError", "status": 401, "code": "invalid_api_key", "param": None, "id": True}
    assert saw["unknownField"] == {"kind": "BadRequestError", "status": 400, "code": "unknown_parameter", "param": "tools", "id": True}
    assert saw["unknownModel"] == {"kind": "NotFoundError", "status": 404, "code": "model_not_found", "param": "model", "id": True}
    assert saw["overload"] == {"kind": "RateLimitError", "status": 429, "code": "rate_limit_exceeded", "param": None, "id": True}
    assert saw["afterWaiting"] == engine.text
