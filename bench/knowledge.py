"""What an FAQ of many entries costs: `python -m bench.knowledge [ENTRIES …]`, by default 1,000 and 10,000.

For an invented FAQ of each size: `make data` from nothing, by stage; after ten answers are edited, `python -m
data_tools.update`, what the desk then does in its threads, and `make data` again; and a question to the index, by
step, on one core (with OPENBLAS_NUM_THREADS=1, as the desk is started). `--questions` asks only that, with random
unit vectors in the place of encoded texts. Seconds are wall clock and CPU (user and system): on a machine with other
work only the latter say something.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from bench.invented_faq import invented
from frontdesk.answers.decision import decide
from frontdesk.answers.knowledge import READ, Knowledge, knowledge_of, searchable
from frontdesk.config.run import Run
from frontdesk.config.schema import AnswersConfig, load_config
from frontdesk.facts.entries import Entry
from frontdesk.files import write_jsonl
from frontdesk.retrieval.dense import Embedder, indexed, unit
from frontdesk.retrieval.encoder import load_encoder
from frontdesk.retrieval.index import Index
from frontdesk.retrieval.ranker import Ranker
from frontdesk.retrieval.readings import readings

ROOT = Path(__file__).parents[1]
EDITED, ASKED, STAGES = 10, 50, "--stages"
STEPS = {
    "data_tools.pipeline.build": ("read_faq", "FaqFacts", "choose", "added_rows", "add_rows", "write_rows", "finalize"),
    "data_tools.rows.ranking": ("_embedder",),
    "data_tools.rows.grounded": ("learn",),
}
CONFIG = {
    "company": "Slate & Fern",
    "system_prompt": "You are the assistant of Slate & Fern.",
    "encoder": "faq-minilm",
    "model": {"base": "smollm2-135m", "template": "chatml"},
    "data": {"faq": ["faq.jsonl"]},
}


class Cost(NamedTuple):
    """Seconds of wall clock and of CPU, and the peak resident size in GiB."""

    seconds: float
    cpu: float
    gib: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.cpu:.1f} CPU s, {self.gib:.2f} GiB"


def main() -> None:
    """Measure every size asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.knowledge", description=__doc__)
    parser.add_argument("entries", nargs="*", type=int, default=[1000, 10_000])
    parser.add_argument("--questions", action="store_true")
    parser.add_argument(STAGES, metavar="CONFIG")
    options = parser.parse_args()
    if options.stages:
        stages(options.stages)
        return
    for entries in options.entries:
        if options.questions:
            print(f"{entries:,} entries, random vectors: {question(random_index(entries))}", flush=True)
            continue
        with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
            measure(entries, Path(folder))


def measure(entries: int, folder: Path) -> None:
    """Build, edit and ask, and print what each costs."""
    lines = invented(entries)
    write_jsonl(folder / "faq.jsonl", lines)
    (folder / "bench.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    (folder / ".cache").symlink_to(ROOT / ".cache")
    print(f"{entries:,} entries, {sum(len(line['questions']) for line in lines):,} wordings", flush=True)
    print(f"make data: {run(folder, 'bench.knowledge', STAGES, 'bench.yaml')}", flush=True)
    os.chdir(folder)
    knowledge = knowledge_of(load_config(Path("bench.yaml")), Run("bench"))
    write_jsonl(folder / "faq.jsonl", edited(lines))
    print(f"update after {EDITED} edits: {run(folder, 'data_tools.update', 'bench.yaml')}", flush=True)
    print(f"the desk takes them: {taken(knowledge)}", flush=True)
    print(f"a question: {question(knowledge.index)}", flush=True)
    print(f"make data again: {run(folder, 'bench.knowledge', STAGES, 'bench.yaml')}", flush=True)
    os.chdir(ROOT)


def edited(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with another answer in EDITED of them, spread over all."""
    places = range(0, len(lines), max(1, len(lines) // EDITED))[:EDITED]
    return [line | {"answers": ["From May on: " + line["answers"][0]]} if place in places else line for place, line in enumerate(lines)]


def run(folder: Path, module: str, *arguments: str) -> Cost:
    """Run a module in the folder, its output shown, and wait for it."""
    started = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=folder, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, module
    return Cost(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20)


def stages(path: str) -> None:
    """`make data` of a config, with a clock at each step; a step's time has that of the steps in it."""
    for module, names in STEPS.items():
        for name in names:
            setattr(import_module(module), name, clocked(name, getattr(import_module(module), name)))
    sys.argv = ["data_tools", path]
    from data_tools.__main__ import main as make_data

    make_data()


def clocked(name: str, inner: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which then prints how long it took."""

    def timed(*arguments: Any, **more: Any) -> Any:
        with clock() as spent:
            found = inner(*arguments, **more)
        print(f"  {name:12} {spent[0]:6.1f} s, {spent[1]:6.1f} CPU s", flush=True)
        return found

    return timed


@contextmanager
def clock() -> Iterator[list[float]]:
    """The seconds and CPU seconds of a block, once it has ended."""
    spent, wall, cpu = list[float](), time.monotonic(), time.process_time()
    yield spent
    spent += [time.monotonic() - wall, time.process_time() - cpu]


def taken(knowledge: Knowledge) -> str:
    """What the desk does with an edited `faq.jsonl`."""
    with clock() as read:
        entries = knowledge.changed()
        assert entries
        texts = knowledge.new_texts(entries)
    with clock() as encoded:
        knowledge.encode(texts)
    with clock() as built:
        knowledge.use(entries)
    return f"read {read[1]:.2f} CPU s, {len(texts)} texts encoded {encoded[1]:.2f}, index {built[1]:.2f}"


def random_index(entries: int) -> Index:
    """The index of an invented FAQ whose texts have random vectors."""
    own = [Entry(line["id"], tuple(line["questions"]), tuple(line["answers"]), line["subject"]) for line in invented(entries)]
    known = searchable(own)
    texts = list(dict.fromkeys(text for entry in known for text in indexed(entry)))
    vectors = unit(np.random.default_rng(0).normal(size=(len(texts), 384)).astype(np.float32))
    embedder = Embedder(load_encoder(str(ROOT / ".cache/models/faq-minilm")), dict(zip(texts, vectors, strict=True)))
    return Index(known, embedder, Ranker(np.array([4, 2, 2, 3], np.float32), 4.0))


def question(index: Index) -> str:
    """Milliseconds of CPU a question, with one thread: to encode it, to read the index, to decide."""
    import torch

    torch.set_num_threads(1)
    assert index.dense
    asked = [f"hello, {entry.questions[0].lower()}" for entry in random.Random(0).sample(index.entries, ASKED)]
    handoff = {"en": "A colleague will help.", "ko": "상담원을 연결해 드리겠습니다."}
    index.read(["warm"], READ)
    with clock() as encoding:
        for text in asked:
            index.dense.embedder.embed(readings([text]).texts)  # which its encoder remembers
    with clock() as reading:
        found = [index.read([text], READ) for text in asked]
    with clock() as deciding:
        for text, one in zip(asked, found, strict=True):
            decide(one, AnswersConfig(), text, handoff)
    return ", ".join(
        f"{name} {1000 * spent[1] / ASKED:.1f} ms"
        for name, spent in zip(("encode", "read", "decide"), (encoding, reading, deciding), strict=True)
    )


if __name__ == "__main__":
    main()
