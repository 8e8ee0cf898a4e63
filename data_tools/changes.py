"""What changed in a run's FAQ since its last build or update, and what rests on what it no longer says: `runs/NAME/data/changes.json`.

* `day`: on which it was found, ISO 8601; "" as long as nothing has changed since the first build. Where nothing changed, the file stays.
* `counts`: of the entries that were `changed`, `removed`, `added`, and `moved`, which say the same in another file, on another page or
  below another heading.
* `entries`: `[{"kind", "before", "after"}, …]`, each an entry of `faq.jsonl` with id, texts, source and origin; null before it was added
  and after it was removed. The ids of both differ where an id is a digest of the answer, or a number within a page.
* `rests`: what rests on an answer that was changed or removed.
  `rows`: `{"count", "ids", "data", "model"}`, rows of the former training data; `data` is its hash, `model` that of the data with which
  the run's model was trained, or null. Where both are the same, the model has learned these rows.
  `answers`: `{"count", "ids"}`, answers of the last scorecard, of all its systems, and the ids of their questions.
  `replies`: `{"count", "days", "said": [{"conversation", "message", "entry"}, …]}`, the desk's replies to customers of so many days.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from data_tools.faq.compare import KINDS, Change, compare, differing, word_diff
from data_tools.faq.dates import expired
from data_tools.feedback.desk import desk_store
from frontdesk.config import hours
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError, warn
from frontdesk.files import read_json, read_jsonl

Json = dict[str, Any]
DAYS = 14  # whose replies are looked through
SHOWN = 5  # changes, and expired entries, on the terminal
TOLD = 160  # characters of a change there
CONTEXT = 24  # characters of what did not change, before and after what did
NOTHING: Json = {
    "day": "",
    "counts": dict.fromkeys(KINDS, 0),
    "entries": [],
    "rests": {
        "rows": {"count": 0, "ids": [], "data": None, "model": None},
        "answers": {"count": 0, "ids": []},
        "replies": {"count": 0, "days": DAYS, "said": []},
    },
}


def changes(config: Config, before: Mapping[str, Json], after: Sequence[Json]) -> Json | None:
    """What `changes.json` says; None where nothing changed. `before`, the entries by id, is that of the run's data as it lies there."""
    found = compare(before, after)
    if not found:
        return None
    counts = Counter(change.kind for change in found)
    entries = [{"kind": one.kind, "before": _shown(one.before), "after": _shown(one.after)} for one in found]
    return {
        "day": hours.today(config.desk),
        "counts": {kind: counts[kind] for kind in KINDS},
        "entries": entries,
        "rests": _rests(config, {one.before["id"] for one in found if one.before and one.answers_changed}, before, found),
    }


def former(run: Run) -> dict[str, Json]:
    """The entries of the run's data by id; none before the first build, or where they cannot be read."""
    try:
        return {entry["id"]: entry for entry in read_jsonl(run.faq)} if run.faq.is_file() else {}
    except (UserError, KeyError) as error:
        warn(f"{run.faq}: the FAQ is not compared with the former one ({error})")
        return {}


def last(run: Run) -> Json:
    """What changed last, as far as it is known."""
    try:
        known: Json = read_json(run.changes)
    except (OSError, ValueError):
        return NOTHING
    return known


def _shown(entry: Json | None) -> Json | None:
    keys = ("id", "category", "subject", "questions", "answers", "facts", "source", "origin", "passage")
    return entry and {key: entry[key] for key in keys if key in entry}


def _rests(config: Config, gone: set[str], before: Mapping[str, Json], found: Sequence[Change]) -> Json:
    """What rests on the former entries `gone`, by their ids."""
    if not gone:
        return NOTHING["rests"]  # type: ignore[no-any-return]
    run = Run(config.name)
    rows = [row["id"] for row in _lines(run.rows(config.grounding) / "train.jsonl") if _entry_of(row) in gone]
    answers = [one["id"] for one in _lines(run.report / "answers.jsonl") if gone & {one.get("entry"), one.get("cited")}]
    said = _replies(config, gone, before, found)
    data, model = (_data_hash(path) for path in (run.manifest, run.provenance))
    return {
        "rows": {"count": len(rows), "ids": rows, "data": data, "model": model},
        "answers": {"count": len(answers), "ids": list(dict.fromkeys(answers))},
        "replies": {"count": len(said), "days": DAYS, "said": said},
    }


