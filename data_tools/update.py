"""`python -m data_tools.update CONFIG`: read the FAQ again while the desk is open.

Only `faq.jsonl` is rewritten, nothing is trained. An entry keeps its split and its held-out wordings, on which it
is tested, and its drafted wordings as long as its answers stay; `make data` starts over. What changed is told, and
written to `changes.json` (data_tools/changes.py).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from data_tools.changes import changes, counted, past, told
from data_tools.faq.compare import DIGEST, KINDS, matched
from data_tools.faq.entries import FaqEntry
from data_tools.faq.load import load_faq
from data_tools.sources.files import inputs
from data_tools.sources.reading import Reading
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import UserError, run_command
from frontdesk.files import read_jsonl, write_json, write_jsonl


def main() -> None:
    """Update the run's FAQ and print what has changed."""
    print(update(load_config(arguments("update").config)))


def update(config: Config) -> str:
    """Rewrite the run's `faq.jsonl` and report what has changed: a line, and a few more where something has.

    Raises UserError, and the old file stays.
    """
    run = Run(config.name)
    path = run.faq
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected the FAQ of data that is made; run `make data CONFIG=configs/{config.name}.yaml`")
    before = {entry["id"]: entry for entry in read_jsonl(path)}
    found, lost = read(config)
    keep_ids(found, before)
    former = {entry.id: before.get(entry.id, {}) for entry in found}  # of which split and held-out wordings stay
    for entry in found:
        if former[entry.id].get("answers") == entry.answers:
            entry.drafted = former[entry.id].get("drafted", [])
    after = [one.as_json(former[one.id].get("split", "train"), former[one.id].get("held_out", ())) for one in found]
    after += [entry for name, entry in before.items() if name not in former and _is_of(entry, lost)]
    if after != list(before.values()):
        write_jsonl(path, after)  # first of all: the desk waits for it
    changed = changes(config, before, after)
    if changed:
        write_json(run.changes, changed)
    counts = changed["counts"] if changed else dict.fromkeys(KINDS, 0)
    lines = [*(told(config, changed) if changed else []), *past(config, after)]
    return "\n".join([f"{path}: {counted(counts)}; {len(after)} in all", *lines])


def read(config: Config) -> tuple[list[FaqEntry], set[str]]:
    """The entries of the FAQ, the documents, the websites' copies and the additions, as `make data` reads them, and the files
    that cannot be read now, of which what was known stays. Raises UserError."""
    with inputs() as opened:
        reading = Reading(opened)
        found = load_faq(reading, config.data, Counter(), Run(config.name))
        reading.report_skipped()
    return found, {path for path, _ in reading.inputs.skipped}


def _is_of(entry: dict[str, Any], paths: set[str]) -> bool:
    """Whether an entry stands in one of the files, or in a file of one that is an archive."""
    file = str(entry["source"]).rsplit(":", 1)[0]
    return any(file == path or file.startswith(f"{path}/") for path in paths)


def keep_ids(found: Sequence[FaqEntry], before: Mapping[str, dict[str, Any]]) -> None:
    """An entry whose id is a new digest, since its answer was edited, gets the id of the former entry that it was."""
    known = matched(before, [entry.as_json("", ()) for entry in found])
    for entry in found:
        name = known.get(entry.id, "")
        if DIGEST.fullmatch(entry.id) and DIGEST.fullmatch(name):
            entry.id = name


if __name__ == "__main__":
    run_command(main)
