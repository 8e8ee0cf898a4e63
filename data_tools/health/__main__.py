"""What is wrong with the FAQ: near duplicates, contradictions, entries nobody asks or understands, questions without an entry.

    python -m data_tools.health configs/demo.yaml     # after make data; with what the desk's store has, where there is one

Writes `runs/NAME/health/`: `index.html`, and `health.json`, which the tab Health of the console shows: {"name", "date", "entries",
"conversations": {"desk", "logs"}, "questions", "pairs": [{"kind", "said", "entries": [two]}], "unclear": [entry | {"given", "again",
"down", "called", "conversations"}], "unasked": [entry], "gaps": [{"id", "question", "answer", "customers", "a_week" where all days are
known, "asked": [{"conversation", "question", "answer"}]}]}; an entry is {"id", "question", "answer", "source", "passage"}. An answer that
is "" was not drafted: agents say something else each time. All of conversations is masked, whatever `data.mask` says.
"""

import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from data_tools.feedback.desk import desk_store
from data_tools.feedback.mining import masked, read_talks
from data_tools.health.drafts import gaps, weeks
from data_tools.health.pairs import pairs
from data_tools.health.questions import Reader, logged
from data_tools.pii import Masker, allowed
from frontdesk.answers.knowledge import read_entries
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import UserError, run_command
from frontdesk.facts.entries import Entry
from frontdesk.files import read_jsonl, whole_folder, write_json
from frontdesk.reports.numbers import counted
from frontdesk.reports.page import write_page
from frontdesk.retrieval.vectors import load_vectors
from frontdesk.terminal import track

if TYPE_CHECKING:
    from frontdesk.store.store import Store

FEWEST = 2  # conversations in which an entry was not understood, for it to be listed
SHOWN = 100
"""So many items of a list are shown on the page; `health.json` has all."""


def main() -> None:
    """Look, write, and print the counts."""
    config = load_config(arguments("health").config)
    run = Run(config.name)
    if not run.manifest.is_file():
        raise UserError(f"{run.manifest}: no data; expected the run's; run `make data CONFIG=configs/{config.name}.yaml`")
    with desk_store(config) as store:
        found = health(config, run, store)
    with whole_folder(run.health) as folder:
        write_page(folder / "index.html", "data_tools.health", "health.jinja", health=found, SHOWN=SHOWN)
        write_json(folder / "health.json", found)
    print(summary(found))
    print(f"health: look at {run.health}/index.html, or accept drafts in the desk's console, /desk")


def health(config: Config, run: Run, store: "Store | None") -> dict[str, Any]:
    """What `health.json` has. Raises UserError where the store does not serve."""
    entries = read_entries(run.faq)
    talks = {"desk": list(read_talks(store, config.name)) if store else [], "logs": list(logged(read_logs(run)))}
    masker = Masker(allowed((*config.data.allowlist, *chain.from_iterable(one.texts for one in entries)), config.company))
    reader = Reader(entries, config.company)
    number = sum(map(len, talks.values()))
    for talk in track(chain(*talks.values()), "reading conversations", number, "conversations"):
        reader.read(masked(talk, masker))
    decisions = read_jsonl(run.decisions) if run.decisions.is_file() else []
    decided = [line["asked"][0]["question"] for line in decisions if line["decision"] != "new"]
    vectors = load_vectors(run.vectors, config.encoder)
    known = weeks(reader.lacking)
    unclear = sorted(
        (one for one in entries if len(reader.use[one.id].troubled) >= FEWEST), key=lambda one: -len(reader.use[one.id].troubled)
    )
    return {
        "name": config.name,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "entries": len(entries),
        "conversations": {name: len(some) for name, some in talks.items()},
        "questions": reader.questions,
        "pairs": [{"kind": one.kind, "said": one.said, "entries": list(map(shown, one[1:3]))} for one in pairs(entries, vectors)],
        "unclear": [shown(one) | reader.use[one.id].as_json() for one in unclear],
        "unasked": [shown(one) for one in entries if one.id not in reader.asked] if number else [],
        "gaps": [one.as_json(known) for one in gaps(reader.lacking, decided)],
    }


def read_logs(run: Run) -> list[dict[str, Any]]:
    """The masked conversations of the build; none without `data.mask`."""
    return read_jsonl(run.conversations) if run.conversations.is_file() else []


def shown(entry: Entry) -> dict[str, Any]:
    """An entry as a reader of the report sees it."""
    question = entry.questions[0] if entry.questions else entry.subject
    return {"id": entry.id, "question": question, "answer": entry.answers[0], "source": entry.source, "passage": entry.passage}


def summary(found: dict[str, Any]) -> str:
    """The counts, for a person."""
    kinds = [pair["kind"] for pair in found["pairs"]]
    drafts = sum(bool(one["answer"]) for one in found["gaps"])
    talks = " and ".join(f"{number} of the {name}" for name, number in found["conversations"].items())
    return "\n".join(
        [
            f"health  {counted(found['entries'], 'entry', 'entries')}, {counted(found['questions'], 'question')} in conversations: {talks}",
            f"health  {counted(len(kinds) - kinds.count('words'), 'contradiction')}, {kinds.count('words')} near duplicates that differ, "
            f"{len(found['unclear'])} not understood, {len(found['unasked'])} never asked for",
            f"health  {counted(len(found['gaps']), 'question')} of several customers without an entry, {drafts} with a draft",
        ]
    )


if __name__ == "__main__":
    run_command(main)
