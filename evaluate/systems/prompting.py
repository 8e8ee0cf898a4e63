"""What can be had from the untuned base by its prompt alone: zero-shot, few-shot and chain of thought.

No example is of the entry that is asked about, nor does its answer state that entry's facts: it shows how the
desk answers, not what. One of them shows how the desk escalates what it cannot answer.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evaluate.grouping import grouped
from evaluate.questions.load import Question
from frontdesk.config.run import Run
from frontdesk.facts.language import language
from frontdesk.facts.statements import states
from frontdesk.files import read_jsonl
from frontdesk.prompt.render import Message

SHOTS = 4
THOUGHT = 80  # tokens that the steps take beside the answer
MARK = "Answer:"
THINK = (
    "Think step by step: write what the customer asks, say it in other words, name what the answer has to state, "
    f'and end with one line that begins with "{MARK}".'
)


@dataclass(frozen=True)
class Example:
    """A trained FAQ entry or refusal: two wordings, the facts that its answer states, and the answer."""

    question: str
    reworded: str
    facts: list[str]
    answer: str
    source: str
    handoff: bool = False

    def reasoned(self) -> str:
        """The answer with the steps that THINK asks for."""
        facts = [fact.split("|")[0].strip(" ,") for fact in self.facts]
        steps = [f"The customer asks: {self.question}", f"In other words: {self.reworded}"]
        steps += [f"The answer has to state: {'; '.join(facts)}"] * bool(facts)
        return "\n".join([*steps, f"{MARK} {self.answer}"])


def few_shot(pool: list[Example], question: Question, turns: Sequence[Message]) -> list[Message]:
    """The turns of the question so far, after SHOTS exchanges."""
    return [*exchanges((one.question, one.answer) for one in shots(pool, question, turns)), *turns]


def thinking(system_prompt: str, pool: list[Example], question: Question, turns: Sequence[Message]) -> list[Message]:
    """The same with the steps to the answer, and the instruction to take them."""
    system: Message = {"role": "system", "content": f"{system_prompt.strip()}\n{THINK}"}
    return [system, *exchanges((one.question, one.reasoned()) for one in shots(pool, question, turns)), *turns]


def examples(run: Run) -> list[Example]:
    """One example of each trained FAQ entry and refusal, in an order that is random and always the same."""
    facts = {entry["id"]: entry["facts"] for entry in read_jsonl(run.data / "faq.jsonl")}
    trained = [row for row in read_jsonl(run.data / "train.jsonl") if row["kind"] in ("faq", "refusal")]
    pool = []
    for entry, rows in grouped(trained, lambda row: str(row["id"].rsplit("#", 1)[0])).items():
        first, second = rows[0]["messages"], rows[min(1, len(rows) - 1)]["messages"]
        answered = (facts.get(entry, []), first[-1]["content"], rows[0]["source"], rows[0]["kind"] == "refusal")
        pool.append(Example(first[0]["content"], second[0]["content"], *answered))
    random.Random(7).shuffle(pool)
    return pool


def shots(pool: list[Example], question: Question, turns: Sequence[Message]) -> list[Example]:
    """The first SHOTS examples that give the answer to no turn of the question away; those in the last
    message's script first.

    The second escalates, if one does.
    """
    wanted = [list(turn.facts) for turn in question.turns if turn.facts]
    fair = [one for one in pool if one.source != question.source and not any(states(one.answer, facts) for facts in wanted)]
    spoken = language(turns[-1]["content"])
    fair.sort(key=lambda one: language(one.question) != spoken)
    handoffs, answers = ([one for one in fair if one.handoff is kind] for kind in (True, False))
    return [*answers[:1], *handoffs[:1], *answers[1:]][:SHOTS]


def exchanges(pairs: Iterable[tuple[str, str]]) -> list[Message]:
    """Questions and answers as turns."""
    return [{"role": role, "content": text} for pair in pairs for role, text in zip(("user", "assistant"), pair, strict=True)]


def final_answer(text: str) -> str:
    """What follows MARK, up to the next one where the model goes in circles; the whole text where it wrote none."""
    _, mark, rest = text.partition(MARK)
    return (rest.partition(MARK)[0] if mark else text).strip()
