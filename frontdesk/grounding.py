"""The FAQ entries that an answer may rest on, in the prompt: rendered here for training, evaluation and serving alike.

A model that was tuned to read entries answers from entries that it never saw, so an edit to the FAQ takes effect at once. The entries
stand in the system message, numbered; a tuned model's answer begins with the number of the entry it rests on, `[2] …`, and a handoff
or small talk with none. `cited` takes the number off again, so that the customer reads the words and the desk knows the source.
"""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from frontdesk.config import Config, ModelConfig
from frontdesk.prompt import Message
from frontdesk.retrieval import Entry, Index, load_vectors
from frontdesk.run import Run

if TYPE_CHECKING:
    from frontdesk.encoder import Encoder

SHOWN = 3
"""Entries in a prompt: the right one is among the first three for 88 % of the demo's held-out wordings, and among five for 93 %; a small
model reads three better than five."""
INSTRUCTION = {
    "en": "Answer from these FAQ entries. If none of them answers the question, offer to connect an agent.",
    "ko": "아래 FAQ 항목을 보고 답한다. 답이 되는 항목이 없으면 상담원 연결을 제안한다.",
}
NUMBER = re.compile(r"\s*\[(\d)\] ?")


class Grounded(NamedTuple):
    """What goes to the engine, and the entries in it, in the order of their numbers."""

    messages: list[Message]
    entries: list[Entry]


def system_text(system_prompt: str, entries: Sequence[Entry], with_questions: bool = True) -> str:
    """The system message: the run's own system prompt, what to do with the entries, and each with its number, first wording and answer."""
    prompt = system_prompt.strip()
    lines = [prompt, INSTRUCTION["ko" if re.search("[가-힣]", prompt) else "en"]]
    for number, entry in enumerate(entries, 1):
        lines.append(f"[{number}] " + (f"{entry.questions[0]}\n" if with_questions and entry.questions else "") + entry.answers[0])
    return "\n".join(lines)


def grounded(system_prompt: str, index: Index, messages: Sequence[Message]) -> Grounded:
    """The turns of a conversation with the system message that the last of them needs; a system message of their own is left out."""
    turns = [message for message in messages if message["role"] != "system"]
    entries = index.search([str(turn["content"]) for turn in turns], SHOWN)
    return Grounded([{"role": "system", "content": system_text(system_prompt, entries)}, *turns], entries)


def cited(answer: str) -> tuple[int | None, str]:
    """The number of the entry that an answer begins with, None where it has none, and the words after it."""
    match = NUMBER.match(answer)
    return (int(match[1]), answer[match.end() :].strip()) if match else (None, answer.strip())


def source_of(answer: str, entries: Sequence[Entry]) -> tuple[Entry | None, str]:
    """The entry that an answer rests on, by the number it begins with, and its words."""
    number, text = cited(answer)
    return (entries[number - 1] if number and number <= len(entries) else None), text


def read_entries(path: Path) -> list[Entry]:
    """The entries of a run's `faq.jsonl`, without the wordings that are held out: retrieval must not know what it is tested on."""
    entries = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            held_out = set(entry.get("held_out", ()))
            questions = tuple(question for question in entry["questions"] if question not in held_out)
            entries.append(Entry(entry["id"], questions, tuple(entry["answers"]), entry.get("subject", ""), entry["source"]))
    return entries


class Knowledge:
    """A run's FAQ as the desk knows it now: `faq.jsonl` is read again when it has changed."""

    def __init__(self, config: Config, run: Run, encoder: "Encoder | None" = None) -> None:
        self.prompt, self.path = config.system_prompt, run.faq
        self.whitening, self.known = load_vectors(run.vectors, config.encoder)
        self.encoder = encoder if self.whitening else None
        self.read()

    def read(self) -> None:
        """Read the entries and make the index."""
        self.stamp = self.path.stat().st_mtime_ns
        self.index = Index(read_entries(self.path), self.encoder, self.whitening, self.known)

    def ground(self, messages: Sequence[Message]) -> Grounded:
        """The prompt for a conversation, with the entries as they stand now."""
        with suppress(FileNotFoundError):  # for a moment, while `make data` puts its folder in place
            if self.path.stat().st_mtime_ns != self.stamp:
                self.read()
        return grounded(self.prompt, self.index, messages)


def knowledge_of(config: Config, run: Run) -> Knowledge:
    """The run's FAQ, with the encoder that its vectors were made with."""
    if not run.vectors.is_file() or not config.encoder:
        return Knowledge(config, run)
    from frontdesk.base import locate
    from frontdesk.encoder import Encoder

    return Knowledge(config, run, Encoder(locate(ModelConfig(base=config.encoder))))
