"""Accepted candidates of the desk as rows of the kind "feedback": taken from the store, masked, given a split.

The other splits are chosen before, so a scorecard asks the same as without these rows. A row joins the group and
split of the rows that it is like; others follow a digest of their group's name. A copy across splits is dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from data_tools.conversations.turns import KEPT, Disposition
from data_tools.feedback.desk import desk_store
from data_tools.pii import Masker
from data_tools.rows.paraphrases import derive
from data_tools.rows.rows import Row, message
from data_tools.sources.text import folded
from data_tools.splits.assign import rank
from data_tools.splits.near_duplicates import Clusters, Store, grams, near_pairs, normalize
from data_tools.splits.plan import LOOKS, Plan
from frontdesk.config.schema import Config, DataConfig
from frontdesk.facts.contradictions import FaqFacts
from frontdesk.prompt.render import Message

if TYPE_CHECKING:
    from frontdesk.store.tables import Candidate

SOURCE = "feedback"
HELD, CROSSES = "a copy of a held-out row", "its question is trained, its answer is held out"
"""Why an accepted candidate is no row."""
KNOWN, LONG = "in the data already", "answer longer than train.max_length"


@dataclass
class ReviewedAnswer:
    """An accepted candidate on its way to a row."""

    id: int
    conversation: str
    kind: str
    messages: list[Message]  # the answer is the last one
    worse: str | None
    group: str  # that of `make feedback`; then the row's
    masks: tuple[str, ...] = ()
    place: int = -1  # of its question in the store of n-grams
    split: str = ""  # empty: no row
    disposition: Disposition = KEPT
    derived: list[tuple[str, str]] = field(default_factory=list)  # other wordings of the question, and how each was made

    @property
    def question(self) -> str:
        return str(self.messages[-2]["content"])

    @property
    def answer(self) -> str:
        return str(self.messages[-1]["content"])

    @property
    def name(self) -> str:
        return f"{SOURCE}:{self.id}"

    def drop(self, reason: str, outcome: str = "dropped") -> None:
        """Make it no row."""
        self.split, self.disposition = "", Disposition(outcome, reason)

    def as_json(self) -> dict[str, Any]:
        """Its line in `feedback.jsonl`."""
        line = {"id": self.id, "conversation": self.conversation, "kind": self.kind, "messages": self.messages[:-1], "answer": self.answer}
        group = self.group if self.split else ""
        return line | {"worse": self.worse, "group": group, "split": self.split, "fate": " ".join(filter(None, self.disposition))}


def accepted(config: Config, masker: Masker | None) -> list[ReviewedAnswer]:
    """The accepted candidates of a run, masked: what a reviewer wrote has not been, and the FAQ may publish other things by now."""
    with desk_store(config) as store:
        if store is None:
            return []
        from frontdesk.store.candidates import accepted as in_store

        return [_reviewed(one, masker) for one in in_store(store, config.name)]


def _reviewed(one: "Candidate", masker: Masker | None) -> ReviewedAnswer:
    texts = [*(turn["content"] for turn in one.messages), *([one.worse] if one.worse else []), one.answer]
    roles = ["customer" if turn["role"] == "user" else "agent" for turn in one.messages] + ["agent"] * (len(texts) - len(one.messages))
    masks: tuple[str, ...] = ()
    if masker:
        found = masker.mask(texts, (), roles)
        texts, masks = [each.text for each in found], tuple(span.kind for each in found for span in each.spans)
    said = [message(turn["role"], text) for turn, text in zip(one.messages, texts, strict=False)]
    context = [turn | {"weight": 0} if turn["role"] == "assistant" else turn for turn in said]
    worse = texts[-2] if one.worse and texts[-2] != texts[-1] else None
    return ReviewedAnswer(one.id, one.conversation_id, one.kind, [*context, message("assistant", texts[-1])], worse, one.group, masks)


def place(
    reviewed: Sequence[ReviewedAnswer], plan: Plan, rows: Sequence[Row], store: Store, facts: FaqFacts, data: DataConfig
) -> list[dict[str, Any]]:
    """Give each its group and split, or drop it; then other wordings to those that are trained. `rows` are the first of the plan's.

    Returns what contradicts the FAQ, as lines of `conflicts.jsonl`.
    """
    conflicts = [line for one in reviewed if (line := _conflict(one, facts))]
    known = {(normalize(row.question), folded(row.answer)) for row in rows}
    for one in reviewed:
        if (normalize(one.question), folded(one.answer)) in known and not one.worse:
            one.drop(KNOWN)
    left = [one for one in reviewed if not one.disposition.reason]
    _choose(left, plan, rows, store, data)
    held_out = [one.place for one in left if one.split in ("valid", "test")]
    _derive([one for one in left if one.split == "train"], held_out, plan, store, data)
    plan.leak["splits"]["of"] += len(held_out)
    return conflicts


def _conflict(one: ReviewedAnswer, facts: FaqFacts) -> dict[str, Any] | None:
    found = facts.contradiction(one.question, one.answer)
    if found is None:
        return None
    one.drop("contradicts the FAQ", "set aside")
    return {"source": one.name, **found._asdict(), "question": one.question, "answer": one.answer}


def _choose(reviewed: Sequence[ReviewedAnswer], plan: Plan, rows: Sequence[Row], store: Store, data: DataConfig) -> None:
    for one in reviewed:
        one.place = len(store)
        store.add(grams(one.question).tobytes())
    near = _near(store, len(store) - len(reviewed), data.seed)
    group_of = {folded(row.answer): group for row, group in zip(rows, plan.groups, strict=False) if row.kind == "faq"}
    splits = {group: split for group, split in zip(plan.groups, plan.splits, strict=True) if "_" not in split}
    for cluster in _clusters(reviewed, near):
        names = []  # of the groups that it may belong to, the likeliest first
        for one in cluster:
            names += [group_of.get(folded(one.answer), "")]
            names += [*(plan.groups[row] for row in sorted(near[one.place]) if row < len(plan.groups)), one.group]
        group = next((name for name in names if name in splits), min(one.group for one in cluster))
        split = splits.get(group) or new_split(group, data)
        for one in cluster:
            others = [row for row in near[one.place] if row not in near]  # those behind the plan's are derived and generated
            like = {plan.splits[row] if row < len(plan.splits) else "train" for row in others}
            own = splits.get(group_of.get(folded(one.answer), ""), split)
            one.group, one.split = group, split
            if like - {"train"}:
                one.drop(HELD)
            elif own != split or (like and split != "train"):
                one.drop(CROSSES)


def _near(store: Store, first: int, seed: int) -> dict[int, set[int]]:
    own = range(first, len(store))
    near: dict[int, set[int]] = {row: set() for row in own}
    for look in LOOKS:
        for other, one, _ in chain(near_pairs(store, range(first), own, seed + look), near_pairs(store, own, own, seed + look)):
            near[one].add(other)
    return near


def _clusters(reviewed: Sequence[ReviewedAnswer], near: dict[int, set[int]]) -> list[list[ReviewedAnswer]]:
    """Those that are never parted: near copies, and those with one answer."""
    clusters = Clusters(len(reviewed))
    number_of = {one.place: number for number, one in enumerate(reviewed)}
    clusters.join_all((number_of[row], number_of[other]) for row, others in near.items() for other in others if other in number_of)
    first: dict[str, int] = {}
    for number, one in enumerate(reviewed):
        clusters.join(first.setdefault(folded(one.answer), number), number)
    together: dict[int, list[ReviewedAnswer]] = {}
    for number, one in enumerate(reviewed):
        together.setdefault(clusters.root(number), []).append(one)
    return list(together.values())


def new_split(group: str, data: DataConfig) -> str:
    """The split of a group that no other row has: by its name alone."""
    share = int(rank(data.seed, group)[:12], 16) / 16**12
    return "test" if share < data.test_share else "valid" if share < data.test_share + data.valid_share else "train"


def _derive(reviewed: Sequence[ReviewedAnswer], held_out: list[int], plan: Plan, store: Store, data: DataConfig) -> None:
    """Other wordings of trained first questions: none near to a held-out row, whose reviewed ones lie at `held_out`."""
    first = [one for one in reviewed if len(one.messages) == 2]
    made = [(one, *each) for one in first for each in derive(one.question, data.min_paraphrases - 1, data.seed, one.name)]
    before = len(store)
    for _, text, _ in made:
        store.add(grams(text).tobytes())
    own = range(before, len(store))
    held = [row for row in range(len(plan.splits)) if plan.splits[row] != "train"] + held_out
    near = {one for look in LOOKS for one, _, _ in near_pairs(store, own, held, data.seed + look)}
    store.forget(near)
    for row, (one, text, how) in zip(own, made, strict=True):
        if row not in near:
            one.derived.append((text, how))
