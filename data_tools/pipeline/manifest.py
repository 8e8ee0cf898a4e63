"""The last step of a build: the report and, when all else is written, the manifest (its keys: data_tools/output/dataset.py)."""

from collections import Counter
from typing import Any

from data_tools.changes import NOTHING, changes, former, last, resting
from data_tools.conversations.workers import NoRow
from data_tools.faq.dates import expired, least_reviewed
from data_tools.feedback import dataset as feedback
from data_tools.output.conversations import NOTHING_TO_TRAIN
from data_tools.output.dataset import Rows, data_hash, digests
from data_tools.output.ledger import Ledger
from data_tools.output.report import write_report
from data_tools.pii import KINDS, Allow
from data_tools.pipeline.state import BuildState
from data_tools.rows.added import TOPIC
from data_tools.rows.grounded import write_grounded
from data_tools.splits.plan import Plan
from frontdesk.config import hours
from frontdesk.config.run import Run
from frontdesk.files import read_jsonl, sha256, write_json

CHANGES_SHOWN = 50  # in the report; all are in `changes.json`


def finalize(state: BuildState, plan: Plan, rows: Rows, ledger: Ledger, conversations: Counter[str], allow: Allow) -> dict[str, Any]:
    """Write the rows with the FAQ in the prompt, what changed, the report and, last, the manifest. Returns the manifest."""
    config, folder, reviewed, tokenizer = state.config, state.folder, state.reviewed, rows.windows.tokenizer
    if reviewed:
        state.reading.accounts.append(feedback.account(reviewed, folder))
    trains = state.trains or bool(reviewed)
    grounding = write_grounded(config, folder, tokenizer, trains) if config.grounding == "faq" else None
    manifest = _manifest(state, plan, rows, ledger, conversations)
    if grounding:
        manifest["grounded"] = grounding
    if reviewed:
        trained = folder / "grounded" if grounding else folder
        pairs = feedback.write_preferences(reviewed, trained, tokenizer, config.train.max_length)
        manifest["feedback"] = feedback.counts(reviewed, pairs)
    entries = read_jsonl(folder / "faq.jsonl")
    before = former(Run(config.name))
    changed = changes(config, before, entries) if before else None
    manifest["faq"]["changes"] = (changed or NOTHING)["counts"]
    latest = changed or last(Run(config.name))
    write_json(folder / "changes.json", latest)
    files = digests(folder)
    report = folder / "report.html"
    facts = _report_facts(state, plan, rows, manifest, allow) | _faq_facts(state, entries, latest)
    write_report(report, facts | {"data_hash": data_hash(files)})
    manifest["files"] = dict(sorted((files | {report.name: sha256(report)}).items()))
    manifest["data_hash"] = data_hash(files)
    write_json(folder / "manifest.json", manifest)
    return manifest


def _faq_facts(state: BuildState, entries: list[dict[str, Any]], latest: dict[str, Any]) -> dict[str, Any]:
    """What the report says of the FAQ's last changes and of its dates."""
    past, reviewed = expired(entries, hours.today(state.config.desk)), least_reviewed(entries)
    return {
        "changes": latest | {"entries": latest["entries"][:CHANGES_SHOWN]},
        "rests": [(what, number) for what, number in resting(latest["rests"]) if number],
        "withholds": state.config.answers.expired == "withhold",
        "dates": {
            name: [(one["questions"][0], one["source"], one["origin"][name]) for one in some]
            for name, some in (("expires", past), ("reviewed", reviewed))
        },
    }


def _manifest(state: BuildState, plan: Plan, rows: Rows, ledger: Ledger, conversations: Counter[str]) -> dict[str, Any]:
    config, reading, seen = state.config, state.reading, rows.statistics
    counts = ledger.counts()
    given = sum(account.counts["messages"] for account in reading.accounts) + len(reading.broken)
    assert counts["read"] == given, (counts, given)
    derived = Counter(how for row in plan.added if row.derived for how in row.derived.split(", "))
    run = {"name": config.name, "seed": config.data.seed, "base": config.model.base, "max_length": config.train.max_length}
    no_row = {reason: conversations[reason] for reason in (*NoRow, NOTHING_TO_TRAIN) if conversations[reason]}
    talks = {"read": conversations["read"], "rows": conversations["rows"], "windows": rows.windows.made, "dropped": no_row}
    dropped = {reason: number for reason, number in sorted(state.dropped.items()) if number}
    wordings = sum(len(entry.questions) for entry in state.faq)
    drafts = {"written": sum(len(entry.drafted) for entry in state.faq), "dropped": dict(sorted(state.drafts_dropped.items()))}
    return run | {
        "sources": [account.as_json() | {"rows": sum(map(seen.of_source.__getitem__, account.paths))} for account in reading.accounts],
        "skipped": [{"path": path, "reason": reason} for path, reason in reading.inputs.skipped],
        "messages": counts,
        "conversations": talks,
        "faq": {"entries": len(state.faq), "wordings": wordings, "derived": dict(sorted(derived.items())), "dropped": dropped}
        | ({"drafts": drafts} if config.data.writer else {}),
        "rows": {split: dict(sorted(kinds.items())) for split, kinds in seen.rows.items()},
        "masks": dict(sorted(state.masked.items())),
        "leak": plan.leak,
    }


def _report_facts(state: BuildState, plan: Plan, rows: Rows, manifest: dict[str, Any], allow: Allow) -> dict[str, Any]:
    seen = rows.statistics
    topics = Counter(row.source.removeprefix(TOPIC) for row in plan.added if not row.derived)
    return manifest | {
        "company": state.config.company,
        "languages": dict(sorted(seen.languages.items())),
        "roles": dict(seen.roles),
        "turns": sorted(seen.turns.items()),
        "tokens": seen.tokens,
        "answer_tokens": seen.answer_tokens,
        "stock": state.boilerplate.table(),
        "masks": {kind: {"found": n, "samples": seen.samples.get(kind, [])} for kind in KINDS if (n := state.masked[kind])},
        "allowed": sorted(allow.values),
        "refusals": {"own": sum(row.kind == "refusal" for row in state.rows), "generated": dict(sorted(topics.items()))},
        "drafted": [
            {"entry": entry.id, "source": entry.source, "question": entry.questions[0].text, "drafts": entry.drafted}
            for entry in state.faq
            if entry.drafted
        ],
        "conflicts": state.contradictions[:50],
        "conflicts_total": len(state.contradictions),
        "preview": seen.preview,
    }
