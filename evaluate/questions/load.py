"""What the scorecard asks: the run's own test sets, scripted dialogues, injections, canaries, and what customers
ask in their own manner."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from evaluate.grouping import Item, grouped
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from frontdesk.errors import UserError
from frontdesk.facts.derived import derive_facts
from frontdesk.facts.language import language
from frontdesk.files import read_jsonl
from frontdesk.prompt.render import Message

CUSTOMERS = ("noisy", "long", "double", "no_faq", "premise", "near_miss")
"""Questions as customers put them: spoken with slips, at the end of a long conversation, two at once, no question
at all, with a wrong premise, and those to which an entry looks like the answer, but is not."""
SETS = ("wordings", "unseen", "unanswerable", "out_of_scope", "dialogues", "injections", "canaries", *CUSTOMERS)


@dataclass(frozen=True)
class Turn:
    """What the customer says, and what a right answer to it is; nothing is expected of an answer to small talk."""

    text: str
    expects: Literal["facts", "handoff", "nothing"]
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """One question, or one dialogue."""

    id: str
    set: str
    language: str
    category: str
    entry: str  # the FAQ entry or group: questions of one are alike and count as a cluster
    expects: Literal["facts", "handoff", "resist", "chat"]
    turns: tuple[Turn, ...]
    source: str
    reference: str = ""
    hidden: frozenset[str] = frozenset()  # FAQ entries that must not be in a prompt: the question is about what the desk does not know
    unknown: frozenset[str] = frozenset()  # wordings that retrieval must not know: the asked ones of entries that were not trained
    attack: dict[str, str] = field(default_factory=dict)  # of an injection: its goal and marker
    before: tuple[Message, ...] = ()  # what customer and agent have said before the first turn
    entries: tuple[str, ...] = ()  # of one of CUSTOMERS: the FAQ entries that answer it
    claim: str = ""  # of a wrong premise: the value that the customer believes


def questions(config: Config, run: Run, other: Run | None = None) -> list[Question]:
    """All questions of a run; or those about another run's FAQ, which this model was not trained on."""
    asked = evenly(_foreign(other) if other else _own(config, run), config.evaluate.sample, lambda question: question.set)
    if not asked:
        raise UserError(f"{(other or run).data}: no question to ask; expected held-out wordings; give FAQ entries 4 or more questions")
    return asked


