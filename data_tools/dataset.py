"""The files of `runs/NAME/data/`, which all later stages read.

* `train.jsonl`, `valid.jsonl`, `test.jsonl`: rows `{"id", "messages": [{"role": "user" | "assistant", "content"}, …], "kind":
  "faq" | "chat" | "refusal", "group", "source"}`. Roles alternate, from a user's to an assistant's message; there is no
  system message, the chat template carries it. A group (FAQ entries that share an answer, or a conversation) lies in one
  of the three files only. `source` is `path:line`. The id of an FAQ or refusal row is its entry's id, `#`, and a number.
* `valid_wordings.jsonl`, `test_wordings.jsonl`: rows of the same shape, held-out wordings of FAQ entries that are in `train.jsonl`.
* `faq.jsonl`: FAQ entries `{"id", "category", "questions", "answers", "facts", "source", "split"}`. A fact is a string that a right
  answer contains; `|` parts alternatives. `split` is train, valid or test; category may be "", facts empty.
* `manifest.json`, written last: `{"name", "seed", "sources": [{"path", "format", "encoding", "sha256", "entries" | "conversations",
  "messages" (chats only), "rows"}, …], "messages": {"read", "kept", "merged"}, "rows": {split: {kind: n}}, "dropped":
  {"UNIT: reason": n}, "files": {name: sha256}, "data_hash"}`. Of chat messages, read = kept + merged + all dropped with the unit "message".
  It has no times, so that the same input and seed give the same bytes.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_tools.faq import Entry
from data_tools.rows import SPLITS, Row
from frontdesk.config import Config
from frontdesk.files import sha256, whole_folder, write_json, write_jsonl
from frontdesk.run import Run


@dataclass(frozen=True)
class Dataset:
    """All that one run of `make data` found."""

    sources: list[dict[str, Any]]
    entries: list[Entry]
    rows: list[Row]
    messages: dict[str, int]
    dropped: Counter[str]


def write_dataset(config: Config, dataset: Dataset) -> dict[str, Any]:
    """Write the folder, whole or not at all, and return its manifest."""
    with whole_folder(Run(config.name).data) as folder:
        for split in SPLITS:
            write_jsonl(folder / f"{split}.jsonl", (row.as_json() for row in dataset.rows if row.split == split))
        write_jsonl(folder / "faq.jsonl", _faq(dataset))
        manifest = _manifest(config, dataset, folder)
        write_json(folder / "manifest.json", manifest)
    return manifest


def _faq(dataset: Dataset) -> Iterable[dict[str, Any]]:
    splits = {row.owner: row.split.removesuffix("_wordings") for row in dataset.rows if row.split in ("valid", "test")}
    for entry in dataset.entries:
        yield {
            "id": entry.id,
            "category": entry.category,
            "questions": [wording.text for wording in entry.questions],
            "answers": entry.answers,
            "facts": entry.facts,
            "source": entry.source,
            "split": splits.get(entry.id, "train"),
        }


def _manifest(config: Config, dataset: Dataset, folder: Path) -> dict[str, Any]:
    files = {path.name: sha256(path) for path in sorted(folder.glob("*.jsonl"))}
    made = Counter(row.source.rsplit(":", 1)[0] for row in dataset.rows)
    rows = {split: dict(sorted(Counter(row.kind for row in dataset.rows if row.split == split).items())) for split in SPLITS}
    return {
        "name": config.name,
        "seed": config.data.seed,
        "sources": [{**source, "rows": made[source["path"]]} for source in dataset.sources],
        "messages": dataset.messages,
        "rows": rows,
        "dropped": {reason: number for reason, number in sorted(dataset.dropped.items()) if number},
        "files": files,
        "data_hash": hashlib.sha256("".join(files.values()).encode()).hexdigest()[:16],
    }
