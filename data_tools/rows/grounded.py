"""Rows as a grounded desk answers: FAQ entries in the prompt, the right one among near neighbours, and an answer in its words.

Written beside the plain rows as `grounded/train.jsonl`, `valid.jsonl` and `valid_wordings.jsonl`, of the same shape; the first message
is the system message with the entries, and a row has "entries" (their ids, as shown) and "cites" (the one that the answer rests on, or
null). What such a row teaches is to read:

* The answer is that of the entry shown, word for word. In half of the rows the numbers in both are changed alike, so that
  remembering does not help.
* The other entries are those that retrieval takes for the question; the right one stands among them where retrieval would have it,
  and all stand under the wording that is nearest to the question. In WITHOUT of the rows the right one is missing, and the answer is
  the handoff.
* A part of the rows has the entries without their questions, another an exchange about something else before the question.
* A reviewed answer of the desk is trained as it stands, if an entry has it.
* An agent's answer in a chat is trained if the entries shown, or what was said before, have every value that it states.
* Reading practice: questions to companies that do not exist (data_tools/rows/reading/), so that the skill is not tied to one FAQ; and small
  talk, for which nobody need be fetched.
"""

import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_tools.rows.embeddings import meaning
from data_tools.rows.rows import message
from data_tools.rows.synthetic_faqs import companies, content
from frontdesk.config.schema import Config
from frontdesk.facts.entries import Entry, new_values, rests_on, with_values
from frontdesk.facts.language import language
from frontdesk.files import read_jsonl, write_jsonl
from frontdesk.prompt.render import Message, encode
from frontdesk.retrieval.grounding import SHOWN, read_entries, system_text
from frontdesk.retrieval.index import Index, name_of, save_vectors

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

WITHOUT = 0.1
PLACES = (0.86, 0.09, 0.05)
"""How often the right entry is shown first, second, third: as often as retrieval has it there. A small model that is told nothing by the
order reads worse, not better (docs/experiments.md)."""
BARE = 0.1
"""Share of the rows whose entries have no questions."""
CHANGED = 0.5
"""Share of the rows with other numbers than the FAQ's."""
EARLIER = 0.15
"""Share of the rows with an exchange about another entry before the question."""
ASKED = 0.5
"""Share of the entries of the reading practice that are asked about: all of them would be half of the demo's training."""


