"""What a run has to forget: words that were taken out of its data, until a training without them is proven to say them no more.

`runs/NAME/release/forgotten.jsonl` has them as they were trained, masked: {"messages": turns up to the customer's, "answer"}; only its
owner may read it. `retrain.json` beside it, {"by": day}, is the queue: there while a training is due. Both go with the proof
(train/retrain.py).
"""

import hashlib
import json
from collections.abc import Set
from pathlib import Path
from typing import Any

from frontdesk import versions
from frontdesk.config.run import Run
from frontdesk.files import read_json, read_jsonl, write_json, write_jsonl


def words(run: Run) -> Path:
    return run.release / "forgotten.jsonl"


def queue(run: Run) -> Path:
    return run.release / "retrain.json"


def due(run: Run) -> str | None:
    """The day by which the run is to be trained again; None where nothing is to be forgotten."""
    return str(read_json(queue(run))["by"]) if queue(run).is_file() else None


def forget(run: Run, conversations: Set[str], accepted: list[dict[str, Any]], day: str, known: bool) -> tuple[int, list[str]]:
    """Take the rows of these conversations out of the run's data, withdraw the versions that were trained on them after `day`, and queue a
    training. `accepted`: what was accepted from them as entries, as lines of `forgotten.jsonl`. `known`: the store says that the run's data
    had them, whatever is found there now. Returns the number of rows that went and the ids of the versions.
    """
    reviewed = run.data / "feedback.jsonl"
    lines = [line for line in read_jsonl(reviewed) if line["conversation"] in conversations] if reviewed.is_file() else []
    withdrawn = versions.withdraw(run, conversations, day)
    if not (lines or accepted or withdrawn or (known and run.root.is_dir())):
        return 0, []
    _keep(run, [*({"messages": line["messages"], "answer": line["answer"]} for line in lines), *accepted])
    write_json(queue(run), {"by": min(day, due(run) or day)})
    return _take_out(run, conversations, {f"feedback:{line['id']}" for line in lines}), withdrawn


def _keep(run: Run, lines: list[dict[str, Any]]) -> None:
    """Add to the file of words, which nobody else may read."""
    run.release.mkdir(parents=True, exist_ok=True)
    words(run).touch(0o600)
    with words(run).open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _take_out(run: Run, conversations: Set[str], sources: Set[str]) -> int:
    """Remove the rows from every file of the data; its hash is another one then, so no training takes it for what it was."""
    count = 0
    for path in (*run.data.glob("*.jsonl"), *run.data.glob("grounded/*.jsonl")):
        rows = read_jsonl(path)
        kept = [row for row in rows if row.get("source") not in sources and row.get("conversation") not in conversations]
        if len(kept) < len(rows):
            write_jsonl(path, kept)
            count += len(rows) - len(kept) if path.name in ("train.jsonl", "valid.jsonl", "test.jsonl") else 0
    if sources and run.manifest.is_file():
        manifest = read_json(run.manifest)
        without = json.dumps([manifest["data_hash"], sorted(sources)])
        write_json(run.manifest, manifest | {"data_hash": hashlib.sha256(without.encode()).hexdigest()[:16]})
    for parity in (run.parity, run.int8_parity):  # they quote answers to held-out rows
        if sources and parity.is_file():
            write_json(parity, {name: value for name, value in read_json(parity).items() if name != "answers"})
    return count


def done(run: Run) -> None:
    """The proof was given: forget the words themselves."""
    words(run).unlink(missing_ok=True)
    queue(run).unlink()
