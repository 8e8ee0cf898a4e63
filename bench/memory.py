"""Predicted and measured peak memory of `make train` on the embedded model: `python -P bench/memory.py
[METHOD …]`.

Each case is a real `python -m train` in a process of its own, on two steps of rows that are all as long as
`max_length` with a third of their tokens supervised. Measured is the largest resident size when training ends
and, for the first case of each method, that of the merge in a process of its own. The prediction is made
before, from the config alone, as `python -m train.plan` makes it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import yaml

from frontdesk.config.run import EMBEDDED_MODEL
from frontdesk.config.schema import Config, load_config
from frontdesk.files import read_json, write_json, write_jsonl
from frontdesk.models.base import load_tokenizer, locate
from frontdesk.prompt.render import encode
from train.memory import GIB, Batch, Setup, predict
from train.shapes import Shape

ROOT = Path(__file__).parents[1]
SMALL = {"rank": 16, "dropout": 0.0, "epochs": 1, "evaluations": 1, "parity_prompts": 0}
CASES: list[dict[str, Any]] = [
    {"method": method, "precision": precision, "batch_size": batch, "max_length": length}
    for method in ("qlora", "lora", "full", "adapter", "prefix")
    for precision, batch, length in (("fp32", 8, 128), ("bf16", 8, 128), ("bf16", 4, 256), ("bf16", 16, 256), ("bf16", 2, 1024))
] + [
    {"method": "qlora", "bits": 8, "precision": "bf16", "batch_size": 8, "max_length": 128},
    {"method": "qlora", "precision": "bf16", "batch_size": 4, "max_length": 256, "gradient_checkpointing": True},
    {"method": "qlora", "precision": "bf16", "batch_size": 4, "max_length": 256, "dropout": 0.05},
    {"method": "lora", "precision": "fp32", "batch_size": 2, "max_length": 1024},
]


def main() -> None:
    """Run the cases of the methods asked for and print a table."""
    methods = sys.argv[1:] or list(dict.fromkeys(case["method"] for case in CASES))
    print("| method | setting | predicted | measured | error | merge predicted | measured |\n|---|---|---|---|---|---|---|")
    first = {case["method"]: case for case in reversed(CASES)}
    for case in [case for case in CASES if case["method"] in methods]:
        with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
            predicted, predicted_merge, measured, measured_merge = measure(case, Path(folder), merge=case is first[case["method"]])
        setting = ", ".join(f"{value}" if name == "precision" else f"{name} {value}" for name, value in case.items() if name != "method")
        merge = f"{predicted_merge:.2f} | {measured_merge:.2f}" if measured_merge else "|"
        error = predicted / measured - 1
        print(f"| {case['method']} | {setting} | {predicted:.2f} | {measured:.2f} | {error:+.0%} | {merge} |", flush=True)


def measure(case: dict[str, Any], folder: Path, merge: bool) -> tuple[float, float, float, float]:
    """GiB: predicted peaks of training and merge, and measured ones (0 for a merge that is not run)."""
    values = {
        "company": "Bench",
        "system_prompt": "Answer.",
        "grounding": "none",  # the rows are written below
        "model": {"base": str((ROOT / EMBEDDED_MODEL).resolve()), "template": "chatml"},
        "data": {"faq": [str(ROOT / "examples/faq.en.jsonl")]},
        "train": SMALL | case,
    }
    (folder / "bench.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    config = load_config(folder / "bench.yaml")
    train = config.train
    rows = write_data(folder / "runs/bench/data", config, count=2 * train.batch_size)
    shape = Shape.from_config(read_json(ROOT / EMBEDDED_MODEL / "config.json"))
    setup = Setup.from_config(train, shape, False, 4 if train.precision == "fp32" else 2, psutil.virtual_memory().available)
    memory = predict(shape, setup, Batch.largest(rows, train, gpu=False))
    record = folder / "runs/bench/training.json"
    make_train(folder, until=record)
    merged = make_train(folder) if merge and memory.merge else 0.0
    return memory.total / GIB, memory.merge / GIB, read_json(record)["peak_rss_gib"], merged


def make_train(folder: Path, until: Path | None = None) -> float:
    """Run `python -m train`, at most until a file is there. The peak resident size in GiB."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "train", "bench.yaml"], cwd=folder, env=environment, stdout=log, stderr=log)
        pid, status, usage = 0, 0, None
        while not pid:
            time.sleep(0.2)
            if until and until.is_file():
                os.kill(process.pid, signal.SIGTERM)  # not process.terminate(): it would take the exit status that wait4 is to give
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
    assert usage and (until.is_file() if until else status == 0), (folder / "log").read_text()[-2000:]
    return usage.ru_maxrss / 2**20


def write_data(folder: Path, config: Config, count: int) -> list[tuple[int, int]]:
    """Rows of `max_length` tokens, and short held-out ones; returns (tokens, supervised tokens) of each."""
    tokenizer = load_tokenizer(config, locate(config.model))

    def messages(asked: int, answered: int) -> list[dict[str, str]]:
        return [{"role": "user", "content": "when" + " order" * asked}, {"role": "assistant", "content": "then" + " order" * answered}]

    length = config.train.max_length
    spare = length - len(encode(tokenizer, messages(0, 0))[0])
    row = messages(spare - spare // 3, spare // 3)
    ids, mask = encode(tokenizer, row)
    assert len(ids) == length, len(ids)
    folder.mkdir(parents=True)
    for split in ("train", "valid", "valid_wordings", "test", "test_wordings"):
        of_split = [row] * count if split == "train" else [messages(0, 0)]
        kept = [{"id": f"{split}{i}", "messages": one, "kind": "faq", "source": f"bench:{i}"} for i, one in enumerate(of_split)]
        write_jsonl(folder / f"{split}.jsonl", [row | {"group": row["id"]} for row in kept])
    write_json(folder / "manifest.json", {"data_hash": "bench"})
    return [(length, sum(mask))] * count


if __name__ == "__main__":
    main()
