"""The FAQ entries in the prompt: rendered here for training, evaluation and serving alike.

A model that was tuned to read entries answers from entries that it never saw, so an edit to the FAQ takes
effect at once. The entries stand in the system message. The model has learned to answer in their words, so
that frontdesk/answers/check.py can hold it to them. (A number before the answer, `[2] …`, was tried: a small
model then chooses the entry before it has said a word, and chooses by its place; docs/experiments.md.)
"""

from collections.abc import Sequence

from frontdesk.facts.entries import Entry
from frontdesk.facts.language import language
from frontdesk.prompt.render import Message

SHOWN = 3
"""Entries in a prompt: the right one is among the first three for 94 % of the demo's held-out wordings, and a
small model reads three better than five."""
TURNS = 3
"""Turns in a prompt, the question among them: a small model that sees a whole spoken conversation babbles."""
CHARACTERS = 600  # of each turn before the question
INSTRUCTION = {
    "en": "Answer from these FAQ entries. If none of them answers the question, offer to connect an agent.",
    "ko": "아래 FAQ 항목을 보고 답한다. 답이 되는 항목이 없으면 상담원 연결을 제안한다.",
}


def system_text(system_prompt: str, entries: Sequence[Entry], with_questions: bool = True) -> str:
    """The run's own system prompt, what to do with the entries, and each with first wording and answer."""
    prompt = system_prompt.strip()
    lines = [prompt, INSTRUCTION[language(prompt)]]
    for entry in entries:
        lines += [f"Q: {question}" for question in entry.questions[:with_questions]] + [f"A: {entry.answers[0]}"]
    return "\n".join(lines)


def readable(messages: Sequence[Message]) -> list[Message]:
    """What a small model can bear of a conversation: the question, and the exchange before it."""
    turns = [message for message in messages if message["role"] != "system"][-TURNS:]
    while len(turns) > 1 and turns[0]["role"] != "user":
        del turns[0]
    return [*({**turn, "content": str(turn["content"])[-CHARACTERS:]} for turn in turns[:-1]), turns[-1]]
