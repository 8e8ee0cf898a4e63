"""From the sources that a config names to the files of a run's data, in two passes over the conversations.

The first pass reads, masks and cleans every conversation, and keeps what is needed to tell copies. Then the splits are chosen
(data_tools/splits/plan.py). The second pass writes rows and ledger, and the report comes last. Between the passes the
conversations lie in a file, so memory does not grow with the texts.
"""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_tools.conversations.boilerplate import Stock
from data_tools.conversations.canaries import with_canaries
from data_tools.conversations.contradictions import Facts, Known
from data_tools.conversations.load import Account, Reading, read_chats
from data_tools.conversations.turns import Fate, mark
from data_tools.conversations.workers import Prepared, Preparer, Spool, as_messages, prepared
from data_tools.feedback import dataset as feedback_files
from data_tools.feedback import rows as feedback_rows
from data_tools.feedback.rows import Fed
from data_tools.output.dataset import Rows, data_hash, digests, masks
from data_tools.output.ledger import Ledger
from data_tools.output.progress import bar
from data_tools.output.report import write_report
from data_tools.pii import Allow, Masker, allowed
from data_tools.readers import faq_format
from data_tools.readers.entries import Entry, FaqRecord, join_records, plain
from data_tools.readers.faqs import table as faq_table
from data_tools.rows.grounded import write_grounded
from data_tools.rows.rows import Candidate, Row, entry_rows, unseen
from data_tools.rows.windows import Windows
from data_tools.sources.files import inputs
from data_tools.sources.json_stream import Broken
from data_tools.splits.near_duplicates import Store, grams
from data_tools.splits.plan import TOPIC, Plan, choose
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.files import sha256, write_json, write_jsonl
from frontdesk.models.base import load_tokenizer, locate
from frontdesk.prompt.render import Message

NOTHING, DUPLICATE, CONFLICT = -1, -2, -3
"""Why a conversation is no candidate for a row."""
REASONS = {NOTHING: "no answered question", DUPLICATE: "duplicate", CONFLICT: "conflict"}


@dataclass
class Work:
    """What the steps of one build share."""

    config: Config
    folder: Path
    reading: Reading
    store: Store
    stock: Stock
    faq: list[Entry] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)  # of the FAQ and the refusals
    candidates: list[Candidate] = field(default_factory=list)  # those of `rows`, then the conversations
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    fed: list[Fed] = field(default_factory=list)  # the accepted candidates of the desk
    dropped: Counter[str] = field(default_factory=Counter)  # of the FAQ
    masked: Counter[str] = field(default_factory=Counter)  # by kind
    conversations: Counter[str] = field(default_factory=Counter)


def build(config: Config, folder: Path, strict: bool = False, workers: int = 1) -> dict[str, Any]:
    """Write all files of a run's data into `folder` and return the manifest. Raises UserError."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its threads do not survive the fork of the workers
    with inputs() as opened, Store(opened.scratch / "grams") as store:
        work = Work(config, folder, Reading(opened, strict), store, Stock(config.data.max_boilerplate_share))
        read_faq(work)
        windows = Windows(load_tokenizer(config, locate(config.model, whole=False)), config.train.max_length)  # slow: after a first look
        allow = allowed((*config.data.allowlist, *(text for entry in work.faq for text in _texts(entry))), config.company)
        masker = Masker(allow) if config.data.mask else None
        work.fed = feedback_rows.accepted(config, masker)
        spool = Spool(opened.scratch / "conversations")
        with loaded():
            verdicts = first_pass(work, spool, masker, windows, workers)
            work.reading.conclude()
            plan = choose(work.candidates, store, work.faq, work.rows, config.data)
            if work.fed:
                work.conflicts += feedback_rows.place(work.fed, plan, work.rows, store, facts_of(work.faq), config.data)
            with Rows(folder, windows, config.data.seed, len(work.candidates)) as rows, Ledger(folder / "ledger.jsonl") as ledger:
                held_out = write_entries(work, plan, rows)
                broken = work.reading.broken
                ledger.write("", broken, [Fate("dropped", "broken record")] * len(broken), [()] * len(broken))
                for item, verdict in zip(spool, verdicts, strict=True):
                    write_conversation(work, plan, held_out, item, verdict, rows, ledger)
                feedback_files.write(work.fed, rows, ledger)
    return conclude(work, plan, rows, ledger, allow)


@contextmanager
def loaded() -> Iterator[None]:
    """What is loaded before the block is not looked through for garbage in it: that takes time, and memory in each worker."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _texts(entry: Entry) -> Iterator[str]:
    yield from (wording.text for wording in entry.questions)
    yield from entry.answers


