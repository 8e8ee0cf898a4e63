"""Turn the FAQ and chat logs that a config names into `runs/NAME/data/`: `python -m data_tools configs/demo.yaml`."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from data_tools.conversation import ChatFile
from data_tools.dataset import Dataset, write_dataset
from data_tools.faq import Entry, join_records
from data_tools.readers import read_chat, read_faq
from data_tools.rows import chat_rows, entry_rows, split_rows
from data_tools.source import Source, find_files, read_source
from frontdesk.config import Config, config_argument, load_config
from frontdesk.errors import UserError, run
from frontdesk.run import Run

MANY = 5
"""More files than this of one folder and format are summed up in one line."""


def main() -> None:
    """Read, clean, split, write; print the counts."""
    config = load_config(config_argument("data_tools", __doc__))
    dataset = build(config)
    manifest = write_dataset(config, dataset)
    print(summary(manifest))
    print(f"\ndata {manifest['data_hash']} written to {Run(config.name).data}/")


def build(config: Config) -> Dataset:
    """Everything from the sources to the rows, in memory. Raises UserError."""
    data = config.data
    sources: list[dict[str, Any]] = []
    dropped: Counter[str] = Counter()
    faq = read_entries(data.faq, "faq", sources, dropped)
    if not faq:
        raise UserError(f"{', '.join(data.faq) or 'data.faq'}: found no FAQ entry; expected at least one with question and answer; add one")
    refusals = read_entries(data.out_of_scope, "refusal", sources, dropped)
    shared = {entry.id: entry.source for entry in faq}
    for entry in refusals:
        if entry.id in shared:
            raise UserError(f"{entry.source}: id {entry.id!r} is also at {shared[entry.id]}; expected an id once; rename one of the two")
    chats = read_chats(data.chats, data.agents, sources)
    for chat in chats:
        dropped += chat.dropped

    talks, merged = chat_rows(chats, dropped)
    messages = {"read": sum(chat.messages for chat in chats), "kept": sum(len(row.messages) for row in talks), "merged": merged}
    lost = sum(number for reason, number in dropped.items() if reason.startswith("message: "))
    assert messages["read"] == messages["kept"] + merged + lost, (messages, lost)
    rows = entry_rows(faq, "faq", dropped) + entry_rows(refusals, "refusal", dropped) + talks
    return Dataset(sources, faq, split_rows(rows, data), messages, dropped)


def read_entries(paths: tuple[str, ...], kind: str, sources: list[dict[str, Any]], dropped: Counter[str]) -> list[Entry]:
    """The entries of all files of a kind ("faq" or "refusal"), whose facts are added to `sources`."""
    texts = [read_source(path) for path in find_files(paths, "data.faq" if kind == "faq" else "data.out_of_scope")]
    read = [read_faq(text) for text in texts]
    entries = join_records([records for _, records in read], kind, dropped)
    per_file = Counter(entry.source.rsplit(":", 1)[0] for entry in entries)
    sources += [{**_describe(text, name), "entries": per_file[text.path]} for text, (name, _) in zip(texts, read, strict=True)]
    return entries


def read_chats(paths: tuple[str, ...], agents: tuple[str, ...], sources: list[dict[str, Any]]) -> list[ChatFile]:
    """The conversations of all chat exports, whose facts are added to `sources`."""
    chats = []
    for path in find_files(paths, "data.chats"):
        text = read_source(path)
        name, chat = read_chat(text, agents)
        sources.append({**_describe(text, name), "conversations": len(chat.conversations), "messages": chat.messages})
        chats.append(chat)
    return chats


def _describe(source: Source, format_name: str) -> dict[str, Any]:
    return {"path": source.path, "format": format_name, "encoding": source.encoding, "sha256": source.sha256}


def summary(manifest: dict[str, Any]) -> str:
    """The counts of a manifest, for a person."""
    lines = _sources(manifest["sources"])
    counts = manifest["messages"]
    if counts["read"]:
        lost = sum(number for reason, number in manifest["dropped"].items() if reason.startswith("message: "))
        lines.append(f"messages  {counts['read']} read = {counts['kept']} kept + {counts['merged']} merged + {lost} dropped")
    lines += [f"dropped  {number:5}  {reason}" for reason, number in manifest["dropped"].items()]
    lines += [f"rows  {split:15} {sum(kinds.values()):5}  {_list(kinds)}".rstrip() for split, kinds in manifest["rows"].items()]
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
            total = {
                unit: sum(source[unit] for source in part) for unit in ("entries", "conversations", "messages", "rows") if unit in part[0]
            }
            lines.append(f"{place}  {name}, {encoding}: " + ", ".join(f"{number} {unit}" for unit, number in total.items()))
    return lines


def _list(kinds: dict[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in kinds.items())


if __name__ == "__main__":
    run(main)
