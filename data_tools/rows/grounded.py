"""Rows as a grounded desk answers: FAQ entries in the prompt, the right one among near neighbours.

Made from the plain rows, as `grounded/train.jsonl`, `valid.jsonl` and `valid_wordings.jsonl` of the same shape. The
first message is the system message with the entries; "entries" are their ids as shown, "cites" is the one that the
answer rests on, or null. Such a row teaches to read:

* The answer is that of the entry shown, word for word; in half of the rows the numbers in both are changed alike.
* The other entries are those that retrieval finds. Sometimes the right one is missing: then the handoff is right.
* Some rows have entries without questions, a question as a machine hears it, or before it an exchange about something else or nothing.
* A reviewed or agent's answer is trained if an entry shown, or what was said before, has every value in it.
* Questions to invented companies (kind "reading") and small talk, so that the skill is not tied to one FAQ.
"""

import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_tools.rows.paraphrases import spoken
from data_tools.rows.ranking import learn
from data_tools.rows.rows import message
from data_tools.rows.synthetic_faqs import companies
from frontdesk.answers.grounding import SHOWN, readable, system_text
from frontdesk.answers.knowledge import read_entries
from frontdesk.answers.small_talk import small_talk
from frontdesk.config.schema import Config
from frontdesk.facts.entries import Entry, new_values, rests_on, with_values
from frontdesk.facts.language import language
from frontdesk.files import read_jsonl
from frontdesk.prompt.render import Message, length
from frontdesk.retrieval.index import Index
from frontdesk.retrieval.readings import readings
from frontdesk.retrieval.vectors import save_vectors
from frontdesk.terminal import track

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Json = dict[str, Any]
SEES = {"train": ("train",), "valid_wordings": ("train",), "valid": ("train", "valid")}
"""The splits that are written, each with the splits of the entries that its prompts may show."""
WITHOUT = 0.1  # share of the rows that miss the right entry
PLACES = (0.86, 0.09, 0.05)
"""How often the right entry is shown first, second, third: as often as retrieval has it there. A small model that learns nothing from the
order reads worse, not better (docs/experiments.md)."""
WITHOUT_QUESTIONS = 0.1  # share of the rows whose entries have no questions
CHANGED = 0.5  # share of the rows with other numbers than the FAQ's
EARLIER = 0.15  # share of the rows with an exchange about another entry before the question
CHATTED = 0.1  # share of the rows with an exchange before the question that needs no FAQ: a greeting, a name, thanks
SPOKEN = 0.2  # share of the rows whose question is spoken
ASKED = 0.5
"""Share of the invented companies' entries that are asked about: all of them would be half of the demo's training."""
BATCH, TOGETHER = 1000, 25  # rows whose questions are encoded together, and those that are compared with all entries at once
MOST = {"train": 4000, "valid": 400, "valid_wordings": 400}
"""Rows that come from the FAQ: they teach to read, for which the demo's 553 do, and not what an entry says, which the prompt has.
Where there are more, wordings of the FAQ itself come before those made by rules."""


