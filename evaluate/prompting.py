"""What can be had from the untuned base by its prompt alone: zero-shot, few-shot and chain of thought.

No example is of the entry that is asked about, nor does its answer state that entry's facts: it shows how the desk answers, not what.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluate.facts import states
from frontdesk.config import Config
from frontdesk.files import read_jsonl
from frontdesk.language import language
from frontdesk.prompt import Message
from frontdesk.run import Run

SHOTS = 4
THOUGHT = 80
"""Tokens that the steps take beside the answer."""
MARK = "Answer:"
THINK = (
    "Think step by step: write what the customer asks, say it in other words, name what the answer has to state, "
    f'and end with one line that begins with "{MARK}".'
)


@dataclass(frozen=True)
class Example:
    """A trained FAQ entry: one wording, another one, the facts that its answer states, and the answer."""

    question: str
    reworded: str
    facts: list[str]
    answer: str
    source: str

    def reasoned(self) -> str:
        """The answer with the steps that THINK asks for."""
        facts = [fact.split("|")[0].strip(" ,") for fact in self.facts]
        steps = [f"The customer asks: {self.question}", f"In other words: {self.reworded}"]
        steps += [f"The answer has to state: {'; '.join(facts)}"] * bool(facts)
        return "\n".join([*steps, f"{MARK} {self.answer}"])


def prompts(config: Config, run: Run, questions: list[dict[str, Any]]) -> dict[str, list[list[Message]]]:
    """For each way of prompting, the turns that end with each question."""
    pool = examples(run)
    system = {"role": "system", "content": f"{config.system_prompt.strip()}\n{THINK}"}
    out: dict[str, list[list[Message]]] = {"zero-shot": [], "few-shot": [], "chain of thought": []}
    for question in questions:
        chosen = shots(pool, question["source"], [question["facts"]], question["messages"])
        out["zero-shot"].append(question["messages"])
        out["few-shot"].append([*exchanges(chosen), *question["messages"]])
        out["chain of thought"].append([system, *exchanges(chosen, reasoned=True), *question["messages"]])
    return out


def examples(run: Run) -> list[Example]:
    """One example of each trained FAQ entry, in an order that is random and always the same."""
    facts = {entry["id"]: entry["facts"] for entry in read_jsonl(run.data / "faq.jsonl")}
    wordings: dict[str, list[dict[str, Any]]] = {}
    for row in read_jsonl(run.data / "train.jsonl"):
        if row["kind"] == "faq":
            wordings.setdefault(row["id"].rsplit("#", 1)[0], []).append(row)
    pool = []
    for entry, rows in wordings.items():
        first, second = rows[0]["messages"], rows[min(1, len(rows) - 1)]["messages"]
        pool.append(Example(first[0]["content"], second[0]["content"], facts.get(entry, []), first[-1]["content"], rows[0]["source"]))
    random.Random(7).shuffle(pool)
    return pool


def shots(pool: list[Example], source: str, wanted: Sequence[list[str]], messages: Sequence[Message]) -> list[Example]:
    """The first SHOTS examples that give no answer away, `wanted` being each turn's facts; those in the last message's script first."""
    fair = [one for one in pool if one.source != source and not any(facts and states(one.answer, facts) for facts in wanted)]
    asked = language(messages[-1]["content"])
    return sorted(fair, key=lambda one: language(one.question) != asked)[:SHOTS]


def exchanges(examples: list[Example], reasoned: bool = False) -> list[Message]:
    """Examples as turns."""
    pairs = [(one.question, one.reasoned() if reasoned else one.answer) for one in examples]
    return [{"role": role, "content": text} for pair in pairs for role, text in zip(("user", "assistant"), pair, strict=True)]


def final_answer(text: str) -> str:
    """What follows MARK, up to the next one where the model goes in circles; the whole text where it wrote none."""
    _, mark, rest = text.partition(MARK)
    return (rest.partition(MARK)[0] if mark else text).strip()
