"""`python -m data_tools CONFIG`: turn the FAQ and chat logs that a config names into `runs/NAME/data/`.

A record that cannot be read is reported and skipped; with --strict the first one ends the run. Where `model.base` is another run's
model, which serves without training, the rows that only a training reads are left out, until `make train` asks for them by --rows.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

from data_tools.changes import counted, past, told
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import run_command
from frontdesk.files import read_json, read_jsonl, whole_folder
from frontdesk.models.family import with_family
from frontdesk.models.hardware import set_up_torch
from frontdesk.models.reader import is_trained, reader

MANY = 5  # more files than this of one folder and format are summed up in one line
SHOWN = {"mended": "lines with a wrong encoding fixed", "damaged": "damaged characters", "broken": "broken records"}
"""Counts of a source, as people read them; the others as in the manifest."""


def main() -> None:
    """Read, mask, clean, split, write; print the counts."""
    options = arguments("data")
    set_up_torch()  # the encoders
    config = with_family(load_config(options.config), "data")
    from data_tools.feedback.dataset import finalize
    from data_tools.pipeline.build import build
    from data_tools.websites.crawl import crawl

    run = Run(config.name)
    trains = options.rows or config.grounding == "none" or is_trained(run) or reader(config) is None
    crawl(config)
    with whole_folder(run.data) as folder:
        manifest = build(config, folder, options.strict, options.workers, trains)
    print(summary(manifest))
    print(*faq(config, run, manifest["faq"]["changes"]), sep="\n")
    if not trains:
        print(f"{config.model.base} can serve this without training; the rows with FAQ entries are left to `make train`")
    print(*finalize(config, manifest), sep="\n", end="")
    print(f"\ndata {manifest['data_hash']} written to {run.data}/; look at {run.data}/report.html")


def faq(config: Config, run: Run, changes: dict[str, int]) -> list[str]:
    """What changed in the FAQ since the last build or update, and what is past its date."""
    more = told(config, read_json(run.changes)) if any(changes.values()) else []
    return [f"faq  since the last build or update: {counted(changes)}", *more, *past(config, read_jsonl(run.faq))]


def summary(manifest: dict[str, Any]) -> str:
    """The counts of a manifest, for a person."""
    lines = _sources(manifest["sources"])
    counts = manifest["messages"]
    if counts["read"]:
        outcomes = " + ".join(f"{counts[outcome]} {outcome}" for outcome in ("kept", "merged", "capped", "set aside"))
        lines.append(f"messages  {counts['read']} read = {outcomes} + {sum(counts['dropped'].values())} dropped; {counts['masked']} masked")
    lines += [f"dropped  {number:5}  message: {reason}" for reason, number in counts["dropped"].items()]
    lines += [f"dropped  {number:5}  conversation: {reason}" for reason, number in manifest["conversations"]["dropped"].items()]
    lines += [f"dropped  {number:5}  {reason}" for reason, number in manifest["faq"]["dropped"].items()]
    if drafts := manifest["faq"].get("drafts"):
        lines.append(f"drafted {drafts['written']:5}  questions; {sum(drafts['dropped'].values())} dropped")
    lines += [f"rows  {split:15} {sum(kinds.values()):5}  {_list(kinds)}".rstrip() for split, kinds in manifest["rows"].items()]
    if grounded := manifest.get("grounded"):
        lines.append(f"with FAQ {'train':11} {sum(grounded['rows']['train'].values()):5}  {_list(grounded['rows']['train'])}")
        lines += [f"dropped  {number:5}  with FAQ: {reason}" for reason, number in grounded["dropped"].items()]
    random, split = (manifest["leak"][way] for way in ("random", "splits"))
    lines.append(
        f"leak  {split['exact']} exact and {split['near']} near copies of {split['of']} held-out rows are trained "
        f"(split at random: {random['exact']:g} and {random['near']:g})"
    )
    return "\n".join(lines)


def _sources(sources: list[dict[str, Any]]) -> list[str]:
    """A line for each source, or for the many of one folder and format together."""
    alike: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for source in sources:
        alike[(Path(source["path"]).parent.as_posix(), source["format"], source["encoding"])].append(source)
    lines = []
    for (folder, name, encoding), members in alike.items():
        for part in [members] if len(members) > MANY else [[member] for member in members]:
            place = f"{folder}/ ({len(part)} files)" if len(part) > 1 else part[0]["path"]
            units = ("entries", "conversations", "messages", "broken", "mended", "damaged", "rows")  # keys of the manifest
            total = {unit: sum(source[unit] for source in part) for unit in units}
            shown = [f"{number} {SHOWN.get(unit, unit)}" for unit, number in total.items() if number]
            lines.append(f"{place}  {name}, {encoding}: " + (", ".join(shown) or "nothing"))
    return lines + [_pages(source) for source in sources if "pages" in source]


def _pages(site: dict[str, Any]) -> str:
    """How the pages of a website were read, and what was not."""
    skipped = f"; skipped: {_list(site['skipped'])}" if site["skipped"] else ""
    return f"{site['path']}  pages: {_list(site['pages']) or 'none'}, {site['passages']} passages{skipped}"


def _list(kinds: dict[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in kinds.items())


if __name__ == "__main__":
    run_command(main)