class Grounder:
    """Makes grounded rows for one run."""

    def __init__(self, config: Config, tokenizer: "PreTrainedTokenizerBase", index: Index) -> None:
        self.config, self.tokenizer, self.index = config, tokenizer, index
        self.entries = {entry.id: entry for entry in index.entries}
        self.dropped: Counter[str] = Counter()

    def rows(self, rows: Iterable[Json], split: str, total: int) -> Iterator[Json]:
        """The grounded rows of plain ones; `total` of them, for the bar."""
        rows = track(rows, f"rows with FAQ entries, {split}", total, "rows")
        while batch := list(islice(rows, BATCH)):
            texts = [list(searched(row["messages"])) for row in batch]
            self.index.precompute(list(chain.from_iterable(texts)))
            for place, row in enumerate(batch):
                if place % TOGETHER == 0:
                    self.index.compare(chain.from_iterable(texts[place : place + TOGETHER]))
                yield from self._grounded(row, random.Random(f"{self.config.data.seed}:{row['id']}"), split)

    def _grounded(self, row: Json, rng: random.Random, split: str) -> Iterator[Json]:
        if row["kind"] == "chat":
            return self._chat(row)
        if row["kind"] == "faq":
            return self.faq(row, rng, split)
        if row["kind"] == "feedback":
            return self._feedback(row, rng)
        question, answer = row["messages"]
        return self.row(row, self.index.search([str(question["content"])], SHOWN), None, question, answer, rng)

    def faq(self, row: Json, rng: random.Random, split: str) -> Iterator[Json]:
        """The row of an entry's question."""
        question, answer = (str(one["content"]) for one in row["messages"])
        entry = self.entries[row["id"].rsplit("#", 1)[0]]
        found = self.index.search([question], SHOWN + 1)
        others = [one for one in found if one.id != entry.id and one.answers[0] != entry.answers[0]]
        if split == "train" and rng.random() < WITHOUT:
            handoff = message("assistant", self.config.data.handoff[language(question)])
            yield from self.row(row, others[:SHOWN], None, row["messages"][0], handoff, rng)
            return
        asked = tuple(one for one in entry.questions if one != question) or entry.questions
        shown = self.index.closest_question_first(entry._replace(questions=asked, answers=(answer,)), question)
        if split == "train" and rng.random() < CHANGED:
            shown = shown._replace(answers=(other_numbers(answer, question, rng),))
        place = rng.choices(range(SHOWN), PLACES)[0]
        before = self._earlier(others, language(question), rng) if split == "train" else []
        asked_as = message("user", spoken(question, rng)) if split == "train" and rng.random() < SPOKEN else row["messages"][0]
        block = others[: SHOWN - 1]
        block.insert(place, shown)
        yield from self.row(row, block, shown, asked_as, message("assistant", shown.answers[0]), rng, before)

    def _earlier(self, others: Sequence[Entry], name: str, rng: random.Random) -> list[Message]:
        """The exchange before the question; mostly there is none. `name`: of the language."""
        drawn = rng.random()
        some = others if drawn < EARLIER else small_talk(name) if drawn < EARLIER + CHATTED else ()
        if not some:
            return []
        entry = rng.choice(some)
        return [message("user", rng.choice(entry.questions)), {**message("assistant", entry.answers[0]), "weight": 0}]

    def _chat(self, row: Json) -> Iterator[Json]:
        """A row for each trained turn of an agent whose values the entries, or what was said before, have."""
        turns = row["messages"]
        for place in range(1, len(turns), 2):
            if not turns[place].get("weight", 1):
                continue
            said = [str(turn["content"]) for turn in turns[:place]]
            new = new_values(str(turns[place]["content"]), said)
            found = self.index.search(said, 2 * SHOWN)
            base = with_values(new, found)
            if new and not base:
                self.dropped["chat: states what no entry has"] += 1
                continue
            context = [{**turn, "weight": 0} if turn["role"] == "assistant" else turn for turn in turns[: place - 1]]
            rng = random.Random(f"{self.config.data.seed}:{row['id']}:{place}")
            made = row | {"id": f"{row['id']}.{place // 2 + 1}"}
            yield from self.row(made, _shown(found, base), base, turns[place - 1], turns[place], rng, context)

    def _feedback(self, row: Json, rng: random.Random) -> Iterator[Json]:
        """The reviewed answer, if an entry has it; a first question's that no entry answers is a line for the FAQ (faq_gaps.py)."""
        *before, question, answer = row["messages"]
        said, text = [str(turn["content"]) for turn in (*before, question)], str(answer["content"])
        found = self.index.search(said, 2 * SHOWN)
        base = rests_on(text, found, said)
        if not base and (new_values(text, said) or not before) and text not in self.config.data.handoff.values():
            self.dropped["feedback: states what no entry has"] += 1
            return
        yield from self.row(row, _shown(found, base), base, question, answer, rng, before)

    def row(
        self,
        row: Json,
        block: Sequence[Entry],
        base: Entry | None,
        question: Message,
        answer: Message,
        rng: random.Random,
        before: Sequence[Message] = (),
    ) -> Iterator[Json]:
        """The row, its oldest turns left out until it fits; none where it does not fit at all."""
        system = message("system", system_text(row.get("system", self.config.system_prompt), block, rng.random() >= WITHOUT_QUESTIONS))
        turns = readable([*before, question])
        for start in range(0, len(turns), 2):
            messages = [system, *turns[start:], message("assistant", str(answer["content"]))]
            if length(self.tokenizer, messages) <= self.config.train.max_length:
                break
        else:
            self.dropped["longer than train.max_length"] += 1
            return
        kept = {key: row[key] for key in ("id", "kind", "group", "source", "derived") if key in row}
        shown = [entry.id for entry in block]
        yield kept | {"messages": messages, "entries": shown, "cites": base.id if base and base.id in shown else None}


def searched(messages: Sequence[Message]) -> Iterator[str]:
    """The texts that retrieval looks at in a conversation, at each question (`Index.read`)."""
    texts = [str(one["content"]) for one in messages]
    for place in range(0, len(texts), 2):
        yield from readings(texts[: place + 1]).texts


def _shown(found: Sequence[Entry], base: Entry | None) -> list[Entry]:
    return [*found[:SHOWN]] if not base or base in found[:SHOWN] else [*found[: SHOWN - 1], base]


