"""`python -m data_tools.update CONFIG`: read the FAQ again while the desk is open.

Only `faq.jsonl` is rewritten, nothing is trained. An entry keeps its split and its held-out wordings, on which it
is tested; `make data` starts over.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from data_tools.faq.entries import FaqEntry
from data_tools.faq.load import load_faq
from data_tools.sources.files import inputs
from data_tools.sources.reading import Reading
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import UserError, run_command
from frontdesk.files import read_jsonl, write_jsonl

DIGEST = re.compile(r"faq-[0-9a-f]{10}")  # the id of an entry that has none of its own: it changes with the answer


def main() -> None:
    """Update the run's FAQ and print what has changed."""
    print(update(load_config(arguments("update").config)))


def update(config: Config) -> str:
    """Rewrite the run's `faq.jsonl` and report in one line what has changed. Raises UserError, and the old file stays."""
    path = Run(config.name).faq
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected the FAQ of data that is made; run `make data CONFIG=configs/{config.name}.yaml`")
    before = {entry["id"]: entry for entry in read_jsonl(path)}
    found = read(config)
    keep_ids(found, before)
    former = {entry.id: before.get(entry.id, {}) for entry in found}  # of which split and held-out wordings stay
    after = {one.id: one.as_json(former[one.id].get("split", "train"), former[one.id].get("held_out", ())) for one in found}
    if list(after.values()) != list(before.values()):
        write_jsonl(path, after.values())
    added, removed = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    changed = sum(_said(after[name]) != _said(before[name]) for name in after.keys() & before.keys())
    return f"{path}: {added} entries added, {changed} changed, {removed} removed; {len(after)} in all"


def read(config: Config) -> list[FaqEntry]:
    """The entries of `data.faq` as `make data` reads them, and of websites as it read them last. Raises UserError."""
    with inputs() as opened:
        reading = Reading(opened)
        found = load_faq(reading, config.data, Run(config.name).websites, Counter())
        reading.report_skipped()
    return found


def keep_ids(found: Sequence[FaqEntry], before: dict[str, dict[str, Any]]) -> None:
    """An entry whose id is a new digest, since its answer was edited, gets the id of the former entry that has most of its questions."""
    ids = {entry.id for entry in found}
    gone = {name: set(entry["questions"]) for name, entry in before.items() if name not in ids and DIGEST.fullmatch(name)}
    for entry in found:
        if entry.id not in before and DIGEST.fullmatch(entry.id):
            asked = {wording.text for wording in entry.questions}
            best = max(gone, key=lambda name: len(gone[name] & asked), default="")
            if best and gone[best] & asked:
                del gone[best]
                entry.id = best


def _said(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "source"}


if __name__ == "__main__":
    run_command(main)
