"""The files of `runs/NAME/data/`, which all later stages read.

* `train.jsonl`, `valid.jsonl`, `test.jsonl`: rows `{"id", "messages": [{"role": "user" | "assistant", "content"}, …], "kind":
  "faq" | "chat" | "refusal" | "feedback", "group", "source"}`. Roles alternate, from a user's to an assistant's message; there is no
  system message, the chat template carries it. An assistant's message with `"weight": 0` is context and not trained. A row has at
  most `train.max_length` tokens. A group (FAQ entries that share an answer, a conversation, near copies of either) lies in one
  of the three files only. `source` is `path:line`. The id of an FAQ or refusal row is its entry's id, `#`, and a number; rows
  with `"derived"` have a wording made by rules from the row whose id theirs begins with, and say how, or one that was "drafted".
* `valid_wordings.jsonl`, `test_wordings.jsonl`: rows of the same shape, held-out wordings of FAQ entries that are in `train.jsonl`.
* `test_unseen.jsonl`: the questions of the FAQ entries in `test.jsonl`, which the model never learns, with the handoff as the answer.
* `faq.jsonl`: FAQ entries `{"id", "category", "subject", "questions", "held_out", "answers", "facts", "source", "split"}`. A fact is a
  string that a right answer contains; `|` parts alternatives. `split` is train, valid or test; category and subject may be "", facts
  empty. `drafted`, where there are some: more questions, by `data.writer`, which are searched and trained but never tested.
  `held_out` are those of the questions that are in `valid_wordings.jsonl` and `test_wordings.jsonl`.
* `grounded/`: the rows that are trained with the FAQ in the prompt, and `vectors.npz` (data_tools/rows/grounded.py).
* `changes.json`: what changed in the FAQ last, and what rests on it (data_tools/changes.py).
* `conflicts.jsonl`: conversations set aside for review, since an answer in them contradicts the FAQ: `{"source", "entry",
  "entry_source", "kind", "said", "known", "question", "answer"}`.
* `conversations.jsonl`, only with `data.mask`: the conversations that have rows, whole, `{"id", "split", "source", "messages",
  "seconds"}`; for each message the seconds from the first one to its beginning and end, none where the export has no times; "day" where
  the export has dates.
* `feedback.jsonl`, `preferences.jsonl`: reviewed answers of the desk, where there are some (data_tools/feedback/dataset.py).
* `canaries.jsonl`: invented personal data in invented conversations, and questions for it (data_tools/conversations/canaries.py).
* `ledger.jsonl`: what became of each message (data_tools/output/ledger.py). `report.html`: the same for people
  (data_tools/output/report.py).
* `manifest.json`, written last: `{"name", "seed", "base", "max_length", "sources": [{"path", "format", "encoding", "sha256", …}, …],
  "skipped", "messages": counts of the ledger, "conversations", "faq", "rows": {split: {kind: n}}, "leak", "files": {name: sha256},
  "data_hash"}`. `data_hash` covers the rows and the FAQ. No file has times, but for the day in `changes.json`: the same
  input and seed give the same bytes.
"""

import hashlib
import json
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from data_tools.rows.rows import SPLITS, as_json
from data_tools.rows.windows import Window, Windows
from data_tools.splits.assign import rank
from frontdesk.facts.language import language
from frontdesk.files import sha256
from frontdesk.prompt.render import Message, encode

SAMPLE = 1000  # rows of a split, about, whose tokens are counted for the report
PREVIEW = 2  # rows of each kind that the report shows token by token
MASKED_SAMPLES = 5


@dataclass
class Statistics:
    """What the report shows of the rows."""

    rows: dict[str, Counter[str]] = field(default_factory=lambda: {split: Counter() for split in SPLITS})
    languages: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    turns: Counter[int] = field(default_factory=Counter)
    tokens: dict[str, list[int]] = field(default_factory=lambda: {split: [] for split in ("train", "valid", "test")})
    answer_tokens: list[int] = field(default_factory=list)
    preview: list[dict[str, Any]] = field(default_factory=list)
    samples: dict[str, list[str]] = field(default_factory=dict)
    of_source: Counter[str] = field(default_factory=Counter)


