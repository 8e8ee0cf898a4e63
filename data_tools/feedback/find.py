"""Finds candidates for review in the store of a run's desk: see data_tools/feedback/__main__.py."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_tools.feedback.desk import desk_store
from data_tools.feedback.faq_gaps import offer
from data_tools.feedback.mining import found, masked, read_talks
from data_tools.pii import Masker, allowed
from data_tools.rows.rows import SPLITS
from data_tools.sources.text import folded
from data_tools.splits.near_duplicates import Clusters, Store, grams, near_pairs, normalize
from frontdesk.commands import arguments
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import UserError
from frontdesk.files import read_jsonl
from frontdesk.store.candidates import KINDS, Found

if TYPE_CHECKING:
    from frontdesk.store.store import Store as Conversations
    from frontdesk.store.tables import Candidate

NAMES = {
    "unanswered": "questions without an answer",
    "edit": "replies that an agent changed",
    "agent": "answers of agents",
    "thumbs": "answers that a customer liked",
}


def main() -> None:
    """Take the candidates into the store and print how many there are."""
    config = load_config(arguments("feedback").config)
    if not Run(config.name).manifest.is_file():
        raise UserError(f"{Run(config.name).manifest}: no data; expected the run's; run `make data CONFIG=configs/{config.name}.yaml`")
    with desk_store(config) as store:
        if store is None:
            raise UserError(f"{Run(config.name).store}: no such store; expected the conversations of a desk; run `make serve` first")
        print(feedback(config, store))


def feedback(config: Config, store: "Conversations") -> str:
    """Bring the candidates up to date. Returns a table for people."""
    from frontdesk.store import candidates

    conversations, kept = collect(config, store)
    changes = candidates.take_in(store, config.name, kept)
    counts = candidates.counts(store, config.name)
    lines = [f"{conversations} conversations: {changes.added} candidates added, {changes.changed} changed, {changes.withdrawn} withdrawn"]
    lines += table(counts)
    lines += offer(config, store)
    if waiting := sum(counts[kind, "new"] for kind in KINDS):
        lines.append(f"review the {waiting} new ones in the desk's console, /desk; `make data train` takes up the accepted ones")
    return "\n".join(lines)


def table(counts: Counter[tuple[str, str]]) -> list[str]:
    """The numbers of candidates by kind and status."""
    states = ("new", "accepted", "rejected")
    head = "".join(f"{state:>10}" for state in states)
    return [f"{'':32}{head}"] + [f"{NAMES[kind]:32}" + "".join(f"{counts[kind, state]:10}" for state in states) for kind in KINDS]


def collect(config: Config, store: "Conversations") -> tuple[int, list[Found]]:
    """The number of conversations, and all candidates: masked, clustered, grouped, without what is known."""
    from frontdesk.store import candidates

    data = Run(config.name).data
    published = chain.from_iterable((*entry["questions"], *entry["answers"]) for entry in read_jsonl(data / "faq.jsonl"))
    masker = Masker(allowed((*config.data.allowlist, *published), config.company)) if config.data.mask else None
    number, several = 0, list[Found]()
    for number, talk in enumerate(read_talks(store, config.name), 1):  # noqa: B007 - the last one is their number
        several += found(masked(talk, masker)) if found(talk) else []
    several = with_clusters(several, [one for one in candidates.candidates(store, run=config.name) if one.status != "new"])
    trained = list(chain.from_iterable(read_jsonl(data / f"{split}.jsonl") for split in SPLITS))
    said = [[str(one["content"]) for one in row["messages"]] for row in trained]
    known = {(normalize(question), folded(answer)) for texts in said for question, answer in zip(texts[::2], texts[1::2], strict=True)}
    # What the data has and the bot did not say makes a pair all the same.
    several = [one for one in several if one.worse or (normalize(str(one.messages[-1]["content"])), folded(one.answer)) not in known]
    return number, list(grouped(several, trained))


def with_clusters(several: Sequence[Found], decided: Sequence["Candidate"]) -> list[Found]:
    """Of unanswered questions that are near copies the first, with their number; none that a person has answered or put aside."""
    rejected = {one.message_id for one in decided if one.status == "rejected"}
    settled = [with_the_one_before(one.messages) for one in decided if one.status == "accepted" or one.kind == "unanswered"]
    settled += [with_the_one_before(one.messages) for one in several if one.kind in ("edit", "agent") and one.message_id not in rejected]
    open_ones = [one for one in several if one.kind == "unanswered"]
    texts = [*settled, *(with_the_one_before(one.messages) for one in open_ones)]
    clusters = Clusters(len(texts))
    clusters.join_all(near(texts, range(len(texts)), range(len(texts))))
    roots = [clusters.root(place) for place in range(len(settled), len(texts))]  # the first of a cluster: a settled one, if it has any
    first: dict[int, Found] = {}
    for root, one in zip(roots, open_ones, strict=True):
        first.setdefault(root, one)
    sizes = Counter(roots)
    kept = [one._replace(size=sizes[root]) for root, one in first.items() if root >= len(settled)]
    return [one for one in several if one.kind != "unanswered"] + kept


def with_the_one_before(messages: Sequence[dict[str, Any]]) -> str:
    """The question with the one before it: "and how long?" is not one question."""
    return "\n".join(str(one["content"]) for one in messages[-3::2])


def near(texts: Sequence[str], some: Sequence[int], others: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of places of near copies, one of `some` and one of `others`, the most similar first."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-") as folder, Store(Path(folder) / "grams") as store:
        for text in texts:
            store.add(grams(text).tobytes())
        pairs = sorted(near_pairs(store, some, others, 0), key=lambda pair: -pair[2])
        return [(one, other) for one, other, _ in pairs]


def grouped(several: Sequence[Found], trained: Sequence[dict[str, Any]]) -> Iterator[Found]:
    """Each with its group: that of a row with the same answer or the nearest question, or else one that it shares with its near copies."""
    rows = [row for row in trained if len(row["messages"]) == 2]
    answers = {folded(str(row["messages"][-1]["content"])): row["group"] for row in rows if row["kind"] != "refusal"}
    texts = [*(str(row["messages"][0]["content"]) for row in rows), *(str(one.messages[-1]["content"]) for one in several)]
    own = range(len(rows), len(texts))
    like: dict[int, str] = {}
    for one, row in near(texts, own, range(len(rows))):
        like.setdefault(one, rows[row]["group"])
    clusters = Clusters(len(texts))
    clusters.join_all(near(texts, own, own))
    for place, candidate in zip(own, several, strict=True):
        first = several[clusters.root(place) - len(rows)]
        group = answers.get(folded(candidate.answer)) or like.get(place) or f"feedback:{first.message_id}"
        yield candidate._replace(group=group)
