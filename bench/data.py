"""Time `make data` on synthetic exports: `python bench/data.py [MESSAGES …]`, by default 10,000, 100,000 and
1,000,000.

Each size runs in a process of its own, without and with masking. Printed are messages/s of the whole and of
each stage, and the peak memory of all its processes together (proportional set size, so that pages which they
share count once).
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

SIZES = (10_000, 100_000, 1_000_000)
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run all sizes and print a table."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    print(f"{'messages':>9}  masking  messages/s  peak MiB  stages (messages/s)")
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        for size in sizes:
            export = Path(folder) / f"{size}.csv"
            subprocess.run([sys.executable, ROOT / "bench/export.py", str(size), export], check=True)
            for mask in (False, True):
                seconds, peak, stages = timed(export, Path(folder), mask)
                shown = ", ".join(f"{name} {size / taken:,.0f}" for name, taken in stages.items() if taken)
                print(f"{size:>9,}  {'on' if mask else 'off':>7}  {size / seconds:>10,.0f}  {peak:>8,.0f}  {shown}", flush=True)


def timed(export: Path, folder: Path, mask: bool) -> tuple[float, float, dict[str, float]]:
    """Seconds, peak MiB and the seconds of each stage of one run."""
    started = time.monotonic()
    command = [sys.executable, __file__, "--stages", str(export), str(folder), str(mask)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    peak = 0.0
    out: list[str] = []
    reader = threading.Thread(target=lambda: out.append(process.communicate()[0]))
    reader.start()
    while reader.is_alive():
        peak = max(peak, memory(process.pid))
        reader.join(0.2)
    assert process.returncode == 0, out
    return time.monotonic() - started, peak, json.loads(out[0].splitlines()[-1])


def memory(pid: int) -> float:
    """MiB of a process and its children."""
    total = 0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            total += one.memory_full_info().pss
    return total / 2**20


def stages(export: str, folder: str, mask: bool) -> None:
    """One run, with a clock at each step of the build."""
    from data_tools.pipeline import build
    from frontdesk.config.schema import Config
    from frontdesk.files import whole_folder

    taken: dict[str, float] = {}

    def clock(name: str, label: str) -> None:
        inner = getattr(build, name)

        def run(*args: Any, **more: Any) -> Any:
            started = time.monotonic()
            try:
                return inner(*args, **more)
            finally:
                taken[label] = taken.get(label, 0) + time.monotonic() - started

        setattr(build, name, run)

    clock("prepare_conversations", "read, mask, clean")
    clock("choose", "group and split")
    clock("write_rows", "write")
    clock("finalize", "report")
    config = Config(
        name="bench",
        company="Slate & Fern",
        system_prompt="You are the assistant of Slate & Fern.",
        grounding="none",  # its rows are held in memory, and are few beside such an export
        model={"base": "smollm2-135m", "template": "chatml"},  # type: ignore[arg-type]
        data={"faq": ["examples/faq.en.jsonl", "examples/faq.ko.csv"], "chats": [export], "mask": mask},  # type: ignore[arg-type]
    )
    with whole_folder(Path(folder) / "data") as made:
        build.build(config, made, workers=os.cpu_count() or 1)
    print(json.dumps(taken))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--stages"]:
        stages(sys.argv[2], sys.argv[3], sys.argv[4] == "True")
    else:
        main()
