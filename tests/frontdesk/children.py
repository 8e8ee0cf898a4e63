"""Small real child processes for the tests of what starts, watches and ends them."""

import os
import subprocess
import sys
from pathlib import Path

from frontdesk.engine.processes import Child

ROOT = Path(__file__).resolve().parents[2]
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STUBBORN!r}])"


async def at_once() -> bool:
    return True


def child(tmp_path: Path, code: str, name: str = "page") -> Child:
    return Child(name, [sys.executable, "-c", code], dict(os.environ), tmp_path / f"{name}.log", at_once)


def supervising(code: str) -> "subprocess.Popen[str]":
    """A supervisor in a process of its own, which can be signalled and killed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
