"""Reads a child's log: how far the engine's start has come, and why it failed."""

import re

PHASES = (
    ("Starting to load model", "loading the weights"),
    ("Loading weights took", "compiling and warming up (the compiled code is kept for the next start)"),
    ("init engine (", "opening the API"),
    ("Application startup complete", "waiting for the first answer"),
)  # lines of the engine's log, in order, and what begins after each

REASON = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Exit|error)\b.*[:(]")
PREFIX = re.compile(r"^\(\w+ pid=\d+\)\s*(?:[A-Z]+ \d\d-\d\d [\d:]+ \[[^\]]+\]\s*)?")


def say(text: str) -> None:
    """Print a line and flush it: a script at the end of a pipe may wait for it."""
    print(text, flush=True)


def phase(log: str) -> str:
    """What the engine is doing, from its log so far."""
    reached = [name for marker, name in PHASES if marker in log]
    return reached[-1] if reached else "starting vLLM"


def reasons(log: str, count: int = 6) -> list[str]:
    """The lines that say why a process ended: its errors without repeats, or else its last lines."""
    lines = [PREFIX.sub("", line).rstrip() for line in log.splitlines()]
    lines = [line for line in lines if line.strip()]
    errors = [line.strip() for line in lines if REASON.match(line.strip())]
    return list(dict.fromkeys(errors))[-count:] or lines[-count:]