def read_faq(work: Work) -> None:
    """The entries of the FAQ and of the refusals, as rows. Raises UserError."""
    data = work.config.data
    work.faq = entries(work, data.faq, "faq")
    if not work.faq:
        raise UserError(f"{', '.join(data.faq) or 'data.faq'}: found no FAQ entry; expected at least one with question and answer; add one")
    refusals = entries(work, data.out_of_scope, "refusal")
    shared = {entry.id: entry.source for entry in work.faq}
    for entry in refusals:
        if entry.id in shared:
            raise UserError(f"{entry.source}: id {entry.id!r} is also at {shared[entry.id]}; expected an id once; rename one of the two")
    work.rows = entry_rows(work.faq, "faq", work.dropped) + entry_rows(refusals, "refusal", work.dropped)
    bonds = {entry.id: (f"entry {entry.id}", *(f"answer {plain(answer)}" for answer in entry.answers)) for entry in (*work.faq, *refusals)}
    for row in work.rows:
        work.store.add(grams(row.question).tobytes())
        work.candidates.append(Candidate(row.id, row.kind, row.owner, bonds[row.owner]))


def entries(work: Work, paths: tuple[str, ...], prefix: str) -> list[Entry]:
    """The entries of all files of a kind ("faq" or "refusal")."""
    files: list[list[FaqRecord]] = []
    for source in work.reading.inputs.find(paths, "data.faq" if prefix == "faq" else "data.out_of_scope"):
        module = faq_format(source)
        account = Account(source, module.FORMAT)
        work.reading.accounts.append(account)
        records: list[FaqRecord] = []
        for item in module.read(source, work.config.data.faq_columns) if module is faq_table else module.read(source):
            if isinstance(item, Broken):
                work.reading.lose(account, item)
            else:
                records.append(item)
        files.append(records)
    found = join_records(files, prefix, work.dropped)
    per_file = Counter(entry.source.rsplit(":", 1)[0] for entry in found)
    for account in work.reading.accounts:
        account.counts["entries"] += per_file.pop(account.source.path, 0)
    return found


def first_pass(work: Work, spool: Spool, masker: Masker | None, windows: Windows, workers: int) -> list[int]:
    """Read, mask and clean all conversations. For each the place of its candidate, or why it has none."""
    data = work.config.data
    facts = facts_of(work.faq)
    chats = read_chats(work.reading, data.chats, data.agents, data.columns)
    conversations = with_canaries(chats, work.reading, data, work.folder / "canaries.jsonl")
    verdicts: list[int] = []
    seen: set[bytes] = set()
    ids: Counter[str] = Counter()
    with bar("reading", work.reading.accounts) as progress:
        for item in prepared(conversations, Preparer(masker, facts, windows), workers):
            progress.add(len(item.places))
            spool.add(item)
            work.masked.update(kind for kinds in item.masks for kind in kinds)
            ids[item.id] += 1
            verdict = (
                NOTHING if not item.said else CONFLICT if item.conflict else DUPLICATE if item.digest in seen else len(work.candidates)
            )
            if verdict == CONFLICT:
                work.conflicts.append(_conflict(item))
            elif verdict >= 0:
                seen.add(item.digest)
                group = f"chat:{item.id}"
                row_id = f"{group}#{ids[item.id]}" if ids[item.id] > 1 else group
                work.candidates.append(Candidate(row_id, "chat", group, (group,)))
                work.store.add(item.grams)
                work.stock.count(item.stock)
            verdicts.append(verdict)
    work.stock.settle()
    return verdicts


def facts_of(faq: list[Entry]) -> Facts:
    """What the FAQ says, to be compared with."""
    return Facts(Known(entry.id, tuple(w.text for w in entry.questions), tuple(entry.answers), entry.source) for entry in faq)


def _conflict(item: Prepared) -> dict[str, Any]:
    assert item.conflict is not None
    exchange, found = item.conflict
    question, answer = item.said[2 * exchange], item.said[2 * exchange + 1]
    return {"source": item.places[answer.parts[0]], **found._asdict(), "question": question.text, "answer": answer.text}