def other_numbers(answer: str, question: str, rng: random.Random) -> str:
    """The answer with each number in it that is not in the question replaced by another of as many digits, the same for the same number."""
    changed: dict[str, str] = {}

    def change(match: re.Match[str]) -> str:
        old = match[0]
        if old in question:
            return old
        if old not in changed:
            first = str(rng.choice([digit for digit in range(1, 10) if str(digit) != old[0]]))
            changed[old] = first + "".join(digit if digit == "0" else str(rng.randrange(10)) for digit in old[1:])
        return changed[old]

    return re.sub(r"\d+", change, answer)


def synthetic_rows(config: Config, tokenizer: "PreTrainedTokenizerBase", name: str) -> Iterator[Json]:
    """Rows in one language: small talk, questions for entries of each company, and one that none answers."""
    made, unanswerable = companies(name)
    handoff = message("assistant", config.data.handoff[name])
    grounders = [(company, Grounder(config, tokenizer, Index(company.entries))) for company in made]
    for number, (said, reply) in enumerate((said, one.answers[0]) for one in small_talk(name) for said in one.questions):
        row = _head(f"small talk {name} {number}", "small talk", name)
        yield from grounders[0][1].row(row, [], None, message("user", said), message("assistant", reply), random.Random(row["id"]))
    for company, grounder in grounders:
        rng = random.Random(f"{config.data.seed}:{company.name}")
        for entry in rng.sample(company.entries, math.ceil(ASKED * len(company.entries))):
            turns = [message("user", rng.choice(entry.questions)), message("assistant", entry.answers[0])]
            row = _head(f"{entry.id}#0", company.name, name) | {"messages": turns, "system": company.system}
            yield from grounder.faq(row, rng, "train")
        question = rng.choice(unanswerable)
        block = grounder.index.search([question], SHOWN)
        row = _head(f"{company.name}#none", company.name, name) | {"system": company.system}
        yield from grounder.row(row, block, None, message("user", question), handoff, rng)


def _head(row_id: str, group: str, name: str) -> Json:
    return {"id": row_id, "kind": "reading", "group": f"reading:{group}", "source": f"reading:{name}"}


def write_grounded(config: Config, folder: Path, tokenizer: "PreTrainedTokenizerBase", trains: bool = True) -> Json | None:
    """Write `vectors.npz` and, if it `trains`, `grounded/` into the data folder, from its plain rows and `faq.jsonl`, one row at a time.

    Returns {"rows": {split: {kind: n}}, "dropped": {reason: n}}, or None without rows.
    """
    entries = read_entries(folder / "faq.jsonl")
    split_of = {entry["id"]: entry["split"] for entry in read_jsonl(folder / "faq.jsonl")}
    embedder, ranker = learn(config, entries, {name for name, split in split_of.items() if split != "test"})
    save_vectors(folder / "vectors.npz", config.encoder, embedder.stored if embedder else {}, ranker)
    if not trains:
        return None
    (folder / "grounded").mkdir()
    rows, dropped = {split: Counter[str]() for split in SEES}, Counter[str]()
    indexes = {sees: Index([entry for entry in entries if split_of[entry.id] in sees], embedder, ranker) for sees in set(SEES.values())}
    for split, sees in SEES.items():
        grounder = Grounder(config, tokenizer, indexes[sees])
        with (folder / f"grounded/{split}.jsonl").open("w", encoding="utf-8") as file:
            for row in _split_rows(grounder, folder, split):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                rows[split][row["kind"]] += 1
        dropped += grounder.dropped
    written = {split: dict(sorted(kinds.items())) for split, kinds in rows.items()}
    return {"rows": written, "dropped": dict(dropped)}


def _kept(rows: Iterable[Json], split: str, seed: int) -> set[int]:
    """The places of the rows that are written: all, or of those from the FAQ MOST, and of the refusals the same share."""
    kept, drawn = set[int](), {"faq": list[tuple[bool, float, int]](), "refusal": []}
    for place, row in enumerate(rows):
        if row["kind"] in drawn:
            drawn[row["kind"]].append(("derived" in row, random.Random(f"{seed}:{row['id']}").random(), place))
        else:
            kept.add(place)
    share = min(1, MOST[split] / max(1, len(drawn["faq"])))
    return kept.union(place for some in drawn.values() for *_, place in sorted(some)[: round(share * len(some))])


def _split_rows(grounder: Grounder, folder: Path, split: str) -> Iterator[Json]:
    """The grounded rows of a split, and those of invented companies in its languages where it is trained."""
    languages: set[str] = set()
    with (folder / f"{split}.jsonl").open(encoding="utf-8") as plain:
        kept = _kept(map(json.loads, plain), split, grounder.config.data.seed)
        plain.seek(0)
        rows = (row for place, row in enumerate(map(json.loads, plain)) if place in kept)
        for row in grounder.rows(rows, split, len(kept)):
            languages.add(language(str(row["messages"][-2]["content"])))
            yield row
    for name in sorted(languages) if split == "train" else ():
        yield from synthetic_rows(grounder.config, grounder.tokenizer, name)