def _entry_of(row: Json) -> str | None:
    """The entry that a row's answer rests on; where the FAQ does not stand in the prompt, the one that it was made of."""
    if "cites" in row:
        return row["cites"]  # type: ignore[no-any-return]
    return row["id"].rsplit("#", 1)[0] if row["kind"] == "faq" else None


def _lines(path: Path) -> Iterator[Json]:
    """The lines of a file that a stage of ours wrote, one at a time; none where there is no such file."""
    try:
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)
    except FileNotFoundError:
        return
    except ValueError as error:
        warn(f"{path}: not valid JSON lines ({error}); what rests there on the FAQ's former answers is not told; make it anew")


def _data_hash(path: Path) -> str | None:
    return read_json(path).get("data_hash") if path.is_file() else None


def _replies(config: Config, gone: set[str], before: Mapping[str, Json], found: Sequence[Change]) -> list[Json]:
    """The replies of the last days. One that was given before an id changed is known by its question."""
    asked = {question: name for name in gone for question in before[name]["questions"]}
    known = before.keys() | {one.after["id"] for one in found if one.after}
    try:
        with desk_store(config) as store:
            if store is None:
                return []
            from frontdesk.store.replies import replies
            from frontdesk.store.store import now

            said = []
            for reply in replies(store, config.name, now() - DAYS * 86400):
                renamed = asked.get(reply.question, "") if not known & set(reply.entries) else ""
                if name := next((one for one in (*reply.entries, renamed) if one in gone), None):
                    said.append({"conversation": reply.conversation, "message": reply.message, "entry": name})
            return said
    except UserError as error:
        warn(f"the desk's replies were not looked through: {error}")
        return []


def told(config: Config, found: Json) -> list[str]:
    """What changed, for the terminal: the counts, the first few, and what rests on them."""
    entries = found["entries"]
    lines = [_line(change) for change in entries[:SHOWN]]
    if len(entries) > SHOWN:
        lines.append(f"  and {len(entries) - SHOWN:,} more; all are in {Run(config.name).changes}")
    numbers = [f"{number:,} {what}" for what, number in resting(found["rests"]) if number]
    return [*lines, f"  on what the FAQ no longer says rest: {', '.join(numbers)}"] if numbers else lines


def counted(counts: Mapping[str, int]) -> str:
    """The counts in words."""
    return ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS)


def resting(rests: Json) -> list[tuple[str, int]]:
    """What rests on an answer that changed, in words, and how many."""
    rows = rests["rows"]
    learned = rows["model"] is not None and rows["model"] == rows["data"]
    named = ("rows that the model has learned" if learned else "rows of the former data", "scored answers")
    return [*zip((*named, f"replies of the last {DAYS} days"), (rests[what]["count"] for what in rests), strict=True)]


def past(config: Config, entries: Iterable[Json]) -> list[str]:
    """A line where entries are past their date."""
    found = expired(entries, hours.today(config.desk))
    first = ", ".join(f"{_plain(one['questions'][0])} ({one['origin']['expires']})" for one in found[:SHOWN])
    then = "; a person is called for them" if config.answers.expired == "withhold" else "; the desk still says them (answers.expired)"
    return [f"expired  {len(found):,} of the entries: {first}{', …' if len(found) > SHOWN else ''}{then}"] if found else []


def _line(change: Json) -> str:
    """A change on one line: [-words that went-], {+words that came+}."""
    before, after = change["before"], change["after"]
    if before and after:
        text = "; ".join(f"{name}: {_marked(old, new)}" for name, old, new in differing(before, after))
    else:
        text = f"{(before or after)['questions'][0]} {(before or after)['answers'][0]}"
    text = f"  {change['kind']}  {(after or before)['id']}  {text}"
    return _plain(text if len(text) <= TOLD else text[:TOLD] + " …", "  ")


def _marked(before: str, after: str) -> str:
    around = {"": "{}", "-": "[-{}-] ", "+": "{{+{}+}} "}
    return "".join(around[sign].format(words.strip() if sign else _cut(words)) for sign, words in word_diff(before, after)).strip()


def _cut(words: str) -> str:
    return words if len(words) <= 2 * CONTEXT else f"{words[:CONTEXT]} … {words[-CONTEXT:]}"


def _plain(text: str, indent: str = "") -> str:
    """On one line, without what a terminal takes for commands."""
    return indent + " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