def write_entries(work: Work, plan: Plan, rows: Rows) -> set[str]:
    """The rows of the FAQ and the refusals, the derived and the generated ones, and `faq.jsonl`. Returns the ids of held-out entries."""
    held_out: dict[str, str] = {}
    for row, split, group in zip(work.rows, plan.splits, plan.groups, strict=False):
        _write(rows, row, split, group, work.dropped)
        if row.kind == "faq" and split in ("valid", "test"):
            held_out[row.owner] = split
            if split == "test":
                _write(rows, unseen(row, work.config.data.handoff), "test_unseen", group, work.dropped)
    group_of = {row.owner: group for row, group in zip(work.rows, plan.groups, strict=False)}
    for row in (*plan.derived, *plan.generated):
        _write(rows, row, "train", group_of.get(row.owner, row.owner), work.dropped)
    wordings = {(row.owner, row.question) for row, split in zip(work.rows, plan.splits, strict=False) if split.endswith("_wordings")}
    write_jsonl(work.folder / "faq.jsonl", (entry_as_json(entry, held_out.get(entry.id, "train"), wordings) for entry in work.faq))
    write_jsonl(work.folder / "conflicts.jsonl", work.conflicts)
    return set(held_out)


def _write(rows: Rows, row: Row, split: str, group: str, dropped: Counter[str]) -> None:
    if not rows.write(split, row.id, row.messages, row.kind, group, row.source, row.derived):
        dropped["row: answer longer than train.max_length"] += 1


def entry_as_json(entry: Entry, split: str, wordings: set[tuple[str, str]]) -> dict[str, Any]:
    """An entry as its file has it. `wordings` are the questions, each with its entry, that are held out although the entry is trained."""
    return {
        "id": entry.id,
        "category": entry.category,
        "subject": entry.subject,
        "questions": [wording.text for wording in entry.questions],
        "held_out": [wording.text for wording in entry.questions if (entry.id, wording.text) in wordings],
        "answers": entry.answers,
        "facts": entry.facts,
        "source": entry.source,
        "split": split,
    }


def write_conversation(work: Work, plan: Plan, held_out: set[str], item: Prepared, verdict: int, rows: Rows, ledger: Ledger) -> None:
    """The rows of a conversation, and a line in the ledger for each of its messages. `held_out`: ids of entries that are not trained."""
    fates = list(item.fates)
    work.conversations["read"] += 1
    if verdict < 0:
        work.conversations[REASONS[verdict]] += 1
        fate = Fate("set aside", "contradicts the FAQ") if verdict == CONFLICT else Fate("dropped", "in a duplicate conversation")
        for said in item.said:
            mark(fates, said, fate)
    else:
        messages = as_messages(item.said)
        if plan.splits[verdict] == "train":
            _cap(work.stock, item, messages, fates)
            _withhold(held_out, item, messages, fates)
        candidate = work.candidates[verdict]
        source = item.places[item.said[0].parts[0]]
        windows = rows.write(plan.splits[verdict], candidate.id, messages, "chat", plan.groups[verdict], source, sizes=item.sizes)
        work.conversations["rows" if windows else "nothing to train"] += 1
        _lose(item, messages, windows, fates)
    for said, sentences in zip(item.said, item.stock, strict=True):
        work.stock.meet(sentences, said.text)
        rows.sample(said.text, tuple(kind for part in said.parts for kind in item.masks[part]))
    ledger.write(item.id, item.places, fates, item.masks)


def _cap(stock: Stock, item: Prepared, messages: list[Message], fates: list[Fate]) -> None:
    """Give turns of nothing but stock sentences the weight 0, once those were trained often enough."""
    for place, sentences in enumerate(item.stock):
        if stock.is_over(sentences):
            messages[place]["weight"] = 0
            mark(fates, item.said[place], Fate("capped", "stock sentence"))


def _withhold(held_out: set[str], item: Prepared, messages: list[Message], fates: list[Fate]) -> None:
    """Give answers that say what a held-out FAQ entry says the weight 0: else its facts would be trained after all."""
    for exchange, told in enumerate(item.told):
        if not held_out.isdisjoint(told):
            messages[2 * exchange + 1]["weight"] = 0
            mark(fates, item.said[2 * exchange + 1], Fate("capped", "states a held-out FAQ entry"))


