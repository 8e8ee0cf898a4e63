"""The logs of gateway and page: a JSON object a line, on standard output. They never hold what a customer or the model said, nor a key.

A line has `time` (UTC) and `event`, and what the event is about: "request" and "refused" are told in
serve/gateway/access_log.py. "defect" is one of ours, "log" what a library had to say: both tell where, by file and
line, and not what, which may be a customer's words.
"""

import json
import logging
import time
import traceback
from contextlib import suppress
from typing import Any

FRAMES = 8
"""Of an error, the innermost."""


def write(event: str, **fields: Any) -> None:
    """A line. A disk that is full costs the line, not the answer."""
    now = time.time()
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03}Z"
    with suppress(OSError):
        print(json.dumps({"time": at, "event": event, **fields}, ensure_ascii=False), flush=True)


def defect(error: BaseException, id: str | None = None) -> None:
    """A defect of ours. `id`: of the request, where it has one."""
    write("defect", id=id, error=type(error).__name__, where=_frames(error))


class Lines(logging.Handler):
    """What libraries log, as lines."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        where = [_place(record.pathname, record.lineno, record.funcName), *(_frames(error) if error else [])]
        write("log", level=record.levelname.lower(), logger=record.name, error=type(error).__name__ if error else None, where=where)


def _frames(error: BaseException) -> list[str]:
    return [_place(frame.filename, frame.lineno, frame.name) for frame in traceback.extract_tb(error.__traceback__)[-FRAMES:]]


def _place(file: str, line: int | None, function: str | None) -> str:
    return f"{file.rpartition('site-packages/')[2]}:{line} {function}"