class Grounder:
    """Makes grounded rows for one run."""

    def __init__(self, config: Config, tokenizer: "PreTrainedTokenizerBase", entries: Sequence[Entry], index: Index) -> None:
        self.config, self.tokenizer, self.index = config, tokenizer, index
        self.entries = {entry.id: entry for entry in entries}
        self.dropped: Counter[str] = Counter()

    def rows(self, rows: Iterable[dict[str, Any]], split: str) -> Iterator[dict[str, Any]]:
        """The grounded rows of plain ones."""
        rows = list(rows)
        self.index.learn([text for row in rows for text in searched(row["messages"])])
        for row in rows:
            rng = random.Random(f"{self.config.data.seed}:{row['id']}")
            if row["kind"] == "chat":
                yield from self._chat(row)
            elif row["kind"] == "faq":
                yield from self._faq(row, rng, split)
            elif row["kind"] == "feedback":
                yield from self._feedback(row, rng)
            else:
                question = str(row["messages"][0]["content"])
                yield from self._row(row, self.index.search([question], SHOWN), None, row["messages"][0], row["messages"][1], rng)

    def _faq(self, row: dict[str, Any], rng: random.Random, split: str) -> Iterator[dict[str, Any]]:
        question, answer = (str(one["content"]) for one in row["messages"])
        entry = self.entries[row["id"].rsplit("#", 1)[0]]
        others = [one for one in self.index.search([question], SHOWN + 1) if one.id != entry.id and one.answers[0] != entry.answers[0]]
        if split == "train" and rng.random() < WITHOUT:
            handoff = self.config.data.handoff[language(question)]
            yield from self._row(row, others[:SHOWN], None, row["messages"][0], message("assistant", handoff), rng)
            return
        asked = tuple(one for one in entry.questions if one != question) or entry.questions
        shown = self.index.facing(entry._replace(questions=asked, answers=(answer,)), self.index.query(question))
        if split == "train" and rng.random() < CHANGED:
            shown = shown._replace(answers=(other_numbers(answer, question, rng),))
        place = rng.choices(range(SHOWN), PLACES)[0]
        before = self._earlier(others, rng) if split == "train" else []
        block = [*others[: SHOWN - 1]]
        block.insert(min(place, len(block)), shown)
        yield from self._row(row, block, shown, row["messages"][0], message("assistant", shown.answers[0]), rng, before)

    def _earlier(self, others: Sequence[Entry], rng: random.Random) -> list[Message]:
        """An exchange about another entry, for context."""
        if rng.random() >= EARLIER or not others:
            return []
        entry = rng.choice(others)
        return [message("user", rng.choice(entry.questions)), {**message("assistant", entry.answers[0]), "weight": 0}]

    def _chat(self, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """A row for each trained turn of an agent whose values the entries, or what was said before, have."""
        turns = row["messages"]
        for place in range(1, len(turns), 2):
            if not turns[place].get("weight", 1):
                continue
            said = [str(turn["content"]) for turn in turns[:place]]
            answer = str(turns[place]["content"])
            stated = new_values(answer, said)
            found = self.index.search(said, 2 * SHOWN)
            base = with_values(stated, found)
            if stated and not base:
                self.dropped["chat: states what no entry has"] += 1
                continue
            block = found[:SHOWN] if not base or base in found[:SHOWN] else [*found[: SHOWN - 1], base]
            context = [{**turn, "weight": 0} if turn["role"] == "assistant" else turn for turn in turns[: place - 1]]
            rng = random.Random(f"{self.config.data.seed}:{row['id']}:{place}")
            made = row | {"id": f"{row['id']}.{place // 2 + 1}"}
            yield from self._row(made, block, base, turns[place - 1], turns[place], rng, context)

    def _feedback(self, row: dict[str, Any], rng: random.Random) -> Iterator[dict[str, Any]]:
        """The reviewed answer, if an entry has it; a first question's that no entry answers is a line for the FAQ (feedback_faq.py)."""
        *before, question, answer = row["messages"]
        said, text = [str(turn["content"]) for turn in (*before, question)], str(answer["content"])
        found = self.index.search(said, 2 * SHOWN)
        base = rests_on(text, found, said)
        if not base and (new_values(text, said) or not before) and text not in self.config.data.handoff.values():
            self.dropped["feedback: states what no entry has"] += 1
            return
        block = found[:SHOWN] if not base or base in found[:SHOWN] else [*found[: SHOWN - 1], base]
        yield from self._row(row, block, base, question, answer, rng, before)

    def _row(
        self,
        row: dict[str, Any],
        block: Sequence[Entry],
        base: Entry | None,
        question: Message,
        answer: Message,
        rng: random.Random,
        before: list[Message] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """The row, its oldest turns left out until it fits; none where it does not fit at all."""
        system = message("system", system_text(row.get("system", self.config.system_prompt), block, rng.random() >= BARE))
        before = list(before or [])
        while True:
            messages = [system, *before, question, message("assistant", str(answer["content"]))]
            if len(encode(self.tokenizer, messages)[0]) <= self.config.train.max_length:
                break
            if not before:
                self.dropped["longer than train.max_length"] += 1
                return
            before = before[2:]
        kept = {key: row[key] for key in ("id", "kind", "group", "source", "derived") if key in row}
        shown = [entry.id for entry in block]
        yield kept | {"messages": messages, "entries": shown, "cites": base.id if base and base.id in shown else None}


def searched(messages: Sequence[Message]) -> Iterator[str]:
    """The texts that retrieval looks at in a conversation: each question, and what was said before it (`Index.scores`)."""
    texts = [str(one["content"]) for one in messages]
    for place in range(0, len(texts), 2):
        yield texts[place]
        yield " ".join(texts[max(0, place - 2) : place])


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


# Reading practice -----------------------------------------------------------------------------------------------------


def practice(config: Config, tokenizer: "PreTrainedTokenizerBase", name: str) -> Iterator[dict[str, Any]]:
    """Grounded rows of the kind "reading" in one language: small talk, questions for entries of each company, and what none answers."""
    made, unanswerable = companies(name)
    handoff = message("assistant", config.data.handoff[name])
    grounders = [(company, Grounder(config, tokenizer, company.entries, Index(company.entries))) for company in made]
    for number, (said, reply) in enumerate((said, one["answer"]) for one in content(name)["small_talk"] for said in one["questions"]):
        row = {"id": f"small talk {name} {number}", "kind": "reading", "group": "reading:small talk", "source": f"reading:{name}"}
        yield from grounders[0][1]._row(row, [], None, message("user", said), message("assistant", reply), random.Random(row["id"]))
    for company, grounder in grounders:
        rng = random.Random(f"{config.data.seed}:{company.name}")
        for entry in rng.sample(company.entries, math.ceil(ASKED * len(company.entries))):
            question = rng.choice(entry.questions)
            turns = [message("user", question), message("assistant", entry.answers[0])]
            row = {"id": f"{entry.id}#0", "kind": "reading", "group": f"reading:{company.name}", "source": f"reading:{name}"}
            yield from grounder._faq(row | {"messages": turns, "system": company.system}, rng, "train")
        row = {"id": f"{company.name}#none", "kind": "reading", "group": f"reading:{company.name}", "source": f"reading:{name}"}
        question = rng.choice(unanswerable)
        block = grounder.index.search([question], SHOWN)
        yield from grounder._row(row | {"system": company.system}, block, None, message("user", question), handoff, rng)


# All of it ------------------------------------------------------------------------------------------------------------


def write_grounded(config: Config, folder: Path, tokenizer: "PreTrainedTokenizerBase") -> dict[str, Any]:
    """Write `vectors.npz` and `grounded/` into the data folder.

    Returns {"rows": {split: {kind: n}}, "dropped": {reason: n}, "least": the likeness below which a question finds nothing, or None}.
    """
    entries = read_entries(folder / "faq.jsonl")
    split_of = {entry["id"]: entry["split"] for entry in read_jsonl(folder / "faq.jsonl")}
    encoder, white, known = meaning(config, entries, {name for name, split in split_of.items() if split != "test"})
    if encoder and white:
        save_vectors(folder / "vectors.npz", name_of(config.encoder), white, known)
    (folder / "grounded").mkdir()
    least = round(white.least, 3) if white and white.least > -1 else None
    counts: dict[str, Any] = {"rows": {}, "dropped": Counter(), "least": least}
    for split, sees in (("train", ("train",)), ("valid_wordings", ("train",)), ("valid", ("train", "valid"))):
        seen = [entry for entry in entries if split_of[entry.id] in sees]
        grounder = Grounder(config, tokenizer, entries, Index(seen, encoder, white, known))
        rows = list(grounder.rows(read_jsonl(folder / f"{split}.jsonl"), split))
        if split == "train":
            spoken = sorted({language(str(row["messages"][-2]["content"])) for row in rows})
            rows += [row for name in spoken for row in practice(config, tokenizer, name)]
        write_jsonl(folder / "grounded" / f"{split}.jsonl", rows)
        counts["rows"][split] = dict(sorted(Counter(row["kind"] for row in rows).items()))
        counts["dropped"] += grounder.dropped
    return counts | {"dropped": dict(counts["dropped"])}