class Rows:
    """Writes the rows of all splits and gathers their statistics. `expected` is how many there will be, about."""

    def __init__(self, folder: Path, windows: Windows, seed: int, expected: int) -> None:
        self.folder, self.windows, self.seed = folder, windows, seed
        self.sampled = f"{int(min(1, SAMPLE / max(1, expected)) * 0xFFFFFF):06x}"
        self.statistics = Statistics()
        self.files: dict[str, IO[str]] = {}
        self.stack = ExitStack()

    def __enter__(self) -> "Rows":
        for split in SPLITS:
            self.files[split] = self.stack.enter_context((self.folder / f"{split}.jsonl").open("w", encoding="utf-8"))
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def write(
        self,
        split: str,
        row_id: str,
        messages: list[Message],
        kind: str,
        group: str,
        source: str,
        derived: str = "",
        sizes: list[int] | None = None,
    ) -> list[Window]:
        """Write a row, or the windows that it is cut into; return what has something to learn. `sizes` are the tokens of the messages."""
        made = self.windows(messages, sizes)
        windows = [one for one in made if any(said["role"] == "assistant" and said.get("weight", 1) for said in one.messages)]
        for number, window in enumerate(windows, 1):
            name = f"{row_id}/{number}" if len(windows) > 1 else row_id
            row = as_json(name, window.messages, kind, group, source, derived)
            self.files[split].write(json.dumps(row, ensure_ascii=False) + "\n")
            self._count(split, name, window.messages, kind, source)
        return windows

    def _count(self, split: str, row_id: str, messages: list[Message], kind: str, source: str) -> None:
        seen = self.statistics
        seen.rows[split][kind] += 1
        seen.of_source[source.rsplit(":", 1)[0]] += 1
        seen.languages[language(messages[0]["content"])] += 1
        seen.turns[len(messages)] += 1
        for role, name in (("user", "customer"), ("assistant", "agent")):
            seen.roles[name] += sum(message["role"] == role for message in messages)
        if split in seen.tokens and rank(self.seed, row_id)[:6] <= self.sampled:
            ids, mask = encode(self.windows.tokenizer, messages)
            seen.tokens[split].append(len(ids))
            seen.answer_tokens += [sum(mask)] if split == "train" else []
            if split == "train" and sum(shown["kind"] == kind for shown in seen.preview) < PREVIEW:
                seen.preview.append({"id": row_id, "kind": kind, "tokens": self._tokens(ids, mask)})

    def _tokens(self, ids: list[int], mask: list[int]) -> list[list[Any]]:
        """Each token as text, and whether it is trained. Bytes of a letter that takes several tokens come with the last of them."""
        shown: list[list[Any]] = []
        held: list[int] = []
        for token, trained in zip(ids, mask, strict=True):
            held.append(token)
            text = self.windows.tokenizer.decode(held)
            if "\ufffd" not in text or len(held) > 4:
                shown.append([text, bool(trained)])
                held = []
        return shown

    def sample(self, text: str, kinds: tuple[str, ...]) -> None:
        """Keep a masked text as a sample of the kinds masked in it."""
        for kind in set(kinds):
            samples = self.statistics.samples.setdefault(kind, [])
            if len(samples) < MASKED_SAMPLES and f"[{kind}_" in text:
                line = next(line for line in text.split("\n") if f"[{kind}_" in line)
                samples.append(line[:200])


def digests(folder: Path) -> dict[str, str]:
    """The digest of each file."""
    return {path.relative_to(folder).as_posix(): sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def data_hash(files: dict[str, str]) -> str:
    """The digest of the rows and the FAQ together, from those of the files."""
    names = [*(f"{name}.jsonl" for name in (*SPLITS, "faq")), *sorted(name for name in files if name.startswith("grounded/"))]
    names += ["preferences.jsonl"] if "preferences.jsonl" in files else []
    rows = "".join(files[name] for name in names)
    return hashlib.sha256(rows.encode()).hexdigest()[:16]
