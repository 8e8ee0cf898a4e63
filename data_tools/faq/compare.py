"""What changed between two states of an FAQ: which entry is which, and what it said before and says now. An entry is a line of `faq.jsonl`.

An entry whose id is a digest has a new one when its answer is edited, and the numbers of a page's passages move
when one is added before them. So texts tell which entry is which where ids do not.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

from rapidfuzz.distance import Indel
from rapidfuzz.fuzz import ratio

Json = dict[str, Any]
Kind = Literal["changed", "removed", "added", "moved"]
KINDS: tuple[Kind, ...] = ("changed", "removed", "added", "moved")
FIELDS = ("answers", "questions", "facts", "category", "subject")
DIGEST = re.compile(r"faq-[0-9a-f]{10}")
"""The id of an entry that has none of its own: it changes with the answer."""
CANDIDATES = 50  # former passages of one section with which a new one is compared, those next in order
WORD = re.compile(r"(\S+)(\s*)")


class Change(NamedTuple):
    """`moved`: the same text stands elsewhere. What is added has no `before`, what is removed no `after`."""

    kind: Kind
    before: Json | None
    after: Json | None

    @property
    def answers_changed(self) -> bool:
        """Whether what was said before is no longer what the FAQ says."""
        return self.before is not None and (self.after is None or self.before["answers"] != self.after["answers"])


def compare(before: Mapping[str, Json], after: Sequence[Json]) -> list[Change]:
    """What changed, in the order of KINDS. `before`: by id."""
    former = matched(before, after)
    still = set(former.values())
    changes = [Change("removed", one, None) for name, one in before.items() if name not in still]
    for one in after:
        known = before.get(former.get(one["id"], ""))
        if known is None:
            changes.append(Change("added", None, one))
        elif _text(known) != _text(one):
            changes.append(Change("changed", known, one))
        elif _place(known) != _place(one):
            changes.append(Change("moved", known, one))
    return sorted(changes, key=lambda change: KINDS.index(change.kind))


def _text(entry: Json) -> list[Any]:
    """What it tells; the question of a passage is its heading, and so its place."""
    keys = ("answers", "facts") if entry.get("passage") else FIELDS
    return [*(entry[key] for key in keys), entry.get("origin", {}).get("expires")]


def _place(entry: Json) -> list[Any]:
    """Where it stands. Its line is of no interest, nor the number of its page."""
    return [_file(entry), *(entry.get("origin", {}).get(key) for key in ("title", "heading", "url"))]


def _file(entry: Json) -> str:
    return str(entry["source"]).rsplit(":", 1)[0]


def matched(before: Mapping[str, Json], after: Sequence[Json]) -> dict[str, str]:
    """The former id of each entry that was there before, by its id now."""
    found: dict[str, str] = {}
    left = _Left(before)

    def pair(former: Callable[[Json], str | None]) -> None:
        for one in after:
            if one["id"] not in found and (name := former(one)) in left.entries:
                found[one["id"]] = name
                left.take(name)

    pair(lambda one: None if _renumbered(before.get(one["id"]), one) else one["id"])
    texts = {tuple(one["answers"]): name for name, one in left.entries.items() if one.get("passage")}
    pair(lambda one: texts.get(tuple(one["answers"])) if one.get("passage") else None)
    pair(left.nearest)
    pair(lambda one: one["id"])
    return found


def _renumbered(known: Json | None, one: Json) -> bool:
    """Whether the id may be that of another passage now."""
    return known is not None and bool(one.get("passage")) and known["answers"] != one["answers"]


class _Left:
    """Former entries that are not found yet, and the marks by which one with another id may be found."""

    def __init__(self, before: Mapping[str, Json]) -> None:
        self.entries = dict(before)
        self.marked: defaultdict[Any, dict[str, None]] = defaultdict(dict)
        for name, entry in before.items():
            for mark in _marks(entry):
                self.marked[mark][name] = None

    def take(self, name: str) -> None:
        """It is found."""
        for mark in _marks(self.entries.pop(name)):
            del self.marked[mark][name]

    def nearest(self, one: Json) -> str | None:
        """The one with most of its questions; of a section's passages the one with the most similar text."""
        shared: defaultdict[str, int] = defaultdict(int)
        for mark in _marks(one):
            for name in islice(self.marked.get(mark, ()), CANDIDATES):
                shared[name] += 1
        text = "\n".join(one["answers"])
        return max(shared, key=lambda name: (shared[name], ratio(text, "\n".join(self.entries[name]["answers"]))), default=None)


def _marks(entry: Json) -> set[Any]:
    """Its questions, where its id is no name that somebody gave it; of a passage its section, too."""
    if entry.get("passage"):
        origin = entry.get("origin", {})
        return {*entry["questions"], (_file(entry), origin.get("heading"), origin.get("page"))}
    return set(entry["questions"]) if DIGEST.fullmatch(entry["id"]) else set()


def differing(before: Json, after: Json) -> list[tuple[str, str, str]]:
    """What differs between the two states of an entry that changed or moved: the name of each field, and its texts."""
    fields = [(key, *("\n".join([of[key]] if isinstance(of[key], str) else of[key]) for of in (before, after))) for key in FIELDS]
    origins = [of.get("origin", {}) for of in (before, after)]
    fields += [(key, *(origin.get(key, "") for origin in origins)) for key in ("title", "heading", "url", "expires")]
    return [(name, old, new) for name, old, new in [*fields, ("file", _file(before), _file(after))] if old != new]


def word_diff(before: str, after: str) -> list[tuple[str, str]]:
    """Both texts in one, as (sign, words): "" in both, "-" only before, "+" only after."""
    old, new = WORD.findall(before), WORD.findall(after)
    parts: list[tuple[str, str]] = []
    gone = come = ""

    def text(words: Iterable[tuple[str, str]]) -> str:
        return "".join(word + blank for word, blank in words)

    for step in Indel.opcodes([word for word, _ in old], [word for word, _ in new]):
        if step.tag == "equal":
            parts += [("-", gone), ("+", come), ("", text(new[step.dest_start : step.dest_end]))]
            gone = come = ""
        else:
            gone += text(old[step.src_start : step.src_end])
            come += text(new[step.dest_start : step.dest_end])
    return [part for part in (*parts, ("-", gone), ("+", come)) if part[1]]
