"""The logs of gateway and page: one JSON object a line, on standard output, never with a customer's or the
model's words or a key.

A line has `time` (UTC), `event` and the event's fields. serve/gateway/access_log.py describes "request" and
"refused". "defect" is a bug of ours, "log" a library's message: both say where, by file and line, but not
what, which may be a customer's words.
"""

import json
import logging
import time
import traceback
from contextlib import suppress
from typing import Any

FRAMES = 8  # the innermost ones of a traceback


def write(event: str, **fields: Any) -> None:
    """Write a line. A full disk costs the line, not the answer."""
    now = time.time()
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03}Z"
    with suppress(OSError):
        print(json.dumps({"time": at, "event": event, **fields}, ensure_ascii=False), flush=True)


def defect(error: BaseException, id: str | None = None) -> None:
    """Log a bug of ours. `id`: the request's, if there is one."""
    write("defect", id=id, error=type(error).__name__, where=_frames(error))


class Lines(logging.Handler):
    """Writes what libraries log as lines."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        where = [_place(record.pathname, record.lineno, record.funcName), *(_frames(error) if error else [])]
        write("log", level=record.levelname.lower(), logger=record.name, error=type(error).__name__ if error else None, where=where)


def _frames(error: BaseException) -> list[str]:
    return [_place(frame.filename, frame.lineno, frame.name) for frame in traceback.extract_tb(error.__traceback__)[-FRAMES:]]


def _place(file: str, line: int | None, function: str | None) -> str:
    return f"{file.rpartition('site-packages/')[2]}:{line} {function}"
