"""From the sources that a config names to the files of a run's data: `build` is the road, in order.

1. `read_faq`: the entries of the FAQ and the refusals become the first rows. Where the config names a writer, it drafts wordings.
2. `prepare_conversations`: the first pass reads, masks and cleans every conversation into a spill file, so that memory does not
   grow with the texts; what is needed to find near duplicates is kept.
3. `choose` (data_tools/splits/plan.py): each candidate gets its split. Rows with derived wordings and off-topic questions are trained
   beside them; then the reviewed answers of the desk get their splits.
4. `write_rows`: the second pass writes rows and ledger.
5. `finalize` (data_tools/pipeline/manifest.py): rows with the FAQ in the prompt, the report and, last, the manifest.
"""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from data_tools.conversations.boilerplate import Boilerplate
from data_tools.conversations.canaries import with_canaries
from data_tools.conversations.load import read_chats
from data_tools.conversations.turns import Disposition
from data_tools.conversations.workers import Prepared, Preparer, SpillFile, prepared
from data_tools.faq.load import load_faq, load_refusals
from data_tools.feedback import dataset as feedback
from data_tools.feedback.rows import accepted, place
from data_tools.output.conversations import ConversationWriter
from data_tools.output.dataset import Rows
from data_tools.output.ledger import Ledger
from data_tools.pii import Masker, allowed
from data_tools.pipeline.manifest import finalize
from data_tools.pipeline.state import BuildState
from data_tools.rows.added import added_rows, keep_trained
from data_tools.rows.rows import Candidate, Row, entry_rows, unseen
from data_tools.rows.windows import Windows
from data_tools.sources.files import inputs
from data_tools.sources.reading import Reading
from data_tools.sources.text import folded
from data_tools.splits.near_duplicates import Store, grams
from data_tools.splits.plan import Plan, add_rows, choose
from data_tools.writer.drafts import draft
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.facts.contradictions import FaqFacts
from frontdesk.files import write_jsonl
from frontdesk.models.base import load_tokenizer, locate
from frontdesk.terminal import bar, track


def build(config: Config, folder: Path, strict: bool = False, workers: int = 1, trains: bool = True) -> dict[str, Any]:
    """Write all files of a run's data into `folder` and return the manifest. `trains`: those that only a training reads, too.

    Raises UserError.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its threads do not survive the fork of the workers
    with inputs() as opened, Store(opened.scratch / "grams") as store:
        state = BuildState(config, folder, Reading(opened, strict), store, Boilerplate(config.data.max_boilerplate_share), trains)
        read_faq(state)
        state.drafts_dropped = draft(state.faq, config)
        windows = Windows(load_tokenizer(config, locate(config.model, whole=False)), config.train.max_length)  # slow: after a first look
        texts = (text for entry in state.faq for text in entry.texts)  # what the company publishes is not masked
        allow = allowed((*config.data.allowlist, *texts), config.company)
        masker = Masker(allow) if config.data.mask else None
        state.reviewed = accepted(config, masker)
        with garbage_frozen():
            spill = SpillFile(opened.scratch / "conversations")
            facts = FaqFacts(entry.as_entry() for entry in (state.faq if config.data.chats or state.reviewed else ()))
            prepare_conversations(state, spill, Preparer(masker, facts, windows), workers)
            state.reading.report_skipped()
            plan = choose(state.candidates, store, config.data)
            add_rows(plan, added_rows(state.candidates, plan.splits, state.rows, state.faq, config.data), store, config.data)
            keep_trained(state.faq, trained_rows(state, plan), plan.added)
            if state.reviewed:
                state.contradictions += place(state.reviewed, plan, state.rows, store, facts, config.data)
            with Rows(folder, windows, config.data.seed, len(state.candidates)) as rows, Ledger(folder / "ledger.jsonl") as ledger:
                conversations = write_rows(state, plan, spill, rows, ledger)
    return finalize(state, plan, rows, ledger, conversations, allow)


@contextmanager
def garbage_frozen() -> Iterator[None]:
    """The garbage collector leaves alone what was loaded before the block: to look through it takes time, and memory in each worker."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def read_faq(state: BuildState) -> None:
    """The entries of the FAQ and of the refusals, as rows and candidates. Raises UserError."""
    data, dropped = state.config.data, state.dropped
    state.faq = load_faq(state.reading, data, dropped, Run(state.config.name))
    refusals = load_refusals(state.reading, data, state.faq, dropped)
    state.rows = entry_rows(state.faq, "faq", dropped) + entry_rows(refusals, "refusal", dropped)
    answers = {entry.id: [f"answer {folded(answer)}" for answer in entry.answers] for entry in (*state.faq, *refusals)}
    for row in state.rows:
        state.candidates.append(Candidate(row.id, row.kind, row.owner, (f"entry {row.owner}", *answers[row.owner])))
        state.store.add(grams(row.question).tobytes())