def _lose(item: Prepared, messages: list[Message], windows: list[list[Message]], fates: list[Fate]) -> None:
    """The fates of messages that stand in no window: answers that are too long, and what only led to them."""
    if len(windows) == 1 and len(windows[0]) == len(messages):
        return
    written = {id(one) for window in windows for one in window}
    for place in range(1, len(messages), 2):
        if id(messages[place]) not in written:
            capped = messages[place].get("weight", 1) == 0
            reason = "context without a row" if capped else "answer longer than train.max_length"
            mark(fates, item.said[place], Fate("dropped", reason))
            if id(messages[place - 1]) not in written:
                mark(fates, item.said[place - 1], Fate("dropped", "its answer is not trained"))


def conclude(work: Work, plan: Plan, rows: Rows, ledger: Ledger, allow: Allow) -> dict[str, Any]:
    """Write the report and, last, the manifest."""
    config, seen, windows = work.config, rows.statistics, rows.windows
    if work.fed:
        work.reading.accounts.append(feedback_files.account(work.fed, work.folder))
    grounding = write_grounded(config, work.folder, windows.tokenizer) if config.grounding == "faq" else None
    accounts = [account.as_json() | {"rows": seen.of_source[account.source.path]} for account in work.reading.accounts]
    counts = ledger.counts()
    given = sum(account.counts["messages"] for account in work.reading.accounts) + len(work.reading.broken)
    assert counts["read"] == given, (counts, given)
    manifest: dict[str, Any] = {
        "name": config.name,
        "seed": config.data.seed,
        "base": config.model.base,
        "max_length": config.train.max_length,
        "sources": accounts,
        "skipped": [{"path": path, "reason": reason} for path, reason in work.reading.inputs.skipped],
        "messages": counts,
        "conversations": {
            "read": work.conversations["read"],
            "rows": work.conversations["rows"],
            "windows": windows.made,
            "dropped": {
                reason: work.conversations[reason] for reason in (*REASONS.values(), "nothing to train") if work.conversations[reason]
            },
        },
        "faq": {
            "entries": len(work.faq),
            "wordings": sum(len(entry.questions) for entry in work.faq),
            "derived": dict(sorted(Counter(how for row in plan.derived for how in row.derived.split(", ")).items())),
            "dropped": {reason: number for reason, number in sorted(work.dropped.items()) if number},
        },
        "rows": {split: dict(sorted(kinds.items())) for split, kinds in seen.rows.items()},
        "masks": dict(sorted(work.masked.items())),
        "leak": plan.leak,
    }
    if grounding:
        manifest["grounded"] = grounding
    if work.fed:
        trained = work.folder / "grounded" if grounding else work.folder
        pairs = feedback_files.write_preferences(work.fed, trained, windows.tokenizer, config.train.max_length)
        manifest["feedback"] = feedback_files.counts(work.fed, pairs)
    files = digests(work.folder)
    report = work.folder / "report.html"
    write_report(report, report_facts(work, plan, rows, manifest, allow) | {"data_hash": data_hash(files)})
    manifest["files"] = dict(sorted((files | {report.name: sha256(report)}).items()))
    manifest["data_hash"] = data_hash(files)
    write_json(work.folder / "manifest.json", manifest)
    return manifest


def report_facts(work: Work, plan: Plan, rows: Rows, manifest: dict[str, Any], allow: Allow) -> dict[str, Any]:
    """What the report shows, beside the manifest."""
    seen = rows.statistics
    own = sum(row.kind == "refusal" for row in work.rows)
    return manifest | {
        "company": work.config.company,
        "languages": dict(sorted(seen.languages.items())),
        "roles": dict(seen.roles),
        "turns": sorted(seen.turns.items()),
        "tokens": seen.tokens,
        "answer_tokens": seen.answer_tokens,
        "stock": work.stock.table(),
        "masks": masks(seen.samples, work.masked),
        "allowed": sorted(allow.values),
        "refusals": {"own": own, "generated": dict(sorted(Counter(row.source.removeprefix(TOPIC) for row in plan.generated).items()))},
        "conflicts": work.conflicts[:50],
        "conflicts_total": len(work.conflicts),
        "preview": seen.preview,
    }
