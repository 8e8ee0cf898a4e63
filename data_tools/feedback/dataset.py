"""Rows of reviewed answers in the files of a run's data, and pairs that prefer what a person wrote to what the bot had said.

`feedback.jsonl`, there where candidates were accepted: `{"id", "conversation", "kind", "messages", "answer", "worse", "group", "split",
"fate"}`, one for each, masked; `split` and `group` are "" for one that became no row. `preferences.jsonl`, there where there are pairs,
beside the rows that are trained (in `grounded/` where the FAQ stands in the prompt): `{"prompt": messages, "chosen": [message],
"rejected": [message], "group", "source"}`; prompt and chosen are those of a trained row.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_tools.feedback.desk import desk_store
from data_tools.feedback.faq_gaps import offer
from data_tools.feedback.rows import LONG, SOURCE, ReviewedAnswer
from data_tools.output.dataset import Rows
from data_tools.output.ledger import Ledger
from data_tools.rows.rows import message
from data_tools.sources.reading import Account
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.files import read_jsonl, write_jsonl
from frontdesk.prompt.render import length

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def account(reviewed: Sequence[ReviewedAnswer], folder: Path) -> Account:
    """Their line among the sources, for the messages that the ledger has. Writes `feedback.jsonl`."""
    path = folder / "feedback.jsonl"
    write_jsonl(path, (one.as_json() for one in reviewed))
    return Account.written(SOURCE, "accepted candidates", path, messages=len(reviewed))


def write(reviewed: Sequence[ReviewedAnswer], rows: Rows, ledger: Ledger) -> None:
    """Their rows, and a line in the ledger for each answer."""
    for one in reviewed:
        if one.split and not rows.write(one.split, one.name, one.messages, SOURCE, one.group, one.name):
            one.drop(LONG)
        for number, (text, how) in enumerate(one.derived if one.split else [], 1):
            turns = [message("user", text), one.messages[-1]]
            rows.write("train", f"{one.name}.{number}", turns, SOURCE, one.group, one.name, how)
        rows.sample(one.answer, one.masks)
        ledger.write(one.conversation, [one.name], [one.disposition], [one.masks])


def write_preferences(reviewed: Sequence[ReviewedAnswer], folder: Path, tokenizer: "PreTrainedTokenizerBase", max_length: int) -> int:
    """The pairs of the trained rows in `folder`; no file where there are none. Returns their number."""
    worse = {one.name: one.worse for one in reviewed if one.worse}
    pairs = []
    for row in read_jsonl(folder / "train.jsonl") if worse else []:
        rejected = worse.get(row["id"])
        if rejected is None or row["messages"][-1]["content"] == rejected:
            continue
        prompt = [{key: turn[key] for key in ("role", "content")} for turn in row["messages"][:-1]]
        chosen, other = row["messages"][-1], message("assistant", rejected)
        if length(tokenizer, [*prompt, other]) <= max_length:
            pairs.append({"prompt": prompt, "chosen": [chosen], "rejected": [other], "group": row["group"], "source": row["source"]})
    if pairs:
        write_jsonl(folder / "preferences.jsonl", pairs)
    return len(pairs)


def counts(reviewed: Sequence[ReviewedAnswer], pairs: int) -> dict[str, Any]:
    """Their part of the manifest."""
    lost = Counter(one.disposition.reason for one in reviewed if one.disposition.reason)
    trained = sum(one.split == "train" for one in reviewed)
    return {"accepted": len(reviewed), "trained": trained, "pairs": pairs, "lost": dict(sorted(lost.items()))}


def finalize(config: Config, manifest: dict[str, Any]) -> list[str]:
    """Once the data is whole: note in the store which candidates it has, and offer to the FAQ what it lacks. Returns lines for people."""
    numbers = manifest.get("feedback")
    if not numbers:
        return []
    from frontdesk.store.candidates import trained

    lost = "".join(f", {number} {reason}" for reason, number in numbers["lost"].items())
    lines = [f"feedback  {numbers['accepted']} accepted: {numbers['trained']} trained, {numbers['pairs']} preference pairs{lost}"]
    with desk_store(config) as store:
        assert store is not None
        rows = read_jsonl(Run(config.name).data / "feedback.jsonl")
        trained(store, [row["id"] for row in rows if row["split"]], config.name)
        return lines + offer(config, store)
