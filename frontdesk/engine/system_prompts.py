"""Middleware inside vLLM that adds each adapter's system prompt: vLLM has one chat template for all adapters.

A request without a system message gets that of the adapter it names, so its prompt has the tokens of the
adapter's training. `--middleware` makes vLLM load `SystemPrompts`; an environment variable names the JSON
file with the prompts.
"""

import json
import os
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.files import read_json

VARIABLE = "FRONTDESK_SYSTEM_PROMPTS"  # the file is {"adapter": "system prompt"}

FIELDS = {"/v1/responses": "instructions", "/v1/messages": "system"}
"""Routes with a field for the system prompt; elsewhere it is the first message."""


class SystemPrompts:
    """ASGI middleware that completes the JSON body of a request. The engine refuses invalid ones."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.prompts: dict[str, str] = read_json(Path(os.environ[VARIABLE]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return

        async def completed() -> Message:
            """The whole body at once. It is read when the engine asks, after it has checked the key."""
            try:
                body = await Request(scope, receive).body()
            except ClientDisconnect:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": complete(body, scope["path"], self.prompts), "more_body": False}

        headers = [(name, value) for name, value in scope["headers"] if name != b"content-length"]  # it may have changed
        await self.app({**scope, "headers": headers}, completed, send)


def complete(body: bytes, path: str, prompts: dict[str, str]) -> bytes:
    """The body with the system prompt of the adapter that it names; unchanged if it names none."""
    try:
        request = json.loads(body)
        prompt = prompts[request["model"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return body
    field = next((field for start, field in FIELDS.items() if path.startswith(start)), None)
    if field:
        request[field] = request.get(field) or prompt
    elif isinstance(messages := request.get("messages"), list):
        many = all(isinstance(conversation, list) for conversation in messages)  # vLLM's batch of conversations
        request["messages"] = [_led(conversation, prompt) for conversation in messages] if many else _led(messages, prompt)
    return json.dumps(request).encode()


def _led(messages: list[Any], prompt: str) -> list[Any]:
    """The conversation, with the prompt in front if it has no system message."""
    has_one = bool(messages) and isinstance(messages[0], dict) and messages[0].get("role") == "system"
    return messages if has_one else [{"role": "system", "content": prompt}, *messages]
