"""Server-sent events."""

import json
from typing import Any

END = b"\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Of a stream: neither caches nor proxies may hold its events back."""


def event(value: Any, name: str = "") -> bytes:
    """One event with a JSON value."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(value, ensure_ascii=False)}".encode() + END


def comment(text: str) -> bytes:
    """A line that clients ignore. It keeps proxies from closing an idle stream."""
    return f": {text}".encode() + END