def prepare_conversations(state: BuildState, spill: SpillFile, preparer: Preparer, workers: int) -> None:
    """The first pass: fill `spill`, and note for each conversation its candidate or why it gets no row."""
    data = state.config.data
    chats = read_chats(state.reading, data.chats, data.agents, data.columns)
    conversations = with_canaries(chats, state.reading, data, state.folder / "canaries.jsonl")
    seen: set[bytes] = set()
    ids: Counter[str] = Counter()
    messages = 0
    with bar("reading", 1) as shown:
        for item in prepared(conversations, preparer, workers):
            messages += len(item.places)
            if shown.due():
                shown.update(state.reading.share_done(messages), f"{messages:,} messages")
            spill.add(item)
            state.masked.update(kind for kinds in item.masks for kind in kinds)
            ids[item.id] += 1
            state.left_out.append(item.why_no_row(seen))
            if item.conflict:
                state.contradictions.append(contradiction(item))
            if state.left_out[-1] is None:
                seen.add(item.digest)
                group, number = f"chat:{item.id}", ids[item.id]
                state.candidates.append(Candidate(f"{group}#{number}" if number > 1 else group, "chat", group, (group,)))
                state.store.add(item.grams)
                state.boilerplate.count(item.sentences)
    state.boilerplate.settle()


def contradiction(item: Prepared) -> dict[str, Any]:
    """The line of a conversation in `conflicts.jsonl`."""
    assert item.conflict is not None
    exchange, found = item.conflict
    question, answer = item.said[2 * exchange], item.said[2 * exchange + 1]
    return {"source": item.places[answer.parts[0]], **found._asdict(), "question": question.text, "answer": answer.text}


def write_rows(state: BuildState, plan: Plan, spill: SpillFile, rows: Rows, ledger: Ledger) -> Counter[str]:
    """The second pass: all rows and the ledger. Returns the counts of conversations (`ConversationWriter.counts`)."""
    held_out = write_faq(state, plan, rows)
    broken = state.reading.broken
    ledger.write("", broken, [Disposition("dropped", "broken record")] * len(broken), [()] * len(broken))
    placed = islice(zip(state.candidates, plan.splits, plan.groups, strict=True), len(state.rows), None)
    path = state.folder / "conversations.jsonl"
    with path.open("w", encoding="utf-8") if state.config.data.mask else nullcontext() as whole:
        writer = ConversationWriter(rows, ledger, state.boilerplate, held_out, whole)
        for item, why in zip(track(spill, "writing rows", len(state.left_out), "conversations"), state.left_out, strict=True):
            if why:
                writer.leave_out(item, why)
            else:
                writer.write(item, *next(placed))
    feedback.write(state.reviewed, rows, ledger)
    return writer.counts


def write_faq(state: BuildState, plan: Plan, rows: Rows) -> set[str]:
    """The rows of the FAQ and the refusals, the derived and generated ones, and `faq.jsonl`. Returns the ids of held-out entries."""
    split_of: dict[str, str] = {}  # of held-out entries
    placed = zip(state.rows, plan.splits, plan.groups, strict=False)
    for row, split, group in track(placed, "writing rows of the FAQ", len(state.rows), "rows"):
        write_row(state, rows, row, split, group)
        if row.kind == "faq" and split in ("valid", "test"):
            split_of[row.owner] = split
            if split == "test":
                write_row(state, rows, unseen(row, state.config.data.handoff), "test_unseen", group)
    group_of = {row.owner: group for row, group in zip(state.rows, plan.groups, strict=False)}
    for row in track(plan.added, "writing added rows", len(plan.added), "rows"):
        write_row(state, rows, row, "train", group_of.get(row.owner, row.owner))
    held_out: dict[str, set[str]] = {}  # wordings of trained entries
    for row, split in zip(state.rows, plan.splits, strict=False):
        if split.endswith("_wordings"):
            held_out.setdefault(row.owner, set()).add(row.question)
    lines = (entry.as_json(split_of.get(entry.id, "train"), held_out.get(entry.id, ())) for entry in state.faq)
    write_jsonl(state.folder / "faq.jsonl", lines)
    write_jsonl(state.folder / "conflicts.jsonl", state.contradictions)
    return set(split_of)


def trained_rows(state: BuildState, plan: Plan) -> list[Row]:
    """The rows of the FAQ that are trained."""
    return [row for row, split in zip(state.rows, plan.splits, strict=False) if split == "train" and row.kind == "faq"]


def write_row(state: BuildState, rows: Rows, row: Row, split: str, group: str) -> None:
    """A row of the FAQ; one that is too long is counted as dropped."""
    if not rows.write(split, row.id, row.messages, row.kind, group, row.source, row.derived):
        state.dropped["row: answer longer than train.max_length"] += 1