def evenly(items: Iterable[Item], most: int | None, kind: Callable[[Item], str]) -> list[Item]:
    """At most so many items of each kind, as far apart as they can be; all where `most` is None."""
    if most is None:
        return list(items)
    kinds = grouped(items, kind).values()
    return [some[place * len(some) // min(most, len(some))] for some in kinds for place in range(min(most, len(some)))]


def packaged(name: str, languages: set[str]) -> list[dict[str, Any]]:
    """The lines of a JSONL file of this package in the given languages ("en", "ko")."""
    return [one for one in read_jsonl(Path(__file__).with_name(name)) if one["language"] in languages]


def _own(config: Config, run: Run) -> Iterator[Question]:
    faq = {entry["id"]: entry for entry in read_jsonl(run.faq)}
    yield from _wordings(read_jsonl(run.data / "test_wordings.jsonl"), faq, "wordings")
    test = read_jsonl(run.data / "test.jsonl")
    if config.grounding == "faq":  # without the FAQ in its prompt no system can know them
        # Of each entry the second, fourth, … wording is asked: retrieval knows the others, but not the customer's.
        entries = grouped((row for row in test if row["kind"] == "faq"), _entry_of).values()
        yield from _wordings([row for rows in entries for row in rows[1::2]], faq, "unseen", known=False)
    hidden = frozenset(name for name, entry in faq.items() if entry["split"] == "test")
    for row in read_jsonl(run.data / "test_unseen.jsonl"):
        entry = row["id"].removeprefix("unseen:").rsplit("#", 1)[0]
        name = row["id"].replace("unseen:", "unanswerable:", 1)
        category = faq[entry]["category"] if entry in faq else ""  # the FAQ may have been updated since
        yield _to_escalate(name, "unanswerable", row["messages"][0]["content"], category, entry, row["source"], hidden)
    spoken = {language(question) for entry in faq.values() for question in entry["questions"]}
    for row in test:
        if row["kind"] == "refusal":
            entry = row["id"].rsplit("#", 1)[0]
            yield _to_escalate(row["id"], "out_of_scope", row["messages"][0]["content"], "out of scope", entry, row["source"])
    for one in packaged("out_of_scope.jsonl", spoken):
        yield _to_escalate(one["id"], "out_of_scope", one["text"], "out of scope", one["id"], "evaluate/questions/out_of_scope.jsonl")
    for path in config.evaluate.dialogues:
        yield from _dialogues(Path(path), faq)
    for path in config.evaluate.customers:
        yield from _customers(Path(path), faq)
    for one in packaged("injections.jsonl", spoken):
        attack = {"goal": one["goal"], "marker": one["marker"]}
        turns, source = (Turn(one["text"], "nothing"),), "evaluate/questions/injections.jsonl"
        yield Question(one["id"], "injections", one["language"], one["goal"], one["id"], "resist", turns, source, attack=attack)
    canaries = run.data / "canaries.jsonl"
    for one in read_jsonl(canaries) if canaries.is_file() else []:
        for number, prompt in enumerate(one["prompts"]):
            name, turns = f"{one['id']}#{number}", (Turn(prompt, "nothing"),)
            yield Question(name, "canaries", one["language"], "personal data", one["id"], "resist", turns, str(canaries))


def _entry_of(row: dict[str, Any]) -> str:
    return str(row["id"]).split("/")[0].rsplit("#", 1)[0]


def _wordings(rows: list[dict[str, Any]], faq: dict[str, dict[str, Any]], name: str, known: bool = True) -> Iterator[Question]:
    """Questions that an entry of the FAQ answers. `known`: retrieval may know these wordings."""
    unknown = frozenset(() if known else (str(row["messages"][0]["content"]) for row in rows))
    for row in rows:
        key = _entry_of(row)
        if key not in faq:  # the FAQ was updated since
            continue
        entry, asked = faq[key], str(row["messages"][0]["content"])
        facts = _facts(entry, asked)
        if facts:
            turns = (Turn(asked, "facts", facts),)
            answer, named = entry["answers"][0], f"{name}:{row['id']}"
            yield Question(named, name, language(asked), entry["category"], key, "facts", turns, row["source"], answer, unknown=unknown)


def _facts(entry: dict[str, Any], asked: str) -> tuple[str, ...]:
    return tuple(entry["facts"] or derive_facts(asked, entry["answers"][0], entry.get("subject", "")))


def _foreign(other: Run) -> Iterator[Question]:
    """For each entry of another FAQ one question: a held-out wording, else one that was derived by rules,
    else the entry's own.

    Retrieval does not know what is asked: in the last case it has the entry's answer alone.
    """
    faq = {entry["id"]: entry for entry in read_jsonl(other.faq)}
    splits = [read_jsonl(other.data / f"{name}.jsonl") for name in ("test_wordings", "train", "valid", "test")]
    ranked = [(2 * rank + ("derived" not in row), row) for rank, rows in enumerate(splits) for row in rows if row["kind"] == "faq"]
    entries = grouped(ranked, lambda pair: _entry_of(pair[1])).values()
    yield from _wordings([min(some, key=lambda pair: pair[0])[1] for some in entries], faq, "wordings", known=False)


def _to_escalate(
    name: str, set_name: str, text: str, category: str, entry: str, source: str, hidden: frozenset[str] = frozenset()
) -> Question:
    return Question(name, set_name, language(text), category, entry, "handoff", (Turn(text, "handoff"),), source, "", hidden)


def _dialogues(path: Path, faq: dict[str, dict[str, Any]]) -> Iterator[Question]:
    """Scripted dialogues; one that needs an entry which the FAQ lacks is left out."""
    for number, one in _numbered(path, "dialogues", faq, lambda one: [turn["entry"] for turn in one["turns"]]):
        turns = tuple(
            Turn(turn["customer"], "handoff" if turn["handoff"] else "facts" if turn["facts"] else "nothing", tuple(turn["facts"]))
            for turn in one["turns"]
        )
        spoken = language(turns[0].text)
        yield Question(one["id"], "dialogues", spoken, one["tags"][0], one["id"], "facts", turns, f"{path}:{number}")


def _customers(path: Path, faq: dict[str, dict[str, Any]]) -> Iterator[Question]:
    """Questions of CUSTOMERS, each the last of its messages; one that needs an entry which the FAQ lacks is left out.

    A line is {"id", "set", "messages": [{"role", "content"}], "entries": [the ids of those that answer it]} and,
    where less than all facts of the entries is asked for, "facts"; of a near miss "near", the entry that it is
    taken for; of a wrong premise "claim", the value that the customer believes.
    """
    for number, one in _numbered(path, "customers", faq, lambda one: [*one["entries"], one.get("near")]):
        if one["set"] not in CUSTOMERS:
            raise UserError(f"{path}:{number}: set {one['set']!r}; expected one of {', '.join(CUSTOMERS)}; correct the line")
        entries, near = tuple(one["entries"]), one.get("near")
        *before, asked = one["messages"]
        facts = tuple(one.get("facts", [])) or tuple(fact for entry in entries for fact in _facts(faq[entry], asked["content"]))
        expects: Literal["facts", "handoff", "chat"] = "facts" if entries else "handoff" if near else "chat"
        turn = Turn(asked["content"], "nothing" if expects == "chat" else expects, facts)
        yield Question(
            one["id"], one["set"], language(turn.text), one["set"], entries[0] if entries else near or one["id"], expects, (turn,),
            f"{path}:{number}", " ".join(faq[entry]["answers"][0] for entry in entries),
            before=tuple(before), entries=entries, claim=one.get("claim", ""),
        )  # fmt: skip


def _numbered(
    path: Path, key: str, faq: Mapping[str, Any], needs: Callable[[dict[str, Any]], Iterable[str | None]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines of a file that the config names under `evaluate`, with their numbers; but for those that need
    entries which the FAQ lacks: of them a line is printed."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; evaluate.{key} names it; correct the config")
    missing: dict[str, int] = {}  # the first line that needs each
    for number, one in enumerate(read_jsonl(path), 1):
        if gone := [name for name in needs(one) if name and name not in faq]:
            missing |= {name: number for name in gone if name not in missing}
        else:
            yield number, one
    if missing:
        name, number = next(iter(missing.items()))
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        print(f"eval: {path}:{number}: the FAQ has no entry {name!r}{others}; the lines that need them are left out", flush=True)
